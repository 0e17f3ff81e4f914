"""A mailbox to try e-mail with: people write to Hypercare by LMTP, and read what it sends them by SMTP."""

import asyncio
import smtplib
from base64 import b64encode
from collections.abc import Callable
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import format_datetime
from enum import StrEnum
from html import escape
from itertools import count
from typing import Any

from aiohttp import web
from aiosmtpd.smtp import SMTP, Envelope, Session

AUTHSERV = "mx.sandbox.example"
PEOPLE = ("maria@sandbox.example", "eva@customer.example")  # one with a Slack account, and one without
PAGE = (
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Mailbox</title><style>body{{font:15px/1.5 '
    "system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem}}article{{border:1px solid #8888;"
    "border-radius:6px;padding:.5rem 1rem;margin:1rem 0}}pre{{white-space:pre-wrap;font:inherit}}label{{display:block}}"
    "input,select,textarea{{font:inherit;width:100%;box-sizing:border-box}}small{{opacity:.7}}</style></head><body><main>"
    "<h1>Mailbox</h1><p>Write to {address} as a person with a Slack account, or as one without.</p>"
    '<form method="post" action="/mails">{answers}<label>From <select name="sender">{people}</select></label>'
    '<label>Subject <input name="subject" value="{subject}" required></label>'
    '<label>Text <textarea name="text" rows="5" required></textarea></label><button>Send</button></form>'
    "<h2>Mails</h2>{mails}</main></body></html>"
)


class MailFault(StrEnum):
    """What goes wrong at a mail server."""

    AWAY = "away"  # it hangs up at once
    LATER = "later"  # it asks for each mail again, as where it doesn't know who sends
    LOST = "lost"  # it takes a mail and hangs up before it says so


class MailSink:
    """What an SMTP server does with mails: it keeps them, or answers `refusal`, unless there is a `fault`."""

    def __init__(self) -> None:
        self.refusal = ""
        self.fault: MailFault | None = None
        self.received: list[EmailMessage] = []

    async def handle_RCPT(  # noqa: N802 - as aiosmtpd calls it
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Take every recipient, or none."""
        if self.fault is MailFault.LATER:
            return "451 4.7.1 Greylisted. Try again later."
        if self.refusal:
            return self.refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - as above
        """Keep a mail."""
        made = message_from_bytes(bytes(envelope.original_content or b""), policy=policy.default)
        assert isinstance(made, EmailMessage)
        self.received.append(made)
        if self.fault is MailFault.LOST and isinstance(server.transport, asyncio.WriteTransport):
            server.transport.abort()
        return "250 OK"

    def answer(self, loop: asyncio.AbstractEventLoop) -> asyncio.Protocol:
        """Return what speaks on a new connection."""
        return HangsUp() if self.fault is MailFault.AWAY else SMTP(self, hostname=AUTHSERV, loop=loop)


class HangsUp(asyncio.Protocol):
    """A server that ends each connection."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """End it."""
        transport.close()


class FakeMailbox:
    """`lmtp_port` is where Hypercare takes mails in; `address` is the phase's."""

    def __init__(self, address: str, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.address, self._now = address, now
        self.lmtp_port = 0
        self.sink = MailSink()
        self.sent: list[EmailMessage] = []
        self._numbers = count(1)
        self._server: asyncio.Server | None = None
        self._runner: web.AppRunner | None = None
        self.port = self.page_port = 0

    async def start(self, smtp_port: int = 0) -> None:
        """Listen for mails, and show the page."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: self.sink.answer(loop), "127.0.0.1", smtp_port)
        self.port = self._server.sockets[0].getsockname()[1]
        app = web.Application()
        app.router.add_get("/", self._page)
        app.router.add_post("/mails", self._post)
        app.router.add_get("/mails/{number}", self._html)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.page_port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        if self._runner:
            await self._runner.cleanup()
        if self._server:
            self._server.close()
            await self._server.wait_closed()

    @property
    def url(self) -> str:
        """The address of the page."""
        return f"http://127.0.0.1:{self.page_port}"

    @property
    def smtp_url(self) -> str:
        """Where Hypercare hands over its mails."""
        return f"smtp://127.0.0.1:{self.port}"

    def mail(
        self, sender: str, subject: str, text: str, *, answers: EmailMessage | None = None, **headers: str
    ) -> EmailMessage:
        """Return a mail of a person to the phase; `answers` is the mail that it answers."""
        made = EmailMessage(policy=policy.SMTP)
        made["From"], made["To"], made["Subject"] = sender, self.address, subject
        made["Date"], made["Message-ID"] = format_datetime(self._now()), f"<{next(self._numbers)}@person.example>"
        if answers is not None:
            made["In-Reply-To"] = answers["Message-ID"]
            made["References"] = f"{answers['References'] or ''} {answers['Message-ID']}".strip()
        for name, value in headers.items():
            made[name.replace("_", "-")] = value
        made.set_content(text)
        return made

    def hand_over(self, content: bytes, sender: str) -> tuple[int, str]:
        """Hand a mail to Hypercare as a mail server does, in a thread; return its answer, a code and a sentence."""
        with smtplib.LMTP("127.0.0.1", self.lmtp_port, timeout=20) as server:
            server.ehlo_or_helo_if_needed()
            for code, said in (server.mail(sender), server.rcpt(self.address)):
                if code >= 400:
                    return code, said.decode()
            code, said = server.data(b"\r\n".join(content.splitlines()))
        return code, said.decode()

    def write(self, made: EmailMessage, *, proven: bool = True) -> tuple[int, str]:
        """Send a person's mail, with what the mail server in between found out about the sender."""
        if proven:
            domain = str(made["From"]).rpartition("@")[2].rstrip(">")
            made["Authentication-Results"] = f"{AUTHSERV}; dmarc=pass header.from={domain}"
        self.sent.append(made)
        return self.hand_over(made.as_bytes(), str(made["From"]))

    async def _post(self, request: web.Request) -> web.Response:
        given = await request.post()
        sender, answers = str(given["sender"]), int(str(given.get("answers") or -1))
        answered = self.sink.received[answers] if 0 <= answers < len(self.sink.received) else None
        subject = " ".join(str(given["subject"]).split())
        made = self.mail(sender, subject, str(given["text"]), answers=answered)
        code, said = await asyncio.to_thread(self.write, made)
        if code >= 400:
            return web.Response(text=f"{code} {said}", status=502)
        raise web.HTTPSeeOther("/")

    async def _html(self, request: web.Request) -> web.Response:
        """Show a mail as mail programs do, with its pictures in it."""
        number = request.match_info["number"]
        known = self.sink.received
        found = known[int(number)] if number.isdecimal() and int(number) < len(known) else None
        body: Any = found.get_body(preferencelist=("html",)) if found else None
        if found is None or body is None:
            return web.Response(status=404, text="There is no such mail.")
        text = str(body.get_content())
        for part in found.walk():
            if part.get_content_maintype() == "image" and (name := str(part["Content-ID"]).strip("<>")):
                content = b64encode(part.get_content()).decode()
                text = text.replace(f"cid:{name}", f"data:{part.get_content_type()};base64,{content}")
        headers = {"Content-Security-Policy": "default-src 'none'; img-src data:; style-src 'unsafe-inline'"}
        return web.Response(text=text, content_type="text/html", headers=headers)

    async def _page(self, request: web.Request) -> web.Response:
        number = int(found) if (found := request.query.get("answer", "")).isdecimal() else -1
        known = self.sink.received
        answered = known[number] if 0 <= number < len(known) else None
        hidden = f'<input type="hidden" name="answers" value="{number}">' if answered else ""
        writer = str(answered["To"]) if answered else ""
        people = "".join(f"<option{' selected' if one in writer else ''}>{one}</option>" for one in PEOPLE)
        subject = f"Re: {answered['Subject']}" if answered else ""
        mails = [_shown(one, _links(one, at)) for at, one in enumerate(known)]
        shown = "".join(reversed(mails)) or "<p>There are no mails yet.</p>"
        text = PAGE.format(address=escape(self.address), answers=hidden, people=people, subject=escape(subject),
                           mails=shown)  # fmt: skip
        return web.Response(text=text, content_type="text/html")


def _links(mail: EmailMessage, number: int) -> str:
    """Return the links below a mail: to answer it, and to see one with pictures as mail programs show it."""
    shown = f' · <a href="/mails/{number}">With pictures</a>' if mail.get_body(preferencelist=("html",)) else ""
    return f'<a href="/?answer={number}">Answer</a>{shown}'


def _shown(mail: EmailMessage, link: str) -> str:
    body: Any = mail.get_body(preferencelist=("plain",))
    words = "\n".join(_linked(line) for line in (str(body.get_content()) if body else "").split("\n"))
    subject, to, date = (escape(str(mail[name])) for name in ("Subject", "To", "Date"))
    return f"<article><b>{subject}</b><br><small>To {to}, {date}</small><pre>{words}</pre>{link}</article>"


def _linked(line: str) -> str:
    before, address, rest = line.partition("http://")
    return escape(before) + (f'<a href="{escape(address + rest)}">{escape(address + rest)}</a>' if rest else "")
