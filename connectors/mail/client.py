"""Hand mails to a mail server by SMTP."""

import smtplib
import ssl
from dataclasses import dataclass
from email import policy
from email.errors import MessageError
from email.message import EmailMessage
from email.utils import format_datetime, formataddr
from urllib.parse import urlsplit

from connectors.mail.tokens import MailTokens, NoMailTokenError, xoauth2
from domain.delivery.message import Failure, FailureKind
from domain.mail.outgoing import OutgoingMail
from domain.text import one_line

TIMEOUT = 20.0  # seconds for each step of the exchange
PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}
POLICY = policy.SMTP


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
        handed_over = False
        try:
            with self._connected() as server:
                handed_over = True  # from here on an answer may be lost
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
        except smtplib.SMTPResponseException as error:
            return _refused(error.smtp_code, error.smtp_error)
        except (OSError, smtplib.SMTPException, ValueError) as error:
            return Failure(type(error).__name__, FailureKind.OUTAGE, maybe_sent=handed_over)
        return None

    def check(self) -> Failure | None:
        """Log in and send nothing; return why that failed, or None. It blocks, so call it in a thread."""
        try:
            with self._connected() as server:
                code, said = server.noop()
        except NoMailTokenError as no:
            return Failure("http_401" if no.is_refused else "no_token")
        except (OSError, smtplib.SMTPException, ValueError) as error:
            return Failure(type(error).__name__)
        return None if code == 250 else _refused(code, said)

    def _connected(self) -> smtplib.SMTP:
        parts = urlsplit(self.url)
        host, port = parts.hostname or "127.0.0.1", parts.port or PORTS[parts.scheme]
        if parts.scheme == "smtps":
            server: smtplib.SMTP = smtplib.SMTP_SSL(host, port, timeout=TIMEOUT, context=ssl.create_default_context())
        else:
            server = smtplib.SMTP(host, port, timeout=TIMEOUT)
        try:
            if parts.scheme == "smtp+starttls":
                server.starttls(context=ssl.create_default_context())
            if self.tokens:
                self._log_in_with_token(server, self.tokens)
            elif self.user:
                server.login(self.user, self.password)
        except BaseException:
            server.close()
            raise
        return server

    def _log_in_with_token(self, server: smtplib.SMTP, tokens: MailTokens) -> None:
        token = tokens.get()
        server.ehlo_or_helo_if_needed()
        try:  # a refusal comes as a challenge, which is answered by nothing
            server.auth("XOAUTH2", lambda challenge=None: xoauth2(self.user, token) if challenge is None else "")
        except smtplib.SMTPAuthenticationError:
            tokens.forget(token)  # it may have been taken back before its end
            raise


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


def _refused(code: int, said: bytes | str) -> Failure:
    """Return a refusal; its reason begins with the code and carries the extended one, such as `550 5.1.1`."""
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    extended = text.split(" ", 1)[0] if text[:1].isdigit() and text.count(".") >= 2 else "5.0.0"
    if 400 <= code < 500:
        return Failure(f"{code} {extended}", FailureKind.TEMPORARY)
    return Failure(f"{code} {extended}")
