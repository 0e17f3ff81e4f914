"""Escalations, and every page that they or a test sent to a person."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import CompoundSelect, Connection, Select, bindparam, exists, func, insert, select, union_all, update

from domain.oncall.escalation import Escalation, EscalationState
from storage.database.pending import change_later, insert_later, pending_of
from storage.oncall.tables import LIVE, UNCHECKED, escalations, pages

ESCALATION = TypeAdapter(Escalation)  # converts to and from JSON
# Frequent statements are built once, because building one takes longer than running it.
NEW, CALLED = insert(escalations), insert(pages)
CHANGED = update(escalations).where(escalations.c.id == bindparam("which"))
BEGUN = (
    select(func.count()).select_from(escalations)
    .where(escalations.c.phase_id == bindparam("phase"), escalations.c.started_at >= bindparam("since"), LIVE)
)  # fmt: skip
OF_ONE = select(pages).where(pages.c.escalation_id == bindparam("escalation")).order_by(pages.c.id)
NEWEST = (
    select(escalations.c.ticket_id, escalations.c.id, escalations.c.data)
    .where(escalations.c.ticket_id.in_(bindparam("tickets", expanding=True))).order_by(escalations.c.id)
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


@dataclass(frozen=True, slots=True)
class PageNotice:
    """That a person was paged by an escalation, and what stood in the way; "" for nothing that is known."""

    person: str
    at: datetime
    warning: str


class Escalations:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        # What this transaction has read of its tickets' newest escalations, so that it does not ask again.
        self._newest: dict[int, Escalation | None] = {}
        self._paged: dict[int, list[PageNotice]] = {}  # by escalations that are new

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
        self._newest[escalation.ticket_id], self._paged[made.id] = made, []
        return made

    def update(self, escalation: Escalation) -> None:
        change_later(self._connection, CHANGED, escalation.id, _columns(escalation))
        known = self._newest.get(escalation.ticket_id)
        if known and known.id == escalation.id:
            self._newest[escalation.ticket_id] = escalation

    def find(self, escalation_id: int) -> Escalation | None:
        mine = select(escalations.c.id, escalations.c.data).where(escalations.c.id == escalation_id)
        return next((_read(row) for row in self._connection.execute(mine)), None)

    def find_newest(self, ticket_id: int) -> Escalation | None:
        """Return the newest escalation of a ticket, ended or not; None without one."""
        if ticket_id not in self._newest:
            state = pending_of(self._connection)
            if state is None or ticket_id not in state.held:
                self._read_newest([ticket_id])
                return self._newest.pop(ticket_id)
            self._read_newest(sorted(state.held - self._newest.keys()))
        return self._newest[ticket_id]

    def _read_newest(self, ticket_ids: Sequence[int]) -> None:
        self._newest |= dict.fromkeys(ticket_ids)
        for row in self._connection.execute(NEWEST, {"tickets": list(ticket_ids)}):
            self._newest[row.ticket_id] = _read(row)

    def list_live(self, phase_id: int, limit: int = 100) -> list[Escalation]:
        """Return the escalations of a phase that have not ended, newest first."""
        mine = select(escalations.c.id, escalations.c.data).where(escalations.c.phase_id == phase_id, LIVE)
        rows = self._connection.execute(mine.order_by(escalations.c.started_at.desc()).limit(limit))
        return [_read(row) for row in rows]

    def count_started_since(self, phase_id: int, since: datetime) -> int:
        """Return how many of a phase's live escalations started since then."""
        return int(self._connection.scalar(BEGUN, {"phase": phase_id, "since": since}) or 0)

    def insert_page(self, person: str, at: datetime, *, phase_id: int, escalation: Escalation) -> None:
        """Record that an escalation paged a person."""
        values = {"person": person, "at": at, "phase_id": phase_id, "escalation_id": escalation.id,
                  "ticket_id": escalation.ticket_id}  # fmt: skip
        insert_later(self._connection, CALLED, values)
        if escalation.id in self._paged:
            self._paged[escalation.id].append(PageNotice(person, at, ""))

    def insert_test_page(self, person: str, at: datetime, *, phase_id: int) -> int:
        """Record a test page, and return its id."""
        values = {"person": person, "at": at, "phase_id": phase_id}
        key = self._connection.execute(CALLED, values).inserted_primary_key
        return int(key[0])  # type: ignore[index]

    def list_paged_often(self, people: Sequence[str], since: datetime, often: int) -> set[str]:
        """Return those of the people whom escalations paged at least that often since then."""
        if not people:
            return set()
        given = {f"person{number}": person for number, person in enumerate(people)}
        counted = Counter(self._connection.scalars(_often(len(people)), {**given, "since": since, "often": often}))
        return {person for person, count in counted.items() if count >= often}

    def list_waiting_for(self, person: str, limit: int = 50) -> list[Escalation]:
        """Return the escalations without an owner that a person was paged for, newest first."""
        called = exists().where(pages.c.escalation_id == escalations.c.id, pages.c.person == person)
        paging = escalations.c.state.in_([EscalationState.ESCALATING, EscalationState.EXHAUSTED])
        mine = select(escalations.c.id, escalations.c.data).where(LIVE, paging, called)
        rows = self._connection.execute(
            mine.order_by(escalations.c.started_at.desc(), escalations.c.id.desc()).limit(limit)
        )
        return [_read(row) for row in rows]

    def list_pages(self, escalation_id: int) -> list[PageNotice]:
        """Return who was paged by an escalation, in order."""
        if escalation_id not in self._paged:
            rows = self._connection.execute(OF_ONE, {"escalation": escalation_id})
            self._paged[escalation_id] = [PageNotice(row.person, row.at, row.warning) for row in rows]
        return [*self._paged[escalation_id]]

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
        self._paged.clear()
        mine = update(pages).where(pages.c.id.in_(list(ids)), UNCHECKED)
        return self._connection.execute(mine.values(checked_at=at, warning=warning)).rowcount


@cache
def _often(people: int) -> Select[str] | CompoundSelect[str]:
    """Return what finds pages of so many people, of each no more than it takes to be often."""
    each = [
        select(
            select(pages.c.person).limit(bindparam("often"))
            .where(pages.c.person == bindparam(f"person{number}"), pages.c.at >= bindparam("since"),
                   pages.c.escalation_id.is_not(None))
            .subquery().c.person
        )
        for number in range(people)
    ]  # fmt: skip
    return each[0] if people == 1 else union_all(*each)


def _columns(escalation: Escalation) -> dict[str, Any]:
    data = ESCALATION.dump_python(escalation, mode="json", exclude={"id"})
    return {"state": escalation.state, "owner": escalation.owner, "data": data}


def _read(row: Any) -> Escalation:
    return ESCALATION.validate_python({**row.data, "id": row.id})


def _page(row: Any) -> Page:
    return Page(
        row.id, row.escalation_id, row.ticket_id, row.phase_id, row.person, row.at, row.answered_at, row.warning
    )
