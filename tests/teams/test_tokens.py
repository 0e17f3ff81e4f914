"""Requests to the bot carry Microsoft's token, and its own messages a token of the bot's registration."""

import asyncio
import time
from collections.abc import Iterator
from typing import Any

import jwt
import pytest
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import rsa
from pydantic import SecretStr

from bot.database import CannotStart
from bot.extras import TEAMS
from connectors.teams.chats import BotAccess, TeamsChatClient
from connectors.teams.fake_chat import FakeTeamsChats
from connectors.teams.tokens import KeysUnreachable, NotFromMicrosoft, TokenChecker
from connectors.tracker import TrackerError
from domain.delivery.message import Failure
from domain.teams.hosts import is_file_host, is_microsoft
from domain.teams.outgoing import TeamsMessage
from tests.operations.test_extras import without
from tests.support.bot import BotWorkspace
from tests.teams.microsoft import ISSUER, SERVICE, Microsoft
from tests.teams.samples import APP, TENANT

jwt_token_validator = pytest.importorskip(
    "microsoft_agents.hosting.core.authorization.jwt.jwt_token_validator", reason="not installed: locks/test.txt has it"
)


@pytest.fixture
def microsoft(slack: BotWorkspace, monkeypatch: pytest.MonkeyPatch) -> Iterator[Microsoft]:
    made = Microsoft()
    slack.loop.run(made.start())
    monkeypatch.setitem(jwt_token_validator.BOTFRAMEWORK_JWKS_URIS, ISSUER, f"{made.url}/keys")
    yield made
    slack.loop.run(made.stop())


def with_bot(slack: BotWorkspace) -> str:
    """Start the bot with a registration; its address for Teams."""
    slack.stop_bot()
    given = {"monitor_port": 0, "teams_app_id": APP, "teams_app_secret": SecretStr("secret"), "teams_tenant": TENANT}
    slack.settings = slack.settings.model_copy(update=given)
    slack.start_bot()
    return f"http://127.0.0.1:{slack.application.monitor.port}/teams/messages"


def test_only_requests_with_a_token_of_microsoft_for_this_bot_are_taken(
    slack: BotWorkspace, microsoft: Microsoft
) -> None:
    teams = FakeTeamsChats()
    slack.loop.run(teams.start())
    teams.bot_url = with_bot(slack)
    made = teams.activity(teams.person("Eva"), text="help", serviceUrl=SERVICE)
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    now = int(time.time())

    def status(token: str | None, activity: dict[str, Any] = made) -> int:
        headers = {"Authorization": f"Bearer {token}"} if token is not None else {}
        return int(slack.loop.run(teams.tell(activity, headers))[0])

    wrong = (microsoft.token(aud="another"), microsoft.token(exp=now - 4000), microsoft.token(key=stranger),
             microsoft.token(iss="https://evil.example"), "x", "", None,
             jwt.encode({"iss": ISSUER, "aud": APP}, None, algorithm="none"))  # fmt: skip
    assert [status(one) for one in wrong] == [401] * len(wrong)
    assert status(microsoft.token(serviceurl="https://smba.trafficmanager.net/amer/")) == 403
    assert (
        status(microsoft.token(serviceurl="https://evil.example"), made | {"serviceUrl": "https://evil.example"}) == 403
    )
    with slack.application.store.read() as tx:
        assert tx.teams_people.find_person("object-eva") is None
    assert status(microsoft.token()) == 200
    with slack.application.store.read() as tx:
        assert tx.teams_people.find_person("object-eva") is not None
    slack.loop.run(teams.stop())


def test_while_microsofts_keys_are_away_requests_are_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    made = Microsoft()
    monkeypatch.setitem(jwt_token_validator.BOTFRAMEWORK_JWKS_URIS, ISSUER, "http://127.0.0.1:9/keys")
    with pytest.raises(KeysUnreachable):
        asyncio.run(TokenChecker(APP, TENANT).check(f"Bearer {made.token()}"))
    with pytest.raises(NotFromMicrosoft):
        asyncio.run(TokenChecker(APP, TENANT).check("Basic x"))


def test_a_bot_does_not_start_without_the_library_that_checks_tokens(
    slack: BotWorkspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    slack.stop_bot()
    without(monkeypatch, TEAMS)
    with pytest.raises(CannotStart, match="hypercare"):
        with_bot(slack)


def test_our_token_goes_to_microsoft_only_and_is_replaced_when_it_is_taken_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def play() -> None:
        microsoft, seen = Microsoft(), list[str]()
        await microsoft.start()
        client = TeamsChatClient(BotAccess(APP, "secret", TENANT, login=microsoft.url), lambda _address: None)

        async def connector(request: web.Request) -> web.Response:
            seen.append(request.headers["Authorization"])
            return web.json_response({"id": "1"}, status=200 if seen[-1] == "Bearer t2" else 401)

        app = web.Application()
        app.router.add_post("/{path:.*}", connector)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        here = f"http://127.0.0.1:{runner.addresses[0][1]}"
        message = TeamsMessage(conversation="a:1", service_url=here, bot="b", account="c", text="Hello")
        refused = await client.send(message)
        assert (refused, microsoft.asked) == (Failure("not_microsoft"), [])
        monkeypatch.setattr("connectors.teams.chats.is_microsoft", lambda address: address == here)
        await client.check()
        microsoft.answer = (200, {"access_token": "t2", "expires_in": 3600})
        assert await client.send(message) == "1"
        assert seen == ["Bearer t1", "Bearer t2"]
        assert (microsoft.asked[0]["tenant"], microsoft.asked[0]["client_secret"]) == (TENANT, "secret")
        microsoft.answer = (401, {"error": "invalid_client"})
        with pytest.raises(TrackerError) as wrong:
            await client.check()
        assert wrong.value.failure.reason == "http_401"
        await client.close()
        await runner.cleanup()
        await microsoft.stop()

    asyncio.run(play())


def test_the_hosts_of_microsoft_and_no_other_are_called() -> None:
    for good in ("https://smba.trafficmanager.net/emea", "https://smba.trafficmanager.net:443/de/t/"):
        assert is_microsoft(good)
    for bad in ("http://smba.trafficmanager.net", "https://smba.trafficmanager.net.evil.example", "https://10.0.0.1",
                "https://smba.trafficmanager.net@evil.example", "https://smba.trafficmanager.net:8443", "https://[",
                "https://evil.example/smba.trafficmanager.net", "https://smba.trafficmanager.net?x=1"):  # fmt: skip
        assert not is_microsoft(bad), bad


def test_files_are_fetched_from_sharepoint_only() -> None:
    for good in ("https://co-my.sharepoint.com/personal/eva/_layouts/15/download.aspx?UniqueId=1&tempauth=x",
                 "https://co.sharepoint.us:443/x"):  # fmt: skip
        assert is_file_host(good)
    for bad in ("http://co.sharepoint.com/x", "https://sharepoint.com.evil.example/x", "https://evilsharepoint.com", "",
                "https://co.sharepoint.com@evil.example", "https://co.sharepoint.com:8443/x", "https://["):  # fmt: skip
        assert not is_file_host(bad), bad
