"""Values of objectives by SQL: read only, bounded, with every secret hidden, and refused in words."""

import sqlite3
import time
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from bot.context import AppContext
from bot.database import open_store
from bot.services.phases import phases
from bot.services.registry import FEATURES
from bot.services.reporting import objective_values, phase_report
from bot.settings.settings import Settings, sources
from bot.transport import sql
from bot.transport.sql import NoRows, Sources, read_rows
from domain.errors import Refused
from domain.phases.settings import PhaseSettings
from domain.reporting.objectives import Objective
from storage.store import Store
from tests.conftest import Clock
from tests.support.command import hypercare
from tests.support.ready import sqlite

CLOCK = Clock()
TODAY = CLOCK.at.date()
ENDLESS = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n"


def shop(folder: Path) -> str:
    """A database of another system; its address."""
    with sqlite3.connect(folder / "shop.db") as connection:
        connection.execute("CREATE TABLE orders (day TEXT, n INTEGER)")
        days = [(str(TODAY - timedelta(days=n)), 100 + n) for n in range(3)]
        connection.executemany("INSERT INTO orders VALUES (?, ?)", days)
    connection.close()
    return f"sqlite:///{folder / 'shop.db'}"


def phase(query: str) -> PhaseSettings:
    orders = {"name": "orders", "label": "Orders a day", "target": 101, "database": "shop", "query": query}
    return PhaseSettings(key="PAY", name="Payday", triage_channel="C0DESK00", oncall_channel="C0ONCALL",
                         leads=("U0LENA0",), reporting={"objectives": (orders,)})  # fmt: skip


def test_a_query_gives_days_and_values_which_the_report_shows_once_an_hour(store: Store, tmp_path: Path) -> None:
    app = AppContext(features=FEATURES, store=store, now=lambda: CLOCK.at)
    phases.apply_settings(app, phase("SELECT day, n FROM orders"))
    [due] = objective_values.list_due(app)
    assert due.objective.name == "orders"
    [(objective, days)] = objective_values.read_now(app, "PAY", Sources({"shop": shop(tmp_path)}))
    assert (objective.label, days) == ("Orders a day", 3)
    assert objective_values.list_due(app) == [], "it was read within the hour"
    [result] = phase_report.report(app, "PAY").objectives
    assert (result.actual, result.is_met(TODAY)) == (100, False)


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ("DELETE FROM orders", "refused the query"), ("ATTACH 'other.db' AS o", "refused the query"),
        ("SELECT 1; DELETE FROM orders", "refused the query"), ("PRAGMA writable_schema = 1", "refused the query"),
        ("SELECT * FROM nothing", "refused the query"), (ENDLESS, "more than 10 seconds"),
        ("WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x FROM n", "more than 400 rows"),
    ],
)  # fmt: skip
def test_a_query_only_reads_and_ends(query: str, why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    address = shop(tmp_path)
    if query == ENDLESS:  # the clock of the bound runs ahead
        started = time.monotonic()
        monkeypatch.setattr(sql.time, "monotonic", iter([started, *[started + 11] * 9]).__next__)
    with pytest.raises(NoRows, match=why) as error:
        read_rows(address, query)
    assert "orders" not in str(error.value)
    monkeypatch.undo()
    assert len(read_rows(address, "SELECT day FROM orders")) == 3


@pytest.mark.shape("postgresql")
def test_postgresql_opens_nothing_but_a_reading_cursor(store: Store) -> None:
    if store.is_sqlite:
        return
    address = store.engine.url.render_as_string(hide_password=False).replace("+psycopg", "")
    assert read_rows(address, "SELECT current_date, count(*) FROM phases") == [(datetime.now(UTC).date(), 0)]
    gone = "WITH gone AS (DELETE FROM phases RETURNING 1) SELECT * FROM gone"
    for query in ("DELETE FROM phases", "SELECT 1; DELETE FROM phases", "SET work_mem = 64", gone, "SELECT * FROM no"):
        with pytest.raises(NoRows, match="refused the query"):
            read_rows(address, query)
    with pytest.raises(NoRows, match="could not be reached"):
        read_rows("postgresql://reader:hidden@127.0.0.1:1/shop", "SELECT 1")


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ([], "no value"), ([(None,)], "no value"), ([(1,), (2,)], "several rows"), ([(1, 2, 3)], "one column"),
        ([("many",)], "not a number"), ([(float("nan"),)], "not a number"), ([("soon", 1)], "not a day"),
        ([(TODAY + timedelta(days=1), 1)], "in the future"),
    ],
)  # fmt: skip
def test_rows_that_are_no_values_are_refused_in_words(rows: list[tuple[object, ...]], why: str) -> None:
    with pytest.raises(Refused, match=why):
        objective_values.read_values(rows, TODAY)


def test_a_day_without_a_value_is_a_gap() -> None:
    days = [TODAY - timedelta(days=n) for n in range(3)]
    rows = [(days[2], 4), (str(days[1]), None), (datetime.combine(days[0], datetime.min.time()), 6)]
    assert objective_values.read_values(rows, TODAY) == {days[2]: 4.0, days[0]: 6.0}
    assert objective_values.read_values([(7,)], date(2026, 3, 2)) == {date(2026, 3, 2): 7.0}


def test_an_address_is_a_secret_and_both_settings_are_needed() -> None:
    given = {"bot_token": "xoxb-1", "app_token": "xapp-1"}
    found = Settings(**given, sources={"SHOP": "postgresql://reader:hidden@db/shop"})
    assert "hidden" not in repr(found)
    assert "hidden" in found.secrets()
    assert sources(found) == {"shop": "postgresql://reader:hidden@db/shop"}
    with pytest.raises(ValidationError, match="must start with postgresql"):
        Settings(**given, sources={"shop": "mysql://db/shop"})
    with pytest.raises(ValidationError, match="both are needed"):
        Objective(name="orders", label="Orders", target=1, query="SELECT 1")


def test_the_command_reads_now_and_says_what_is_missing(tmp_path: Path) -> None:
    with closing(open_store(sqlite(tmp_path / "bot.db"))) as store:
        phases.apply_settings(AppContext(features=FEATURES, store=store, now=Clock()), phase("SELECT 7"))
    missing = hypercare(tmp_path, "readings", "PAY", "--sql")
    assert (missing.returncode, "Set HYPERCARE_SOURCES__SHOP" in missing.stderr) == (1, True)
    both = hypercare(tmp_path, "readings", "PAY")
    assert "Name a file, or --sql" in both.stderr


@pytest.mark.parametrize("query", [
    "SELECT '2026-03-02', 5 UNION ALL SELECT '2026-03-02', 6",
    "SELECT '2026-03-02T08', 5 UNION ALL SELECT '2026-03-02T09', 6",
])  # fmt: skip
def test_two_values_of_a_day_are_none(query: str, tmp_path: Path) -> None:
    """Which of them counted would depend on the order in which they come."""
    with pytest.raises(Refused, match="more than one value for 2026-03-02"):
        objective_values.read_values(read_rows(shop(tmp_path), query), date(2026, 3, 2))


def test_a_value_that_fills_the_memory_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NoRows, match="refused the query"):
        read_rows(shop(tmp_path), "SELECT zeroblob(2000000)")
