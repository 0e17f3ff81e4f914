"""A mail server that takes access tokens in place of a password takes our mails."""

import asyncio
from base64 import b64decode
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult

from connectors.mail.client import SmtpClient
from connectors.mail.fake import MailSink
from connectors.mail.tokens import MailTokens, TokenAccess
from domain.delivery.message import Failure, FailureKind
from domain.mail.outgoing import OutgoingMail
from tests.mail.token_server import CLIENT, REFRESH, SECRET, TokenServer
from tests.support.loop import Loop

USER = "pay@hypercare.example"
MAIL = OutgoingMail(message_id="<1@hypercare.example>", sender=("Pay", USER), recipient=("Eva", "eva@customer.example"),
                    subject="Hello", text="Hello", at=datetime(2026, 3, 2, tzinfo=UTC), headers={})  # fmt: skip


class Sink(MailSink):
    """It says why a token is refused as a challenge, as Microsoft 365 and Gmail do."""

    def __init__(self, tokens: TokenServer) -> None:
        super().__init__()
        self._tokens, self.logged_in = tokens, 0

    async def auth_XOAUTH2(self, server: SMTP, given: list[bytes]) -> AuthResult:  # noqa: N802 - as aiosmtpd calls it
        user, token, *_ = b64decode(given[1]).decode().split("\1")
        good = user == f"user={USER}" and token.removeprefix("auth=Bearer ") in self._tokens.valid
        if not good:
            await server.challenge_auth(b'{"status":"401"}')
        self.logged_in += good
        return AuthResult(success=good, handled=False)


@pytest.fixture
def tokens() -> Iterator[TokenServer]:
    with TokenServer(USER).running() as made:
        yield made


@pytest.fixture
def smtp(tokens: TokenServer) -> Iterator[tuple[str, Sink]]:
    loop, sink = Loop(), Sink(tokens)

    async def start() -> asyncio.Server:
        here = asyncio.get_running_loop()
        given: dict[str, Any] = {"auth_require_tls": False, "loop": here}
        return await here.create_server(lambda: SMTP(sink, hostname="mx.example", **given), "127.0.0.1", 0)

    server = loop.run(start())
    yield f"smtp://127.0.0.1:{server.sockets[0].getsockname()[1]}", sink
    loop.stop_listening(server)
    loop.close()


def client(url: str, tokens: TokenServer, **more: str) -> SmtpClient:
    given = {"url": f"{tokens.url}/token", "client": CLIENT, "secret": SECRET, "refresh_token": REFRESH} | more
    return SmtpClient(url, USER, tokens=MailTokens(TokenAccess(**given)))


def test_mails_are_sent_with_tokens_and_one_that_was_taken_back_is_replaced(
    smtp: tuple[str, Sink], tokens: TokenServer
) -> None:
    url, sink = smtp
    sender = client(url, tokens)
    assert [sender.send(MAIL) for _ in range(2)] == [None, None]
    assert len(tokens.asked) == 1
    tokens.valid.clear()
    refused = Failure("http_401", FailureKind.TEMPORARY)
    assert [sender.send(MAIL), sender.send(MAIL)] == [refused, None]
    assert ([one["Subject"] for one in sink.received], sink.logged_in) == (["Hello"] * 3, 3)


def test_a_mail_waits_while_no_token_is_to_be_had(smtp: tuple[str, Sink], tokens: TokenServer) -> None:
    url, sink = smtp
    tokens.status = 503
    away, wrong = client(url, tokens), client(url, tokens, refresh_token="another")
    assert away.send(MAIL) == Failure("no_token", FailureKind.OUTAGE)
    tokens.status = 200
    assert wrong.send(MAIL) == Failure("http_401", FailureKind.TEMPORARY)
    assert wrong.check() == Failure("http_401")
    assert away.check() is None
    assert away.send(MAIL) is None
    assert len(sink.received) == 1
