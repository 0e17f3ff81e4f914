"""A scripted week of a go-live, played through the control API so that every list and chart has something to show."""

from sandbox.story.calendar import opening
from sandbox.story.player import Summary, play

__all__ = ["Summary", "opening", "play"]
