"""Escalations, and every page that they or a test sent to a person."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Connection, bindparam, exists, func, insert, select, update

from domain.oncall.escalation import Escalation, EscalationState
from storage.oncall.tables import LIVE, UNCHECKED, escalations, pages

ESCALATION = TypeAdapter(Escalation)  # converts to and from JSON
# Frequent statements are built once, because building one takes longer than running it.
NEW, CALLED = insert(escalations), insert(pages)
CHANGED = update(escalations).where(escalations.c.id == bindparam("which"))
BEGUN = (
    select(func.count()).select_from(escalations)
    .where(escalations.c.phase_id == bindparam("phase"), escalations.c.started_at >= bindparam("since"), LIVE)
)  # fmt: skip
OFTEN = (
    select(pages.c.id).limit(bindparam("often"))
    .where(pages.c.person == bindparam("person"), pages.c.at >= bindparam("since"), pages.c.escalation_id.is_not(None))
)  # fmt: skip
OF_ONE = select(pages).where(pages.c.escalation_id == bindparam("escalation")).order_by(pages.c.id)
NEWEST = (
    select(escalations.c.id, escalations.c.data).where(escalations.c.ticket_id == bindparam("ticket"))
    .order_by(escalations.c.id.desc()).limit(1)
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Page:
    """A page to a person; without a ticket it is a test page."""

    id: int
    escalation_id: int | None
    ticket_id: int | None
    phase_id: int
    person: str
    at: datetime
    answered_at: datetime | None
    warning: str


class Escalations:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        # What this transaction has read of its tickets' newest escalations, so that it does not ask again.
        self._newest: dict[int, Escalation | None] = {}

    def insert(self, escalation: Escalation, phase_id: int) -> Escalation:
        values = {
            **_columns(escalation),
            "ticket_id": escalation.ticket_id,
            "phase_id": phase_id,
            "started_by": escalation.started_by,
            "started_at": escalation.started_at,
        }
        key = self._connection.execute(NEW, values).inserted_primary_key
        made = replace(escalation, id=int(key[0]))  # type: ignore[index]
        self._newest[escalation.ticket_id] = made
        return made

    def update(self, escalation: Escalation) -> None:
        self._connection.execute(CHANGED, {"which": escalation.id, **_columns(escalation)})
        known = self._newest.get(escalation.ticket_id)
        if known and known.id == escalation.id:
            self._newest[escalation.ticket_id] = escalation

    def find(self, escalation_id: int) -> Escalation | None:
        mine = select(escalations.c.id, escalations.c.data).where(escalations.c.id == escalation_id)
        return next((_read(row) for row in self._connection.execute(mine)), None)

    def find_newest(self, ticket_id: int) -> Escalation | None:
        """Return the newest escalation of a ticket, ended or not; None without one."""
        if ticket_id not in self._newest:
            rows = self._connection.execute(NEWEST, {"ticket": ticket_id})
            self._newest[ticket_id] = next((_read(row) for row in rows), None)
        return self._newest[ticket_id]

    def list_live(self, phase_id: int, limit: int = 100) -> list[Escalation]:
        """Return the escalations of a phase that have not ended, newest first."""
        mine = select(escalations.c.id, escalations.c.data).where(escalations.c.phase_id == phase_id, LIVE)
        rows = self._connection.execute(mine.order_by(escalations.c.started_at.desc()).limit(limit))
        return [_read(row) for row in rows]

    def count_started_since(self, phase_id: int, since: datetime) -> int:
        """Return how many of a phase's live escalations started since then."""
        return int(self._connection.scalar(BEGUN, {"phase": phase_id, "since": since}) or 0)

    def insert_page(self, person: str, at: datetime, *, phase_id: int, escalation: Escalation | None = None) -> int:
        """Record a page, and return its id; without an escalation it is a test page."""
        values = {"person": person, "at": at, "phase_id": phase_id}
        if escalation:
            values |= {"escalation_id": escalation.id, "ticket_id": escalation.ticket_id}
        key = self._connection.execute(CALLED, values).inserted_primary_key
        return int(key[0])  # type: ignore[index]

    def was_paged_often(self, person: str, since: datetime, often: int) -> bool:
        """Return whether a person was paged at least that often since then."""
        given = {"person": person, "since": since, "often": often}
        return len(self._connection.execute(OFTEN, given).all()) == often

    def list_waiting_for(self, person: str, limit: int = 50) -> list[Escalation]:
        """Return the escalations without an owner that a person was paged for, newest first."""
        called = exists().where(pages.c.escalation_id == escalations.c.id, pages.c.person == person)
        paging = escalations.c.state.in_([EscalationState.ESCALATING, EscalationState.EXHAUSTED])
        mine = select(escalations.c.id, escalations.c.data).where(LIVE, paging, called)
        rows = self._connection.execute(
            mine.order_by(escalations.c.started_at.desc(), escalations.c.id.desc()).limit(limit)
        )
        return [_read(row) for row in rows]

    def list_pages(self, escalation_id: int) -> list[Page]:
        """Return all pages of an escalation, in order."""
        return [_page(row) for row in self._connection.execute(OF_ONE, {"escalation": escalation_id})]

    def mark_answered(
        self, person: str, at: datetime, *, escalation_id: int | None = None, page_id: int | None = None
    ) -> None:
        """Record that a person answered an escalation or a test page."""
        which = pages.c.id == page_id if page_id else pages.c.escalation_id == escalation_id
        mine = update(pages).where(which, pages.c.person == person, pages.c.answered_at.is_(None))
        self._connection.execute(mine.values(answered_at=at))

    def list_last_answers(self, phase_id: int) -> dict[str, datetime]:
        """Return when each person last answered a page or a test; people who never did are left out."""
        newest = select(pages.c.person, func.max(pages.c.answered_at).label("at"))
        rows = self._connection.execute(newest.where(pages.c.phase_id == phase_id, pages.c.answered_at.is_not(None))
                                        .group_by(pages.c.person))  # fmt: skip
        return {row.person: row.at for row in rows}

    def find_page(self, page_id: int) -> Page | None:
        return next((_page(row) for row in self._connection.execute(select(pages).where(pages.c.id == page_id))), None)

    def list_unchecked_pages(self, since: datetime, limit: int = 50) -> list[Page]:
        """Return pages that have not been checked for whether they reach the person."""
        mine = select(pages).where(UNCHECKED, pages.c.at >= since).order_by(pages.c.at).limit(limit)
        return [_page(row) for row in self._connection.execute(mine)]

    def mark_checked(self, ids: Sequence[int], at: datetime, warning: str) -> int:
        """Record a check, and return how many of the pages had not been checked before."""
        mine = update(pages).where(pages.c.id.in_(list(ids)), UNCHECKED)
        return self._connection.execute(mine.values(checked_at=at, warning=warning)).rowcount


def _columns(escalation: Escalation) -> dict[str, Any]:
    data = ESCALATION.dump_python(escalation, mode="json", exclude={"id"})
    return {"state": escalation.state, "owner": escalation.owner, "data": data}


def _read(row: Any) -> Escalation:
    return ESCALATION.validate_python({**row.data, "id": row.id})


def _page(row: Any) -> Page:
    return Page(
        row.id, row.escalation_id, row.ticket_id, row.phase_id, row.person, row.at, row.answered_at, row.warning
    )
