"""Values of business objectives from other databases: which are due, and what their rows mean."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import isfinite
from typing import Any

from bot.context import AppContext
from bot.services.phases.phases import get_phase
from domain.errors import Refused
from domain.phases.phase import Phase
from domain.reporting.objectives import Objective
from storage.transaction import Transaction

SAID_BY = "sql"
EVERY = timedelta(hours=1)
Read = Callable[[str, str], Sequence[tuple[Any, ...]]]  # of the name of a database and a query


@dataclass(frozen=True, slots=True)
class DueValue:
    """An objective whose value is to be read."""

    phase: Phase
    objective: Objective


def list_due(app: AppContext) -> list[DueValue]:
    """Return the objectives of active phases that have a query and were not read within the last hour."""
    with app.store.read() as tx:
        asked = [DueValue(phase, one) for phase in tx.phases.list_phases() if phase.is_active
                 for one in phase.reporting.objectives if one.query]  # fmt: skip
        since = app.now() - EVERY
        return [one for one in asked
                if not tx.readings.has_since(one.phase.id, one.objective.name, SAID_BY, since)]  # fmt: skip


def keep(app: AppContext, one: DueValue, rows: Sequence[tuple[Any, ...]], tx: Transaction) -> int:
    """Record the rows of a query and return how many days they are; Refused when they are no values."""
    values = read_values(rows, one.phase.local_date(app.now()))
    tx.readings.replace(one.phase.id, one.objective.name, values.items(), SAID_BY, app.now())
    return len(values)


def read_now(app: AppContext, key: str, read: Read) -> list[tuple[Objective, int]]:
    """Read the values of all objectives of a phase with a query; return how many days each has."""
    phase = get_phase(app, key)
    asked = [DueValue(phase, one) for one in phase.reporting.objectives if one.query]
    if not asked:
        raise Refused(f"No business objective of {phase.key} has a query. docs/reports.md shows one.")
    found = [(one, read(one.objective.database, one.objective.query)) for one in asked]
    with app.transaction() as tx:
        return [(one.objective, keep(app, one, rows, tx)) for one, rows in found]


def read_values(rows: Sequence[tuple[Any, ...]], today: date) -> dict[date, float]:
    """Return the value by day of rows of (value) for today or (day, value); a day without a value is left out."""
    if len(rows) > 1 and any(len(row) == 1 for row in rows):
        raise Refused("The query returned several rows of one column. Have it return the day and the value.")
    found = dict[date, float]()
    for row in rows:
        if len(row) not in (1, 2):
            raise Refused("The query must return one column, the value, or two, the day and the value.")
        if row[-1] is None:
            continue
        day = _day(row[0], today) if len(row) == 2 else today
        if day in found:
            raise Refused(f"The query returned more than one value for {day}. Have it return one a day.")
        found[day] = _number(row[-1])
    if not found:
        raise Refused("The query returned no value.")
    return found


def _number(value: Any) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise Refused("The query returned a value that is not a number.") from None
    if not isfinite(number):
        raise Refused("The query returned a value that is not a number.")
    return number


def _day(value: Any, today: date) -> date:
    try:
        day = value.date() if isinstance(value, datetime) else value
        day = day if isinstance(day, date) else date.fromisoformat(str(day)[:10])
    except ValueError:
        raise Refused("The query returned a first column that is not a day such as 2026-11-24.") from None
    if day > today:
        raise Refused("The query returned a day in the future.")
    return day
