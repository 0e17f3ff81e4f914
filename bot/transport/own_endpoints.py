"""Send requests and mails to this process as other systems do: over HTTP and LMTP."""

import asyncio
import json
import smtplib
import ssl
from collections.abc import Callable, Mapping
from email.message import EmailMessage
from email.utils import make_msgid
from http import HTTPStatus
from typing import Any

import aiohttp

from bot.transport.proxies import proxy_for
from connectors.sessions import open_session
from domain.rehearsal.marks import HEADER, OUT_OF_REACH, UNDONE

TIMEOUT = 10  # seconds, of one request
MAX_TRIES = 4  # of a request that a busy process puts off
EVERYWHERE = ("", "0.0.0.0", "::")  # noqa: S104 - a server that listens so is reached on the loopback
NO_PORT = "No port takes requests in. Set HYPERCARE_MONITOR_PORT."
NO_MAIL_PORT = "No port takes mails in. Set HYPERCARE_MAIL_PORT."
NOTHING_PROVEN = ("Only people with a Slack account may write, and nothing proves who wrote. "
                  "Set HYPERCARE_MAIL_AUTHSERV.")  # fmt: skip
Sample = Callable[[], tuple[bytes, Mapping[str, str]]]
Place = Callable[[], tuple[str, int | None]]  # the host on which a server listens, and its port if it does


class OwnEndpoints:
    """`public_url` is the address at which others find the HTTP server; without one it is found where it listens.

    `samples` make the body and the headers of a request, as other systems sign theirs. `proves` is whether a mail
    server is trusted that proves senders. `reads_mailbox` is whether mails come in without a port.
    """

    def __init__(
        self, public_url: str, http: Place, mail: Place, *, proves: bool, reads_mailbox: bool = False,
        samples: Mapping[str, Sample] | None = None,
    ) -> None:  # fmt: skip
        self._url, self._http, self._mail, self._proves = public_url, http, mail, proves
        self._reads_mailbox, self._samples = reads_mailbox, samples or {}

    async def request(self, request: Mapping[str, Any]) -> str:
        """Make a request of a rehearsal; return what is wrong with its answer, or "".

        Many servers can't reach their own public address. Then the request goes to the port on which this one listens,
        and what is returned begins with OUT_OF_REACH if it works there.
        """
        here = _address(*self._http())
        if not here and not self._url:
            return NO_PORT
        try:
            return await self._ask(self._url or here, request)
        except ssl.CertificateError:
            return f"The certificate of {self._url} is not valid. Renew it, or correct the address."
        except aiohttp.InvalidURL:
            return f"{self._url} is no address. Correct HYPERCARE_PUBLIC_URL."
        except (aiohttp.ClientError, TimeoutError, OSError):
            if not self._url:
                return f"Nothing answered at {here}."
        if not here:
            return NO_PORT
        try:
            return await self._ask(here, request) or f"{OUT_OF_REACH}{self._url}"
        except (aiohttp.ClientError, TimeoutError, OSError):
            return f"Nothing answered at {self._url}, nor at {here}."

    async def _ask(self, address: str, request: Mapping[str, Any]) -> str:
        url, headers = f"{address}{request['path']}", dict(request.get("headers") or {})
        body = request.get("text") or (json.dumps(request["json"]) if "json" in request else None)
        if "sender" in request:
            body, signed = self._samples[request["sender"]]()
            headers |= signed
        if "text" in request:
            headers["content-type"] = "application/x-www-form-urlencoded"
        elif body:
            headers.setdefault("content-type", "application/json")
        async with open_session(timeout=aiohttp.ClientTimeout(total=TIMEOUT)) as session:
            status, said = await _answer(session, request["method"], url, body, headers)
        return "" if request["expects"] in said else f"{address} answered {status}{_sentence(said)}"

    async def hand_over_mail(self, address: str, mark: str, *, strangers: bool) -> str:
        """Hand over a mail of a rehearsal by LMTP; return why it was not taken, or ""."""
        host, port = self._mail()
        if port is None:
            return "" if self._reads_mailbox else NO_MAIL_PORT  # doctor opens the mailbox
        if not strangers and not self._proves:
            return NOTHING_PROVEN
        mail = EmailMessage()
        mail["Subject"], mail["From"], mail["To"] = "Rehearsal", "rehearsal@hypercare.invalid", address
        mail["Message-ID"], mail[HEADER] = make_msgid(domain="hypercare.invalid"), mark
        mail.set_content("Rehearsal")
        return await asyncio.to_thread(_hand_over, _reached(host), port, mail)


async def _answer(
    session: aiohttp.ClientSession, method: str, url: str, body: str | bytes | None, headers: Mapping[str, str]
) -> tuple[int, str]:
    """Return the status and the text of an answer; one that asks for patience is asked again, as senders do."""
    tries = 1
    while True:
        asked = session.request(method, url, data=body, headers=headers, allow_redirects=False, proxy=proxy_for(url))
        async with asked as answer:
            if answer.status != HTTPStatus.SERVICE_UNAVAILABLE or tries == MAX_TRIES:
                return answer.status, await answer.text()
        await asyncio.sleep(tries)
        tries += 1


def _hand_over(host: str, port: int, mail: EmailMessage) -> str:
    try:
        with smtplib.LMTP(host, port, timeout=TIMEOUT) as server:
            server.ehlo_or_helo_if_needed()
            for code, said in (server.mail(mail["From"]), server.rcpt(mail["To"]), server.data(mail.as_bytes())):
                if code >= 400:
                    return f"A mail to {mail['To']} was refused: {said.decode(errors='replace')}"
            taken = said.decode(errors="replace")
    except (OSError, smtplib.SMTPException) as error:
        return f"No mail could be handed over ({type(error).__name__})."
    return "" if UNDONE in taken else f"A mail to {mail['To']} was not recognised: {taken}"


def _sentence(said: str) -> str:
    """Return what one of our endpoints says of an error."""
    try:
        body = json.loads(said)
    except (ValueError, RecursionError):
        return "."
    told = body.get("said") or body.get("error") if isinstance(body, dict) else None
    return f": {told}" if isinstance(told, str) else "."


def _address(host: str, port: int | None) -> str:
    reached = _reached(host)
    return f"http://{f'[{reached}]' if ':' in reached else reached}:{port}" if port else ""


def _reached(host: str) -> str:
    return "127.0.0.1" if host in EVERYWHERE else host
