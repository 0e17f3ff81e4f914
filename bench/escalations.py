"""Ten thousand running escalations: how late their steps are, what waiting costs, and how fast a rota is read."""

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from bench.databases import PHASE, new_database
from bench.processes import Bot, Child
from bench.rows import ROUNDS, Row, median, ms, quantile
from bench.slack import Slack
from bot.context import AppContext, utc_now
from bot.database import open_store
from bot.services.oncall import escalation_runner
from bot.services.phases import phases
from bot.services.registry import FEATURES
from domain.oncall import escalation as machine
from domain.oncall.rota import RotaSchedule
from domain.oncall.settings import EscalationPolicy, EscalationStep, Layer, Rota
from domain.phases.settings import PhaseSettings
from domain.tickets.priority import Rank
from domain.tickets.ticket import Intake, Report, Severity
from tests.support import postgres

RUNNING, AT_A_TIME = 10_000, 500
WINDOW, LOOK = timedelta(minutes=5), 45.0  # the next steps of all of them fall into it; seconds that are measured
PAGED, LEAST = 1_000, 20  # at once, and of them a second
REST = 20.0  # seconds without anything due
POLICY = EscalationPolicy(name="bench", steps=(EscalationStep(targets=("leads",), wait="5m"),))
YEARS = 10


def measure(folder: Path) -> list[Row]:
    rows = [_rota()]
    sqlite = [f"sqlite:///{new_database(folder, name)}" for name in ("steps", "page")]
    rows += [*_escalating(sqlite[0], "SQLite", 1), asyncio.run(_paging(folder, sqlite[1], "SQLite", 1))]
    with postgres.server() as server:
        urls = [postgres.new_database(server, name) for name in ("steps", "page")]
        rows += _escalating(urls[0], "PostgreSQL, three replicas", 3)
        rows.append(asyncio.run(_paging(folder, urls[1], "PostgreSQL, three replicas", 3)))
    return rows


def _escalating(url: str, where: str, replicas: int) -> list[Row]:
    with _app_on(url) as app:
        _fill(app, RUNNING, lambda _n: POLICY, app.now() + timedelta(days=1))
        idle = max(look.cpu for look in _looks(url, replicas, REST))
        _spread(app)
        looks = _looks(url, replicas, LOOK)
    late = [span for look in looks for span in look.late]
    each = LOOK * sum(look.cpu for look in looks) / max(len(late), 1)
    return [
        Row(
            goal="late",
            what=f"a step beyond its moment, {RUNNING:,} escalating, {where}, p99",
            measured=quantile(late, 0.99) * 1000,
            limit=250,
            unit=" ms",
            detail=f"{len(late):,} steps in {LOOK:.0f} s, p50 {ms(median(late))}, {ms(each)} of processor each",
        ),
        Row(
            goal="idle",
            what=f"processor of a process while nothing is due, {where}",
            measured=idle * 100,
            limit=2,
            unit=" %",
        ),
    ]


@dataclass(frozen=True, slots=True)
class Look:
    """What one process saw: how late each step was in seconds, and its share of a processor."""

    late: list[float]
    cpu: float


def _looks(url: str, processes: int, seconds: float) -> list[Look]:
    """So many processes whose clocks look for that long, at once."""
    clocks = [Child(["-m", "bench.steps_due", url, f"{seconds:g}"]) for _ in range(processes)]
    try:
        return [Look(**json.loads(clock.line())) for clock in clocks]
    finally:
        for clock in clocks:
            clock.stop()


async def _paging(folder: Path, url: str, where: str, replicas: int) -> Row:
    """All due at once, each for another person, on a clock so fast that Slack's rate limits don't matter."""
    with _app_on(url) as app:
        due = app.now() + timedelta(days=30)
        async with Slack() as slack:
            bots = [Bot(slack, f"page{n}", url, speed=1000, folder=folder) for n in range(replicas)]
            try:
                for bot in bots:
                    await bot.link()
                before = len(slack.web_api.messages)
                await asyncio.to_thread(_fill, app, PAGED, _alone, due)
                with app.transaction() as tx:
                    for e in tx.escalations.list_live(phases.get_phase(app, "PAY").id, PAGED):
                        tx.timers.set_once(
                            f"{escalation_runner.KIND}:{e.id}",
                            escalation_runner.KIND,
                            app.now(),
                            ticket_id=e.ticket_id,
                            data={"escalation": e.id},
                        )
                began = time.perf_counter()
                await slack.messages_posted(before + PAGED, within=300)
                seconds = time.perf_counter() - began
            finally:
                for bot in bots:
                    await asyncio.to_thread(bot.stop)
    return Row(
        goal="pages",
        what=f"pages a second, {PAGED:,} steps due at once, {where}",
        measured=PAGED / seconds,
        limit=LEAST,
        at_least=True,
        unit="/s",
        detail=f"all after {seconds:.1f} s",
    )


def _alone(number: int) -> EscalationPolicy:
    """A person of its own to page."""
    return EscalationPolicy(
        name="bench", steps=(EscalationStep(targets=(f"U0PAGE{number:05}",), wait="24h"),), repeat=0
    )


@contextmanager
def _app_on(url: str) -> Iterator[AppContext]:
    store = open_store(url)
    app = AppContext(
        features=FEATURES, store=store, now=utc_now, workspace="https://bench.slack.com/", bot_user="U0BENCHBOT"
    )
    phases.apply_settings(app, PhaseSettings.model_validate(PHASE))
    try:
        yield app
    finally:
        store.close()


def _fill(app: AppContext, count: int, policy_of: Callable[[int], EscalationPolicy], far: datetime) -> None:
    """That many escalating tickets, with the next step far away."""
    phase = phases.get_phase(app, "PAY")
    for _ in range(count // AT_A_TIME):
        with app.transaction() as tx:
            for _ in range(AT_A_TIME):
                number, now = tx.phases.next_ticket_number(phase.id), app.now()
                report = Report(summary=f"Down {number}", severity=Severity.CRITICAL)
                ticket = tx.tickets.insert_ticket(
                    report,
                    phase=phase,
                    number=number,
                    reporter="U0BENCHREPO",
                    at=now,
                    origin=None,
                    intake=Intake.COMMAND,
                    rank=Rank(priority=50.0, place=1050.0),
                )
                begun = machine.start(ticket.id, policy_of(number), by="U0BENCHREPO", at=now)
                e = tx.escalations.insert(begun, phase.id)
                tx.timers.set_once(
                    f"{escalation_runner.KIND}:{e.id}",
                    escalation_runner.KIND,
                    far,
                    ticket_id=ticket.id,
                    data={"escalation": e.id},
                )


def _spread(app: AppContext) -> None:
    """Their next steps, one after the other over the window."""
    first = app.now() + timedelta(seconds=15)  # setting them all takes a while
    with app.transaction() as tx:
        for number, e in enumerate(tx.escalations.list_live(phases.get_phase(app, "PAY").id, RUNNING)):
            due = first + WINDOW * number / RUNNING
            tx.timers.set_once(
                f"{escalation_runner.KIND}:{e.id}",
                escalation_runner.KIND,
                due,
                ticket_id=e.ticket_id,
                data={"escalation": e.id},
            )


def _rota() -> Row:
    since, rule = date(2020, 1, 1), "FREQ=WEEKLY;BYDAY=MO,TH"
    layers = (
        Layer(people=("U0BENCH1", "U0BENCH2", "U0BENCH3"), turn="daily", since=since, hours="08:00-20:00"),
        Layer(people=("U0BENCH4", "U0BENCH5"), turn=rule, since=since, timezone="Asia/Tokyo"),
    )
    duty = RotaSchedule(rota=Rota(name="primary", layers=layers), zone="Europe/Berlin")
    moments = [datetime(2020, 1, 2, tzinfo=UTC) + timedelta(hours=7 * n) for n in range(YEARS * 365 * 24 // 7)]
    rounds = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        for moment in moments:
            duty.at(moment)
        rounds.append((time.perf_counter() - began) / len(moments))
    return Row(
        goal="rota",
        what="who is on call, asked over ten years of recurrence, two layers",
        measured=median(rounds) * 1000,
        limit=1,
        unit=" ms",
        detail=f"{len(moments):,} moments",
    )
