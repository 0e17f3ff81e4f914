"""Tickets, their files and their append-only event log."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from dataclasses import fields as fields_of
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Connection,
    RowMapping,
    Select,
    and_,
    bindparam,
    column,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    table,
    update,
)

from domain.phases.phase import Phase
from domain.tickets.event import Event
from domain.tickets.priority import Rank
from domain.tickets.status import Status
from domain.tickets.ticket import ChangeScope, Deferral, File, Fix, Intake, Judgement, Origin, Report, Severity, Ticket
from domain.tickets.types import TicketType
from storage.database.columns import LARGEST_ID
from storage.database.pending import change_later, insert_later, pending_of
from storage.database.pipeline import LATER
from storage.delivery.tables import lanes
from storage.phases.phases import PHASE_COLUMNS
from storage.phases.tables import phases
from storage.tickets.logs import TicketLogs, event_of
from storage.tickets.tables import IS_OPEN, events, files, tickets

TEXTS = ("summary", "category", "module", "process", "impact", "business", "urgency", "people", "happened", "steps",
         "expected", "actual", "environment")  # fmt: skip
RESOLVED = (Status.RESOLVED, Status.VERIFIED)
# Frequent statements are built once, since building takes longer than running them.
WHOLE = select(tickets, phases.c.key).join(phases, phases.c.id == tickets.c.phase_id)
# A ticket with its phase, and whether there is more to ask about it.
_merged = tickets.alias("merged")
ACTIONS = table("actions", column("ticket_id"))  # of storage/actions, which knows tickets and is not known here
ONE = WHOLE.add_columns(
    *PHASE_COLUMNS,
    exists().where(files.c.ticket_id == tickets.c.id).label("has_files"),
    exists().where(_merged.c.primary_id == tickets.c.id, _merged.c.anonymous.is_(True)).label("has_anonymous"),
)
BY_ID = ONE.where(tickets.c.id == bindparam("id"))
BY_NAME = ONE.where(phases.c.key == bindparam("key"), tickets.c.number == bindparam("number"))
THESE = tickets.c.id.in_(bindparam("ids", expanding=True))
HAS_ACTIONS = exists().where(ACTIONS.c.ticket_id == tickets.c.id).label("has_actions")
HELD = ONE.add_columns(HAS_ACTIONS).where(THESE).order_by(tickets.c.id)
LOCK = select(tickets.c.id).where(THESE).order_by(tickets.c.id).with_for_update()
SOME = WHOLE.where(THESE)
ATTACHED = select(files).where(files.c.ticket_id.in_(bindparam("ids", expanding=True))).order_by(files.c.id)
NEW, LOGGED = insert(tickets), insert(events)
CHANGED = update(tickets).where(tickets.c.id == bindparam("which"))


# What a reporter still waits for.
OPEN_TO_REPORTER = (tickets.c.status.not_in(["verified", "withdrawn"]), tickets.c.type != TicketType.PRAISE.value)


@dataclass(frozen=True, slots=True)
class TicketWords:
    """The words of a ticket; `is_suggested` if reporters may be shown it as similar, also one that is resolved."""

    id: int
    phase_id: int
    summary: str
    words: str
    is_suggested: bool
    is_resolved: bool


class Tickets:
    """Tickets; `know` gets the phase that was read with a ticket. Logs of tickets that are held are read once."""

    def __init__(self, connection: Connection, know: Callable[[RowMapping], object] = lambda _row: None) -> None:
        self._connection, self._know = connection, know
        self.logs = TicketLogs(connection)
        self._alone: set[int] = set()  # of those, the ones into which no anonymous ticket is merged

    def insert_ticket(
        self, report: Report, *, phase: Phase, number: int, reporter: str, intake: Intake, origin: Origin | None,
        at: datetime, rank: Rank, due_at: datetime | None = None, filed_by: str | None = None, anonymous: bool = False,
        channel: str = "",
    ) -> Ticket:  # fmt: skip
        """Insert an unassigned ticket that was just received. `due_at` is when its first SLA target is due.

        `channel` is where it was reported; of an anonymous one it is not kept, since it could tell who reported it.
        """
        values = {**_report_columns(report), "phase_id": phase.id, "number": number, "reporter": reporter,
                  "intake": intake, "private": report.private, "status": Status.RECEIVED, "note": "", "workaround": "",
                  "opened_at": at, "changed_at": at, "waiting_since": at, "due_at": due_at,
                  "filed_by": filed_by, "anonymous": anonymous, "channel": "" if anonymous else channel,
                  "priority": rank.priority, "rank": -rank.place}  # fmt: skip
        if origin:
            values |= {"origin_channel": origin.channel, "origin_ts": origin.ts, "origin_thread_ts": origin.thread_ts}
        key = self._connection.execute(NEW, values).inserted_primary_key
        made = Ticket(
            id=int(key[0]), phase_id=phase.id, key=phase.key, number=number, reporter=reporter, report=report,  # type: ignore[index]
            opened_at=at, intake=intake, origin=origin, private=report.private, changed_at=at, filed_by=filed_by,
            anonymous=anonymous, priority=rank.priority, waiting_since=at, due_at=due_at,
        )  # fmt: skip
        if state := pending_of(self._connection):
            state.held.add(made.id)
            state.made.add(made.id)
            state.note_lacking(ACTIONS.name, [made.id])
        self._alone.add(made.id)
        if report.files:
            self.insert_files(made.id, report.files)
        return made

    def get_ticket(self, ticket_id: int) -> Ticket:
        found = self.find_ticket(ticket_id)
        if found is None:
            raise LookupError(ticket_id)
        return found

    def find_ticket(self, ticket_id: int) -> Ticket | None:
        return self._one(BY_ID, {"id": ticket_id}) if 0 < ticket_id < LARGEST_ID else None

    def find_by_name(self, key: str, number: int) -> Ticket | None:
        return self._one(BY_NAME, {"key": key, "number": number})

    def find_in_thread(self, channel: str, thread_ts: str) -> tuple[Ticket, str] | None:
        """Return the ticket whose lane is in that thread, and the lane's name; the newest of several."""
        here = and_(lanes.c.channel == channel, lanes.c.thread_ts == thread_ts, lanes.c.ticket_id.is_not(None))
        row = self._connection.execute(select(lanes.c.ticket_id, lanes.c.name).where(here).order_by(lanes.c.id.desc()))
        first = row.first()
        return (self.get_ticket(first.ticket_id), first.name) if first else None

    def list_open(self, phase_ids: Iterable[int], limit: int = 200) -> list[Ticket]:
        """Return open tickets, most urgent first and deferred ones last."""
        mine = WHOLE.where(tickets.c.phase_id.in_(list(phase_ids)), IS_OPEN)
        return self.fetch(mine.order_by(tickets.c.rank, tickets.c.id).limit(limit))

    def list_open_ids(self, phase_id: int, after: int, limit: int) -> list[int]:
        """Return the ids of open tickets of a phase above `after`, in order."""
        mine = select(tickets.c.id).where(tickets.c.phase_id == phase_id, tickets.c.id > after, IS_OPEN)
        return list(self._connection.scalars(mine.order_by(tickets.c.id).limit(limit)))

    def list_waiting_ids(self, after: int, since: datetime, limit: int) -> list[int]:
        """Return the ids above `after` of tickets that are waiting, deferred, or resolved since then."""
        fixed = and_(tickets.c.status == Status.RESOLVED.value, tickets.c.changed_at >= since)
        wait = or_(tickets.c.status.in_([Status.WAITING.value, Status.DEFERRED.value]), fixed)
        mine = select(tickets.c.id).where(tickets.c.id > after, wait).order_by(tickets.c.id).limit(limit)
        return list(self._connection.scalars(mine))

    def list_anonymous_merged(self, primary_id: int) -> list[Ticket]:
        """Return the anonymous tickets merged into that one, whose reporters are told in their own threads."""
        if primary_id in self._alone:
            return []
        mine = (
            tickets.c.primary_id == primary_id,
            tickets.c.anonymous.is_(True),
            tickets.c.status == Status.MERGED.value,
        )
        return self.fetch(WHOLE.where(*mine))

    def is_reported(self, channel: str, ts: str) -> bool:
        """Whether that message was reported already."""
        here = select(tickets.c.id).where(tickets.c.origin_channel == channel, tickets.c.origin_ts == ts).limit(1)
        return self._connection.scalar(here) is not None

    def list_ids_by_origin(self, channel: str, ts: str) -> list[int]:
        """Return the tickets that were reported with that message."""
        here = select(tickets.c.id).where(tickets.c.origin_channel == channel, tickets.c.origin_ts == ts)
        return list(self._connection.scalars(here.order_by(tickets.c.id)))

    def find_newest_in_channel(self, channel: str, before: str) -> Ticket | None:
        """Return the ticket of the last message in that channel before a timestamp from which one was opened."""
        here = and_(tickets.c.origin_channel == channel, tickets.c.intake == Intake.CHANNEL)
        return self._one(WHOLE.where(here, tickets.c.origin_ts < before).order_by(tickets.c.origin_ts.desc()).limit(1))

    def list_newest(self, since: datetime, limit: int) -> list[Ticket]:
        """Return the newest tickets opened since then, newest first."""
        found = self.fetch(WHOLE.order_by(tickets.c.id.desc()).limit(limit))
        return [ticket for ticket in found if ticket.opened_at >= since]

    def list_of_reporter(self, reporter: str, *, only_open: bool = False, limit: int = 50) -> list[Ticket]:
        """Return a person's tickets, newest first."""
        mine = WHOLE.where(tickets.c.reporter == reporter)
        mine = mine.where(*OPEN_TO_REPORTER) if only_open else mine
        return self.fetch(mine.order_by(tickets.c.id.desc()).limit(limit))

    def count_open_of_reporter(self, reporter: str) -> int:
        """Return how many tickets of a person are neither confirmed nor withdrawn, without praise."""
        mine = select(func.count()).select_from(tickets).where(tickets.c.reporter == reporter, *OPEN_TO_REPORTER)
        return int(self._connection.scalar(mine) or 0)

    def count_by_intake(self, phase_id: int) -> dict[str, int]:
        """Return the number of a phase's tickets by the way they came in, most first."""
        count = func.count()
        mine = select(tickets.c.intake, count).where(tickets.c.phase_id == phase_id)
        rows = self._connection.execute(mine.group_by(tickets.c.intake).order_by(count.desc(), tickets.c.intake))
        return {row[0]: row[1] for row in rows}

    def count_by_channel(self, phase_id: int) -> dict[str, int]:
        """Return the number of a phase's tickets by the channel that they were reported in."""
        mine = select(tickets.c.channel, func.count()).where(tickets.c.phase_id == phase_id, tickets.c.channel != "")
        return {row[0]: row[1] for row in self._connection.execute(mine.group_by(tickets.c.channel))}

    def count_by_status(self) -> dict[str, int]:
        """Return the number of tickets by status, without the private ones."""
        counted = select(tickets.c.status, func.count()).where(~tickets.c.private).group_by(tickets.c.status)
        rows = self._connection.execute(counted)
        return {row[0]: row[1] for row in rows}

    def update_ticket(self, ticket: Ticket, event: Event) -> None:
        """Update a ticket and insert the event of the change."""
        values = {**_report_columns(ticket.report), "status": ticket.status, "previous_status": ticket.previous_status,
                  "owner": ticket.owner, "private": ticket.private, "note": ticket.note,
                  "workaround": ticket.workaround, "deferral": ticket.deferral, "due": ticket.due,
                  "effort": ticket.effort, "primary_id": ticket.primary_id, "changed_at": event.at,
                  "fix": ticket.fix or "", "test": ticket.test, "unconfirmed": ticket.unconfirmed,
                  "scope": ticket.scope or "", "judgement": ticket.judgement or "",
                  "party": ticket.party}  # fmt: skip
        change_later(self._connection, CHANGED, ticket.id, values)
        if ticket.primary_id:
            self._alone.discard(ticket.primary_id)
        self.insert_event(ticket.id, event)

    def update_rank(self, ticket: Ticket, rank: Rank, affected: int) -> Ticket:
        """Save the rank and the number of affected people."""
        values = {"priority": rank.priority, "rank": -rank.place, "affected": affected}
        change_later(self._connection, CHANGED, ticket.id, values)
        return replace(ticket, priority=rank.priority, affected=affected)

    def update_deadlines(self, ticket_id: int, due_at: datetime | None, waiting_since: datetime | None) -> None:
        """Save when the first SLA target is due, and since when the ticket waits on one side."""
        change_later(self._connection, CHANGED, ticket_id, {"due_at": due_at, "waiting_since": waiting_since})

    def list_by_ids(self, ids: Sequence[int]) -> list[Ticket]:
        """Return those tickets, in no order."""
        return self.fetch(SOME, {"ids": list(ids)})

    def list_words_since(self, since: datetime | None, resolved_since: datetime) -> list[TicketWords]:
        """What public tickets say, of those changed since then; without `since`, of all that are open or recent."""
        columns = (tickets.c.id, tickets.c.phase_id, tickets.c.status, tickets.c.private,
                   tickets.c.summary, tickets.c.happened, tickets.c.actual)  # fmt: skip
        recent = and_(tickets.c.status.in_(RESOLVED), tickets.c.changed_at >= resolved_since)
        which = or_(IS_OPEN, recent) if since is None else tickets.c.changed_at >= since
        rows = self._connection.execute(select(*columns).where(which))
        return [
            TicketWords(r.id, r.phase_id, r.summary, f"{r.happened} {r.actual}",
                  is_suggested=not r.private and (Status(r.status).is_open or r.status in RESOLVED),
                  is_resolved=r.status in RESOLVED) for r in rows
        ]  # fmt: skip

    def insert_event(self, ticket_id: int, event: Event) -> None:
        values = {
            "ticket_id": ticket_id,
            "kind": event.kind,
            "actor": event.actor,
            "at": event.at,
            "data": event.data,
        }
        log = self.logs.find(ticket_id)
        if log is None:
            self._connection.execute(LOGGED, values)
        else:
            insert_later(self._connection, LOGGED, values)
            log.new.append(event)

    def list_events(self, ticket_id: int) -> list[Event]:
        """Return the whole log of a ticket, oldest first. A session's summary says the same without reading it."""
        return self.logs.list_events(ticket_id)

    def get_logs(self, ticket_ids: Collection[int]) -> dict[int, list[Event]]:
        """Return the whole logs of tickets by their ids, read at once."""
        found: dict[int, list[Event]] = {id_: [] for id_ in ticket_ids}
        rows = self._connection.execute(select(events).where(events.c.ticket_id.in_(found)).order_by(events.c.id))
        for row in rows.mappings():
            found[row["ticket_id"]].append(event_of(row))
        return found

    def get_histories(
        self, phase_id: int, since: datetime, *, unique_work: bool = False, public: bool = False
    ) -> dict[int, list[Event]]:  # fmt: skip
        """Return all events of the tickets of a phase that are open or changed since then, by ticket id.

        With `unique_work` praise and tickets that were merged into others are left out, with `public` private ones.
        """
        mine = and_(tickets.c.phase_id == phase_id, or_(IS_OPEN, tickets.c.changed_at >= since))
        if unique_work:
            mine = and_(mine, tickets.c.type != TicketType.PRAISE.value, tickets.c.status != Status.MERGED.value)
        if public:
            mine = and_(mine, tickets.c.private.is_(False))
        rows = self._connection.execute(select(events).join(tickets, tickets.c.id == events.c.ticket_id).where(mine)
                                        .order_by(events.c.id))  # fmt: skip
        found: dict[int, list[Event]] = {}
        for row in rows.mappings():
            found.setdefault(row["ticket_id"], []).append(event_of(row))
        return found

    def insert_files(self, ticket_id: int, new: Iterable[File]) -> list[File]:
        """Insert references to files that are new, and return those."""
        new, there = list(new), self._attached(ticket_id)
        known = {f.id for f in there}
        shown = {f.id for f in new if not f.inside} & {f.id for f in there if f.inside}  # shown after all
        if shown:
            mine = and_(files.c.ticket_id == ticket_id, files.c.file_id.in_(shown))
            self._connection.execute(update(files).where(mine).values(inside=False))
        fresh = list({f.id: f for f in new if f.id not in known}.values())
        for file in fresh:
            row = {"ticket_id": ticket_id, "file_id": file.id, "name": file.name, "permalink": file.permalink}
            self._connection.execute(insert(files), row | {"inside": file.inside})
        return fresh

    def delete_files(self, ticket_id: int, file_ids: Iterable[str]) -> int:
        """Delete references to files; return how many there were."""
        mine = (files.c.ticket_id == ticket_id, files.c.file_id.in_(list(file_ids)))
        return self._connection.execute(delete(files).where(*mine)).rowcount

    def lock_ticket(self, ticket_id: int) -> Ticket | None:
        """Lock a ticket until the end of the transaction, and return it; None if there is none."""
        return self.lock_tickets([ticket_id]).get(ticket_id)

    def lock_tickets(self, ticket_ids: Collection[int]) -> dict[int, Ticket]:
        """Lock tickets until the end of the transaction, always in the same order; return those that there are."""
        known = {"ids": [ticket_id for ticket_id in ticket_ids if 0 < ticket_id < LARGEST_ID]}
        if not known["ids"]:
            return {}
        if self._connection.dialect.name == "postgresql":  # what is read by the statement that waits may be old
            self._connection.execute(LOCK, known, execution_options={LATER: None})
        rows = self._connection.execute(HELD, known).mappings().all()
        attached = self._attached_to([row["id"] for row in rows if row["has_files"]])
        found = {row["id"]: self._read(row, attached) for row in rows}
        if state := pending_of(self._connection):
            state.held.update(found)
            state.note_lacking(ACTIONS.name, (row["id"] for row in rows if not row["has_actions"]))
        return found

    def fetch(self, statement: Select[Any], given: Mapping[str, Any] | None = None) -> list[Ticket]:
        """Return the tickets of a query of WHOLE, without their files."""
        return [_ticket(row, ()) for row in self._connection.execute(statement, given).mappings()]

    def _one(self, statement: Select[Any], given: Mapping[str, Any] | None = None) -> Ticket | None:
        """Return the first ticket of a query, with its files."""
        row = self._connection.execute(statement, given).mappings().first()
        return self._read(row) if row else None

    def _read(self, row: RowMapping, attached: Mapping[int, tuple[File, ...]] | None = None) -> Ticket:
        """Return a ticket with its files, and make known what was read with it."""
        ticket_id = row["id"]
        if "has_files" not in row:
            return _ticket(row, self._attached(ticket_id))
        self._know(row)
        if row["has_anonymous"]:
            self._alone.discard(ticket_id)
        else:
            self._alone.add(ticket_id)
        if not row["has_files"]:
            return _ticket(row, ())
        return _ticket(row, self._attached(ticket_id) if attached is None else attached[ticket_id])

    def _attached(self, ticket_id: int) -> tuple[File, ...]:
        return self._attached_to([ticket_id]).get(ticket_id, ())

    def _attached_to(self, ticket_ids: Sequence[int]) -> dict[int, tuple[File, ...]]:
        """Return the files of each ticket that has any."""
        found: dict[int, tuple[File, ...]] = {}
        if ticket_ids:
            for r in self._connection.execute(ATTACHED, {"ids": list(ticket_ids)}):
                found[r.ticket_id] = (*found.get(r.ticket_id, ()), File(r.file_id, r.name, r.permalink, r.inside))
        return found


def _report_columns(report: Report) -> dict[str, Any]:
    values = {f.name: getattr(report, f.name) for f in fields_of(report) if f.name != "files"}
    return values | {"extra": dict(report.extra)}


def _ticket(row: RowMapping, attached: tuple[File, ...]) -> Ticket:
    report = Report(**{t: row[t] for t in TEXTS}, severity=Severity(row["severity"]), type=TicketType(row["type"]),
                    extra=row["extra"], files=attached)  # fmt: skip
    origin = None
    if row["origin_channel"]:
        origin = Origin(row["origin_channel"], row["origin_ts"], row["origin_thread_ts"])
    return Ticket(
        id=row["id"], phase_id=row["phase_id"], key=row["key"], number=row["number"], reporter=row["reporter"],
        report=report, opened_at=row["opened_at"], intake=Intake(row["intake"]), origin=origin,
        status=Status(row["status"]), owner=row["owner"],
        previous_status=Status(row["previous_status"]) if row["previous_status"] else None,
        private=row["private"], note=row["note"], workaround=row["workaround"],
        deferral=Deferral(row["deferral"]) if row["deferral"] else None, due=row["due"], changed_at=row["changed_at"],
        effort=row["effort"], priority=row["priority"], affected=row["affected"], primary_id=row["primary_id"],
        filed_by=row["filed_by"], due_at=row["due_at"], anonymous=row["anonymous"], waiting_since=row["waiting_since"],
        fix=Fix(row["fix"]) if row["fix"] else None, test=row["test"],
        judgement=Judgement(row["judgement"]) if row["judgement"] else None, party=row["party"],
        scope=ChangeScope(row["scope"]) if row["scope"] else None, unconfirmed=row["unconfirmed"],
    )  # fmt: skip
