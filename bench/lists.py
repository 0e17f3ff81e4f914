"""Lists and search over a million tickets, on both databases: the 95th percentile at the database."""

import random
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import text

from bench.databases import PHASE
from bench.rows import Row, ms, quantile
from bot.context import AppContext, utc_now
from bot.database import open_store
from bot.services.phases import phases
from bot.services.registry import FEATURES
from domain.phases.phase import Phase
from domain.phases.settings import PhaseSettings
from domain.tickets import filters
from storage.store import Store
from storage.tickets.lists import ListReader
from tests.support import postgres

TICKETS = 1_000_000  # each hundredth is open
ROUNDS = 40
MODULES = tuple(f"Module {n}" for n in range(40))
ASKED = ("", "critical", "mine", 'module:"Module 7"', "unowned older:2d", "closed", "closed critical",
         'all module:"Module 9" type:usability', "owned", "resolved quiet:1w", "source:mention high")  # fmt: skip
LIMIT = 20.0  # ms


def measure(folder: Path) -> list[Row]:
    rows = _on(f"sqlite:///{folder / 'lists.db'}", "SQLite")
    with postgres.server() as server:
        rows += _on(postgres.new_database(server, "lists"), "PostgreSQL")
    return rows


def _on(url: str, name: str) -> list[Row]:
    store = open_store(url)
    try:
        phase = phases.apply_settings(
            AppContext(features=FEATURES, store=store, now=utc_now),
            PhaseSettings.model_validate({**PHASE, "intake": {"modules": MODULES}}),
        )
        _fill(store)
        lists, slowest = _times(store, ASKED, lambda asked: _page(store, phase, asked))
        words = [_question(n) for n in range(ROUNDS)]
        found, worst = _times(store, words, lambda asked: _page(store, phase, f"all {asked}"))
    finally:
        store.close()
    return [
        Row(goal="lists", what=f"a page of a list of {TICKETS:,} tickets, {name}, p95", measured=lists * 1000,
            limit=LIMIT, unit=" ms", detail=f"slowest filter: {slowest}", why="that filter has no index of its own"),
        Row(goal="lists", what=f"a search in {TICKETS:,} tickets, {name}, p95", measured=found * 1000,
            limit=LIMIT, unit=" ms", detail=f"slowest: {worst}", why="a common word is in very many of them"),
    ]  # fmt: skip


def _times(_store: Store, asked: list[str] | tuple[str, ...], ask: Callable[[str], float]) -> tuple[float, str]:
    """The p95 of all, and which one was the slowest with what it took."""
    each = {one: [ask(one) for _ in range(max(4, ROUNDS // len(asked)))] for one in asked}
    slowest = max(each, key=lambda one: quantile(each[one], 0.5))
    every = [seconds for some in each.values() for seconds in some]
    return quantile(every, 0.95), f"{slowest or 'open'} {ms(quantile(each[slowest], 0.5))}"


def _page(store: Store, phase: Phase, asked: str) -> float:
    reader, wanted = ListReader(id="U0BENCH7", leads=(phase.id,)), filters.read(asked)
    with store.read() as tx:
        began = time.perf_counter()
        tx.lists.list_page(wanted, [phase], reader, datetime.now(UTC), skip=0, limit=11)
        return time.perf_counter() - began


def _question(n: int) -> str:
    """Common, middling and rare words together, as people ask."""
    dice = random.Random(n)
    rare, middle, common = f"rare{dice.randrange(5000)}", f"mid{dice.randrange(200)}", f"often{dice.randrange(5)}"
    return dice.choice([rare, middle, f"{common} {rare}", f"{common} {middle}", f"{middle} {rare}", common])


def _fill(store: Store) -> None:
    """Reports of three words each, one of five, one of two hundred and one of five thousand."""
    series = f"generate_series(1, {TICKETS}) AS numbers(n)"
    if store.is_sqlite:
        series = (
            f"(WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < {TICKETS}) SELECT n FROM c)"
        )
    words = "'often' || (n % 5) || ' mid' || (n * 31 % 200) || ' rare' || (n % 5000 * 7919 % 5000)"
    columns = {
        "phase_id": "1", "number": "n", "reporter": "'U0BENCH' || (n % 1000)", "intake":
        "CASE n % 3 WHEN 0 THEN 'command' WHEN 1 THEN 'mention' ELSE 'app home' END", "summary": words,
        "severity": "CASE n % 20 WHEN 0 THEN 'critical' WHEN 1 THEN 'high' WHEN 2 THEN 'medium' ELSE 'low' END",
        "type": "CASE n % 4 WHEN 0 THEN 'usability' ELSE 'bug' END", "module": "'Module ' || (n % 40)", "impact": "''",
        "happened": "''", "steps": "''", "expected": "''", "actual": "''", "environment": "''", "private": "FALSE",
        "status": "CASE WHEN n % 100 = 0 THEN 'received' WHEN n % 7 = 0 THEN 'resolved' ELSE 'verified' END",
        "owner": "CASE n % 3 WHEN 0 THEN NULL ELSE 'U0BENCH' || (n % 50) END", "note": "''", "workaround": "''",
        "rank": "(n * 37) % 101", "opened_at": ":at", "changed_at": ":at",
    }  # fmt: skip
    insert = f"INSERT INTO tickets ({', '.join(columns)}) SELECT {', '.join(columns.values())} FROM {series}"
    moment = datetime(2026, 3, 2, 9, tzinfo=UTC).replace(tzinfo=None)
    with store.engine.begin() as connection:
        if not store.is_sqlite:
            connection.execute(text("SET LOCAL statement_timeout = 0"))
            insert = insert.replace(":at", "TIMESTAMP '2026-03-02 09:00:00'")
            connection.execute(text(insert))
        else:
            connection.execute(text(insert), {"at": moment.isoformat(" ", "microseconds")})
        connection.execute(text("UPDATE phases SET last_number = :n"), {"n": TICKETS})
    with store.engine.begin() as connection:
        connection.execute(text("ANALYZE"))
