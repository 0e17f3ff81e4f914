"""A scripted go-live, played through the control API so that every list and chart has something to show."""

from sandbox.story.calendar import FULL_WEEKS, opening
from sandbox.story.player import Summary, play

__all__ = ["FULL_WEEKS", "Summary", "opening", "play"]
