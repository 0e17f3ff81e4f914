"""The hint to a writer, before it is sent, that a sentence can read as blaming a person."""

from collections.abc import Mapping
from typing import Any

from bot.views import form
from bot.views.text import Block, quote, section
from domain.phases.phase import Phase

CHECKED = "blame"  # in the metadata of a form: what is written in it is looked at before it is sent
HINT = (
    ":speech_balloon: “{words}” can read as blaming a person. Change it, or press *{submit}* again to send it as it is."
)
MAX_WORDS = 150  # characters of the sentence


def hint(words: str, submit: str) -> list[Block]:
    """Return what is shown below the field; `submit` is the label of the form's button."""
    return [section(HINT.format(words=quote(words, MAX_WORDS), submit=submit))]


def carried(phase: Phase, *, hinted: bool) -> dict[str, bool]:
    """Return what a form carries, so that no one has to ask for its phase; a writer who was told once decides."""
    return {CHECKED: True} if phase.conversations.blame_hints and not hinted else {}


def is_checked(view: Mapping[str, Any]) -> bool:
    """Return whether the phase of this form wants hints, and its writer got none yet."""
    return form.metadata(view).get(CHECKED) is True
