"""Ten thousand escalations climbing: how late their steps are, what waiting costs, and how fast a rota is read."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from bench.desks import PHASE, new_database
from bench.rows import ROUNDS, Row, median, ms, quantile
from bot.clock import Clock
from bot.database import open_store
from bot.desk import Desk, utc_now
from bot.phase_file import PhaseFile
from bot.services import climb, phases
from domain import escalation as machine
from domain.escalation import Policy, Step
from domain.priority import Standing
from domain.rota import Duty, Layer, Rota
from domain.ticket import Intake, Report, Severity
from tests.support import postgres

RUNNING, AT_A_TIME = 10_000, 500
WINDOW, LOOK = timedelta(minutes=5), 45.0  # the next steps of all of them fall into it; seconds that are measured
SETTLE = 3.0  # seconds after the start
REST = 20.0  # seconds without anything due
POLICY = Policy(name="bench", steps=(Step(targets=("leads",), wait="5m"),))
YEARS = 10


def measure(folder: Path) -> list[Row]:
    rows = [_rota()]
    rows += _climbing(f"sqlite:///{new_database(folder, 'climb')}", "SQLite", 1)
    with postgres.server() as server:
        rows += _climbing(postgres.new_database(server, "climb"), "PostgreSQL, three replicas", 3)
    return rows


def _climbing(url: str, where: str, replicas: int) -> list[Row]:
    late: list[float] = []
    with _desks(url, replicas) as desks:
        _fill(desks[0])
        idle = _cpu(desks, REST, lambda _span: None)
        _spread(desks[0])
        began = time.process_time()
        _cpu(desks, LOOK, lambda span: late.append(span.total_seconds()))
        each = (time.process_time() - began) / max(len(late), 1)
    return [
        Row(goal="late", what=f"a step beyond its moment, {RUNNING:,} climbing, {where}, p99",
            measured=quantile(late, 0.99) * 1000, limit=250, unit=" ms",
            detail=f"{len(late):,} steps in {LOOK:.0f} s, p50 {ms(median(late))}, {ms(each)} of processor each"),
        Row(goal="idle", what=f"processor while nothing is due, {where}", measured=idle * 100, limit=2, unit=" %"),
    ]  # fmt: skip


@contextmanager
def _desks(url: str, count: int) -> Iterator[list[Desk]]:
    stores = [open_store(url) for _ in range(count)]
    desks = [
        Desk(store=store, now=utc_now, workspace="https://bench.slack.com/", bot_user="U0BENCHBOT") for store in stores
    ]
    phases.apply(desks[0], PhaseFile.model_validate(PHASE))
    try:
        yield desks
    finally:
        for store in stores:
            store.close()


def _fill(desk: Desk) -> None:
    """Their tickets and climbs, with the next step far away."""
    phase = phases.named(desk, "PAY")
    far = desk.now() + timedelta(days=1)
    for _ in range(RUNNING // AT_A_TIME):
        with desk.transaction() as tx:
            for _ in range(AT_A_TIME):
                number, now = tx.phases.next_number(phase.id), desk.now()
                report = Report(summary=f"Down {number}", severity=Severity.CRITICAL)
                ticket = tx.tickets.add(
                    report, phase=phase, number=number, reporter="U0BENCHREPO", at=now, origin=None,
                    intake=Intake.COMMAND, standing=Standing(priority=50.0, place=1050.0),
                )  # fmt: skip
                begun = machine.start(ticket.id, POLICY, by="U0BENCHREPO", at=now)
                e = tx.escalations.add(begun, phase.id)
                tx.timers.once(f"{climb.KIND}:{e.id}", climb.KIND, far, ticket_id=ticket.id, data={"escalation": e.id})


def _spread(desk: Desk) -> None:
    """Their next steps, one after the other over the window."""
    first = desk.now() + timedelta(seconds=15)  # setting them all takes a while
    with desk.transaction() as tx:
        for number, e in enumerate(tx.escalations.live(phases.named(desk, "PAY").id, RUNNING)):
            due = first + WINDOW * number / RUNNING
            tx.timers.once(f"{climb.KIND}:{e.id}", climb.KIND, due, ticket_id=e.ticket_id, data={"escalation": e.id})


def _cpu(desks: Sequence[Desk], seconds: float, late) -> float:  # noqa: ANN001 - called with a span
    """The share of a processor that their clocks take."""
    clocks = [Clock(desk, late=late) for desk in desks]
    for clock, desk in zip(clocks, desks, strict=True):
        desk.wind = clock.wind
        clock.start()
    time.sleep(SETTLE)
    began, used = time.perf_counter(), time.process_time()
    time.sleep(seconds)
    share = (time.process_time() - used) / (time.perf_counter() - began)
    for clock in clocks:
        clock.stop()
    return share


def _rota() -> Row:
    since, rule = date(2020, 1, 1), "FREQ=WEEKLY;BYDAY=MO,TH"
    layers = (Layer(people=("U1", "U2", "U3"), turn="daily", since=since, hours="08:00-20:00"),
              Layer(people=("U4", "U5"), turn=rule, since=since, timezone="Asia/Tokyo"))  # fmt: skip
    duty = Duty(rota=Rota(name="primary", layers=layers), zone="Europe/Berlin")
    moments = [datetime(2020, 1, 2, tzinfo=UTC) + timedelta(hours=7 * n) for n in range(YEARS * 365 * 24 // 7)]
    rounds = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        for moment in moments:
            duty.at(moment)
        rounds.append((time.perf_counter() - began) / len(moments))
    return Row(goal="rota", what="who is on call, asked over ten years of recurrence, two layers",
               measured=median(rounds) * 1000, limit=1, unit=" ms", detail=f"{len(moments):,} moments")  # fmt: skip
