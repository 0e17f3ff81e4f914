"""P4: how many statements the doors run that people use most, on both databases, 30 Homes being open."""

from collections.abc import Callable
from pathlib import Path

from bench.rows import Row
from tests.support import postgres
from tests.trust import stages
from tests.trust.budgets import BUDGETS, BULK, BULK_CHANGES, bulk_statements, door_statements
from tests.trust.stages import Make


def measure(folder: Path) -> list[Row]:
    rows = _rows("SQLite", lambda: stages.sqlite(folder / "world.db"))
    with postgres.server() as server:
        return rows + _rows("PostgreSQL", lambda: stages.postgresql(server))


def _rows(where: str, build: Callable[[], Make]) -> list[Row]:
    make = build()
    found = {name: (len(door_statements(make, name)), budget) for name, (_, budget) in BUDGETS.items()}
    found |= {f"bulk of 100, {change}": (len(bulk_statements(make, change)), BULK) for change in BULK_CHANGES}
    return [
        Row(goal="P4", what=f"statements: {name}; {where}", measured=count, limit=limit,
            detail="those that begin and commit are not counted", why="see tests/trust/test_statements.py")
        for name, (count, limit) in found.items()
    ]  # fmt: skip
