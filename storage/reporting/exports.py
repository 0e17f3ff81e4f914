"""Views with stable names for programs that read the database, and exports of their rows.

Their columns are documented in docs/data.md, which a test compares. The migrations create them.
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
BATCH_SIZE = 10_000  # rows
STREAMED = {"stream_results": True, "max_row_buffer": BATCH_SIZE}


class ColumnKind(StrEnum):
    TEXT = "text"
    CODE = "code"  # a keyword or an id, which never needs quoting
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
    "reopened_count": W, "recurred_count": W, "fix": C, "unconfirmed": F, "waiting_since": M, "scope": C,
    "judgement": C, "party": T,
    "channel": C, "answers": T,
}  # fmt: skip
EVENT: Mapping[str, ColumnKind] = {"phase": C, "ticket": C, "event": W, "at": M, "kind": C, "actor": C}

PROMISE: Mapping[str, ColumnKind] = {
    "phase": C, "ticket": C, "promise": W, "kind": C, "maker": C, "made_at": M, "due": M, "state": C, "settled_at": M,
    "slip": W,
}  # fmt: skip
ACTION: Mapping[str, ColumnKind] = {
    "phase": C, "ticket": C, "action": W, "title": T, "owner": C, "due": D, "state": C, "stage": C, "proof": C,
    "proven_by": C, "made_by": C, "made_at": M, "closed_at": M, "about": C, "kind": C,
}  # fmt: skip
DECISION: Mapping[str, ColumnKind] = {
    "phase": C, "ticket": C, "decision": W, "kind": C, "state": C, "question": T, "choice": T, "rationale": T,
    "evidence": T, "outcome": T, "fired_by": C, "decided_by": C, "opened_at": M, "due_at": M, "decided_at": M,
    "reverses": W,
}  # fmt: skip
PROBLEM: Mapping[str, ColumnKind] = {
    "phase": C, "problem": W, "title": T, "severity": C, "state": C, "cause_class": C, "fix": C, "resolution": T,
    "tickets": W, "whys": W, "opened_at": M, "resolved_at": M,
}  # fmt: skip
CAUSE: Mapping[str, ColumnKind] = {
    "phase": C, "problem": W, "cause": W, "branch": T, "text": T, "evidence": T, "person": C, "at": M,
}  # fmt: skip
COMMENT: Mapping[str, ColumnKind] = {"phase": C, "ticket": C, "comment": W, "at": M, "side": C, "person": C, "words": T,
                              "changed_at": M}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ExportView:
    """A view with its columns, sort order, and the view of private tickets if there is one."""

    name: str
    columns: Mapping[str, ColumnKind]
    order: str
    private: str = ""


VIEWS: Mapping[str, ExportView] = {
    "tickets": ExportView("hypercare_tickets", TICKET, "number", private="hypercare_private_tickets"),
    "events": ExportView("hypercare_events", EVENT, "event", private="hypercare_private_events"),
    "promises": ExportView("hypercare_promises", PROMISE, "ticket, promise", private="hypercare_private_promises"),
    "comments": ExportView("hypercare_comments", COMMENT, "comment", private="hypercare_private_comments"),
    "actions": ExportView("hypercare_actions", ACTION, "action", private="hypercare_private_actions"),
    "decisions": ExportView("hypercare_decisions", DECISION, "decision", private="hypercare_private_decisions"),
    "problems": ExportView("hypercare_problems", PROBLEM, "problem"),
    "causes": ExportView("hypercare_causes", CAUSE, "cause"),
    "readings": ExportView("hypercare_readings", {"phase": C, "metric": C, "day": D, "value": N}, "metric, day"),
    "marked_events": ExportView("hypercare_marked_events", {"phase": C, "kind": T, "label": T, "at": M}, "at"),
    "phases": ExportView("hypercare_phases", {"phase": C, "name": T, "system": T, "state": C, "timezone": C}, "phase"),
}


class Exports:
    """Rows of the export views as text."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def count(self, view: ExportView, phase: str, *, private: bool) -> int:
        """Return the number of rows of a phase."""
        names = _names(view, private=private)
        asked = " + ".join(f"(SELECT count(*) FROM {name} WHERE phase = :phase)" for name in names)  # noqa: S608
        return int(self._connection.scalar(text(f"SELECT {asked}"), {"phase": phase}) or 0)

    def csv(self, view: ExportView, phase: str, *, private: bool, exact: bool = False) -> Batches:
        """Yield the rows as batches of CSV lines, so that memory use stays constant.

        The database formats them, which is fastest. Times are ISO 8601 in UTC. A text that a spreadsheet would take for
        a formula gets an apostrophe. `exact` is for programs: texts stay as they are and are quoted even when empty,
        which tells them from NULL, and numbers have 17 digits.
        """
        cell = self._exact_cell if exact else self._cell
        cells = [cell(name, kind) for name, kind in view.columns.items()]
        return self._read(self._line(",".join(["%s"] * len(cells)), cells), view, phase, private=private)

    def json(self, view: ExportView, phase: str, *, private: bool) -> Batches:
        """Yield the rows as batches of JSON lines, with unchanged texts."""
        if self._sqlite:
            pairs = (f"'{name}', {self._member(name, kind)}" for name, kind in view.columns.items())
            return self._read(f"json_object({', '.join(pairs)})", view, phase, private=private)
        # Building a row or object first and converting it to JSON is slower in PostgreSQL.
        cells = [f"coalesce({self._value(name, kind)}, 'null')" for name, kind in view.columns.items()]
        fields = ",".join(f'"{name}":%s' for name in view.columns)
        return self._read(self._line(f"{{{fields}}}", cells), view, phase, private=private)

    def _line(self, template: str, cells: Sequence[str]) -> str:
        """Return the SQL for a line from a template with a %s for each cell; NULL becomes an empty text.

        It is one function call, since `a || b || c` copies the intermediate results.
        """
        if self._sqlite:
            return f"printf('{template}', {', '.join(cells)})"
        begin, *ends = (f"'{part}'" for part in template.split("%s"))  # a function takes at most 100 arguments
        return f"concat({begin}, {', '.join(chain.from_iterable(zip(cells, ends, strict=True)))})"

    def _read(self, line: str, view: ExportView, phase: str, *, private: bool) -> Batches:
        for name in _names(view, private=private):
            yield from self._stream(f"SELECT {line} FROM {name} WHERE phase = ? ORDER BY {view.order}", phase)  # noqa: S608

    def _stream(self, query: str, phase: str) -> Batches:
        if self._sqlite:
            with closing(self._connection.exec_driver_sql(query, (phase,), execution_options=STREAMED)) as found:
                yield from ([line for (line,) in rows] for rows in found.partitions(BATCH_SIZE))
            return
        # A stream, since PostgreSQL reads a cursor's query without parallel workers.
        driver: Any = self._connection.connection.driver_connection
        with driver.cursor() as cursor:
            rows = cursor.stream(query.replace("?", "%s"), (phase,), size=BATCH_SIZE)
            try:
                while lines := [line for (line,) in islice(rows, BATCH_SIZE)]:
                    yield lines
            except self._connection.dialect.loaded_dbapi.Error as error:  # while fetching, SQLAlchemy does not wrap it
                raise OperationalError(query, None, error) from error
            finally:
                rows.close()  # it holds the connection

    def _as_text(self, name: str, kind: ColumnKind) -> str:
        """Return the SQL for the same text on both databases; SQLite has no timestamps, dates or booleans."""
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
        """Return the SQL that SQLite converts to a JSON value."""
        value = self._as_text(name, kind)
        return f"json({value})" if kind is ColumnKind.FLAG else value

    def _value(self, name: str, kind: ColumnKind) -> str:
        """Return the SQL for a JSON value on PostgreSQL."""
        value = self._as_text(name, kind)
        match kind:
            case ColumnKind.TEXT:
                return f"CAST(to_json({value}) AS TEXT)"
            case ColumnKind.CODE | ColumnKind.MOMENT | ColumnKind.DAY:
                return f"""'"' || {value} || '"'"""
            case ColumnKind.FLAG:
                return value
        return f"CAST({value} AS TEXT)"

    def _cell(self, name: str, kind: ColumnKind) -> str:
        """Return the SQL for a CSV cell, texts in quotes."""
        value = self._as_text(name, kind)
        if kind is not ColumnKind.TEXT:
            return value
        mark = f"CASE WHEN substr({value}, 1, 1) IN ('=', '+', '-', '@', '\t', '\r') THEN '''' ELSE '' END"
        return f"CASE WHEN {value} > '' THEN {_quoted(value, mark)} ELSE '' END"

    def _exact_cell(self, name: str, kind: ColumnKind) -> str:
        match kind:
            case ColumnKind.TEXT:
                return _quoted(f'"{name}"', "''")
            case ColumnKind.NUMBER if self._sqlite:  # by default it writes 15 digits
                return f"""CASE WHEN "{name}" IS NOT NULL THEN printf('%!.17g', "{name}") END"""
        return self._as_text(name, kind)

    @property
    def _sqlite(self) -> bool:
        return self._connection.dialect.name == "sqlite"


def _quoted(column: str, mark: str) -> str:
    return f"""'"' || {mark} || replace({column}, '"', '""') || '"'"""


def _names(view: ExportView, *, private: bool) -> Sequence[str]:
    return [view.name, *([view.private] if private and view.private else [])]
