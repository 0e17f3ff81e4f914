"""Pages about a phase take as many statements over many tickets as over few, and return few rows."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event, insert, literal, select

from bot.services.reporting import phase_report
from handlers.errors import answer
from storage.followup.tables import workarounds
from storage.store import Store
from storage.tickets.milestone_table import milestones
from storage.tickets.tables import tickets
from tests.trust import stages
from tests.trust.doors import DOORS
from tests.trust.faults import Fuse
from tests.trust.stages import Make
from tests.trust.world import World

PAGES = ("command workarounds", "command articles", "command article", "command exit", "command postmortem",
         "command digest", "command problems", "command decisions", "command actions", "command parties",
         "command trends", "command metrics", "action lessons_take")  # fmt: skip
MORE = 60  # tickets like those of the world
BUDGET = 70  # statements of one page; the post-mortem and the report are made of most


@pytest.fixture(scope="module")
def make(tmp_path_factory: pytest.TempPathFactory) -> Make:
    return stages.sqlite(tmp_path_factory.mktemp("pages") / "world.db")


def test_no_page_takes_more_statements_the_more_tickets_there_are(make: Make) -> None:
    fuse = Fuse()
    with make(fuse) as made:
        fuse.undoes = True
        few = _counts(made)
        fuse.undoes = False
        _add_tickets(made)
        fuse.undoes = True
        many = _counts(made)
    grown = [f"{label}: {few[label]} statements, and {count} over {MORE} more tickets"
             for label, count in many.items() if count > few[label]]  # fmt: skip
    assert not grown, "\n".join(grown)
    assert max(few.values()) <= BUDGET, few


def _counts(made: World) -> dict[str, int]:
    by_label = {door.label: door for door in DOORS}
    found = dict[str, int]()
    for label in PAGES:
        request = by_label[label].request(made)
        with _statements(made.app.store) as seen:
            answer(by_label[label].handler, made.app, request)
        found[label] = len(seen)
    with _statements(made.app.store) as seen:
        phase_report.report(made.app, "PAY")
    return {**found, "report": len(seen)}


def _add_tickets(made: World) -> None:
    """Copy a resolved ticket of the world with its milestones, and give each copy a workaround."""
    with made.app.store.begin() as tx:
        kept = [column for column in tickets.c if column.name not in ("id", "number")]
        for n in range(MORE):
            copied = select(literal(10_000 + n), *kept).where(tickets.c.id == made.ids["fixed"])
            tx.connection.execute(insert(tickets).from_select(["number", *(c.name for c in kept)], copied))
        new = select(tickets.c.id).where(tickets.c.number >= 10_000)
        dates = [column for column in milestones.c if column.name != "ticket_id"]
        for id_ in tx.connection.scalars(new).all():
            row = select(literal(id_), *dates).where(milestones.c.ticket_id == made.ids["fixed"])
            tx.connection.execute(insert(milestones).from_select(["ticket_id", *(c.name for c in dates)], row))
            given: dict[str, Any] = {"phase_id": made.ids["phase"], "ticket_id": id_, "readers": [], "told": 0,
                                     "given_at": made.app.now(), "until": made.app.now().date()}  # fmt: skip
            tx.connection.execute(insert(workarounds), given)


@contextmanager
def _statements(store: Store) -> Iterator[list[str]]:
    seen: list[str] = []

    def watch(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    event.listen(store.engine, "before_cursor_execute", watch)
    try:
        yield seen
    finally:
        event.remove(store.engine, "before_cursor_execute", watch)
