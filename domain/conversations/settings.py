"""How the team and reporters talk: mirrored threads, and macros for answers given often."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from domain.settings import EachOnce, ShortName, Table

PLACE = re.compile(r"\{([a-z_]+)\}")
PLACES = ("ticket", "summary", "reporter", "owner", "module", "severity", "status", "me")


def _known_places(text: str) -> str:
    if unknown := sorted({name for name in PLACE.findall(text) if name not in PLACES}):
        raise ValueError(f"there is no value for {', '.join(unknown)}; use {', '.join(PLACES)}")
    return text


MacroText = Annotated[str, StringConstraints(min_length=1, max_length=2000), AfterValidator(_known_places)]


class Macro(Table):
    """An answer that is given often, chosen in the answer form or written in the team's thread as `>> !restart`."""

    name: ShortName = Field(description="Short name, as in `>> !restart`")
    text: MacroText = Field(
        description="The answer; `{ticket}`, `{summary}`, `{reporter}`, `{owner}`, `{module}`, `{severity}`, "
        "`{status}` and `{me}` are filled in"
    )


class ConversationSettings(Table):
    """How the team and reporters talk."""

    two_way: bool = Field(
        default=False,
        description="Whether the reporter gets the team's messages in the thread, except those that start with `//`",
    )
    blame_hints: bool = Field(
        default=False,
        description="Whether writers are told, before it is sent, that a sentence can read as blaming a person, and "
        "`/hypercare pitfalls` counts such messages. English only. Off, as only half of such sentences are found",
    )
    macros: Annotated[tuple[Macro, ...], EachOnce] = Field(
        default=(), max_length=50, description="Answers that are given often"
    )
