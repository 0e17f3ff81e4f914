"""Views with stable names, for whoever reads the database, and their rows in batches for exports.

Their columns are documented in docs/data.md, which a test compares; the migrations make them.
"""

from collections.abc import Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain, islice
from typing import Any, TypeAlias

from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError

Batches: TypeAlias = Generator[Sequence[str], None, None]
BATCH = 10_000  # rows
STREAMED = {"stream_results": True, "max_row_buffer": BATCH}


class ColumnKind(StrEnum):
    TEXT = "text"
    CODE = "code"  # a word of ours, or an id: without anything that has to be quoted
    WHOLE = "whole number"
    NUMBER = "number"
    FLAG = "yes or no"
    MOMENT = "moment, UTC"
    DAY = "day"


T, C, W, N, F, M, D = ColumnKind
TICKET: Mapping[str, ColumnKind] = {
    "phase": C, "ticket": C, "number": W, "summary": T, "severity": C, "type": C, "module": T, "process": T,
    "category": T, "status": C, "reporter": C, "owner": C, "intake": C, "priority": N, "affected": W, "due_at": M,
    "opened_at": M, "acknowledged_at": M, "workaround_at": M, "resolved_at": M, "reopened_at": M, "closed_at": M,
    "changed_at": M, "minutes_to_acknowledge": W, "minutes_to_workaround": W, "minutes_to_close": W,
    "acknowledge_due_at": M, "acknowledge_met": F, "resolve_due_at": M, "resolve_met": F, "resolved_count": W,
    "reopened_count": W, "recurred_count": W, "fix": C, "unconfirmed": F, "waiting_since": M,
}  # fmt: skip
EVENT: Mapping[str, ColumnKind] = {"phase": C, "ticket": C, "event": W, "at": M, "kind": C, "actor": C}

PROMISE: Mapping[str, ColumnKind] = {
    "phase": C, "ticket": C, "promise": W, "kind": C, "maker": C, "made_at": M, "due": M, "state": C, "settled_at": M,
    "slip": W,
}  # fmt: skip
COMMENT: Mapping[str, ColumnKind] = {"phase": C, "ticket": C, "comment": W, "at": M, "side": C, "person": C, "words": T,
                              "changed_at": M}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ExportView:
    """`private` is the view with the private ones, where there is one; `order` is what its rows are sorted by."""

    name: str
    columns: Mapping[str, ColumnKind]
    order: str
    private: str = ""


VIEWS: Mapping[str, ExportView] = {
    "tickets": ExportView("hypercare_tickets", TICKET, "number", private="hypercare_private_tickets"),
    "events": ExportView("hypercare_events", EVENT, "event", private="hypercare_private_events"),
    "promises": ExportView("hypercare_promises", PROMISE, "ticket, promise", private="hypercare_private_promises"),
    "comments": ExportView("hypercare_comments", COMMENT, "comment", private="hypercare_private_comments"),
    "readings": ExportView("hypercare_readings", {"phase": C, "metric": C, "day": D, "value": N}, "metric, day"),
    "marked_events": ExportView("hypercare_marked_events", {"phase": C, "kind": T, "label": T, "at": M}, "at"),
    "phases": ExportView("hypercare_phases", {"phase": C, "name": T, "system": T, "state": C, "timezone": C}, "phase"),
}


class Exports:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def count(self, view: ExportView, phase: str, *, private: bool) -> int:
        """How many rows there are of a phase."""
        names = _names(view, private=private)
        asked = " + ".join(f"(SELECT count(*) FROM {name} WHERE phase = :phase)" for name in names)  # noqa: S608
        return int(self._connection.scalar(text(f"SELECT {asked}"), {"phase": phase}) or 0)

    def csv(self, view: ExportView, phase: str, *, private: bool, exact: bool = False) -> Batches:
        """All of them as lines of CSV, some thousands at a time, so that nothing is held in memory.

        The database writes them, which nobody does faster. Moments are ISO 8601 in UTC; a text that a spreadsheet would
        reckon with has an apostrophe before it. `exact` is for programs: texts are as they are, and have quotes even
        where they are empty, so that they are told from what is not there; numbers have seventeen digits.
        """
        cell = self._exact_cell if exact else self._cell
        cells = [cell(name, kind) for name, kind in view.columns.items()]
        return self._read(self._line(",".join(["%s"] * len(cells)), cells), view, phase, private=private)

    def json(self, view: ExportView, phase: str, *, private: bool) -> Batches:
        """The same as lines of JSON, with every text as it is."""
        if self._sqlite:
            pairs = (f"'{name}', {self._member(name, kind)}" for name, kind in view.columns.items())
            return self._read(f"json_object({', '.join(pairs)})", view, phase, private=private)
        # To make a row or an object in PostgreSQL first, and JSON of that, takes longer.
        cells = [f"coalesce({self._value(name, kind)}, 'null')" for name, kind in view.columns.items()]
        form = ",".join(f'"{name}":%s' for name in view.columns)
        return self._read(self._line(f"{{{form}}}", cells), view, phase, private=private)

    def _line(self, form: str, cells: Sequence[str]) -> str:
        """`form` has a %s for each cell; nothing stands there for one that is not there.

        Put together in one go: `a || b || c` copies what it has so far again and again.
        """
        if self._sqlite:
            return f"printf('{form}', {', '.join(cells)})"
        begin, *ends = (f"'{part}'" for part in form.split("%s"))  # a function takes at most a hundred arguments
        return f"concat({begin}, {', '.join(chain.from_iterable(zip(cells, ends, strict=True)))})"

    def _read(self, line: str, view: ExportView, phase: str, *, private: bool) -> Batches:
        for name in _names(view, private=private):
            yield from self._stream(f"SELECT {line} FROM {name} WHERE phase = ? ORDER BY {view.order}", phase)  # noqa: S608

    def _stream(self, query: str, phase: str) -> Batches:
        if self._sqlite:
            with closing(self._connection.exec_driver_sql(query, (phase,), execution_options=STREAMED)) as found:
                yield from ([line for (line,) in rows] for rows in found.partitions(BATCH))
            return
        # As a stream, since PostgreSQL reads for a cursor with one process alone.
        driver: Any = self._connection.connection.driver_connection
        with driver.cursor() as cursor:
            rows = cursor.stream(query.replace("?", "%s"), (phase,), size=BATCH)
            try:
                while lines := [line for (line,) in islice(rows, BATCH)]:
                    yield lines
            except self._connection.dialect.loaded_dbapi.Error as error:  # SQLAlchemy does not see it
                raise OperationalError(query, None, error) from error
            finally:
                rows.close()  # it holds the connection

    def _said(self, name: str, kind: ColumnKind) -> str:
        """The same words from both databases: SQLite has neither moments nor days, nor yes and no."""
        column = f'"{name}"'
        match kind:
            case ColumnKind.MOMENT if self._sqlite:
                return f"replace(substr({column}, 1, 19), ' ', 'T') || 'Z'"
            case ColumnKind.MOMENT:
                return f"""to_char({column}, 'YYYY-MM-DD"T"HH24:MI:SS"Z"')"""
            case ColumnKind.DAY if not self._sqlite:
                return f"to_char({column}, 'YYYY-MM-DD')"
            case ColumnKind.FLAG:
                return f"CASE WHEN {column} THEN 'true' WHEN NOT {column} THEN 'false' END"
        return column

    def _member(self, name: str, kind: ColumnKind) -> str:
        """What SQLite makes a JSON value of."""
        said = self._said(name, kind)
        return f"json({said})" if kind is ColumnKind.FLAG else said

    def _value(self, name: str, kind: ColumnKind) -> str:
        """As JSON has it, on PostgreSQL."""
        said = self._said(name, kind)
        match kind:
            case ColumnKind.TEXT:
                return f"CAST(to_json({said}) AS TEXT)"
            case ColumnKind.CODE | ColumnKind.MOMENT | ColumnKind.DAY:
                return f"""'"' || {said} || '"'"""
            case ColumnKind.FLAG:
                return said
        return f"CAST({said} AS TEXT)"

    def _cell(self, name: str, kind: ColumnKind) -> str:
        """As CSV has it, texts in quotes."""
        said = self._said(name, kind)
        if kind is not ColumnKind.TEXT:
            return said
        mark = f"CASE WHEN substr({said}, 1, 1) IN ('=', '+', '-', '@', '\t', '\r') THEN '''' ELSE '' END"
        return f"CASE WHEN {said} > '' THEN {_quoted(said, mark)} ELSE '' END"

    def _exact_cell(self, name: str, kind: ColumnKind) -> str:
        match kind:
            case ColumnKind.TEXT:
                return _quoted(f'"{name}"', "''")
            case ColumnKind.NUMBER if self._sqlite:  # which writes fifteen digits, unless it is asked for all
                return f"""CASE WHEN "{name}" IS NOT NULL THEN printf('%!.17g', "{name}") END"""
        return self._said(name, kind)

    @property
    def _sqlite(self) -> bool:
        return self._connection.dialect.name == "sqlite"


def _quoted(column: str, mark: str) -> str:
    return f"""'"' || {mark} || replace({column}, '"', '""') || '"'"""


def _names(view: ExportView, *, private: bool) -> Sequence[str]:
    return [view.name, *([view.private] if private and view.private else [])]
