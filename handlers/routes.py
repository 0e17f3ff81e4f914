"""The tables: every verb and id of every room, behind one catch-all listener a kind.

Bolt tries its listeners one by one; six of them and a dict cost the same however many rooms there are.
"""

import re
from collections.abc import Mapping
from typing import Any

from slack_bolt import Ack, App, BoltRequest, BoltResponse, Respond
from slack_sdk import WebClient

from bot.desk import Desk
from handlers import duplicates, health, home, kinds, lists, report, threads, work
from handlers.call import Handler

ANY = re.compile(".*")
COMMANDS: dict[str, Handler] = {**lists.COMMANDS, **report.COMMANDS, **work.COMMANDS, **duplicates.COMMANDS,
                                **health.COMMANDS, "?": lists.unknown}  # fmt: skip
ACTIONS: dict[str, Handler] = {
    **lists.ACTIONS, **report.ACTIONS, **work.ACTIONS, **duplicates.ACTIONS, **health.ACTIONS,
}  # fmt: skip
VIEWS: dict[str, Handler] = {**report.VIEWS, **work.VIEWS, **duplicates.VIEWS}
SHORTCUTS: dict[str, Handler] = {**report.SHORTCUTS}
EVENTS: dict[str, Handler] = {**report.EVENTS, **threads.EVENTS, **home.EVENTS}
Body = Mapping[str, Any]


def register(app: App, desk: Desk) -> None:
    """Open the doors, the busiest first: Bolt asks them in this order."""

    @app.view_submission(ANY)
    def _submission(ack: Ack, body: Body) -> None:
        kinds.submission(desk, VIEWS, ack, body)

    @app.command(ANY)
    def _command(ack: Ack, body: Body, client: WebClient) -> None:
        kinds.command(desk, COMMANDS, ack, body, client)

    @app.action(ANY)
    def _action(ack: Ack, body: Body, client: WebClient, respond: Respond) -> None:
        kinds.action(desk, ACTIONS, ack, body, client, respond)

    @app.view_closed(ANY)
    def _closed(ack: Ack) -> None:
        ack()

    @app.shortcut(ANY)
    def _shortcut(ack: Ack, body: Body, client: WebClient) -> None:
        kinds.shortcut(desk, SHORTCUTS, ack, body, client)

    @app.options(ANY)
    def _options(ack: Ack) -> None:
        ack(options=[])

    @app.event(ANY)
    def _event(ack: Ack, body: Body, client: WebClient, req: BoltRequest) -> BoltResponse | None:
        return kinds.event(desk, EVENTS, ack, body, client, _retry(req))


def _retry(req: BoltRequest) -> int:
    """How often Slack has delivered this event before."""
    number = (req.headers.get("x-slack-retry-num") or ["0"])[0]
    return int(number) if number.isdecimal() else 0
