"""Read the mails of a mailbox by IMAP, and wait for new ones (RFC 3501, RFC 2177)."""

import re
import socket
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from imaplib import IMAP4
from threading import Event
from typing import Any
from urllib.parse import urlsplit

from imap_tools import BaseMailBox
from imap_tools.errors import ImapToolsError, MailboxFolderSelectError, MailboxLoginError

from connectors.mail.time_limit import SLOWEST, TimeLimit
from connectors.mail.tokens import MailTokens, NoMailTokenError
from domain.mail.mailbox import MailboxError, WaitingMail

TIMEOUT = 20.0  # seconds without a byte
STEP = 60.0  # seconds for each step of the exchange, and more for mails; to search a large folder may take a while
PORTS = {"imap": 143, "imap+starttls": 143, "imaps": 993}
MAX_UIDS = 500  # in one command
MAX_BYTES = 16 * 1024 * 1024  # of the answers in one step, and more for mails
KEYWORD = "Hypercare"  # what taken mails are marked with, where the server keeps such marks
UID = re.compile(rb"UID (\d+)")
SIZE = re.compile(rb"RFC822\.SIZE (\d+)")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")  # whatever the locale
REFUSED, NO_FOLDER, NO_TOKEN = "http_401", "no_such_folder", "no_token"
NO_SERVER, UNREADABLE = "no_mail_server", "unreadable_answer"


@dataclass(frozen=True, slots=True)
class MailboxAccess:
    """`url` is such as imaps://imap.example; `done` is the folder for mails that were taken in, "" for none."""

    url: str
    user: str
    password: str
    folder: str = "INBOX"
    done: str = ""
    tokens: MailTokens | None = None  # in place of the password


class ImapMailbox:
    """An open mailbox, as domain/mail/mailbox.py describes it."""

    def __init__(self, access: MailboxAccess) -> None:
        self._access, self._closed, self._limit = access, Event(), TimeLimit()
        self._sizes = dict[str, int]()
        self._client: _Client | None = None
        with self._step():
            self._client = _connected(access.url, self._limit)
            self._box = _Box(self._client)
            try:
                _log_in(self._box, access)
                # What a server can do, it says in full only after the login.
                found = self._box.client.capability()[1]
                self._box.client.capabilities = tuple(b" ".join(found).decode("ascii", "replace").upper().split())
                self._box.folder.set(access.folder)
                self.keeps_keywords = self._may_mark()
                if access.done and not self._box.folder.exists(access.done):
                    self._box.folder.create(access.done)
            except BaseException:
                self.close()
                raise

    def skip_read(self) -> None:
        """Mark the mails that a person has opened as taken in, where the server keeps such marks."""
        if self.keeps_keywords:
            with self._step():
                self._ask("STORE", self._box.uids(f"SEEN UNKEYWORD {KEYWORD}", charset=None), "+FLAGS.SILENT",
                          f"({KEYWORD})")  # fmt: skip

    def list_waiting(self, since: date | None) -> Sequence[str]:
        """Return the uids of mails that were not taken in, oldest first."""
        asked = "UNSEEN"
        if self.keeps_keywords:
            arrived = f"OR UNSEEN SINCE {since.day}-{MONTHS[since.month - 1]}-{since.year}" if since else asked
            asked = f"UNDELETED UNKEYWORD {KEYWORD} {arrived}"
        with self._step():
            return sorted(self._box.uids(asked, charset=None), key=int)

    def list_sizes(self, uids: Sequence[str]) -> Sequence[WaitingMail]:
        """Return these mails with their sizes, oldest first."""
        with self._step():
            answer = self._ask("FETCH", uids, "(UID RFC822.SIZE)")
        found = [one for line in answer if isinstance(line, bytes) and (one := _size(line)) and one.uid in uids]
        self._sizes = {one.uid: one.size for one in found}
        return sorted(found, key=lambda one: int(one.uid))

    def fetch(self, uids: Sequence[str]) -> list[tuple[str, bytes]]:
        """Return the uid and the content of each of these mails."""
        with self._step(size=sum(self._sizes.get(uid, 0) for uid in uids)):
            answer = self._ask("FETCH", uids, "(UID BODY.PEEK[])")
        found = []
        for head, line in zip(answer, [*answer[1:], b""], strict=False):
            if isinstance(head, tuple):  # the uid stands before or after the content
                uid = UID.search(head[0]) or UID.search(line if isinstance(line, bytes) else b"")
                found += [(uid[1].decode(), head[1])] if uid and uid[1].decode() in uids else []
        return found

    def mark_taken(self, uids: Sequence[str]) -> None:
        """Mark mails as read, or move them."""
        with self._step():
            self._mark(uids, r"\Seen")
            if uids and self._access.done:
                self._box.move(uids, self._access.done)

    def mark_refused(self, uids: Sequence[str]) -> None:
        """Mark mails as read and as important."""
        with self._step():
            self._mark(uids, r"\Seen \Flagged")

    def wait(self, seconds: float) -> None:
        """Wait for news of the server; where it sends none, for that long."""
        if "IDLE" not in self._box.client.capabilities:
            self._closed.wait(seconds)
            return
        with self._step(seconds):
            self._box.idle.wait(timeout=seconds)

    def close(self) -> None:
        """End the connection, also while another thread waits for news."""
        self._closed.set()
        with suppress(OSError):
            self._box.client.sock.shutdown(socket.SHUT_RDWR)  # so that no thread goes on waiting
        with suppress(OSError, ValueError):
            self._box.client.shutdown()
        self._limit.close()

    @contextmanager
    def _step(self, more: float = 0.0, size: int = 0) -> Iterator[None]:
        """Do a step within its time and so many seconds, with mails of that size; MailboxError where it fails."""
        if self._client is not None:
            self._client.left = MAX_BYTES + size
        try:
            with _faults(), self._limit.step(STEP + more + size / SLOWEST):
                yield
        except MailboxError:
            if self._limit.was_cut:
                raise MailboxError(TimeoutError.__name__) from None
            raise

    def _may_mark(self) -> bool:
        """Whether the server keeps keywords, as it said when the folder was opened."""
        flags = self._box.client.untagged_responses.get("PERMANENTFLAGS") or []
        said = b" ".join(one for one in flags if isinstance(one, bytes)).decode("ascii", "replace")
        return r"\*" in said or KEYWORD in said.strip("()").split()

    def _mark(self, uids: Sequence[str], flags: str) -> None:
        keyword = f" {KEYWORD}" if self.keeps_keywords else ""
        self._ask("STORE", uids, "+FLAGS.SILENT", f"({flags}{keyword})")

    def _ask(self, command: str, uids: Sequence[str], *given: str) -> list[Any]:
        """Ask about these mails, in parts that fit into a line of the protocol."""
        answer = list[Any]()
        for start in range(0, len(uids), MAX_UIDS):
            status, found = self._box.client.uid(command, ",".join(uids[start : start + MAX_UIDS]), *given)
            if status != "OK":
                raise MailboxError(f"{command.lower()}_refused")
            answer += [one for one in found if one is not None]
        return answer


def _size(line: bytes) -> WaitingMail | None:
    uid, size = UID.search(line), SIZE.search(line)
    return WaitingMail(uid[1].decode(), int(size[1])) if uid and size else None


class _Client(IMAP4):
    """A connection of which each step has its time; `context` where it begins with TLS."""

    def __init__(self, limit: TimeLimit, host: str, port: int, context: ssl.SSLContext | None) -> None:
        self._limit, self._context = limit, context
        self.left = MAX_BYTES  # that the server may send in this step
        super().__init__(host, port, timeout=TIMEOUT)

    def read(self, size: int) -> bytes:
        """Read a mail; the library makes room for whatever size a server names."""
        self._count(size)
        return super().read(size)

    def readline(self) -> bytes:
        """Read a line; the library keeps as many as a server sends."""
        line = super().readline()
        self._count(len(line))
        return line

    def _count(self, size: int) -> None:
        self.left -= size
        if self.left < 0:
            raise self.abort("too long")

    def _create_socket(self, timeout: float | None) -> socket.socket:
        """Connect, as the library does, and watch the connection from then on."""
        line = socket.create_connection((self.host, self.port), timeout)
        self._limit.watch(line)
        return self._context.wrap_socket(line, server_hostname=self.host) if self._context else line


class _Box(BaseMailBox):  # type: ignore[misc]  # the package has no types
    """A mailbox behind a connection of ours."""

    def __init__(self, client: IMAP4) -> None:
        self._given = client
        super().__init__()

    def _get_mailbox_client(self) -> IMAP4:
        return self._given


def _connected(url: str, limit: TimeLimit) -> _Client:
    parts = urlsplit(url)
    host, port = parts.hostname or "127.0.0.1", parts.port or PORTS[parts.scheme]
    try:
        client = _Client(limit, host, port, ssl.create_default_context() if parts.scheme == "imaps" else None)
        if parts.scheme == "imap+starttls":
            client.starttls(ssl.create_default_context())
    except BaseException:
        limit.close()
        raise
    return client


def _log_in(box: BaseMailBox, access: MailboxAccess) -> None:
    if access.tokens:
        _log_in_with_token(box, access.user, access.tokens)
        return
    is_plain = f"{access.user}{access.password}".isascii()
    (box.login if is_plain else box.login_utf8)(access.user, access.password, initial_folder=None)


def _log_in_with_token(box: BaseMailBox, user: str, tokens: MailTokens) -> None:
    try:
        token = tokens.get()
    except NoMailTokenError as no:
        raise MailboxError(REFUSED if no.is_refused else NO_TOKEN) from None
    try:
        box.xoauth2(user, token, initial_folder=None)
    except IMAP4.abort:
        raise
    except IMAP4.error:
        tokens.forget(token)  # it may have been taken back before its end
        raise MailboxError(REFUSED) from None


@contextmanager
def _faults() -> Iterator[None]:
    """Turn what a lost connection or a refusal raises into one error."""
    try:
        yield
    except MailboxLoginError:
        raise MailboxError(REFUSED) from None
    except MailboxFolderSelectError:
        raise MailboxError(NO_FOLDER) from None
    except IMAP4.abort:
        raise MailboxError(NO_SERVER) from None
    except OSError as error:
        raise MailboxError(type(error).__name__) from None
    # The libraries read what a server should say, and raise what they stumble over where it says something else.
    except (ImapToolsError, IMAP4.error, EOFError, ValueError, TypeError, LookupError, AttributeError, ArithmeticError):
        raise MailboxError(UNREADABLE) from None
