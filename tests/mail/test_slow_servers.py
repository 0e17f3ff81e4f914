"""Mail servers that hang or send a byte now and then: nothing is lost or doubled, and nothing else waits for them."""

import asyncio
import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from email.utils import parseaddr
from typing import TypeVar

import pytest
from aiosmtpd.smtp import SMTP

from bot.workers import mailbox_reader
from connectors.mail import client as smtp
from connectors.mail import tokens
from connectors.mail.client import SmtpClient
from connectors.mail.fake import MailSink
from connectors.mail.tokens import MailTokens, NoMailTokenError, TokenAccess
from domain.delivery.message import Failure, FailureKind
from domain.mail.outgoing import OutgoingMail
from tests.mail.conftest import EVA, Posted
from tests.mail.test_imap import Dovecot, Read, dovecot, dovecot_server, is_failing, read  # noqa: F401 - fixtures
from tests.support.bot import BotWorkspace
from tests.support.control import eventually
from tests.support.loop import Loop

T = TypeVar("T")
PAUSE = 0.2  # seconds between two bytes
SHORT = 0.5  # seconds that a step may take here; less than any answer takes at that pace
FOREVER = 60.0  # seconds after which a test that hangs fails
MAIL = OutgoingMail(message_id="<1@x.example>", sender=("Payday", "pay@x.example"), recipient=("", EVA),
                    subject="Hello", text="Hello", at=datetime(2026, 3, 2, tzinfo=UTC), headers={})  # fmt: skip


class Trickle:
    """A way to a server: once a client has sent `after`, the server's bytes come one by one."""

    def __init__(self, port: int, after: bytes) -> None:
        self._to, self.after = port, after
        self.is_slow = threading.Event()
        self._ended = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._begin(self._accept)

    def passes(self) -> None:
        """Be as fast as the server from now on."""
        self.after = b"what no client sends"
        self.is_slow.clear()

    def close(self) -> None:
        self._ended.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    @staticmethod
    def _begin(work: Callable[..., None], *given: object) -> None:
        threading.Thread(target=work, args=given, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                ours = self._listener.accept()[0]
                theirs = socket.create_connection(("127.0.0.1", self._to))
                if not self.after:
                    self.is_slow.set()
                self._begin(self._pass, ours, theirs, True)
                self._begin(self._pass, theirs, ours, False)

    def _pass(self, source: socket.socket, target: socket.socket, is_client: bool) -> None:
        with suppress(OSError), source:
            sent = b""
            while part := source.recv(2**16):
                sent = sent[-100:] + part
                if is_client and self.after and self.after in sent:
                    self.is_slow.set()
                for piece in [part] if is_client else self._pieces(part):
                    target.sendall(piece)
        with suppress(OSError):
            target.shutdown(socket.SHUT_RDWR)

    def _pieces(self, part: bytes) -> Iterator[bytes]:
        """What came of the server, byte by byte while it is slow."""
        for at in range(len(part)):
            if not self.is_slow.is_set() or self._ended.wait(PAUSE):
                yield part[at:]
                return
            yield part[at : at + 1]


@contextmanager
def serving(sink: MailSink) -> Iterator[int]:
    """A port at which that server takes mails."""
    loop = Loop()

    async def start() -> asyncio.Server:
        here = asyncio.get_running_loop()
        return await here.create_server(lambda: SMTP(sink, hostname="mx.example", loop=here), "127.0.0.1", 0)

    server = loop.run(start())
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        loop.stop_listening(server)
        loop.close()


def ended(work: Callable[[], T]) -> T:
    """What comes of work that has to end."""
    pool = ThreadPoolExecutor(1)
    try:
        return pool.submit(work).result(FOREVER)
    finally:
        pool.shutdown(wait=False)


@pytest.mark.parametrize(("after", "limit"), [
    (b"", "TIMEOUT"), (b"ehlo ", "TIMEOUT"), (b"rcpt TO", "TIMEOUT"), (b"\r\n.\r\n", "TAKES"),
], ids=["greeting", "hello", "recipient", "answer"])  # fmt: skip
def test_a_mail_is_given_up_where_the_server_sends_a_byte_now_and_then(
    after: bytes, limit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A socket's own timeout counts from each byte anew."""
    sink = MailSink()
    with serving(sink) as port, closing(Trickle(port, after)) as way:
        client = SmtpClient(f"smtp://127.0.0.1:{way.port}")
        with monkeypatch.context() as patched:
            patched.setattr(smtp, limit, SHORT)
            given_up = ended(lambda: client.send(MAIL))
        assert given_up == Failure("TimeoutError", FailureKind.OUTAGE, maybe_sent=limit == "TAKES")
        way.passes()
        assert ended(lambda: client.send(MAIL)) is None
    assert {one["Message-ID"] for one in sink.received} == {MAIL.message_id}
    assert len(sink.received) == 1 + (limit == "TAKES"), "an answer that was lost is asked for again"


def test_a_handshake_is_given_up_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server begins TLS, and sends a record of 16 KB that never ends."""
    monkeypatch.setattr(smtp, "TIMEOUT", SHORT)
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:

        def serve() -> None:
            line = listener.accept()[0]
            with suppress(OSError), line:
                for byte in b"\x16\x03\x03\x40\x00" + b"\x02" * 1000:
                    line.sendall(bytes([byte]))
                    threading.Event().wait(PAUSE)

        threading.Thread(target=serve, daemon=True).start()
        client = SmtpClient(f"smtps://127.0.0.1:{listener.getsockname()[1]}")
        assert ended(lambda: client.send(MAIL)) == Failure("TimeoutError", FailureKind.OUTAGE)


class Curt(MailSink):
    """A server that takes mails, and has no good word for who leaves."""

    async def handle_QUIT(self, *_given: object) -> str:  # noqa: N802 - as aiosmtpd calls it
        return "451 4.3.0 Busy"


def test_a_mail_that_was_taken_is_not_sent_again_whatever_follows() -> None:
    sink = Curt()
    with serving(sink) as port:
        assert SmtpClient(f"smtp://127.0.0.1:{port}").send(MAIL) is None
    assert len(sink.received) == 1


def test_a_token_is_given_up_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "TIMEOUT", SHORT)
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:

        def serve() -> None:
            line = listener.accept()[0]
            with suppress(OSError), line:
                for byte in b"HTTP/1.1 200 OK\r\n" + b"X-Slow: 1\r\n" * 100:
                    line.sendall(bytes([byte]))
                    threading.Event().wait(PAUSE)

        threading.Thread(target=serve, daemon=True).start()
        known = MailTokens(TokenAccess(f"http://127.0.0.1:{listener.getsockname()[1]}/token", "app"))
        with pytest.raises(NoMailTokenError) as no:
            ended(known.get)
        assert not no.value.is_refused


class Held(MailSink):
    """A server that answers no mail until it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.holds, self.may_answer = 0, asyncio.Event()

    async def let_go(self) -> None:
        self.may_answer.set()

    async def handle_DATA(self, *given: object) -> str:  # noqa: N802 - as above
        self.holds += 1
        await self.may_answer.wait()
        return await super().handle_DATA(*given)  # type: ignore[arg-type]


def test_a_mail_server_that_hangs_holds_up_nothing_else(slack: BotWorkspace, posted: Posted) -> None:
    """Six mails wait for their answer, as many threads as asyncio has on a machine with two processors."""

    async def on_a_small_machine() -> None:
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(6))

    slack.loop.run(on_a_small_machine())
    held = posted.box.sink = Held()
    for number in range(8):
        posted.writes(f"Report {number}", "Text", f"person{number}@customer.example")
    eventually(lambda: held.holds == 6, "six mails without an answer", instead=posted.seen)
    posted.writes("The last", "Text", "last@customer.example")
    assert "(e-mail)" in slack.channel("hypercare-desk").expects("The last").words  # a name that is filled in
    slack.loop.run(held.let_go())
    for _ in range(3):
        slack.control.post("clock", advance=60)
        slack.quiet()
    came = Counter(parseaddr(str(one["To"]))[1] for one in held.received)
    assert came == Counter([*(f"person{number}@customer.example" for number in range(8)), "last@customer.example"])


def test_a_mailbox_that_trickles_in_the_middle_of_a_mail_is_read_again(
    read: Callable[..., Read],  # noqa: F811 - the fixture
    dovecot: Dovecot,  # noqa: F811 - the fixture
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from connectors.mail import imap  # of the extra

    monkeypatch.setattr(mailbox_reader, "PAUSES", (0.2,))
    reading = read()
    with closing(Trickle(dovecot.port, b"BODY.PEEK[]")) as way:
        reading.restarts(imap_url=f"imap://127.0.0.1:{way.port}")
        with monkeypatch.context() as patched:
            patched.setattr(imap, "STEP", SHORT)
            patched.setattr(imap, "SLOWEST", 10**9)
            dovecot.gets(reading.box.mail(EVA, "Totals are wrong", "It says 0."))
            eventually(way.is_slow.is_set, "a mail that is asked for")
            eventually(lambda: is_failing(reading), "a mailbox that can't be read")
            reading.slack.person("maria").reports("The font is odd", "low")
            reading.slack.channel("hypercare-desk").expects("The font is odd")
            assert reading.tickets() == ["The font is odd"]
        way.passes()
        reading.slack.channel("hypercare-desk").expects("Totals are wrong")
        eventually(lambda: not dovecot.uids("UNSEEN"), "the mark")
    assert reading.tickets() == ["The font is odd", "Totals are wrong"]
