"""How many statements the doors may run that people use most, and what counts them; the bench does too."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

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
from tests.trust.doors import DOORS, Door
from tests.trust.faults import Fuse
from tests.trust.stages import Make
from tests.trust.world import JO, LENA, MARIA, RAVI, World

BULK = 60  # statements of a bulk change of MANY tickets
BULK_CHANGES = ("severity", "owner", "resolve")
MANY = 100
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
    "resolve": (_door("view resolve"), 23),  # with its workaround, its war room and the buttons that end
    "show everything": (_door("action show"), 8),
    "show everything of a critical": (_door("action show", person=RAVI, about="paging"), 9),  # with its actions
}


def door_statements(make: Make, name: str) -> list[str]:
    """Return the statements that a door runs, in a world whose messages have all arrived and many Homes are open.

    Its phase has no tracker, as most have none; a connected one takes one statement more.
    """
    door, _ = BUDGETS[name]
    with make(Fuse()) as made:
        phase = phases.get_phase(made.app, "PAY")
        phases.apply_settings(made.app, changed(phase.settings, connections=()))
        world.settle(made)
        with made.app.store.begin() as tx:
            for number in range(VIEWERS):
                tx.home_viewers.upsert_viewer(f"U0LOOKS{number}", made.app.now())
        request = door.request(made)
        with counted(made.app.store) as seen:
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
def counted(store: Store) -> Iterator[list[str]]:
    """Yield the statements that are run; the ones that begin a transaction count with it, and do nothing."""
    with _listening(store, "before_cursor_execute", lambda _c, _cursor, statement, *_: statement) as seen:
        yield seen
    seen[:] = [one for one in seen if not one.startswith("BEGIN")]


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
