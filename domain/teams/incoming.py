"""What a person did in a chat with the bot in Microsoft Teams."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class TeamsAct(StrEnum):
    """What the bot is told of."""

    MESSAGE = "message"
    PRESS = "press"  # a button of a card
    OPEN_FORM = "open form"  # a button that opens a dialog
    SUBMIT_FORM = "submit form"
    INSTALLED = "installed"
    REMOVED = "removed"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class TeamsFile:
    """A file of a message and the address that it is fetched from, "" where Teams names none.

    `with_token` says that only the bot may fetch it, as a picture that was pasted into the text.
    """

    name: str
    url: str
    kind: str = "application/octet-stream"  # its media type
    with_token: bool = False
    content: bytes | None = None  # once it is fetched; None where that failed


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamsActivity:
    """An activity: who did what, and where an answer is sent.

    `tenant` and `object_id` say who it is, in the directory of a company. `account` is what Teams calls them.
    """

    act: TeamsAct
    id: str
    tenant: str = ""
    object_id: str = ""
    account: str = ""
    name: str = ""
    bot: str = ""
    conversation: str = ""
    is_personal: bool = False
    service_url: str = ""
    text: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)  # what a button carries, and what was filled in
    files: tuple[TeamsFile, ...] = ()

    @property
    def expects_answer(self) -> bool:
        """Whether the answer to the request is shown; else it is sent as a message."""
        return self.act in (TeamsAct.OPEN_FORM, TeamsAct.SUBMIT_FORM)
