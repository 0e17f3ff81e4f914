"""Mail servers that answer oddly, or are none: a mail is neither lost nor taken for sent, and the mailbox stays."""

import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime

import pytest

from connectors.mail import imap
from connectors.mail.client import SmtpClient
from connectors.mail.imap import ImapMailbox, MailboxAccess
from domain.delivery.message import FailureKind
from domain.mail.mailbox import MailboxError
from domain.mail.outgoing import OutgoingMail
from tests.mail.conftest import EVA

MAIL = OutgoingMail(message_id="<1@x.example>", sender=("Payday", "pay@x.example"), recipient=("", EVA),
                    subject="Hello", text="Hello", at=datetime(2026, 3, 2, tzinfo=UTC), headers={})  # fmt: skip
MUCH = 64 * 2**20  # bytes; more than any client here may read, and all that lies in between can hold
Answers = Callable[[bytes], bytes | None]  # to a line; None while nothing is to be said


class Server:
    """Says `greeting`, and what `answers` has for each line; after an answer in `endless`, it goes on for ever."""

    def __init__(self, greeting: bytes, answers: Answers) -> None:
        self.greeting, self.answers = greeting, answers
        self.endless, self.sent = b"", 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                self._serve(self._listener.accept()[0])

    def _serve(self, line: socket.socket) -> None:
        with suppress(OSError), line, line.makefile("rb") as read:
            self._say(line, self.greeting)
            for command in read:
                answer = self.answers(command.rstrip(b"\r\n"))
                if answer is not None:
                    self._say(line, answer)

    def _say(self, line: socket.socket, answer: bytes) -> None:
        line.sendall(answer)
        is_endless = self.endless and answer.endswith(self.endless)
        while is_endless and self.sent < MUCH:
            line.sendall(self.endless * (2**16 // len(self.endless)))
            self.sent += 2**16
        if is_endless or not answer.endswith(b"\n"):
            raise OSError("it hangs up")


@contextmanager
def serving(greeting: bytes, answers: Answers) -> Iterator[Server]:
    with closing(Server(greeting, answers)) as made:
        yield made


STEPS = {b"EHLO": b"250 mx\r\n", b"HELO": b"250 mx\r\n", b"MAIL": b"250 OK\r\n", b"RCPT": b"250 OK\r\n",
         b"DATA": b"354 Go on\r\n", b".": b"250 OK\r\n", b"QUIT": b"221 Bye\r\n", b"RSET": b"250 OK\r\n"}  # fmt: skip
GREETING = b"220 mx ESMTP\r\n"
NO_SMTP: Mapping[str, bytes] = {
    "of HTTP": b"HTTP/1.1 400 Bad Request\r\n\r\n<html></html>\r\n", "of no code": b"OK\r\n", "nothing": b"",
    "of another code": b"299 \xff\xfe\r\n", "of an unknown code": b"999 x\r\n", "cut": b"25",
    "without an end": b"250 aaaa", "of lines without an end": b"250-aaaa\r\n",
}  # fmt: skip


class Smtp:
    """An SMTP server of which one step is odd; `has_mail` once it got a mail whole."""

    def __init__(self) -> None:
        self.odd: tuple[bytes, bytes] | None = None
        self.has_mail, self._in_mail = False, False

    def answers(self, line: bytes) -> bytes | None:
        if self._in_mail and line != b".":
            return None
        self._in_mail = False
        name = line[:4].upper()
        self.has_mail |= name == b"."
        answer = self.odd[1] if self.odd and self.odd[0] == name else STEPS.get(name, b"500 What?\r\n")
        self._in_mail = name == b"DATA" and answer.startswith(b"354")
        return answer


@pytest.mark.parametrize("step", [b"greeting", b"EHLO", b"MAIL", b"RCPT", b"DATA", b"."], ids=bytes.decode)
def test_a_mail_is_kept_whatever_a_server_says(step: bytes) -> None:
    wrong = list[str]()
    for name, odd in NO_SMTP.items():
        server = Smtp()
        server.odd = (step, odd)
        with serving(odd if step == b"greeting" else GREETING, server.answers) as at:
            at.endless = odd if "without an end" in name else b""
            failure = SmtpClient(f"smtp://127.0.0.1:{at.port}").send(MAIL)
            if failure is None and step == b"EHLO":  # then it was asked by HELO
                continue
            if failure is None or failure.kind is not FailureKind.OUTAGE:
                wrong.append(f"{name}: {failure}")
            elif failure.maybe_sent != (step == b"."):
                wrong.append(f"{name}: {failure.maybe_sent=}")
            if at.sent >= MUCH:
                wrong.append(f"{name}: it was read to its end")
            server.odd, at.greeting = None, GREETING
            assert SmtpClient(f"smtp://127.0.0.1:{at.port}").send(MAIL) is None, "it works again"
            assert server.has_mail
    assert not wrong, wrong


@pytest.mark.parametrize(("greeting", "ehlo"), [
    (b"554 No service here\r\n", b"250 mx\r\n"), (b"421 Busy\r\n", b"250 mx\r\n"), (GREETING, b"550 Go away\r\n"),
])  # fmt: skip
def test_who_refuses_a_connection_refuses_no_mail(greeting: bytes, ehlo: bytes) -> None:
    server = Smtp()
    with serving(greeting, lambda line: ehlo if line[:4].upper() in (b"EHLO", b"HELO") else server.answers(line)) as at:
        failure = SmtpClient(f"smtp://127.0.0.1:{at.port}").send(MAIL)
    assert failure is not None
    assert (failure.kind, failure.maybe_sent) == (FailureKind.OUTAGE, False)


def test_a_refusal_of_a_mail_stays_one() -> None:
    server = Smtp()
    server.odd = (b"RCPT", b"550 5.1.1 Unknown\r\n")
    with serving(GREETING, server.answers) as at:
        failure = SmtpClient(f"smtp://127.0.0.1:{at.port}").send(MAIL)
    assert failure is not None
    assert (failure.reason, failure.kind) == ("550 5.1.1", FailureKind.PERMANENT)


TEXT = b"Subject: Till\r\n\r\nIt is down"
HELLO = b"* OK IMAP\r\n"
BODY = b"* 1 FETCH (UID 5 BODY[] {%d}\r\n%s)\r\n" % (len(TEXT), TEXT)
MAILBOX = {
    b"CAPABILITY": b"* CAPABILITY IMAP4rev1\r\n", b"LOGIN": b"", b"SELECT": b"* 1 EXISTS\r\n"
    b"* OK [PERMANENTFLAGS (\\Seen \\*)] Kept\r\n", b"SEARCH": b"* SEARCH 5\r\n", b"SIZE": b"* 1 FETCH (UID 5 "
    b"RFC822.SIZE %d)\r\n" % len(TEXT), b"BODY": BODY, b"STORE": b"", b"LOGOUT": b"* BYE\r\n",
}  # fmt: skip
DONE = b"%s OK Done\r\n"
NO_IMAP: Mapping[str, bytes] = {
    "of HTTP": b"HTTP/1.1 400 Bad Request\r\n\r\n", "nothing": b"", "of no data": DONE, "refused": b"%s NO\r\n",
    "of another tag": b"x9 OK Done\r\n%s OK Done\r\n", "of bytes": b"* \xff\xfe\x00\r\n" + DONE,
    "a list of words": b"* SEARCH five\r\n* LIST\r\n* CAPABILITY\r\n" + DONE,
    "a list of signs": b"* SEARCH *\r\n" + DONE,
    "of a negative size": b"* 1 FETCH (UID 5 RFC822.SIZE -7)\r\n" + DONE,
    "of another mail": b"* 2 FETCH (UID 6 RFC822.SIZE 3 BODY[] {3}\r\nabc)\r\n" + DONE,
    "of a mail that is gone": b"* 1 FETCH (UID 5 BODY[] NIL)\r\n* 1 EXPUNGE\r\n" + DONE,
    "of a mail that has no end": b"* 1 FETCH (UID 5 BODY[] {99999999999999}\r\naaaa", "without an end": b"* aaaa",
    "of a mail of a thousand digits": b"* 1 FETCH (UID 5 BODY[] {" + b"9" * 1000 + b"}\r\n",
    "of lines without an end": b"* 1 FETCH (FLAGS (\\Seen))\r\n", "a good-bye": b"* BYE Busy\r\n",
}  # fmt: skip


class Imap:
    """An IMAP server of which one step is odd, from its second time on where it is asked twice."""

    def __init__(self, step: bytes, odd: bytes, after: int) -> None:
        self.odd: tuple[bytes, bytes] | None = (step, odd)
        self._after = after

    def answers(self, line: bytes) -> bytes:
        tag, command = line.split(b" ", 1)
        name = next(name for name in MAILBOX if name in command.upper())
        if self.odd and self.odd[0] == name:
            self._after -= 1
            if self._after < 0:
                return self.odd[1].replace(b"%s", tag)
        return MAILBOX[name] + DONE % tag


def read(port: int) -> list[tuple[str, bytes]]:
    """Read a mailbox as the bot does."""
    with closing(ImapMailbox(MailboxAccess(f"imap://127.0.0.1:{port}", "pay", "secret"))) as box:
        waiting = box.list_waiting(None)
        found = box.fetch([one.uid for one in box.list_sizes(waiting)])
        box.mark_taken([uid for uid, _ in found])
        return found


@pytest.mark.parametrize(("step", "after"), [
    (b"greeting", 0), (b"CAPABILITY", 0), (b"CAPABILITY", 1), (b"LOGIN", 0), (b"SELECT", 0), (b"SEARCH", 0),
    (b"SIZE", 0), (b"BODY", 0), (b"STORE", 0),
])  # fmt: skip
def test_no_mail_is_made_up_or_lost(step: bytes, after: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imap, "MAX_BYTES", 2**18)
    wrong = list[str]()
    for name, odd in NO_IMAP.items():
        server = Imap(step, odd, after)
        with serving(odd.replace(b"%s", b"*") if step == b"greeting" else HELLO, server.answers) as at:
            at.endless = b"a" * 64 if odd.endswith(b"aaaa") else odd if "of lines without" in name else b""
            at.greeting = at.greeting + at.endless if at.greeting == odd and at.endless else at.greeting
            try:
                found = read(at.port)
            except MailboxError as error:
                found = []
                if step == b"greeting" and error.reason == "http_401":
                    wrong.append(f"{name}: {error.reason}")
            except Exception as error:  # noqa: BLE001 - which is what must not come
                found = []
                wrong.append(f"{name}: {type(error).__name__}: {error}")
            if found not in ([], [("5", TEXT)]):
                wrong.append(f"{name}: {found}")
            if at.sent >= MUCH:
                wrong.append(f"{name}: it was read to its end")
            server.odd, at.greeting = None, HELLO
            assert read(at.port) == [("5", TEXT)], "it works again"
    assert not wrong, wrong
