"""G5: one ticket with everything that must be said about it, to the same rows through raw sqlite3."""

import asyncio
import itertools
import time
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import event

from bench.databases import app_on, new_database
from bench.envelopes import PHASE, REPORTER, submission_body
from bench.floors import RawTicket, raw
from bench.rows import Row, interleaved, median, ms, ratio
from bot.context import AppContext
from bot.services.intake import intake
from bot.views.intake.report import read_report_form
from domain.phases.permissions import Person
from domain.tickets.ticket import Intake

TICKETS = 200  # a round
REQUESTS = itertools.count(1)


def measure(folder: Path) -> list[Row]:
    ours, copy = new_database(folder, "ticket"), new_database(folder, "raw")
    with app_on(copy) as app:
        open_ticket(app)
    with app_on(ours) as app, raw(copy) as connection:
        floor = RawTicket(connection)
        return asyncio.run(_measure(app, floor, _statements(app)))


async def _measure(app: AppContext, floor: RawTicket, statements: int) -> list[Row]:
    async def tickets() -> float:
        return _rate(lambda: open_ticket(app))

    async def rows() -> float:
        return _rate(floor.write)

    ours, bare = await interleaved(tickets, rows, rounds=7)
    each = f"{ms(1 / median(ours))} to {ms(1 / median(bare))} a ticket"
    return [
        Row(goal="G5", what="ticket transaction, share of raw sqlite3's rate, FULL", measured=ratio(ours, bare),
            limit=0.6, at_least=True, detail=f"{median(ours):,.0f} to {median(bare):,.0f} a second",
            why=f"{statements} statements to {floor.statements}, and the words are rendered inside: {each}"),
    ]  # fmt: skip


def open_ticket(app: AppContext) -> None:
    """What a submitted form does once Bolt has found its handler."""
    report = read_report_form(submission_body()["view"], PHASE)
    intake.open_ticket(
        app, report, person=Person(REPORTER), phase_key="PAY", intake=Intake.COMMAND,
        request=f"view:ours{next(REQUESTS)}",
    )  # fmt: skip


def _rate(write: Callable[[], None]) -> float:
    """Transactions a second."""
    began = time.perf_counter()
    for _ in range(TICKETS):
        write()
    return TICKETS / (time.perf_counter() - began)


def _statements(app: AppContext) -> int:
    """How many statements one ticket takes, with its COMMIT."""
    seen: list[str] = []

    def count(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        seen.append(statement)

    event.listen(app.store.engine, "before_cursor_execute", count)
    open_ticket(app)
    event.remove(app.store.engine, "before_cursor_execute", count)
    return len(seen) + 1
