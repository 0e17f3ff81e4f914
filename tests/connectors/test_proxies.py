"""Calls to other systems take the proxy of the environment, and nothing of a ~/.netrc."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import pytest
from aiohttp import web

from bot.transport.proxies import proxy_for
from bot.transport.webhooks import AioWebhooks
from connectors.registry import open_tracker
from connectors.tracker import TrackerAccess

ROOT = Path(__file__).parents[2]
Call = Callable[[str], Awaitable[None]]
TARGET = "http://elsewhere.example/hooks"


async def _call_webhook(url: str) -> None:
    hooks = AioWebhooks({"webhook:ops": url}, None, {})
    failure = await hooks.tell("webhook:ops", 1, {})
    await hooks.close()
    assert failure is None


async def _call_jira(url: str) -> None:
    jira = open_tracker("jira", TrackerAccess(url, "", "token"), proxy_for)
    await jira.find("hypercare-PAY-1", timedelta(days=1))
    await jira.close()


CALLS = {"webhook": (_call_webhook, None), "jira": (_call_jira, "Bearer token")}


def heard(
    call: Callable[[str], Awaitable[None]], url: str, environment: Callable[[int], None]
) -> tuple[str, str | None]:
    """Return the address and the authorization that a server on this machine is called with."""
    found = list[tuple[str, str | None]]()

    async def answer(request: web.BaseRequest) -> web.Response:
        found.append((str(request.url), request.headers.get("Authorization")))
        return web.json_response({"issues": []})

    async def serve() -> None:
        runner = web.ServerRunner(web.Server(answer))
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = runner.addresses[0][1]
        environment(port)
        await call(url or f"http://127.0.0.1:{port}")
        await runner.cleanup()

    asyncio.run(serve())
    return found[0]


@pytest.mark.parametrize("name", CALLS)
def test_a_netrc_puts_nothing_in_the_place_of_the_token(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login another password words")
    call, authorization = CALLS[name]

    def environment(_port: int) -> None:
        monkeypatch.setenv("NETRC", str(netrc))
        monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")

    assert heard(call, "", environment)[1] == authorization


@pytest.mark.parametrize("name", CALLS)
def test_a_call_takes_the_proxy_of_its_address(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    call, authorization = CALLS[name]

    def environment(port: int) -> None:
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{port}")

    address, given = heard(call, TARGET, environment)
    assert address.startswith(TARGET)
    assert given == authorization


def test_no_client_reads_the_environment_by_itself() -> None:
    files = [path for top in ("bot", "connectors") for path in (ROOT / top).rglob("*.py")]
    assert [path.name for path in files if "trust_env=" in path.read_text(encoding="utf-8")] == []
