"""Baselines: values of single reports before the go-live or after the end of a phase."""

from collections.abc import Iterable, Mapping
from datetime import date

from sqlalchemy import Connection, delete, func, insert, select

from domain.statistics.survival import SurvivalCounts
from storage.reporting.tables import baselines as b

BaselineValue = tuple[int, bool]  # a value, and whether it ended (False: censored)


class Baselines:
    """Baseline values, counted by day."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def replace(self, phase_id: int, metric: str, found: Mapping[date, Mapping[BaselineValue, int]]) -> None:
        """Replace the values of these days."""
        mine = (b.c.phase_id == phase_id, b.c.metric == metric, b.c.day.in_(found))
        self._connection.execute(delete(b).where(*mine))
        self._connection.execute(insert(b), [*_rows(phase_id, metric, found)])

    def count_values(self, phase_id: int, metric: str, since: date, until: date) -> SurvivalCounts:
        """Return {value: (ended, censored)} of these days, `until` included."""
        mine = (b.c.phase_id == phase_id, b.c.metric == metric, b.c.day.between(since, until))
        query = select(b.c.value, b.c.ended, func.sum(b.c.count)).where(*mine).group_by(b.c.value, b.c.ended)
        found: dict[float, tuple[int, int]] = {}
        for value, ended, count in self._connection.execute(query):
            before = found.get(value, (0, 0))
            found[value] = (before[0] + int(count), before[1]) if ended else (before[0], before[1] + int(count))
        return found


def _rows(phase_id: int, metric: str, found: Mapping[date, Mapping[BaselineValue, int]]) -> Iterable[dict[str, object]]:
    for day, values in found.items():
        for (value, ended), count in values.items():
            yield {"phase_id": phase_id, "metric": metric, "day": day, "value": value, "ended": ended, "count": count}
