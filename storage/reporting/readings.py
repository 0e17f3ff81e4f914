"""Daily readings from other systems or people, and marked events."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, delete, insert, select

from storage.reporting.tables import marked_events, readings


@dataclass(frozen=True, slots=True)
class MarkedEvent:
    """An event of the system; `kind` is a short word such as `deployment`."""

    kind: str
    label: str
    at: datetime


class Readings:
    """Readings and marked events of phases."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def replace(
        self, phase_id: int, metric: str, values: Iterable[tuple[date, float]], said_by: str, at: datetime
    ) -> None:
        """Replace the values of these days."""
        by_day = dict(values)
        mine = (readings.c.phase_id == phase_id, readings.c.metric == metric, readings.c.day.in_(by_day))
        self._connection.execute(delete(readings).where(*mine))
        rows = [{"phase_id": phase_id, "metric": metric, "day": day, "value": value, "said_by": said_by, "at": at}
                for day, value in by_day.items()]  # fmt: skip
        if rows:
            self._connection.execute(insert(readings), rows)

    def list_values(self, phase_id: int, metric: str, since: date, until: date) -> list[tuple[date, float]]:
        """Return (day, value) by day, `until` included."""
        mine = (readings.c.phase_id == phase_id, readings.c.metric == metric, readings.c.day.between(since, until))
        rows = self._connection.execute(select(readings.c.day, readings.c.value).where(*mine).order_by(readings.c.day))
        return [(day, value) for day, value in rows]

    def has_since(self, phase_id: int, metric: str, said_by: str, since: datetime) -> bool:
        """Return whether a value was recorded by that author since then."""
        mine = (readings.c.phase_id == phase_id, readings.c.metric == metric, readings.c.said_by == said_by,
                readings.c.at > since)  # fmt: skip
        return self._connection.execute(select(readings.c.day).where(*mine).limit(1)).first() is not None

    def insert_event(self, phase_id: int, event: MarkedEvent, said_by: str) -> None:
        """Insert a marked event."""
        values = {"phase_id": phase_id, "kind": event.kind, "label": event.label, "at": event.at, "said_by": said_by}
        self._connection.execute(insert(marked_events), values)

    def list_events(self, phase_id: int, since: datetime, until: datetime) -> list[MarkedEvent]:
        """Return the marked events of a period, oldest first."""
        mine = (marked_events.c.phase_id == phase_id, marked_events.c.at >= since, marked_events.c.at < until)
        rows = self._connection.execute(
            select(marked_events).where(*mine).order_by(marked_events.c.at, marked_events.c.id)
        )
        return [MarkedEvent(row.kind, row.label, row.at) for row in rows]
