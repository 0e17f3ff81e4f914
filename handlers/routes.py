"""The routes: handlers of all features by verb or id, behind one catch-all Bolt listener per kind of request.

Bolt tries its listeners one by one; with seven of them and a dict the cost doesn't grow with the features.
"""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

import structlog
from slack_bolt import Ack, App, BoltRequest, BoltResponse, Respond
from slack_sdk import WebClient

from bot.context import AppContext
from handlers import adapters, step_adapter
from handlers.actions import actions
from handlers.automation import rules, topics
from handlers.connectors import issues
from handlers.contacts import contacts
from handlers.conversations import following, reply, threads
from handlers.decisions import decisions
from handlers.exit import exit as exit_
from handlers.followup import notes, workarounds
from handlers.gateways import ai, api
from handlers.home import home
from handlers.intake import duplicates, file_import, message, report
from handlers.knowledge import articles
from handlers.learning import drafts, lessons, post_mortem
from handlers.mail import web_forms
from handlers.oncall import capacity, escalations, rotas
from handlers.operations import health
from handlers.people import accounts
from handlers.phases import channels, groups, sections, setup
from handlers.problems import problems
from handlers.pulse import pulse
from handlers.rehearsal import rehearsals
from handlers.reporting import digest, pitfalls, trends
from handlers.request import Handler
from handlers.sessions import sessions
from handlers.signals import integrations as signals
from handlers.tickets import judgement, links, lists, search, work
from handlers.warroom import agendas, stand_ups, war_rooms
from handlers.workflows import steps
from storage.store import StoreFailure

log = structlog.get_logger()
ANY = re.compile(".*")
AREAS = (
    lists,
    capacity,
    report,
    message,
    file_import,
    work,
    reply,
    escalations,
    threads,
    duplicates,
    following,
    search,
    links,
    rotas,
    pulse,
    signals,
    web_forms,
    api,
    ai,
    digest,
    notes,
    workarounds,
    pitfalls,
    trends,
    exit_,
    issues,
    articles,
    drafts,
    lessons,
    post_mortem,
    actions,
    decisions,
    problems,
    rules,
    topics,
    contacts,
    sessions,
    rehearsals,
    judgement,
    war_rooms,
    agendas,
    stand_ups,
    home,
    health,
    setup,
    sections,
    groups,
    accounts,
    channels,
    steps,
)


def _table(name: str) -> dict[str, Handler]:
    """Collect the handlers of a kind from all features, by verb or id; two features must not share one."""
    found: dict[str, Handler] = {}
    for feature in AREAS:
        own: Mapping[str, Handler] = getattr(feature, name, {})
        assert not found.keys() & own.keys(), f"{feature.__name__}: {found.keys() & own.keys()}"
        found |= own
    return found


COMMANDS, ACTIONS, VIEWS = _table("COMMANDS") | {"?": lists.unknown}, _table("ACTIONS"), _table("VIEWS")
SHORTCUTS, EVENTS, STEPS = _table("SHORTCUTS"), _table("EVENTS"), _table("STEPS")
Body = Mapping[str, Any]


def register(bolt: App, app: AppContext) -> None:
    """Register the listeners, the busiest first: Bolt tries them in this order."""
    bolt.error(_failed)

    @bolt.middleware
    def _present_ids(req: BoltRequest, next_: Callable[[], None]) -> None:
        req.body = _with_present_ids(app, req.body)
        next_()

    @bolt.view_submission(ANY)
    def _submission(ack: Ack, body: Body) -> None:
        adapters.submission(app, VIEWS, COMMANDS, ack, body)

    @bolt.command(ANY)
    def _command(ack: Ack, body: Body, client: WebClient, respond: Respond) -> None:
        adapters.command(app, COMMANDS, ack, body, client, respond)

    @bolt.action(ANY)
    def _action(ack: Ack, body: Body, client: WebClient, respond: Respond) -> None:
        adapters.action(app, ACTIONS, COMMANDS, ack, body, client, respond)

    @bolt.view_closed(ANY)
    def _closed(ack: Ack) -> None:
        ack()

    @bolt.shortcut(ANY)
    def _shortcut(ack: Ack, body: Body, client: WebClient) -> None:
        adapters.shortcut(app, SHORTCUTS, ack, body, client)

    @bolt.options(ANY)
    def _options(ack: Ack) -> None:
        ack(options=[])

    @bolt.event("function_executed")
    def _step(ack: Ack, body: Body, client: WebClient, req: BoltRequest) -> BoltResponse | None:
        return step_adapter.step(app, STEPS, ack, body, client, _retry(req))

    @bolt.event(ANY)
    def _event(ack: Ack, body: Body, client: WebClient, req: BoltRequest) -> BoltResponse | None:
        return adapters.event(app, EVENTS, COMMANDS, ack, body, client, _retry(req))


def _with_present_ids(app: AppContext, body: dict[str, Any]) -> dict[str, Any]:
    """Return the request with the present ids of channels: a form or a late event may still name an old one."""
    moved = app.moved_channels
    if not moved or (body.get("event") or {}).get("type") == "channel_id_changed":
        return body
    text = json.dumps(body)
    for old, new in moved.items():
        text = text.replace(old, new)
    return dict(json.loads(text))


def _failed(error: Exception) -> BoltResponse:
    """Answer a request that no handler could even begin with: 503 asks Slack to deliver it again."""
    if isinstance(error, StoreFailure):
        log.error("database_failed", error=type(error).__name__)
        return BoltResponse(status=503, body="")
    log.warning("http_request_refused", status=400, reason=type(error).__name__)
    return BoltResponse(status=400, body="")


def _retry(req: BoltRequest) -> int:
    """Return how often Slack has delivered this event before."""
    number = (req.headers.get("x-slack-retry-num") or ["0"])[0]
    return int(number) if number.isdecimal() else 0
