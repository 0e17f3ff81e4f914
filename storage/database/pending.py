"""Writes that a transaction has decided on and not made yet: they are made together, one statement for each table."""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Executable, Insert, Table, TextClause, Update
from sqlalchemy.sql import visitors

from storage.database.metadata import metadata
from storage.database.pipeline import LATER

Row = dict[str, Any]
Value = TypeVar("Value")
OPTION = "pending"  # the execution option of a connection that holds its pending writes
BLIND = "sees_no_pending"  # of a statement whose result no pending write of its transaction can change
CHANGES = "changes"  # how many statements have changed something, in the info of a connection
Tables = tuple[frozenset[Table] | None, frozenset[Table]]
_KNOWN: "WeakKeyDictionary[Any, Tables]" = WeakKeyDictionary()  # by statement
_ORDER: dict[Table, int] = {}
_INLINE: "WeakKeyDictionary[Insert, Insert]" = WeakKeyDictionary()


class PendingWrites:
    """The pending writes of one transaction. They are made before any statement that could see them, and at the end.

    So a row is written once with everything that was said about it, and rows of a table with one statement. What is
    stored about the tickets that the transaction holds cannot change meanwhile, so it is read once; see about_held.
    """

    def __init__(self) -> None:
        self.held: set[int] = set()  # the tickets that the transaction has locked or made
        self.made: set[int] = set()  # of those, the ones that are new
        self.lacking: dict[str, set[int]] = {}  # of the held ones, those of which a table says nothing, by its name
        self.is_last = False  # whether nothing but the commit follows, so that no one asks for numbers of rows
        self._inserts: dict[Insert, dict[Hashable, Row]] = {}
        self._changes: dict[Update, dict[Hashable, Row]] = {}
        self._others: dict[Table, Callable[[], None]] = {}
        self._tables: set[Table] = set()  # with pending writes
        self._parents: set[Table] = set()  # with pending rows that others may refer to
        self._is_writing = False

    def note_lacking(self, table: str, ticket_ids: Iterable[int]) -> None:
        """Know that a table says nothing of these tickets, which the transaction holds."""
        self.lacking.setdefault(table, set()).update(ticket_ids)

    def insert(self, statement: Insert, row: Row, key: Hashable = None) -> None:
        """Insert a row later; with a `key`, in the place of another pending row of that key."""
        rows = self._inserts.setdefault(statement, {})
        rows[len(rows) if key is None else key] = row
        self._note(statement.table)

    def find(self, statement: Insert, key: Hashable) -> Row | None:
        """Return a pending row, which may be changed; None when there is none of that key."""
        return self._inserts.get(statement, {}).get(key)

    def change(self, statement: Update, which: Hashable, values: Mapping[str, Any]) -> None:
        """Run an update later, together with what else is said about the same row. `which` is its parameter."""
        self._changes.setdefault(statement, {}).setdefault(which, {}).update(values)
        self._tables.add(statement.table)  # type: ignore[arg-type]

    def later(self, write: Callable[[], None], first: Table, *more: Table) -> None:
        """Call `write` where rows of the table `first` are written."""
        self._others[first] = write
        self._note(first, *more)

    def _note(self, *tables: Any) -> None:
        self._tables.update(tables)
        self._parents.update(tables)

    def before(self, connection: Connection, statement: Executable) -> None:
        """Make the writes if the statement could see them."""
        if not self._tables or self._is_writing:
            return
        seen, parents = _tables_of(statement)
        if seen is None or not (self._tables.isdisjoint(seen) and self._parents.isdisjoint(parents)):
            self.write(connection)

    def write(self, connection: Connection) -> None:
        """Make the writes, parents before the rows that refer to them."""
        if self._is_writing:
            return
        inserts, changes, others = self._inserts, self._changes, self._others
        self.forget()
        steps: list[tuple[int, Callable[[], None]]] = []
        steps += [(_order(s.table), _many(connection, s, _changed(rows))) for s, rows in changes.items()]
        steps += [(_order(s.table), _many(connection, s, rows.values())) for s, rows in inserts.items()]
        steps += [(_order(table), write) for table, write in others.items()]
        self._is_writing = True
        try:
            for _, step in sorted(steps, key=lambda one: one[0]):
                step()
        finally:
            self._is_writing = False

    def forget(self) -> None:
        """Forget the writes, which are made or undone."""
        self._inserts, self._changes, self._others = {}, {}, {}
        self._tables, self._parents = set(), set()


def insert_later(connection: Connection, statement: Insert, row: Row, key: Hashable = None) -> None:
    """Insert a row at the end of the transaction or when it could be seen; at once where nothing is collected."""
    pending = pending_of(connection)
    if pending is None:
        connection.execute(statement, row)
    else:
        pending.insert(statement, row, key)


def change_later(connection: Connection, statement: Update, which: Hashable, values: Mapping[str, Any]) -> None:
    """Run an update of one row likewise; its parameter `which` says of which row."""
    pending = pending_of(connection)
    if pending is None:
        connection.execute(statement, {"which": which, **values})
    else:
        pending.change(statement, which, values)


def about_held(
    connection: Connection, ticket_id: int, known: dict[int, Value], none: Callable[[], Value],
    read: Callable[[Sequence[int]], object], table: str = "",
) -> Value | None:  # fmt: skip
    """Return what is known about a ticket that the transaction holds; None for one that it doesn't hold.

    The first question reads it into `known` for all tickets that are held, with one statement. There is `none` of it
    about a new one, or, where a `table` is named, about one that it lacks.
    """
    if ticket_id not in known:
        state = pending_of(connection)
        if state is None or ticket_id not in state.held:
            return None
        fresh = state.held - known.keys()
        known |= {held: none() for held in fresh}
        if stored := sorted(fresh - (state.lacking.get(table, set()) if table else state.made)):
            read(stored)
    return known[ticket_id]


def pending_of(connection: Connection) -> PendingWrites | None:
    """Return the pending writes of a connection's transaction; None where nothing is collected."""
    found: PendingWrites | None = connection.get_execution_options().get(OPTION)
    return found


def _changed(rows: Mapping[Hashable, Row]) -> Iterable[Row]:
    return ({"which": which, **values} for which, values in rows.items())


def _many(connection: Connection, statement: Any, rows: Iterable[Row]) -> Callable[[], None]:
    """Return what runs a statement for all rows, at once for those that name the same columns."""
    alike: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        alike.setdefault(tuple(sorted(row)), []).append(row)

    def note(changed: int) -> None:
        if changed:
            note_change(connection)

    options = {LATER: None if isinstance(statement, Insert) else note}
    if isinstance(statement, Insert):
        statement = _inline(statement)

    def run() -> None:
        for some in alike.values():
            connection.execute(statement, some, execution_options=options)

    return run


def note_change(connection: Connection) -> None:
    """Count a statement that changed something."""
    connection.info[CHANGES] = connection.info.get(CHANGES, 0) + 1


def _inline(statement: Insert) -> Insert:
    """Return an insert that doesn't ask for the number of its row."""
    if statement not in _INLINE:
        _INLINE[statement] = statement.inline()
    return _INLINE[statement]


def _order(table: Any) -> int:
    if not _ORDER:
        _ORDER.update({one: number for number, one in enumerate(metadata.sorted_tables)})
    return _ORDER[table]


def _tables_of(statement: Any) -> Tables:
    if statement not in _KNOWN:
        _KNOWN[statement] = _find_tables(statement)
    return _KNOWN[statement]


def _find_tables(statement: Any) -> Tables:
    """Return the tables that a statement reads or writes, None for one of plain text; and those it refers to."""
    if isinstance(statement, TextClause):
        return None, frozenset()
    found = frozenset(one for one in visitors.iterate(statement) if isinstance(one, Table))
    written = isinstance(statement, Insert | Update)
    parents = (key.column.table for key in statement.table.foreign_keys) if written else ()
    return found, frozenset(parents)
