"""G1: what finding the handler costs, with every handler registered, and with sixty of them."""

import asyncio
import time
from pathlib import Path

from slack_bolt import Ack, App, BoltRequest
from slack_bolt.authorization import AuthorizeResult
from slack_sdk import WebClient

from bench.databases import app_on, new_database
from bench.envelopes import submission_body
from bench.rows import Row, interleaved, ms, ratio
from bench.webapi import BOT_USER, TEAM
from bot.context import AppContext
from handlers import routes
from handlers.request import Answer, Request

CALLS = 1000  # dispatches a round
UNKNOWN_VIEW = "bench_nothing"


def measure(folder: Path) -> list[Row]:
    with app_on(new_database(folder, "dispatch")) as app:
        return asyncio.run(_measure(app))


async def _measure(app: AppContext) -> list[Row]:
    ours, two = bolt(), bolt()
    routes.register(ours, app)
    _two_listeners(two)
    full, bare = await interleaved(lambda: _seconds(ours, UNKNOWN_VIEW), lambda: _seconds(two, UNKNOWN_VIEW), rounds=7)
    sixty, six = await interleaved(lambda: _with_table(ours, 60), lambda: _with_table(ours, 6), rounds=7)
    detail = f"{ms(min(full))} to {ms(min(bare))} a submission"
    return [
        Row(goal="G1", what="dispatch with every handler, to Bolt with two listeners", measured=ratio(full, bare),
            limit=1.15, detail=detail, why="the bot registers seven listeners, and Bolt tries them one by one"),
        Row(goal="G1", what="dispatch with 60 handlers, to 6", measured=ratio(sixty, six), limit=1.05,
            detail=f"{ms(min(sixty))} to {ms(min(six))} a submission", why="the table is a dict; this is noise"),
    ]  # fmt: skip


def bolt() -> App:
    """Bolt as the bot sets it up."""
    who = AuthorizeResult(enterprise_id=None, team_id=TEAM, bot_token="xoxb-bench", bot_user_id=BOT_USER)
    return App(
        name="bench.bolt", client=WebClient(base_url="http://127.0.0.1:9/"), authorize=lambda: who,
        process_before_response=True, token_verification_enabled=False,
    )  # fmt: skip


def _two_listeners(app: App) -> None:
    @app.command("/hypercare")
    def _command(ack: Ack) -> None:
        ack()

    @app.view(UNKNOWN_VIEW)
    def _submission(ack: Ack) -> None:
        ack()


async def _seconds(app: App, callback: str) -> float:
    """Seconds for one dispatch."""
    requests = [BoltRequest(mode="socket_mode", body=submission_body(callback)) for _ in range(CALLS)]
    began = time.perf_counter()
    for request in requests:
        app.dispatch(request)
    return (time.perf_counter() - began) / CALLS


async def _with_table(app: App, size: int) -> float:
    """The same through a table of that many forms, to the one in the middle."""
    kept = dict(routes.VIEWS)
    routes.VIEWS.clear()
    routes.VIEWS.update({f"form{i}": _nothing for i in range(size)})
    try:
        return await _seconds(app, f"form{size // 2}")
    finally:
        routes.VIEWS.clear()
        routes.VIEWS.update(kept)


def _nothing(_app: AppContext, _call: Request) -> Answer:
    return None
