"""Which issue of a tracker belongs to which ticket, and what both sides had when they last agreed."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, Text, and_, bindparam, cast, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError

from domain.connectors.merging import REFUSED
from domain.tickets.ticket import Severity
from storage.connectors.tables import issue_links as links
from storage.connectors.tables import issue_parts as parts
from storage.connectors.tables import subtasks
from storage.connectors.tables import tracker_states as states
from storage.database.pending import about_held
from storage.tickets.tables import IS_OPEN, tickets

BY_TICKETS = select(links).where(links.c.ticket_id.in_(bindparam("tickets", expanding=True))).order_by(links.c.id)
NEW_LINK, NEW_PART, NEW_STATE = (
    {
        name: new(table).on_conflict_do_nothing()
        for name, new in (("postgresql", postgresql.insert), ("sqlite", sqlite.insert))
    }
    for table in (links, parts, states)
)
COMMENT, FILE = "comment", "file"


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueLink:
    """A ticket and its issue; `issue_id` is None until the issue is known. `version` is raised by each agreement."""

    id: int
    system: str
    ticket_id: int
    issue_id: str | None
    key: str
    link: str
    tried_at: datetime | None
    gone: bool
    version: int
    ours: Mapping[str, str]
    theirs: Mapping[str, str]

    @property
    def is_refused(self) -> bool:
        """Whether the tracker made no issue, or refused a change of it."""
        if self.gone:
            return self.issue_id is None
        return any(value.startswith(f"{REFUSED} ") for value in self.ours.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackerState:
    """Whether a tracker fails, and when issues that were changed there were last asked for."""

    system: str
    failing_since: datetime | None = None
    told_at: datetime | None = None
    asked_at: datetime | None = None


class IssueLinks:
    """The links of all trackers; those of tickets that are held are read once for all of them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._of_held: dict[int, list[IssueLink]] = {}

    def find(self, system: str, ticket_id: int, *, lock: bool = False) -> IssueLink | None:
        """Return the link of a ticket, locked until the commit with `lock`."""
        mine = select(links).where(links.c.system == system, links.c.ticket_id == ticket_id)
        row = self._connection.execute(mine.with_for_update() if lock else mine).mappings().first()
        return IssueLink(**row) if row else None

    def find_by_issue(self, system: str, issue_id: str) -> IssueLink | None:
        """Return the link of an issue."""
        mine = select(links).where(links.c.system == system, links.c.issue_id == issue_id)
        row = self._connection.execute(mine).mappings().first()
        return IssueLink(**row) if row else None

    def list_by_ticket(self, ticket_id: int) -> list[IssueLink]:
        """Return the links of a ticket, oldest first."""
        known = about_held(self._connection, ticket_id, self._of_held, list, self._read_held)
        return self._list([ticket_id]) if known is None else known

    def _read_held(self, fresh: Sequence[int]) -> None:
        for one in self._list(fresh):
            self._of_held[one.ticket_id].append(one)

    def _list(self, ticket_ids: Sequence[int]) -> list[IssueLink]:
        found = self._connection.execute(BY_TICKETS, {"tickets": ticket_ids})
        return [IssueLink(**row) for row in found.mappings()]

    def list_by_issues(self, system: str, issue_ids: Collection[str]) -> list[IssueLink]:
        """Return the links of these issues."""
        mine = select(links).where(links.c.system == system, links.c.issue_id.in_(issue_ids), links.c.gone.is_(False))
        return [IssueLink(**row) for row in self._connection.execute(mine.order_by(links.c.id)).mappings()]

    def list_with(self, mark: str, phase_id: int, after: int, limit: int) -> list[IssueLink]:
        """Return links of a phase's tickets with such a mark in place of a field of ours, in order of their ids."""
        mine = select(links).join(tickets, tickets.c.id == links.c.ticket_id).where(
            tickets.c.phase_id == phase_id, links.c.id > after, links.c.gone.is_(False),
            cast(links.c.ours, Text).contains(f'"{mark} ', autoescape=True),
        )  # fmt: skip
        return [IssueLink(**row) for row in self._connection.execute(mine.order_by(links.c.id).limit(limit)).mappings()]

    def list_to_sync(
        self, phase_id: int, system: str, severities: Collection[Severity], after: int, limit: int
    ) -> list[int]:  # fmt: skip
        """Return the ids of tickets that a tracker has an issue of, or should have one of, in order of their ids."""
        mine = _to_sync(phase_id, system, severities).where(tickets.c.id > after)
        return [*self._connection.scalars(mine.order_by(tickets.c.id).limit(limit))]

    def count_to_sync(self, phase_id: int, system: str, severities: Collection[Severity]) -> int:
        """Return how many these are."""
        mine = _to_sync(phase_id, system, severities).subquery()
        return self._connection.scalar(select(func.count()).select_from(mine)) or 0

    def list_projects(self, system: str) -> set[str]:
        """Return what the keys of issues begin with, without their numbers."""
        project = func.rtrim(func.rtrim(links.c.key, "0123456789"), "-")
        mine = select(project).distinct().where(links.c.system == system, links.c.gone.is_(False), links.c.key != "")
        return set(self._connection.scalars(mine))

    def has_any(self, system: str) -> bool:
        """Return whether tickets have issues of a tracker."""
        return self._connection.scalar(select(links.c.id).where(links.c.system == system).limit(1)) is not None

    def insert(self, system: str, ticket_id: int, ours: Mapping[str, str]) -> bool:
        """Insert a link of which no issue is known yet; return False when the ticket has one."""
        row = {"system": system, "ticket_id": ticket_id, "gone": False, "version": 0,
               "ours": dict(ours), "theirs": {}}  # fmt: skip
        self._of_held.pop(ticket_id, None)
        made = NEW_LINK[self._connection.dialect.name].returning(links.c.id)
        return self._connection.scalar(made, row) is not None

    def update(self, link_id: int, **values: Any) -> None:
        """Change columns of a link."""
        self._of_held.clear()
        self._connection.execute(update(links).where(links.c.id == link_id).values(values))

    def attach_issue(self, link_id: int, issue_id: str) -> bool:
        """Say which issue a link is about; return False when another ticket has that issue."""
        self._of_held.clear()
        try:
            with self._connection.begin_nested():
                self._connection.execute(update(links).where(links.c.id == link_id).values(issue_id=issue_id))
        except IntegrityError:
            return False
        return True

    def delete(self, link_id: int) -> None:
        """Forget a link and what is known of its issue."""
        self._of_held.clear()
        self._connection.execute(parts.delete().where(parts.c.link_id == link_id))
        self._connection.execute(subtasks.delete().where(subtasks.c.link_id == link_id))
        self._connection.execute(links.delete().where(links.c.id == link_id))

    def insert_part(self, link_id: int, kind: str, part_id: str) -> bool:
        """Note a comment or a file that both sides have; return False when it was known."""
        made = NEW_PART[self._connection.dialect.name].returning(parts.c.part_id)
        row = {"link_id": link_id, "kind": kind, "part_id": part_id}
        return self._connection.scalar(made, row) is not None

    def list_parts(self, link_id: int, kind: str) -> set[str]:
        """Return the ids of comments or files that both sides have."""
        mine = select(parts.c.part_id).where(parts.c.link_id == link_id, parts.c.kind == kind)
        return set(self._connection.scalars(mine))

    def get_state(self, system: str) -> TrackerState:
        """Return how a tracker is, locked until the commit."""
        self._connection.execute(NEW_STATE[self._connection.dialect.name], {"system": system})
        mine = select(states).where(states.c.system == system).with_for_update()
        return TrackerState(**self._connection.execute(mine).mappings().one())

    def update_state(self, system: str, **values: Any) -> None:
        """Change columns of how a tracker is."""
        self._connection.execute(update(states).where(states.c.system == system).values(values))


def _to_sync(phase_id: int, system: str, severities: Collection[Severity]) -> Select[int]:
    """Return what finds the tickets of a phase with an issue, and open ones of these severities without one."""
    mine = and_(links.c.ticket_id == tickets.c.id, links.c.system == system)
    wanted = and_(links.c.id.is_(None), tickets.c.severity.in_([*severities]), IS_OPEN)
    linked = and_(links.c.issue_id.is_not(None), links.c.gone.is_(False))
    return select(tickets.c.id).outerjoin(links, mine).where(tickets.c.phase_id == phase_id, or_(wanted, linked))
