"""What a person reads in a chat with the bot in Microsoft Teams."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamsPicture:
    """A picture that is shown in the message itself; `kind` is its media type."""

    name: str
    kind: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamsButton:
    """A button and what it carries; `opens` a dialog, or shows `asks` first, whose values it carries too."""

    label: str
    carries: Mapping[str, Any]
    opens: bool = False
    asks: Sequence["TeamsInput"] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamsInput:
    """A field of a card: a text, or a choice where there are `options` of a value and a label."""

    id: str
    label: str
    options: Sequence[tuple[str, str]] = ()
    value: str = ""
    required: bool = False
    multiline: bool = False
    limit: int = 3000


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamsDialog:
    """A form in a window of its own; `problems` are what was wrong when it was sent."""

    title: str
    fields: Sequence[TeamsInput]
    send: TeamsButton
    problems: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamsMessage:
    """A message to a person; `replaces` is what Teams calls the message that it takes the place of."""

    conversation: str
    service_url: str
    bot: str
    account: str
    text: str
    buttons: Sequence[TeamsButton] = field(default_factory=tuple)
    replaces: str = ""
    picture: TeamsPicture | None = None
