"""Views with stable names, for whoever reads the database, and their rows in batches for exports.

Their columns are documented in docs/data.md, which a test compares; the migrations make them.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, text

BATCH = 5000  # rows
STREAMED = {"stream_results": True, "max_row_buffer": BATCH}
SECONDS = len("2026-03-02 09:00:00")


class Kind(StrEnum):
    TEXT = "text"
    WHOLE = "whole number"
    NUMBER = "number"
    FLAG = "yes or no"
    MOMENT = "moment, UTC"
    DAY = "day"


T, W, N, F, M, D = Kind
TICKET: Mapping[str, Kind] = {
    "phase": T, "ticket": T, "number": W, "summary": T, "severity": T, "type": T, "module": T, "process": T,
    "category": T, "status": T, "reporter": T, "owner": T, "intake": T, "priority": N, "affected": W, "due_at": M,
    "opened_at": M, "acknowledged_at": M, "workaround_at": M, "resolved_at": M, "reopened_at": M, "closed_at": M,
    "changed_at": M, "minutes_to_acknowledge": W, "minutes_to_workaround": W, "minutes_to_close": W,
    "acknowledge_over": M, "acknowledge_kept": F, "resolve_over": M, "resolve_kept": F, "fixes": W, "reopened": W,
}  # fmt: skip
EVENT: Mapping[str, Kind] = {"phase": T, "ticket": T, "event": W, "at": M, "kind": T, "actor": T}


@dataclass(frozen=True, slots=True)
class View:
    """`private` is the view with the private ones, where there is one; `order` is what its rows are sorted by."""

    name: str
    columns: Mapping[str, Kind]
    order: str
    private: str = ""


VIEWS: Mapping[str, View] = {
    "tickets": View("hypercare_tickets", TICKET, "number", private="hypercare_private_tickets"),
    "events": View("hypercare_events", EVENT, "event", private="hypercare_private_events"),
    "readings": View("hypercare_readings", {"phase": T, "metric": T, "day": D, "value": N}, "metric, day"),
    "marks": View("hypercare_marks", {"phase": T, "kind": T, "label": T, "at": M}, "at"),
    "phases": View("hypercare_phases", {"phase": T, "name": T, "system": T, "state": T, "timezone": T}, "phase"),
}
Batch = Mapping[str, Sequence[Any]]


class Exports:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def count(self, view: View, phase: str, *, private: bool) -> int:
        """How many rows there are of a phase."""
        names = self._names(view, private=private)
        asked = " + ".join(f"(SELECT count(*) FROM {name} WHERE phase = :phase)" for name in names)  # noqa: S608
        return int(self._connection.scalar(text(f"SELECT {asked}"), {"phase": phase}) or 0)

    def batches(self, view: View, phase: str, *, private: bool) -> Iterator[Batch]:
        """All of them by column, a few thousand at a time; times as ISO 8601 in UTC. Nothing is held in memory."""
        columns = ", ".join(f'"{column}"' for column in view.columns)
        for name in self._names(view, private=private):
            asked = text(f"SELECT {columns} FROM {name} WHERE phase = :phase ORDER BY {view.order}")  # noqa: S608
            rows = self._connection.execute(asked, {"phase": phase}, execution_options=STREAMED)
            for batch in rows.partitions(BATCH):
                values = zip(*batch, strict=True)
                yield {
                    name: _plain(kind, column)
                    for (name, kind), column in zip(view.columns.items(), values, strict=True)
                }

    def _names(self, view: View, *, private: bool) -> Sequence[str]:
        return [view.name, *([view.private] if private and view.private else [])]


def _plain(kind: Kind, column: Sequence[Any]) -> Sequence[Any]:
    """The same from both databases: SQLite has neither moments nor days, nor yes and no."""
    made: Mapping[Kind, Callable[[Any], Any]] = {Kind.MOMENT: _moment, Kind.DAY: str, Kind.FLAG: bool}
    plain = made.get(kind)
    return [None if value is None else plain(value) for value in column] if plain else column


def _moment(value: Any) -> str:
    return f"{str(value)[:SECONDS].replace(' ', 'T')}Z"
