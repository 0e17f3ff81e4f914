"""The logs of tickets that a transaction holds: what is stored of them summed up, and the events since then."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from pydantic import TypeAdapter
from sqlalchemy import Connection, RowMapping, and_, bindparam, func, select
from sqlalchemy.dialects import postgresql, sqlite

from domain.ticket_log import NO_LOG, LogRules, LogSummary, shortened, summarize
from domain.tickets.event import Event, EventKind
from storage.database.pending import BLIND, about_held, insert_later
from storage.tickets.tables import events, log_summaries, tickets

MAX_TAIL = 32  # events of which no summary is stored
SUMMARY = TypeAdapter(LogSummary)
SINCE = and_(events.c.ticket_id == tickets.c.id, events.c.id > func.coalesce(log_summaries.c.through, 0))
TAILS = (
    select(
        events, tickets.c.id.label("ticket"), log_summaries.c.through, log_summaries.c.basis, log_summaries.c.summary
    )
    .select_from(tickets.outerjoin(log_summaries, log_summaries.c.ticket_id == tickets.c.id).outerjoin(events, SINCE))
    .where(tickets.c.id.in_(bindparam("tickets", expanding=True)))
    .order_by(events.c.id)
    .execution_options(**{BLIND: True})  # the log of a ticket that is held is read before the first event is added
)
WHOLE = select(events).where(events.c.ticket_id == bindparam("ticket")).order_by(events.c.id)
PUT = {
    name: made.on_conflict_do_update(
        index_elements=["ticket_id"],
        set_={column.name: made.excluded[column.name] for column in log_summaries.c if not column.primary_key},
    )
    for name, made in (("postgresql", postgresql.insert(log_summaries)), ("sqlite", sqlite.insert(log_summaries)))
}


@dataclass(slots=True)
class HeldLog:
    """The log of a ticket that is held: what is stored of it summed up, the events since, and those not stored yet."""

    basis: str = ""
    summary: str = ""
    stored: list[Event] = field(default_factory=list)
    through: int = 0  # the id of the last one that is stored
    new: list[Event] = field(default_factory=list)
    said: LogSummary = NO_LOG  # with the first `counted` of the new ones, under the rules `read_by`
    counted: int = 0
    read_by: str | None = None


class TicketLogs:
    """Logs of tickets that this transaction holds, each read once."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._held: dict[int, HeldLog] = {}

    def find(self, ticket_id: int) -> HeldLog | None:
        """Return the log of a ticket; None when the transaction doesn't hold it."""
        return about_held(self._connection, ticket_id, self._held, HeldLog, self._read)

    def _read(self, ticket_ids: Sequence[int]) -> None:
        for row in self._connection.execute(TAILS, {"tickets": list(ticket_ids)}).mappings():
            log = self._held[row["ticket"]]
            log.basis, log.summary = row["basis"] or "", row["summary"] or ""
            log.through = row["id"] or row["through"] or 0
            if row["id"]:
                log.stored.append(event_of(row))

    def summarize(self, ticket_id: int, rules: LogRules, basis: str) -> LogSummary:
        """Return what the log of a held ticket says, under rules which `basis` names.

        Where many events came since the summary that is stored, or that was made under other rules, it is replaced.
        """
        log = self.find(ticket_id)
        if log is None:
            return summarize(self.list_events(ticket_id), rules)
        if log.read_by != basis:
            self._sum_up(ticket_id, log, rules, basis)
        if log.counted < len(log.new):
            log.said, log.counted = summarize(log.new[log.counted :], rules, log.said), len(log.new)
        return log.said

    def _sum_up(self, ticket_id: int, log: HeldLog, rules: LogRules, basis: str) -> None:
        stored, is_stale = log.stored, bool(log.summary) and log.basis != basis
        if is_stale:
            stored = self.list_events(ticket_id)
            stored = stored[: len(stored) - len(log.new)]
        before = SUMMARY.validate_json(log.summary) if log.summary and not is_stale else NO_LOG
        log.said, log.counted, log.read_by = summarize(stored, rules, before), 0, basis
        if log.through and (is_stale or len(stored) > MAX_TAIL):
            words = SUMMARY.dump_json(shortened(log.said), exclude_defaults=True).decode()
            row = {"ticket_id": ticket_id, "through": log.through, "basis": basis, "summary": words}
            insert_later(self._connection, PUT[self._connection.dialect.name], row, key=ticket_id)

    def list_events(self, ticket_id: int) -> list[Event]:
        """Return the whole log, oldest first."""
        rows = self._connection.execute(WHOLE, {"ticket": ticket_id}).mappings()
        return [event_of(row) for row in rows]


def event_of(row: RowMapping) -> Event:
    return Event(kind=EventKind(row["kind"]), actor=row["actor"], at=row["at"], data=row["data"])
