"""A mailbox at a mail server, from which mails are read where the server can't hand them over."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol


class MailboxError(Exception):
    """The mailbox can't be used now; `reason` is http_401 where the server refuses the account."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class WaitingMail:
    """A mail in the mailbox; `uid` names it as long as the connection lasts."""

    uid: str
    size: int  # bytes


class Mailbox(Protocol):
    """An open mailbox. Every method blocks, and raises MailboxError when the connection is lost."""

    def skip_read(self) -> None:
        """Mark the mails that a person has opened as taken in."""

    def list_waiting(self, since: date | None) -> Sequence[str]:
        """Return the uids of mails that were not taken in, oldest first.

        Those are the unread ones, and with `since` those that arrived from that day on and a person has opened.
        """

    def list_sizes(self, uids: Sequence[str]) -> Sequence[WaitingMail]:
        """Return these mails with their sizes, oldest first; those that are gone are left out."""

    def fetch(self, uids: Sequence[str]) -> Iterable[tuple[str, bytes]]:
        """Return the uid and the content of each of these mails, and change nothing."""

    def mark_taken(self, uids: Sequence[str]) -> None:
        """Mark mails as read, or move them to the folder for those that were taken in."""

    def mark_refused(self, uids: Sequence[str]) -> None:
        """Mark mails as read and as important, for a person to look at."""

    def wait(self, seconds: float) -> None:
        """Wait until the server has news, at most so long."""

    def close(self) -> None:
        """End the connection, also while another thread waits; it raises nothing."""
