"""A mail to be sent, and the answers that its links give."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from domain.mail.incoming import Attachment


class MailAnswer(StrEnum):
    """What a link in a mail says of a fix; the values are the buttons of the same message in Slack."""

    FIXED = "confirm"
    BROKEN = "reject"
    UNKNOWN = "cannot_check"


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingMail:
    """`sender` and `recipient` are (name, address); `references` are Message-IDs of mails before it, oldest first."""

    message_id: str
    sender: tuple[str, str]
    recipient: tuple[str, str]
    subject: str
    text: str
    at: datetime
    references: Sequence[str] = ()
    attachments: Sequence[Attachment] = ()
    html: str = ""  # the same as the text, for mail programs that show it
    images: Mapping[str, Attachment] = field(default_factory=dict)  # by the content id that the HTML names
    headers: Mapping[str, str]
