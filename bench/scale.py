"""P10 for a large house: what a report, an acknowledgement and a reply cost where there is much of everything.

Processor time of this process, in which SQLite works too, beside the same in a small database of the same run.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from itertools import count
from pathlib import Path

from sqlalchemy import insert

from bench.databases import PHASE, app_at, new_database
from bench.fixtures import NOW, filled
from bench.processes import Child, clean_environment
from bench.rows import Row, median
from bot import logs
from bot.context import AppContext
from bot.services.intake import intake
from bot.services.phases import phases
from bot.services.registry import FEATURES
from bot.services.tickets import work
from domain.conversations.comment import TEAM
from domain.phases.permissions import Person
from domain.phases.settings import PhaseSettings
from domain.tickets.event import EventKind
from domain.tickets.ticket import Intake, Report, Severity, Ticket
from domain.tickets.types import TicketType
from storage.conversations.tables import comments
from storage.store import Store
from storage.tickets.tables import events
from tests.support import postgres

MANY, FEW = (1_000_000, 5_000), (1_000, 5)  # tickets, and how many of them are open
MESSAGES, PHASES, PROCESSES = 10_000, 50, (1, 2, 4)
WARM, TIMES, ROUNDS = 10, 20, 3
REPORTER, RESPONDER = Person("U0BENCHMARIA"), Person("U0BENCHRESP")
NUMBERS = count(1)
FLAT, WHY = 1.2, "its statements read more"
Act = Callable[[], object]


def measure(folder: Path) -> list[Row]:
    return [*_tickets(folder), _thread(folder), _phases(folder), *_processes()]


def report(app: AppContext, key: str = "PAY") -> Ticket:
    said = Report(
        summary=f"The payslip page {next(NUMBERS)} stays empty", severity=Severity.MEDIUM, type=TicketType.BUG
    )
    return intake.open_ticket(app, said, person=REPORTER, phase_key=key, intake=Intake.COMMAND, request=_request())


def _request() -> str:
    """Return the key of a request that no process made before."""
    return f"scale:{os.getpid()}:{next(NUMBERS)}"


def acknowledge(app: AppContext, ticket_id: int) -> object:
    return work.acknowledge(app, ticket_id, RESPONDER, _request())


def reply(app: AppContext, ticket_id: int) -> object:
    return work.reply(app, ticket_id, RESPONDER, "We are looking at it.", request=_request())


def _row(what: str, large: Act, small: Act) -> Row:
    """Compare both, round by round."""
    for act in (large, small) * WARM:
        act()
    spent = [(_processor(large), _processor(small)) for _ in range(ROUNDS)]
    detail = f"{median([a for a, _ in spent]) * 1000:.1f} to {median([b for _, b in spent]) * 1000:.1f} ms of processor"
    return Row(goal="P10", what=what, measured=median([a / b for a, b in spent]), limit=FLAT, detail=detail, why=WHY)


def _processor(act: Act) -> float:
    """The median of what it takes, in seconds."""
    taken = []
    for _ in range(TIMES):
        began = time.thread_time()
        act()
        taken.append(time.thread_time() - began)
    return median(taken)


def _tickets(folder: Path) -> list[Row]:
    stores = [filled(f"sqlite:///{folder / name}.db", *size)[0] for name, size in (("many", MANY), ("few", FEW))]
    large, small = (_app(store) for store in stores)
    what = f"among {MANY[0]:,} tickets of which {MANY[1]:,} are open, to {FEW[0]:,}; SQLite"
    found = [
        _row(f"a report {what}", lambda: report(large), lambda: report(small)),
        _row(f"an acknowledgement {what}", *_each(large, small, acknowledge)),
    ]
    for store in stores:
        store.close()
    return found


def _app(store: Store) -> AppContext:
    return AppContext(features=FEATURES, store=store, now=lambda: NOW, bot_user="U0BENCHBOT")


def _each(large: AppContext, small: AppContext, do: Callable[[AppContext, int], object]) -> list[Act]:
    """Do something with a ticket of its own each time; making the tickets is not measured."""

    def acts(app: AppContext) -> Act:
        ids = iter([report(app).id for _ in range(WARM + TIMES * ROUNDS)])
        return lambda: do(app, next(ids))

    return [acts(large), acts(small)]


def _thread(folder: Path) -> Row:
    with app_at(f"sqlite:///{new_database(folder, 'thread')}") as app:
        long, short = report(app), report(app)
        at = [app.now() - timedelta(seconds=MESSAGES - number) for number in range(MESSAGES)]
        with app.store.begin() as tx:
            tx.connection.execute(insert(comments), [
                {"ticket_id": long.id, "person": RESPONDER.id, "side": TEAM, "words": "One more", "at": one}
                for one in at
            ])  # fmt: skip
            tx.connection.execute(insert(events), [
                {"ticket_id": long.id, "kind": EventKind.REPLIED, "actor": RESPONDER.id, "at": one, "data": {}}
                for one in at
            ])  # fmt: skip
        what = f"a reply in a thread of {MESSAGES:,} messages, to one of a few; SQLite"
        return _row(what, lambda: reply(app, long.id), lambda: reply(app, short.id))


def _phases(folder: Path) -> Row:
    with (
        app_at(f"sqlite:///{new_database(folder, 'phases')}") as large,
        app_at(f"sqlite:///{new_database(folder, 'phase')}") as small,
    ):
        for number in range(1, PHASES):
            phases.apply_settings(large, _settings(number))
        return _row(f"a report with {PHASES} phases, to one; SQLite", lambda: report(large), lambda: report(small))


def _settings(number: int) -> PhaseSettings:
    """Return a phase with channels of its own."""
    own = {"key": f"P{number}", "triage_channel": f"C0BENCH{number}", "oncall_channel": f"C0CALL{number}"}
    return PhaseSettings.model_validate(PHASE | own)


def _processes() -> list[Row]:
    """Reports by several processes at once on one PostgreSQL, each in a phase of its own as a busy house has them."""
    rates: dict[int, list[float]] = {many: [] for many in PROCESSES}
    with postgres.server() as server:
        url = postgres.new_database(server, "scale")
        with app_at(url, ready=False) as app:
            for number in range(max(PROCESSES)):
                phases.apply_settings(app, _settings(number))
        for _ in range(ROUNDS):
            for many in PROCESSES:
                rates[many].append(_rate(url, many))
    one = rates[PROCESSES[0]]
    return [
        Row(goal="P7", what=f"reports a second by {many} processes on one PostgreSQL, to one process", limit=1,
            measured=median([a / b for a, b in zip(rates[many], one, strict=True)]), at_least=True,
            detail=f"{median(rates[many]):,.0f} to {median(one):,.0f} a second",
            why="they share the processors with the server and with this process")
        for many in PROCESSES[1:]
    ]  # fmt: skip


def _rate(url: str, many: int) -> float:
    children = [Child(["-m", "bench.scale", url, f"P{number}"], env=clean_environment()) for number in range(many)]
    found = [json.loads(child.line()) for child in children]
    for child in children:
        child.stop()
    return float(sum(one["rate"] for one in found))


def main(url: str, key: str) -> None:
    """Report as fast as it goes, and print how many it were a second."""
    logs.configure("error", "text")
    with app_at(url) as app:
        for _ in range(WARM):
            report(app, key)
        began = time.perf_counter()
        for _ in range(TIMES * ROUNDS):
            report(app, key)
        print(json.dumps({"rate": TIMES * ROUNDS / (time.perf_counter() - began)}), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
