"""What a handler is given, and what it may answer; it never speaks in Slack by itself."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.context import AppContext
from domain.phases.permissions import Person

Payload = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request from Slack. `request` is the key that a second delivery of it carries too."""

    person: Person
    request: str
    channel: str = ""
    text: str = ""
    value: str = ""
    view: Payload = field(default_factory=dict)
    payload: Payload = field(default_factory=dict)
    look: Callable[[str, str], Payload | None] = field(
        default=lambda _channel, _ts: None
    )  # the message that stands there

    def own(self, channel: str, ts: str) -> Payload | None:
        """The message of this person that stands there; None when it is somebody else's, or gone."""
        message = self.look(channel, ts) if ts else None
        return message if message is not None and str(message.get("user")) == self.person.id else None

    @property
    def number(self) -> int | None:
        """The id that a button carries, when it is one."""
        return int(self.value) if self.value.isdecimal() else None


@dataclass(frozen=True, slots=True)
class Reply:
    """Words for this person only: {text, blocks?}; `replace` those that the button stood in."""

    message: dict[str, Any]
    replace: bool = False


@dataclass(frozen=True, slots=True)
class OpenModal:
    """A modal on top."""

    view: dict[str, Any]


@dataclass(frozen=True, slots=True)
class UpdateModal:
    """The modal that the button stands in, drawn anew; `quietly` when nobody has to hear that it was too late."""

    view: dict[str, Any]
    quietly: bool = False


Answer = Reply | OpenModal | UpdateModal | None
Handler = Callable[[AppContext, Request], Answer]


def reply(text: str) -> Reply:
    return Reply({"text": text})
