"""Hand mails to a mail server by SMTP."""

import smtplib
import socket
import ssl
from contextlib import suppress
from dataclasses import dataclass
from email import policy
from email.errors import MessageError
from email.message import EmailMessage
from email.utils import format_datetime, formataddr
from typing import Any
from urllib.parse import urlsplit

from connectors.mail.time_limit import SLOWEST, TimeLimit
from connectors.mail.tokens import MailTokens, NoMailTokenError, xoauth2
from domain.delivery.message import Failure, FailureKind
from domain.mail.outgoing import OutgoingMail
from domain.text import one_line

TIMEOUT = 20.0  # seconds for each step of the exchange
# Seconds for the answer to a mail that was handed over: the server may look for viruses first, and one whose answer is
# not waited for comes again (RFC 5321 4.5.3.2.6).
TAKES = 300.0
MAX_REPLY = 64 * 1024  # bytes of an answer
LEAVES = 2.0  # seconds for a good-bye, which nothing depends on
PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}
POLICY = policy.SMTP
# Who greets or begins otherwise than a mail server that has time has refused no mail.
NOT_TALKING = (smtplib.SMTPServerDisconnected, smtplib.SMTPResponseException)


@dataclass(frozen=True, slots=True)
class SmtpClient:
    """`url` is such as smtp://127.0.0.1:25, smtp+starttls://mail.example:587 or smtps://mail.example."""

    url: str
    user: str = ""
    password: str = ""
    tokens: MailTokens | None = None  # in place of the password

    def send(self, mail: OutgoingMail) -> Failure | None:
        """Hand a mail over; return why the server did not take it, or None. It blocks, so call it in a thread."""
        try:
            content = written(mail)
        except (ValueError, MessageError):
            return Failure("not_writable")
        limit = TimeLimit()
        server: _Server | None = None
        try:
            server = self._connected(limit)
            server.send_message(content, mail.sender[1], [mail.recipient[1]])
        except smtplib.SMTPRecipientsRefused as error:
            code, said = next(iter(error.recipients.values()))
            return _refused(code, said)
        except NoMailTokenError as no:
            return (
                Failure("http_401", FailureKind.TEMPORARY) if no.is_refused else Failure("no_token", FailureKind.OUTAGE)
            )
        except smtplib.SMTPAuthenticationError:
            return Failure("http_401", FailureKind.TEMPORARY)
        except (smtplib.SMTPSenderRefused, smtplib.SMTPDataError) as error:
            return _refused(error.smtp_code, error.smtp_error, may_have_it=server is not None and server.has_content)
        except (OSError, smtplib.SMTPException, ValueError) as error:
            may_have_it = server is not None and server.has_content
            return Failure(_reason(error, limit), FailureKind.OUTAGE, maybe_sent=may_have_it)
        finally:
            _leave(server, limit)
        return None

    def check(self) -> Failure | None:
        """Log in and send nothing; return why that failed, or None. It blocks, so call it in a thread."""
        limit = TimeLimit()
        server: _Server | None = None
        try:
            server = self._connected(limit)
            code, said = server.noop()
        except NoMailTokenError as no:
            return Failure("http_401" if no.is_refused else "no_token")
        except (OSError, smtplib.SMTPException, ValueError) as error:
            return Failure(_reason(error, limit))
        finally:
            _leave(server, limit)
        return None if code == 250 else _refused(code, said)

    def _connected(self, limit: TimeLimit) -> "_Server":
        parts = urlsplit(self.url)
        host, port = parts.hostname or "127.0.0.1", parts.port or PORTS[parts.scheme]
        server = _Server(limit, host, port, ssl.create_default_context() if parts.scheme == "smtps" else None)
        try:
            if parts.scheme == "smtp+starttls":
                with limit.step(TIMEOUT):
                    server.starttls(context=ssl.create_default_context())
            if self.tokens:
                self._log_in_with_token(server, self.tokens)
            elif self.user:
                server.login(self.user, self.password)
        except BaseException:
            server.close()
            raise
        return server

    def _log_in_with_token(self, server: "_Server", tokens: MailTokens) -> None:
        token = tokens.get()
        server.ehlo_or_helo_if_needed()
        try:  # a refusal comes as a challenge, which is answered by nothing
            server.auth("XOAUTH2", lambda challenge=None: xoauth2(self.user, token) if challenge is None else "")
        except smtplib.SMTPAuthenticationError:
            tokens.forget(token)  # it may have been taken back before its end
            raise


class _Server(smtplib.SMTP):
    """A connection of which each step has its time; `has_content` once a mail is on its way."""

    def __init__(self, limit: TimeLimit, host: str, port: int, context: ssl.SSLContext | None) -> None:
        self._limit, self._context = limit, context
        self.has_content, self.patience = False, TIMEOUT
        super().__init__(host, port, timeout=TIMEOUT)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        """Connect, as the library does, and watch the connection from then on."""
        line = socket.create_connection((host, port), timeout)
        self._limit.watch(line)
        line.settimeout(None)  # each step has its time
        if self._context is None:
            return line
        with self._limit.step(TIMEOUT):
            return self._context.wrap_socket(line, server_hostname=host)

    def getreply(self) -> tuple[int, bytes]:
        """Read an answer; one without a code, where a line was cut, or without an end is none."""
        if self.file is None and self.sock is not None:
            self.file = _Replies(self.sock)
        if self.file is not None:
            self.file.left = MAX_REPLY
        try:
            with self._limit.step(self.patience):
                code, said = super().getreply()
        except smtplib.SMTPResponseException:  # a line that is too long, which the library takes for a refusal
            raise smtplib.SMTPServerDisconnected from None
        if not 200 <= code < 600:
            self.close()
            raise smtplib.SMTPServerDisconnected
        return code, said

    def send(self, s: Any) -> None:
        if isinstance(s, bytes):  # commands are texts
            self.has_content, self.patience = True, TAKES
        with self._limit.step(TIMEOUT + len(s) / SLOWEST):
            super().send(s)

    def data(self, msg: Any) -> tuple[int, bytes]:
        try:
            return super().data(msg)
        finally:
            self.patience = TIMEOUT


class _Replies:
    """The lines that a server sends, of which one answer may have `left` bytes."""

    def __init__(self, line: socket.socket) -> None:
        self._lines = line.makefile("rb")
        self.left = MAX_REPLY

    def readline(self, most: int) -> bytes:
        """Return a line; raise OSError where an answer has no end."""
        found = self._lines.readline(most)
        self.left -= len(found)
        if self.left < 0:
            raise OSError("too long")
        return found

    def close(self) -> None:
        """Close the file, not the connection."""
        self._lines.close()


def _leave(server: "_Server | None", limit: TimeLimit) -> None:
    """Say good-bye where the connection still stands. What the server says to that changes nothing."""
    if server is not None:
        server.patience = LEAVES
        with suppress(OSError, smtplib.SMTPException):
            server.docmd("QUIT")
        server.close()
    limit.close()


def _reason(error: Exception, limit: TimeLimit) -> str:
    if limit.was_cut:
        return TimeoutError.__name__
    return "no_mail_server" if isinstance(error, NOT_TALKING) else type(error).__name__


def written(mail: OutgoingMail) -> EmailMessage:
    """Return a mail as it is sent."""
    made = EmailMessage(policy=POLICY)
    made["From"], made["To"] = _address(mail.sender), _address(mail.recipient)
    made["Subject"], made["Date"], made["Message-ID"] = (
        one_line(mail.subject),
        format_datetime(mail.at),
        mail.message_id,
    )
    if mail.references:
        made["In-Reply-To"], made["References"] = mail.references[-1], " ".join(mail.references)
    for name, value in mail.headers.items():
        made[name] = value
    made.set_content(mail.text)
    if mail.html:
        made.add_alternative(mail.html, subtype="html")
        shown = made.get_payload(1)
        assert isinstance(shown, EmailMessage)
        for content_id, image in mail.images.items():
            main, _, sub = image.kind.partition("/")
            shown.add_related(image.content, maintype=main, subtype=sub, cid=f"<{content_id}>", filename=image.name,
                              disposition="inline")  # fmt: skip
    for file in mail.attachments:
        main, _, sub = file.kind.partition("/")
        made.add_attachment(file.content, maintype=main, subtype=sub, filename=file.name)
    return made


def _address(named: tuple[str, str]) -> str:
    return formataddr((one_line(named[0]), named[1]))


def _refused(code: int, said: bytes | str, *, may_have_it: bool = False) -> Failure:
    """Return a refusal; its reason begins with the code and carries the extended one, such as `550 5.1.1`.

    A code that refuses nothing has no place there, so nothing is known of the mail.
    """
    if code < 400:
        return Failure("no_mail_server", FailureKind.OUTAGE, maybe_sent=may_have_it)
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    extended = text.split(" ", 1)[0] if text[:1].isdigit() and text.count(".") >= 2 else "5.0.0"
    if 400 <= code < 500:
        return Failure(f"{code} {extended}", FailureKind.TEMPORARY)
    return Failure(f"{code} {extended}")
