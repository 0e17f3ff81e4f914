"""The hint to a writer, before it is sent, that a sentence can read as blaming a person."""

from collections.abc import Mapping
from typing import Any

from bot.views import form
from bot.views.text import Block, quote, section

HINTED = "hinted"  # in the metadata of a form: its writer was told, and decides
HINT = (
    ":speech_balloon: “{words}” can read as blaming a person. Change it, or press *{submit}* again to send it as it is."
)
MAX_WORDS = 150  # characters of the sentence


def hint(words: str, submit: str) -> list[Block]:
    """Return what is shown below the field; `submit` is the label of the form's button."""
    return [section(HINT.format(words=quote(words, MAX_WORDS), submit=submit))]


def is_hinted(view: Mapping[str, Any]) -> bool:
    """Return whether the writer of this form was already told."""
    return form.metadata(view).get(HINTED) is True
