"""Timers and the results of their runs."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Connection, Insert, Row, bindparam, delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from domain.schedule import Schedule
from storage.database.columns import Utc
from storage.database.pending import change_later, insert_later, pending_of
from storage.operations.tables import timer_runs, timers
from storage.tickets.tables import tickets

DUE = (
    select(timers)
    .where(timers.c.next_at <= bindparam("now"), timers.c.next_at.is_not(None))
    .order_by(timers.c.next_at, timers.c.id)
    .limit(bindparam("limit"))
)
NEXT_DUE = select(timers.c.next_at).where(timers.c.next_at.is_not(None)).order_by(timers.c.next_at).limit(1)
OF_NO_TICKET = select(timers).where(timers.c.ticket_id.is_(None))  # of which few are not recurring
BY_KEY = select(timers).where(timers.c.key == bindparam("key"))
HAS_RUN = select(timer_runs.c.timer_id).where(
    timer_runs.c.timer_id == bindparam("timer"), timer_runs.c.occurrence == bindparam("occurrence")
)
CANCEL = update(timers).where(timers.c.key == bindparam("which")).values(next_at=bindparam("never", type_=Utc()))
LAST_DONE = (
    select(func.max(timer_runs.c.occurrence))
    .join(timers, timers.c.id == timer_runs.c.timer_id)
    .where(
        timers.c.key == bindparam("key"), timer_runs.c.state == "done", timer_runs.c.occurrence < bindparam("before")
    )
)
# Optimistic lock: the process that finds the row unchanged runs it.
ADVANCE = (
    update(timers)
    .where(timers.c.id == bindparam("row"), timers.c.next_at == bindparam("seen"))
    .values(next_at=bindparam("then"), pending=bindparam("on"), attempts=0, error=None)
)


PUT_COLUMNS = ("kind", "attempts", "error", "ticket_id", "data", "plan", "pending", "next_at")
# Two processes may start on an empty database and set up the same plan.
PUT_POSTGRESQL, PUT_SQLITE = (
    made.on_conflict_do_update(index_elements=["key"], set_={name: made.excluded[name] for name in PUT_COLUMNS})
    for made in (new(timers) for new in (postgresql.insert, sqlite.insert))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timer:
    """`pending` is the local date whose run `next_at` is, when there is a plan; `next_at` is None when it is done.

    `prepared` is not stored: it is what its handler read before it runs.
    """

    id: int
    key: str
    kind: str
    next_at: datetime
    ticket_id: int | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
    plan: Schedule | None = None
    pending: date | None = None
    attempts: int = 0
    error: str | None = None
    prepared: Any = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class TimerRun:
    """The result of one occurrence."""

    timer_id: int
    occurrence: str
    state: str  # done, skipped or failed
    due_at: datetime | None
    at: datetime
    reason: str | None = None


class Timers:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.changed = False  # whether timers were changed
        self.soonest: datetime | None = None  # when the first of these is due
        self._touched = set[str]()  # the keys of timers that this transaction has written or will
        self._of_no_ticket: dict[str, Row[Any]] | None = None  # by key, as they were before that

    def set_once(
        self, key: str, kind: str, at: datetime, *, ticket_id: int | None = None, data: Mapping[str, Any] | None = None
    ) -> None:
        """Set a timer for a time, or move the one with that key."""
        self._put(key, kind, next_at=at, ticket_id=ticket_id, data=dict(data or {}), plan=None, pending=None)

    def set_recurring(
        self, key: str, kind: str, plan: Schedule, now: datetime, *, data: Mapping[str, Any] | None = None
    ) -> None:
        """Set a recurring timer; an existing one keeps its next run, unless its plan has changed."""
        row = self._recurring_row(key)
        if row and row.plan == to_json(plan) and row.next_at is not None:
            return
        on = plan.first(now)
        while on and row and self._ran(row.id, on.isoformat()):
            on = plan.after(on)
        self._put(key, kind, next_at=on and plan.moment(on), ticket_id=None, data=dict(data or {}),
                  plan=to_json(plan), pending=on)  # fmt: skip

    def exists(self, key: str) -> bool:
        """Return whether there is such a timer, done or not."""
        return self._row(key) is not None

    def find_next(self, key: str) -> datetime | None:
        """Return when a timer is due; None when it is done or doesn't exist."""
        row = self._row(key)
        return row.next_at if row else None

    def has_run(self, key: str, at: datetime) -> bool:
        """Return whether a timer without a plan ran for that time."""
        row = self._row(key)
        return row is not None and self._ran(row.id, _moment(at))

    def find_last_done(self, key: str, before: str) -> str | None:
        """The last occurrence before that one which was done, of those that are remembered."""
        found: str | None = self._connection.scalar(LAST_DONE, {"key": key, "before": before})
        return found

    def find_data(self, key: str) -> Mapping[str, Any] | None:
        """Return the data of a timer; None when it doesn't exist."""
        row = self._row(key)
        return row.data if row else None

    def update_data(self, key: str, data: Mapping[str, Any]) -> None:
        """Set the data of the next run."""
        self._connection.execute(update(timers).where(timers.c.key == key).values(data=dict(data)))

    def cancel(self, key: str) -> None:
        """Have a timer not run, if it is set."""
        self._touched.add(key)
        pending = pending_of(self._connection)
        known = pending.find(self._put_statement, key) if pending else None
        if known is None:
            change_later(self._connection, CANCEL, key, {"never": None})
        else:
            known["next_at"] = None

    def claim_due(self, now: datetime, limit: int) -> list[Timer]:
        """Return due timers, the most overdue first; on PostgreSQL other processes skip them meanwhile.

        Their tickets are locked before the timers, in the same order as changes to a ticket lock them.
        """
        asked = {"now": now, "limit": limit}
        if self._connection.dialect.name != "postgresql":
            return [_timer(row) for row in self._connection.execute(DUE, asked)]
        found = self._connection.execute(DUE, asked).all()
        about = sorted({row.ticket_id for row in found if row.ticket_id is not None})
        held = select(tickets.c.id).where(tickets.c.id.in_(about)).order_by(tickets.c.id)
        ours = set(
            self._connection.scalars(held.with_for_update(skip_locked=True))
        )  # other rows are locked by another process
        free = [row.id for row in found if row.ticket_id is None or row.ticket_id in ours]
        mine = DUE.where(timers.c.id.in_(free)).with_for_update(skip_locked=True)
        return [_timer(row) for row in self._connection.execute(mine, asked)]

    def advance(self, moves: Sequence[tuple[Timer, datetime | None, date | None]]) -> None:
        """Set the next time of each timer, None when it is done; raise StaleTimer when another process was faster."""
        rows = [{"row": t.id, "seen": t.next_at, "then": then, "on": on} for t, then, on in moves]
        if not rows:
            return
        self._touched.update(timer.key for timer, _, _ in moves)
        if self._connection.execute(ADVANCE, rows).rowcount != len(rows):
            raise StaleTimer

    def insert_runs(self, ended: Iterable[TimerRun]) -> None:
        """Record runs; a repeated occurrence violates the key and rolls everything back."""
        columns = ("timer_id", "occurrence", "state", "due_at", "at", "reason")
        rows = [{c: getattr(run, c) for c in columns} for run in ended]
        if rows:
            self._connection.execute(insert(timer_runs), rows)

    def postpone(self, timer: Timer, until: datetime, reason: str) -> None:
        """Schedule a retry after an error."""
        self._touched.add(timer.key)
        mine = update(timers).where(timers.c.id == timer.id, timers.c.next_at == timer.next_at)
        self._connection.execute(mine.values(next_at=until, attempts=timer.attempts + 1, error=reason))

    def next_due(self) -> datetime | None:
        soonest: datetime | None = self._connection.scalar(NEXT_DUE)
        return soonest

    def list_overdue(self, since: datetime, limit: int = 20) -> list[Timer]:
        """Return timers that were due before then."""
        return [_timer(row) for row in self._connection.execute(DUE, {"now": since, "limit": limit})]

    def list_runs(self, key: str) -> list[TimerRun]:
        """Return the runs of a timer, the oldest first."""
        found = select(timer_runs).join(timers, timers.c.id == timer_runs.c.timer_id).where(timers.c.key == key)
        rows = self._connection.execute(found.order_by(timer_runs.c.at, timer_runs.c.occurrence)).mappings()
        return [TimerRun(**row) for row in rows]

    def delete_timer(self, key: str) -> None:
        """Delete a timer with all its runs, so that nothing says that there was one."""
        self._touched.add(key)
        mine = select(timers.c.id).where(timers.c.key == key)
        self._connection.execute(delete(timer_runs).where(timer_runs.c.timer_id.in_(mine)))
        self._connection.execute(delete(timers).where(timers.c.key == key))

    def delete_old(self, before: datetime, limit: int = 5000) -> int:
        """Delete old runs, and done timers without runs."""
        old = select(timer_runs.c.timer_id, timer_runs.c.occurrence).where(timer_runs.c.at < before).limit(limit)
        gone = [{"t": r.timer_id, "o": r.occurrence} for r in self._connection.execute(old)]
        if gone:
            mine = delete(timer_runs).where(
                timer_runs.c.timer_id == bindparam("t"), timer_runs.c.occurrence == bindparam("o")
            )
            self._connection.execute(mine, gone)
        done = delete(timers).where(timers.c.next_at.is_(None), ~timers.c.id.in_(select(timer_runs.c.timer_id)))
        self._connection.execute(done)
        return len(gone)

    def _put(self, key: str, kind: str, **values: Any) -> None:
        self.changed = True
        self._touched.add(key)
        next_at = values["next_at"]
        if next_at is not None and (self.soonest is None or next_at < self.soonest):
            self.soonest = next_at
        row = {"key": key, "kind": kind, "attempts": 0, "error": None, **values}
        insert_later(self._connection, self._put_statement, row, key)

    @property
    def _put_statement(self) -> Insert:
        return PUT_POSTGRESQL if self._connection.dialect.name == "postgresql" else PUT_SQLITE

    def _recurring_row(self, key: str) -> Row[Any] | None:
        """Return a timer that may be recurring; a start asks for dozens of them, so they are read together."""
        if key in self._touched:
            return self._row(key)
        if self._of_no_ticket is None:
            self._of_no_ticket = {row.key: row for row in self._connection.execute(OF_NO_TICKET)}
        return self._of_no_ticket.get(key)

    def _row(self, key: str) -> Row[Any] | None:
        return self._connection.execute(BY_KEY, {"key": key}).first()

    def _ran(self, timer_id: int, occurrence: str) -> bool:
        return self._connection.scalar(HAS_RUN, {"timer": timer_id, "occurrence": occurrence}) is not None


class StaleTimer(Exception):  # noqa: N818 - says what it is
    """Another process has moved these timers on."""


def to_json(plan: Schedule) -> dict[str, Any]:
    return {"at": plan.at.isoformat(), "zone": plan.zone, "days": plan.days, "since": plan.since.isoformat(),
            "catch_up": plan.catch_up.total_seconds()}  # fmt: skip


def _timer(row: Any) -> Timer:
    return Timer(id=row.id, key=row.key, kind=row.kind, next_at=row.next_at, ticket_id=row.ticket_id, data=row.data,
                 plan=_plan(row.plan) if row.plan else None, pending=row.pending, attempts=row.attempts,
                 error=row.error)  # fmt: skip


def _plan(value: Mapping[str, Any]) -> Schedule:
    return Schedule(at=time.fromisoformat(value["at"]), zone=value["zone"], days=value["days"],
                since=date.fromisoformat(value["since"]), catch_up=timedelta(seconds=value["catch_up"]))  # fmt: skip


def occurrence_of(timer: Timer) -> str:
    """Return the identity of an occurrence: a plan's local date, or a single timer's time."""
    return timer.pending.isoformat() if timer.pending else _moment(timer.next_at)


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()
