"""A mail as it was read: who wrote it, what is new in it, and whether a program wrote it."""

import re
from dataclasses import dataclass

from domain.text import from_outside, one_line

FORM_ID = "form:"  # what the id of a form with files begins with; it is no Message-ID that a mail may refer to
MAIL_FILE = "mailfile-"  # what the id of a file begins with that came by e-mail


def number_of_file(file_id: str) -> int:
    """Return the number under which a file of a mail is kept."""
    return int(file_id.removeprefix(MAIL_FILE))


def safe_file_name(given: str, number: int, ending: str = "bin") -> str:
    """Return the name of a file from outside, as one line and without folders; one by its number where it has none."""
    return re.sub(r"[/\\]", "_", one_line(from_outside(given)))[:100] or f"attachment-{number}.{ending}"


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file of a mail; `kind` is its media type, such as image/png."""

    name: str
    kind: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Bounce:
    """What a mail server said of a mail of ours that it could not deliver (RFC 3464).

    `message_ids` name that mail, `status` is a code such as 5.1.1.
    """

    message_ids: tuple[str, ...]
    recipient: str
    status: str
    diagnostic: str = ""

    @property
    def is_final(self) -> bool:
        """Whether no further try follows; a delay is none."""
        return not self.status.startswith(("4", "2"))


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomingMail:
    """`text` is what is new in the mail, `whole` all of it with quoted mails and signature.

    `is_verified` says that the trusted mail server has proven the sender. `automatic` says why it counts as the mail of
    a program, which is never acted on: "" for a person's. `wants_no_answer` says that its program asked for none.
    `mark` is what a mail of a rehearsal proves itself with.
    """

    message_id: str
    sender: str  # the address in lower case; "" where there is none or several
    sender_name: str = ""
    references: tuple[str, ...] = ()  # Message-IDs of the mails before it, oldest first
    subject: str = ""
    text: str = ""
    whole: str = ""
    attachments: tuple[Attachment, ...] = ()
    is_verified: bool = False
    automatic: str = ""
    wants_no_answer: bool = False
    bounce: Bounce | None = None
    mark: str = ""
