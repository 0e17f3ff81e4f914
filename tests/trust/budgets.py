"""How many statements the doors may run that people use most, and what counts them; the bench does too."""

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from typing import Any, TypeVar

from psycopg.pq import Trace
from sqlalchemy import event

from bot.services.followup import verification
from bot.services.intake import intake
from bot.services.phases import phases
from bot.services.tickets import bulk_changes
from domain.tickets.closing import Solution
from domain.tickets.ticket import Intake, Report, Severity
from domain.tickets.types import TicketType
from handlers import adapters
from handlers.errors import answer
from storage.store import Store
from tests.support.oncall import changed
from tests.trust import world
from tests.trust.doors import DOORS, WORK, Door
from tests.trust.faults import Fuse
from tests.trust.stages import Make
from tests.trust.world import JO, LENA, MARIA, RAVI, World

BULK = 60  # statements of a bulk change of MANY tickets
BULK_CHANGES = ("severity", "owner", "resolve")
MANY = 100
Seen = TypeVar("Seen")
VIEWERS = 30


def _door(label: str, **changes: Any) -> Door:
    return replace(next(door for door in DOORS if door.label == label), **changes)


def _report(severity: str) -> Door:
    return _door("view report", fills={"summary": "The till is down", "severity": severity})


BUDGETS = {
    "medium": (_report("medium"), 14),
    "critical": (_report("critical"), 20),
    # The words of these are looked up at the gateway the last time; each later change reads what was kept.
    "acknowledge": (_door("action acknowledge"), 18),
    "acknowledge a page": (_door("action acknowledge", person=RAVI, about="paging"), 18),  # with its escalation
    "take": (_door("action take"), 18),
    "reply": (_door("view reply"), 16),
    "resolve": (_door("view resolve", opened=replace(WORK["resolve"], about="new")), 21),
    # With an action, a promise, a workaround, a war room and buttons that end.
    "resolve all about it": (_door("view resolve"), 24),
    "show everything": (_door("action show"), 8),
    "show everything of a critical": (_door("action show", person=RAVI, about="paging"), 9),  # with its actions
}

# Round trips to PostgreSQL with everything around the transaction: who it is, the form's phase, and asking a connection
# that was idle whether it still stands.
ROUND_TRIPS = {
    "medium": 10, "critical": 14, "acknowledge": 10, "take": 10, "reply": 8, "resolve": 10, "resolve all about it": 12,
}  # fmt: skip


def door_statements(make: Make, name: str) -> list[str]:
    """Return the statements that a door runs, in a world whose messages have all arrived and many Homes are open.

    Its phase has no tracker, as most have none; a connected one takes one statement more.
    """
    return _run_door(make, name, counted)


def door_round_trips(make: Make, name: str) -> list[list[str]]:
    """Return what a door sends to PostgreSQL in each of its round trips, in such a world."""
    return _run_door(make, name, sent_together)


def _run_door(make: Make, name: str, watching: Callable[[Store], AbstractContextManager[Seen]]) -> Seen:
    door, _ = BUDGETS[name]
    with make(Fuse()) as made:
        phase = phases.get_phase(made.app, "PAY")
        phases.apply_settings(made.app, changed(phase.settings, connections=()))
        world.settle(made)
        with made.app.store.begin() as tx:
            for number in range(VIEWERS):
                tx.home_viewers.upsert_viewer(f"U0LOOKS{number}", made.app.now())
        request = door.request(made)
        with watching(made.app.store) as seen:
            answer(adapters.admitting(door.handler), made.app, request)
    return seen


def bulk_statements(make: Make, change: str) -> list[str]:
    """Return the statements of a bulk change: of the "severity" or the "owner", or a "resolve"."""
    with make(Fuse()) as made:
        ids = _many(made)
        world.settle(made)
        with counted(made.app.store) as seen:
            if change == "severity":
                bulk_changes.set_severity_all(made.app, ids, LENA, Severity.HIGH, "bulk:1")
            elif change == "resolve":
                verification.resolve_all(made.app, ids, LENA, Solution(explanation="Restarted"), "bulk:1")
            else:
                bulk_changes.assign_all(made.app, ids, LENA, JO.id, "bulk:1")
    return seen


def _many(made: World) -> list[int]:
    return [
        intake.open_ticket(
            made.app, Report(summary=f"Page {n} is slow", severity=Severity.MEDIUM, type=TicketType.BUG), person=MARIA,
            phase_key="PAY", intake=Intake.COMMAND,
        ).id for n in range(MANY)
    ]  # fmt: skip


@contextmanager
def sent_together(store: Store) -> Iterator[list[list[str]]]:
    """Yield what was sent to PostgreSQL in each round trip, as its own client library tells it.

    https://www.postgresql.org/docs/current/libpq-control.html#LIBPQ-PQTRACE
    """
    found: list[list[str]] = [[]]
    with tempfile.TemporaryFile() as log:

        def trace(connection: Any, *_: Any) -> None:
            connection.pgconn.trace(log.fileno())
            connection.pgconn.set_trace_flags(Trace.SUPPRESS_TIMESTAMPS)

        def untrace(connection: Any, *_: Any) -> None:
            connection.pgconn.untrace()

        event.listen(store.engine, "checkout", trace)
        event.listen(store.engine, "checkin", untrace)
        try:
            yield found
        finally:
            event.remove(store.engine, "checkout", trace)
            event.remove(store.engine, "checkin", untrace)
        os.lseek(log.fileno(), 0, os.SEEK_SET)
        lines = log.read().decode().splitlines()
    for direction, _, kind, *more in (line.split("\t") for line in lines if line.startswith("F\t")):
        assert direction == "F"
        if kind in ("Parse", "Query"):
            found[-1].append(" ".join(more))
        if kind in ("Sync", "Query"):  # the server answers, and the client waits
            found.append([])
    del found[-1]


@contextmanager
def counted(store: Store) -> Iterator[list[str]]:
    """Yield the statements that are run; the ones that begin a transaction count with it, and do nothing."""
    with _listening(store, "before_cursor_execute", lambda _c, _cursor, statement, *_: statement) as seen:
        yield seen
    seen[:] = [one for one in seen if not one.startswith(("BEGIN", "COMMIT"))]


@contextmanager
def transactions(store: Store) -> Iterator[list[str]]:
    with _listening(store, "begin", lambda _connection: "begin") as seen:
        yield seen


@contextmanager
def _listening(store: Store, name: str, what: Callable[..., str]) -> Iterator[list[str]]:
    seen: list[str] = []

    def note(*happened: Any) -> None:
        seen.append(what(*happened))

    event.listen(store.engine, name, note)
    try:
        yield seen
    finally:
        event.remove(store.engine, name, note)
