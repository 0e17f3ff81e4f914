"""Every outlet by which something of a ticket leaves the bot besides messages in Slack, and what it shows.

The outlets are read from the code, so a new one fails until it is here.
"""

import argparse
import asyncio
import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from bot import cli
from bot.app.application import Application
from bot.commands.export import WRITERS
from bot.metrics import PrometheusMetrics
from bot.services.api import reading
from bot.services.learning import draft_requests
from bot.services.oncall.calendar_feed import calendar_of
from bot.services.reporting import phase_report, wallboard
from bot.services.teams.sending import message_of
from bot.services.tickets.links import place_of
from bot.transport.mcp_server import create_server
from bot.workers import message_sender
from bot.workers.account_finder import AccountFinder
from bot.workers.issue_sender import IssueSender
from bot.workers.mail_sender import MailSender
from bot.workers.message_sender import MessageSender
from connectors.jira.client import JiraClient
from connectors.jira.fake import BOT, TOKEN, FakeJira
from connectors.registry import KINDS
from connectors.servicenow.client import ServiceNowClient
from connectors.servicenow.fake import PASSWORD, USER, FakeInstance
from connectors.tracker import Tracker
from domain.address import is_mail, is_teams
from domain.api.query import Scope
from domain.delivery.message import MessageKind, OutboxMessage
from domain.errors import Refused
from domain.knowledge.drafting import DraftKind, DraftRequest, ModelTerms
from domain.mail.outgoing import OutgoingMail
from domain.phases.link import LinkKind
from storage.delivery.queue import SentMessage
from storage.reporting.exports import VIEWS, Exports
from tests.trust import ways_in, world
from tests.trust.workers import Told, serving
from tests.trust.world import JO, LENA, World

EVERY_SCOPE = (Scope.TICKETS, Scope.EVENTS, Scope.PRIVATE)


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads an outlet: `run` runs a command on the database of the world and returns what it prints."""

    made: World
    run: Callable[..., str]
    folder: Path


Show = Callable[[Reader], str]


def _api(read: Callable[[World, str], object]) -> Show:
    return lambda by: repr(read(by.made, reading.create_token(by.made.app, "PAY", LENA.id, EVERY_SCOPE, 1)))


def _of_ticket(read: Callable[[Any, str, str], object]) -> Show:
    return _api(lambda made, token: read(made.app, token, made.names["anonymous"]))


def _linked(kind: LinkKind, read: Callable[[World, str], object]) -> Show:
    return lambda by: repr(read(by.made, ways_in.link(by.made, kind)))


def _wallboard(made: World, token: str) -> str:
    phase = wallboard.opened(made.app, token)
    assert phase
    return wallboard.draw(made.app, phase)


def _export(name: str, kind: str, by: Reader) -> str:
    rows = {"csv": Exports.csv, "jsonl": Exports.json, "parquet": partial(Exports.csv, exact=True)}[kind]
    with by.made.app.store.read() as tx:
        batches = rows(Exports(tx.connection), VIEWS[name], "PAY", private=bool(VIEWS[name].private))  # type: ignore[operator]
        return "\n".join(line for batch in batches for line in batch)


def _metrics(by: Reader) -> str:
    own = ("_created", "hypercare_process_")  # of this process: its memory, and when its counters began
    lines = PrometheusMetrics(by.made.app.store, by.made.app.now).text().decode().splitlines()
    return "\n".join(line for line in lines if not any(name in line for name in own))


def _report(by: Reader) -> str:
    return repr(phase_report.report(by.made.app, "PAY"))


def _read_by_model(kind: DraftKind, by: Reader) -> str:
    """Return what a language model gets to read, which is another company's."""
    app = replace(by.made.app, model=ModelTerms("small", takes_private=True))
    ticket = None if kind in (DraftKind.POST_MORTEM, DraftKind.THEMES) else by.made.ids["anonymous"]
    try:
        return repr(
            draft_requests.sources(app, DraftRequest(0, by.made.ids["phase"], kind, LENA.id, app.now(), ticket))
        )
    except Refused as no:
        return no.text


def _jira(made: World) -> tuple[Any, Callable[[str], Tracker]]:
    return FakeJira(now=made.app.now), lambda url: JiraClient(url, BOT, TOKEN, None)


def _servicenow(made: World) -> tuple[Any, Callable[[str], Tracker]]:
    return FakeInstance(now=made.app.now, group="OPS"), lambda url: ServiceNowClient(url, USER, PASSWORD, None)


TRACKERS = {"jira": _jira, "servicenow": _servicenow}


def sent(made: World) -> dict[str, str]:
    """Send what waits, as the dispatcher does; return what each other system gets to read."""
    ways_in.asks_in_teams(made, JO, made.names["anonymous"])
    fakes, mails = {name: make(made) for name, make in TRACKERS.items()}, list[OutgoingMail]()
    queued = asyncio.run(_send(made, fakes, mails))
    chats = [message_of(made.app, one) for one in queued if is_teams(one.lane.channel)]
    hooks = [(one.lane.name, one.payload) for one in queued if one.verb is MessageKind.HOOK and
             one.lane.channel not in fakes]  # fmt: skip
    kept = {f"tracker {name}": repr([getattr(fake, part) for part in ("issues", "incidents", "journal", "files")
                                     if hasattr(fake, part)]) for name, (fake, _) in fakes.items()}  # fmt: skip
    return {**kept, "sender mails": repr(mails), "sender teams": repr(chats), "sender hooks": repr(hooks)}


async def _send(
    made: World, fakes: Mapping[str, tuple[Any, Callable[[str], Tracker]]], mails: list[OutgoingMail]
) -> list[OutboxMessage]:
    found, known = list[OutboxMessage](), dict[str, Tracker]()
    async with AsyncExitStack() as opened:
        for name, (fake, client) in fakes.items():
            await fake.start()
            opened.push_async_callback(fake.stop)
            known[name] = client(fake.url)
            opened.push_async_callback(known[name].close)
        sender = IssueSender(made.app, known, serving(made), _content, AccountFinder(made.app, Told(), serving(made)))
        by_mail = MailSender(made.app, mails.append, serving(made), _content)
        while queued := _claimed(made) or _claimed_later(made):
            for one in queued:
                failure = await sender.send(one) if one.lane.channel in known else None
                failure = await by_mail.send(one) if is_mail(one.lane.channel) else failure
                assert failure is None, (one.payload, failure)
                with made.app.store.begin() as tx:
                    tx.queue.mark_sent(SentMessage(one, one.lane.channel, f"2100000000.{one.id:06}", made.app.now()))
                    tx.queue.settle(made.app.now())
            found += queued
    return found


def _claimed(made: World) -> list[OutboxMessage]:
    with made.app.store.begin() as tx:
        found = tx.queue.claim(made.app.now(), 1000).messages
        tx.queue.settle(made.app.now())
    return sorted(found, key=lambda one: one.id)


def _claimed_later(made: World) -> list[OutboxMessage]:
    """Claim what the pace of a channel held back."""
    world.move(made, made.app.now() + timedelta(minutes=10))
    return _claimed(made)


async def _content(_file: str) -> bytes:
    return b"a page"


def _printed(*words: str, file: str = "") -> Show:
    """What a command prints, and writes to its file."""

    def show(by: Reader) -> str:
        out = by.folder / file
        given = [word.format(problem=f"P{by.made.ids['anonymous problem']}") for word in words]
        said = by.run(*given, *(["--out", str(out)] if file else []))
        files = sorted(out.iterdir()) if file and out.is_dir() else [out] if file else []
        return said.replace(str(by.folder), "") + "".join(one.read_text(encoding="utf-8") for one in files)

    return show


# What is read from outside: what a page or a program is shown, and what a command prints.
READ: Mapping[str, Show] = {
    "GET /api/v1/tickets": _api(lambda made, token: reading.list_tickets(made.app, token, {})),
    "GET /api/v1/tickets/{name}": _of_ticket(reading.get_ticket),
    "GET /api/v1/tickets/{name}/events": _of_ticket(reading.list_events),
    "GET /api/v1/figures": _api(lambda made, token: reading.get_figures(made.app, token)),
    "GET /oncall/{token}.ics": _linked(LinkKind.CALENDAR, lambda made, token: calendar_of(made.app, token)),
    "GET /wallboards/{token}": _linked(LinkKind.WALLBOARD, _wallboard),
    "GET /reports/{token}": _report,
    "GET /tickets/{name}": lambda by: repr(place_of(by.made.app, by.made.names["anonymous"])),
    "GET /metrics": _metrics,
    **{f"export {name} {kind}": partial(_export, name, kind) for name in VIEWS for kind in WRITERS},
    **{f"model {kind}": partial(_read_by_model, kind) for kind in DraftKind},
    "command audit": _printed("audit"), "command links list": _printed("links", "list"),
    "command outbox list": _printed("outbox", "list", "--all", "--limit", "1000"),
    "command report": _report,
    "command fishbone": _printed("fishbone", "PAY", "{problem}"),
    "command postmortem": _printed("postmortem", "PAY"),
    "command lessons export": _printed("lessons", "export", "PAY"),
    "command articles export": _printed("articles", "export", "PAY", "--team", file="articles"),
    "command exit export": _printed("exit", "export", "PAY", file="exit"),
    "command pulse export": _printed("pulse", "export", "PAY"),
    "command phase export": _printed("phase", "export", "PAY"), "command phase list": _printed("phase", "list"),
    "command signals list": _printed("signals", "list", "PAY"),
    "command oncall export": _printed("oncall", "export", "PAY", "primary"),
}  # fmt: skip
SENT = {"sender mails", "sender teams", "sender hooks", *(f"tracker {name}" for name in TRACKERS)}
# What shows the same as another outlet, or nothing that is written about tickets.
APART: Mapping[str, str] = {
    **dict.fromkeys(("tool list_tickets", "tool get_ticket", "tool list_events", "tool get_figures"), "the read API"),
    "command export": "each view and format is an outlet of its own",
    "command draft": "what a model reads is an outlet of its own",
    "command mcp": "its tools are outlets of their own",
    **dict.fromkeys(("GET /api/v1/openapi.json", "GET /healthz", "GET /readyz"), "no tickets"),
    **dict.fromkeys(("GET /mail/answers/{token}", "GET /reports-by-form/{token}"), "only to its own reporter"),
    "GET /unsubscribe/{token}": "no tickets, only to its own reader",
    "command connect sync": "how many tickets; what it sends is an outlet of its tracker",
    **dict.fromkeys(("GET /forms/{token}", "GET /forms/{token}/code.svg"), "an empty form"),
    "sender trackers": "each tracker is an outlet of its own", "sender trials": "a connection is tried with no ticket",
    **{f"command {name}": "what is set up, checked or taken in" for name in (
        "sandbox", "run", "doctor", "init", "settings", "db check", "db upgrade", "db backup", "db restore",
        "db restored", "outbox retry", "outbox drop", "links revoke", "token", "erase", "import", "oncall import",
        "readings", "signals add", "signals rotate", "signals revoke", "signals test", "connect check",
        "teams manifest", "articles import", "exit verify", "lessons import", "phase apply", "phase archive",
        "phase holidays")},
}  # fmt: skip


def found(app: Application) -> set[str]:
    """Return every outlet of the code."""
    tools = asyncio.run(create_server("http://localhost", "token", "1").list_tools())
    elsewhere = {name for name, one in inspect.signature(MessageSender).parameters.items()
                 if one.annotation in (message_sender.Elsewhere, message_sender.InTeams)}  # fmt: skip
    return {
        *(route for route in ways_in.routes_of(app) if route.startswith("GET ")),
        *(f"command {name}" for name in _commands(cli._parser())), *(f"tool {one.name}" for one in tools),
        *(f"export {name} {kind}" for name in VIEWS for kind in WRITERS), *(f"model {kind}" for kind in DraftKind),
        *(f"sender {name}" for name in elsewhere), *(f"tracker {name}" for name in KINDS),
    }  # fmt: skip


def _commands(parser: argparse.ArgumentParser, name: str = "") -> Iterator[str]:
    """Yield each command with its action, which is a parser of its own or a choice."""
    for one in parser._actions:
        if isinstance(one, argparse._SubParsersAction):
            for word, below in one.choices.items():
                yield from _commands(below, f"{name} {word}".strip())
            return
        if one.dest == "action" and one.choices:
            yield from (f"{name} {word}" for word in one.choices)
            return
    yield name


def missing(app: Application) -> list[str]:
    """Return a line for each outlet that is not here, and for each that is gone."""
    there, known = found(app), {*READ, *SENT, *APART}
    lines = [f"{one}: add it to tests/trust/outlets.py" for one in sorted(there - known)]
    return lines + [f"{one}: it is gone, so delete it in tests/trust/outlets.py" for one in sorted(known - there)]
