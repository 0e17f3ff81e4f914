"""P7: a report's transaction on a PostgreSQL server that flushes, beside a bare one; at 32 at once, beside SQLite."""

import asyncio
import itertools
import time
from pathlib import Path

import psycopg

from bench.databases import app_at
from bench.desks import POSTGRESQL, SQLITE, database, desk
from bench.envelopes import PHASE, REPORTER, submission, submission_body
from bench.reports import burst_rate
from bench.rows import ROUNDS, Row, median, ms, ratio
from bot.context import AppContext
from bot.services.intake import intake
from bot.views.intake.report import read_report_form
from domain.phases.permissions import Person
from domain.tickets.ticket import Intake
from tests.trust.budgets import sent_together

TICKETS = 60  # a round
REQUESTS = itertools.count(1)


def measure(folder: Path) -> list[Row]:
    return asyncio.run(_measure(folder))


async def _measure(folder: Path) -> list[Row]:
    async with database(folder, POSTGRESQL) as url:
        rows = await asyncio.to_thread(_transactions, url)
    rates: dict[str, list[float]] = {SQLITE: [], POSTGRESQL: []}
    async with (
        database(folder, SQLITE) as file, database(folder, POSTGRESQL) as url,
        desk(folder, file) as one, desk(folder, url) as other,
    ):  # fmt: skip
        for _ in range(20):
            await one.door.ask(submission(severity="medium"))
            await other.door.ask(submission(severity="medium"))
        for _ in range(ROUNDS):
            rates[SQLITE].append(await burst_rate(one))
            rates[POSTGRESQL].append(await burst_rate(other))
    return [
        *rows,
        Row(goal="P7", what="durable acks of a medium, 32 at once, PostgreSQL to SQLite", at_least=True, limit=1,
            measured=ratio(rates[POSTGRESQL], rates[SQLITE]),
            detail=f"{median(rates[POSTGRESQL]):,.0f} to {median(rates[SQLITE]):,.0f} a second",
            why="each statement is a round trip, prepared and handed over in Python"),
    ]  # fmt: skip


def _transactions(url: str) -> list[Row]:
    ours, bare = [], []
    with app_at(url) as app, psycopg.connect(url.replace("+psycopg", "")) as connection:
        flushes = connection.execute("SHOW fsync").fetchone()
        connection.execute("CREATE TABLE bare (id bigserial PRIMARY KEY, words text)")
        connection.commit()
        _rounds(app, connection)
        for _ in range(ROUNDS):
            one, other = _rounds(app, connection)
            ours.append(one)
            bare.append(other)
        with sent_together(app.store) as trips:
            _open_ticket(app)
    return [
        Row(goal="P7", what="a medium report's transaction, to a bare INSERT and COMMIT", measured=ratio(ours, bare),
            limit=8, detail=f"{ms(median(ours))} to {ms(median(bare))}, fsync {flushes and flushes[0]}",
            why="rules, words and statements take the interpreter between the round trips"),
        Row(goal="P7", what="a medium report's transaction, round trips", measured=len(trips), limit=8,
            detail="by the trace of libpq; COMMIT travels with others", why="what one returns is needed by others"),
    ]  # fmt: skip


def _rounds(app: AppContext, connection: psycopg.Connection) -> tuple[float, float]:
    """Seconds for one of ours and for one of theirs, in turn."""
    ours, bare = [], []
    for _ in range(TICKETS):
        began = time.perf_counter()
        _open_ticket(app)
        ours.append(time.perf_counter() - began)
        began = time.perf_counter()
        connection.execute("INSERT INTO bare (words) VALUES ('It is late.')")
        connection.commit()
        bare.append(time.perf_counter() - began)
    return median(ours), median(bare)


def _open_ticket(app: AppContext) -> None:
    report = read_report_form(submission_body(severity="medium")["view"], PHASE)
    intake.open_ticket(app, report, person=Person(REPORTER), phase_key="PAY", intake=Intake.COMMAND,
                       request=f"view:server{next(REQUESTS)}")  # fmt: skip
