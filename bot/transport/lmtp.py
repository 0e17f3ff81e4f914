"""The LMTP server through which a mail server hands over mails (RFC 2033): 250 only after the commit."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from functools import partial

import structlog
from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import Envelope, Session

from connectors.mail.parsing import read_mail
from domain.mail.incoming import IncomingMail
from domain.mail.reply import MailReply

log = structlog.get_logger()
MAX_BYTES = 30 * 1024 * 1024
MAX_WAITING = 20  # mails that are being taken in; others are asked for again
BUSY = "451 4.3.0 Hypercare is busy. Try again later."
Check = Callable[[str], MailReply]
Receive = Callable[[str, IncomingMail], MailReply]


class LmtpServer:
    """`check` says whether an address takes mails, and `receive` takes one in; both run on the pool.

    `count_answer` counts the code that a mail was answered with.
    """

    def __init__(
        self, check: Check, receive: Receive, pool: Executor, authserv: str,
        count_answer: Callable[[int], None] = lambda _code: None,
    ) -> None:  # fmt: skip
        self._count_answer = count_answer
        self._check, self._receive, self._pool, self._authserv = check, receive, pool, authserv
        self._server: asyncio.Server | None = None
        self._waiting = 0
        self.port = 0

    async def start(self, host: str, port: int) -> None:
        """Listen; raise OSError when the port is in use."""
        loop = asyncio.get_running_loop()
        made = partial(LMTP, self, data_size_limit=MAX_BYTES, enable_SMTPUTF8=True, hostname="hypercare", loop=loop,
                       ident="Hypercare")  # fmt: skip
        self._server = await loop.create_server(made, host, port)
        self.port = self._server.sockets[0].getsockname()[1]

    def stop(self) -> None:
        """Take no new connections; those that are open may stay so for minutes, and are not waited for."""
        if self._server:
            self._server.close()

    async def handle_RCPT(  # noqa: N802 - as aiosmtpd calls it
        self, _server: LMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Take a recipient that is the address of a phase."""
        reply = await self._run(self._check, address)
        if reply.startswith("250"):
            envelope.rcpt_tos.append(address)
        return reply

    async def handle_DATA(self, _server: LMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - as above
        """Take in a mail; the answer has a line for each recipient."""
        content = bytes(envelope.original_content or b"")
        sender = (envelope.mail_from or "").strip("<>")  # the null sender is written <>
        lines = [await self._run(self._take, one, content, sender) for one in envelope.rcpt_tos]
        for line in lines:
            self._count_answer(int(line[:3]))
        return "\r\n".join(lines)

    async def handle_exception(self, error: Exception) -> str:
        """Ask for the mail again when a session fails; the library would refuse it for good."""
        log.error("mail_not_taken", error=type(error).__name__)
        return BUSY

    def _take(self, address: str, content: bytes, sender: str) -> MailReply:
        return self._receive(address, read_mail(content, sender, self._authserv))

    async def _run(self, work: Callable[..., MailReply], *given: object) -> str:
        """Run work on the pool; what fails is asked for again, so that no mail is lost."""
        if self._waiting >= MAX_WAITING:
            return BUSY
        self._waiting += 1
        try:
            reply = await asyncio.get_running_loop().run_in_executor(self._pool, partial(work, *given))
        except Exception as error:  # noqa: BLE001 - the mail server keeps the mail and tries again
            log.error("mail_not_taken", error=type(error).__name__)  # noqa: TRY400 - it may quote the mail
            return BUSY
        finally:
            self._waiting -= 1
        return reply.line
