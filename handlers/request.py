"""The request a handler gets and the answers it may return; handlers never call Slack themselves."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.context import AppContext
from domain.phases.permissions import Person

Payload = Mapping[str, Any]
MAX_DIGITS = 19  # of an id; 2**63 has as many
NO_TICKET = 0  # stands for the id that a button or a form lacks; it is refused like one that does not exist


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request from Slack; `request` is its key, which a repeated delivery shares.

    `text` is what a command is about, in plain characters; `said` is the same as it was typed, for others to read.
    """

    person: Person
    request: str
    channel: str = ""
    is_external: bool = False  # whether the channel is shared with another company
    text: str = ""
    said: str = ""
    value: str = ""
    view: Payload = field(default_factory=dict)
    payload: Payload = field(default_factory=dict)
    look: Callable[[str, str], Payload | None] = field(
        default=lambda _channel, _ts: None
    )  # fetch a message by channel and timestamp
    commands: "Mapping[str, Handler]" = field(default_factory=dict)  # that a message or the App Home may ask for

    def own(self, channel: str, ts: str) -> Payload | None:
        """Return this person's message at a timestamp; None if it's another person's or deleted."""
        message = self.look(channel, ts) if ts else None
        return message if message is not None and str(message.get("user")) == self.person.id else None

    @property
    def number(self) -> int | None:
        """The numeric id in a button's value; None if it has none, or one that no row can have."""
        return int(self.value) if self.value.isdecimal() and len(self.value) < MAX_DIGITS else None


@dataclass(frozen=True, slots=True)
class Reply:
    """A message only this person sees: {text, blocks?}; `replace` replaces the message with the button."""

    message: dict[str, Any]
    replace: bool = False


@dataclass(frozen=True, slots=True)
class Whisper:
    """Close the form, and show its person a message in a channel, which only they see."""

    channel: str
    message: dict[str, Any]


@dataclass(frozen=True, slots=True)
class OpenModal:
    """Open a modal, on top of an open one."""

    view: dict[str, Any]


@dataclass(frozen=True, slots=True)
class UpdateModal:
    """Update the modal with the button; `quietly` drops the error when the modal has changed or closed."""

    view: dict[str, Any]
    quietly: bool = False


@dataclass(frozen=True, slots=True)
class Unfurl:
    """Unfold the links of a message: as Work Objects where the workspace has them, else as `cards` by address."""

    channel: str
    ts: str
    cards: dict[str, dict[str, Any]]
    entities: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class EntityDetails:
    """Show a Work Object in the side panel of one person; without `entity` that they may not see it."""

    trigger: str
    entity: dict[str, Any] | None


Answer = Reply | Whisper | OpenModal | UpdateModal | Unfurl | EntityDetails | None
Handler = Callable[[AppContext, Request], Answer]


def reply(text: str) -> Reply:
    return Reply({"text": text})
