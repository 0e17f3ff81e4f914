"""The MCP server as the client of the official SDK sees it: it finds tickets, shows one, and counts them."""

import asyncio
import json
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from mcp import Client, StdioServerParameters

from bot.context import AppContext
from bot.services.api import reading
from bot.transport.api import ApiEndpoint
from domain.api.query import Scope
from tests.api.conftest import LENA, NOW
from tests.api.test_reading import DOCUMENT, report

ROOT = Path(__file__).parents[2]


async def served(app: AppContext, pool: ThreadPoolExecutor) -> tuple[web.AppRunner, str]:
    parts = (partial(one, app) for one in (reading.list_tickets, reading.get_ticket, reading.list_events,
                                           reading.get_figures))  # fmt: skip
    endpoint, site = ApiEndpoint(*parts, DOCUMENT, lambda: NOW, pool), web.Application()
    endpoint.add(site)
    runner = web.AppRunner(site, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    return runner, f"http://127.0.0.1:{runner.addresses[0][1]}"


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_the_sdks_client_reads_tickets_over_standard_input(app: AppContext, tmp_path: Path) -> None:
    report(app, "Totals are wrong", happened="Since Monday")
    report(app, "Names are wrong")
    report(app, "A colleague deletes entries", anonymous=True)
    (tmp_path / "token").write_text(reading.create_token(app, "PAY", LENA, (Scope.TICKETS,), 7) + "\n")

    async def used() -> tuple[Any, ...]:
        with ThreadPoolExecutor(1) as pool:
            runner, url = await served(app, pool)
            args = ["-m", "bot", "mcp", "--url", url, "--token-file", str(tmp_path / "token")]
            async with Client(StdioServerParameters(command=sys.executable, args=args, cwd=ROOT)) as client:
                tools = await client.list_tools()
                calls = (("list_tickets", {"words": "totals"}), ("list_tickets", {"limit": 1}),
                         ("get_ticket", {"name": "PAY-1"}), ("get_figures", {}), ("get_ticket", {"name": "PAY-3"}),
                         ("list_events", {"name": "PAY-1"}), ("get_ticket", {"name": "../figures"}))  # fmt: skip
                found = [await client.call_tool(name, given) for name, given in calls]
            await runner.cleanup()
        return tools.tools, found

    tools, (searched, page, whole, figures, *refused) = asyncio.run(used())
    assert sorted(one.name for one in tools) == ["get_figures", "get_ticket", "list_events", "list_tickets"]
    assert all(one.annotations.read_only_hint and one.description for one in tools)
    answers = [json.loads(one.content[0].text) for one in (searched, page, whole, figures)]
    assert [one["name"] for one in answers[0]["tickets"]] == ["PAY-1"]
    assert ([one["name"] for one in answers[1]["tickets"]], answers[1]["next"]) == (["PAY-1"], "1")
    assert answers[2]["report"]["happened"] == "Since Monday"
    assert answers[3]["open"]["total"] == 3
    assert all(one.is_error for one in refused)
    assert ["no ticket PAY-3" in refused[0].content[0].text, "lacks the scope events" in refused[1].content[0].text,
            "written as in PAY-42" in refused[2].content[0].text] == [True] * 3  # fmt: skip
