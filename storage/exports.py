"""Views with stable names, for whoever reads the database, and their rows in batches for exports.

Their columns are documented in docs/data.md, which a test compares; the migrations make them.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain, repeat
from typing import Any

from sqlalchemy import Connection, text

BATCH = 10_000  # rows
STREAMED = {"stream_results": True, "max_row_buffer": BATCH}


class Kind(StrEnum):
    TEXT = "text"
    CODE = "code"  # a word of ours, or an id: without anything that has to be quoted
    WHOLE = "whole number"
    NUMBER = "number"
    FLAG = "yes or no"
    MOMENT = "moment, UTC"
    DAY = "day"


T, C, W, N, F, M, D = Kind
TICKET: Mapping[str, Kind] = {
    "phase": C, "ticket": C, "number": W, "summary": T, "severity": C, "type": C, "module": T, "process": T,
    "category": T, "status": C, "reporter": C, "owner": C, "intake": C, "priority": N, "affected": W, "due_at": M,
    "opened_at": M, "acknowledged_at": M, "workaround_at": M, "resolved_at": M, "reopened_at": M, "closed_at": M,
    "changed_at": M, "minutes_to_acknowledge": W, "minutes_to_workaround": W, "minutes_to_close": W,
    "acknowledge_over": M, "acknowledge_kept": F, "resolve_over": M, "resolve_kept": F, "fixes": W, "reopened": W,
    "recurred": W, "fix": C, "unconfirmed": F, "turn_at": M,
}  # fmt: skip
EVENT: Mapping[str, Kind] = {"phase": C, "ticket": C, "event": W, "at": M, "kind": C, "actor": C}

PROMISE: Mapping[str, Kind] = {
    "phase": C, "ticket": C, "promise": W, "kind": C, "maker": C, "made_at": M, "due": M, "state": C, "settled_at": M,
    "slip": W,
}  # fmt: skip
SAYING: Mapping[str, Kind] = {"phase": C, "ticket": C, "saying": W, "at": M, "side": C, "person": C, "words": T,
                              "changed_at": M}  # fmt: skip


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
    "promises": View("hypercare_promises", PROMISE, "ticket, promise", private="hypercare_private_promises"),
    "conversations": View("hypercare_conversations", SAYING, "saying", private="hypercare_private_conversations"),
    "readings": View("hypercare_readings", {"phase": C, "metric": C, "day": D, "value": N}, "metric, day"),
    "marks": View("hypercare_marks", {"phase": C, "kind": T, "label": T, "at": M}, "at"),
    "phases": View("hypercare_phases", {"phase": C, "name": T, "system": T, "state": C, "timezone": C}, "phase"),
}


class Exports:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def count(self, view: View, phase: str, *, private: bool) -> int:
        """How many rows there are of a phase."""
        names = self._names(view, private=private)
        asked = " + ".join(f"(SELECT count(*) FROM {name} WHERE phase = :phase)" for name in names)  # noqa: S608
        return int(self._connection.scalar(text(f"SELECT {asked}"), {"phase": phase}) or 0)

    def csv(self, view: View, phase: str, *, private: bool) -> Iterator[Sequence[str]]:
        """All of them as lines of CSV, some thousands at a time, so that nothing is held in memory.

        The database writes them, which nobody does faster. Moments are ISO 8601 in UTC; a text that a spreadsheet would
        reckon with has an apostrophe before it.
        """
        # In one go: `a || b || c` copies what it has so far again and again. Nothing is written of what is not there.
        cells = [self._cell(name, kind) for name, kind in view.columns.items()]
        words = f"printf('{','.join(['%s'] * len(cells))}', {', '.join(cells)})"
        made = words if self._sqlite else f"""concat({", ',', ".join(cells)})"""
        return self._lines(made, view, phase, private=private)

    def json(self, view: View, phase: str, *, private: bool) -> Iterator[Sequence[str]]:
        """The same as lines of JSON, with every text as it is."""
        cells = {name: self._value(name, kind) for name, kind in view.columns.items()}
        if self._sqlite:
            pairs = ", ".join(f"'{name}', {cell}" for name, cell in cells.items())
            return self._lines(f"json_object({pairs})", view, phase, private=private)
        # To make a row of them first, and JSON of that, takes longer. A function takes at most a hundred arguments.
        starts = chain("{", repeat(","))
        pairs = ", ".join(f"""'{start}"{name}":', coalesce({cell}, 'null')"""
                          for start, (name, cell) in zip(starts, cells.items(), strict=False))  # fmt: skip
        return self._lines(f"concat({pairs}, '}}')", view, phase, private=private)

    def columns(self, view: View, phase: str, *, private: bool) -> Iterator[Mapping[str, Sequence[Any]]]:
        """The same by column: yes and no as 1 and 0, numbers as numbers, days as ISO 8601 has them.

        So are moments on SQLite; on PostgreSQL they are seconds since 1970. Each is what the database gives fastest.
        """
        made = ", ".join(self._plain(name, kind) for name, kind in view.columns.items())
        for rows in self._asked(made, view, phase, private=private):
            yield dict(zip(view.columns, zip(*rows, strict=True), strict=True))

    def _lines(self, made: str, view: View, phase: str, *, private: bool) -> Iterator[Sequence[str]]:
        for rows in self._asked(made, view, phase, private=private):
            yield [row[0] for row in rows]

    def _asked(self, what: str, view: View, phase: str, *, private: bool) -> Iterator[Sequence[Any]]:
        for name in self._names(view, private=private):
            query = f"SELECT {what} FROM {name} WHERE phase = :phase ORDER BY {view.order}"  # noqa: S608
            asked = text(re.sub(r":(?!phase)", r"\:", query))  # the others are no parameters
            yield from self._connection.execute(asked, {"phase": phase}, execution_options=STREAMED).partitions(BATCH)

    def _plain(self, name: str, kind: Kind) -> str:
        """As it is given fastest."""
        match kind:
            case _ if self._sqlite:
                return f'"{name}"'
            case Kind.MOMENT:
                return f"""CAST(floor(date_part('epoch', "{name}")) AS BIGINT)"""
            case Kind.DAY:
                return f'CAST("{name}" AS TEXT)'
            case Kind.FLAG:
                return f'CAST("{name}" AS INTEGER)'
        return f'"{name}"'

    def _said(self, name: str, kind: Kind) -> str:
        """The same words from both databases: SQLite has neither moments nor days, nor yes and no."""
        column = f'"{name}"'
        match kind:
            case Kind.MOMENT if self._sqlite:
                return f"replace(substr({column}, 1, 19), ' ', 'T') || 'Z'"
            case Kind.MOMENT:
                return f"""to_char({column}, 'YYYY-MM-DD"T"HH24:MI:SS"Z"')"""
            case Kind.DAY if not self._sqlite:
                return f"to_char({column}, 'YYYY-MM-DD')"
            case Kind.FLAG:
                return f"CASE WHEN {column} THEN 'true' WHEN NOT {column} THEN 'false' END"
        return column

    def _value(self, name: str, kind: Kind) -> str:
        """As JSON has it; of what is not there, nothing."""
        said = self._said(name, kind)
        if self._sqlite:
            return f"json({said})" if kind is Kind.FLAG else said
        match kind:
            case Kind.TEXT:
                return f"CAST(to_json({said}) AS TEXT)"
            case Kind.CODE | Kind.MOMENT | Kind.DAY:
                return f"""'"' || {said} || '"'"""
            case Kind.FLAG:
                return said
        return f"CAST({said} AS TEXT)"

    def _cell(self, name: str, kind: Kind) -> str:
        """As CSV has it, texts in quotes."""
        said = self._said(name, kind)
        if kind is not Kind.TEXT:
            return said
        mark = f"CASE WHEN substr({said}, 1, 1) IN ('=', '+', '-', '@', '\t', '\r') THEN '''' ELSE '' END"
        quoted = f"""'"' || {mark} || replace({said}, '"', '""') || '"'"""
        return f"CASE WHEN {said} > '' THEN {quoted} ELSE '' END"

    @property
    def _sqlite(self) -> bool:
        return self._connection.dialect.name == "sqlite"

    def _names(self, view: View, *, private: bool) -> Sequence[str]:
        return [view.name, *([view.private] if private and view.private else [])]
