"""Sessions with users, and who takes part in them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, delete, func, insert, select, update

from domain.address import ERASED_USER
from domain.sessions.session import SessionDraft, SessionKind, SessionState, UserSession
from storage.database.columns import LARGEST_ID
from storage.sessions.tables import session_items, session_people, sessions
from storage.tickets.tables import tickets


class UserSessions:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def insert_session(
        self, phase_id: int, draft: SessionDraft, groups: Mapping[str, str], by: str, at: datetime
    ) -> UserSession:  # fmt: skip
        """Insert a planned session; return it with its id. `groups` are the user groups of people."""
        row = _row(draft) | {"phase_id": phase_id, "state": SessionState.PLANNED, "version": 0, "made_by": by,
                             "made_at": at}  # fmt: skip
        key = self._connection.execute(insert(sessions), row).inserted_primary_key
        id_ = int(key[0]) if key else 0
        self._insert_people(id_, draft.participants, groups)
        return _session(row | {"id": id_}, draft.participants)

    def update_session(self, session: UserSession, groups: Mapping[str, str]) -> None:
        """Save what was changed of a session, also who takes part in it."""
        values = _row(session) | {"state": session.state, "version": session.version}
        self._connection.execute(update(sessions).where(sessions.c.id == session.id).values(values))
        mine = session_people.c.session_id == session.id
        known = set(self._connection.scalars(select(session_people.c.person).where(mine)))
        gone = known - {*session.participants}
        if gone:
            self._connection.execute(delete(session_people).where(mine, session_people.c.person.in_(gone)))
        self._insert_people(session.id, [one for one in session.participants if one not in known], groups)

    def _insert_people(self, id_: int, people: Sequence[str], groups: Mapping[str, str]) -> None:
        if people:
            rows = [{"session_id": id_, "person": one, "user_group": groups.get(one, ""), "present": False}
                    for one in people]  # fmt: skip
            self._connection.execute(insert(session_people), rows)

    def find_session(self, session_id: int, *, lock: bool = False) -> UserSession | None:
        """Return a session, locked until the end of the transaction with `lock`."""
        if not 0 < session_id < LARGEST_ID:
            return None
        mine = select(sessions).where(sessions.c.id == session_id)
        found = self._read(mine.with_for_update() if lock else mine)
        return found[0] if found else None

    def list_of_phase(self, phase_id: int, limit: int, *which: ColumnElement[bool]) -> list[UserSession]:
        """Return the sessions of a phase that begin last, newest first."""
        mine = select(sessions).where(sessions.c.phase_id == phase_id, *which)
        return self._read(mine.order_by(sessions.c.starts.desc(), sessions.c.id.desc()).limit(limit))

    def list_planned_of(self, person: str, since: datetime, phase_ids: Iterable[int]) -> list[UserSession]:
        """Return the planned sessions that a person hosts or takes part in and that begin later, first one first."""
        theirs = select(session_people.c.session_id).where(session_people.c.person == person)
        mine = select(sessions).where(
            (sessions.c.host == person) | sessions.c.id.in_(theirs), sessions.c.starts > since,
            sessions.c.state == SessionState.PLANNED.value, sessions.c.phase_id.in_([*phase_ids]),
        )  # fmt: skip
        return self._read(mine.order_by(sessions.c.starts, sessions.c.id))

    def count_present(self, phase_id: int, since: datetime, until: datetime) -> Mapping[str, int]:
        """Return how often people of each user group were in a session without reporting anything there."""
        items = select(session_items.c.id).join(tickets, tickets.c.id == session_items.c.ticket_id)
        reported = items.where(session_items.c.session_id == session_people.c.session_id,
                               tickets.c.reporter == session_people.c.person).exists()  # fmt: skip
        return self._count_groups(func.count(), _held(phase_id, since, until), ~reported)

    def count_reached(self, phase_id: int, since: datetime, until: datetime) -> Mapping[str, int]:
        """Return how many people of each user group were in a session; an erased person counts once a session."""
        gone = func.nullif(session_people.c.person, ERASED_USER)
        erased = func.count() - func.count(gone)
        return self._count_groups(func.count(gone.distinct()) + erased, _held(phase_id, since, until))

    def _count_groups(self, count: ColumnElement[int], *which: ColumnElement[bool]) -> Mapping[str, int]:
        here = session_people.join(sessions, sessions.c.id == session_people.c.session_id)
        asked = select(session_people.c.user_group, count).select_from(here).where(*which)
        return {group: n for group, n in self._connection.execute(asked.group_by(session_people.c.user_group)) if group}

    def erase_older(self, before: datetime) -> None:
        """Erase titles, places and people of old sessions; their figures stay."""
        old = (sessions.c.starts < before, sessions.c.host != ERASED_USER)
        ids = list(self._connection.scalars(select(sessions.c.id).where(*old)))
        if ids:
            gone = {"title": "", "place": "", "host": ERASED_USER, "made_by": ERASED_USER}
            self._connection.execute(update(sessions).where(sessions.c.id.in_(ids)).values(gone))
            people = update(session_people).where(session_people.c.session_id.in_(ids))
            self._connection.execute(people.values(person=ERASED_USER))

    def _read(self, query: Any) -> list[UserSession]:
        rows = self._connection.execute(query).mappings().all()
        people = defaultdict[int, list[str]](list)
        if rows:
            asked = select(session_people).where(session_people.c.session_id.in_([row["id"] for row in rows]))
            for one in self._connection.execute(asked.order_by(session_people.c.id)):
                people[one.session_id].append(one.person)
        return [_session({**row}, people[row["id"]]) for row in rows]


def _held(phase_id: int, since: datetime, until: datetime) -> ColumnElement[bool]:
    """Return the condition for people who were in a session that was held in a period."""
    return and_(
        sessions.c.phase_id == phase_id, sessions.c.state == SessionState.HELD.value, sessions.c.starts > since,
        sessions.c.starts <= until, session_people.c.present,
    )  # fmt: skip


def _row(draft: SessionDraft) -> dict[str, Any]:
    return {"kind": draft.kind, "title": draft.title, "module": draft.module, "process": draft.process,
            "place": draft.place, "starts": draft.starts, "minutes": draft.minutes, "host": draft.host}  # fmt: skip


def _session(row: Mapping[str, Any], people: Sequence[str]) -> UserSession:
    state = SessionState(row["state"])
    found = UserSession(
        id=row["id"], phase_id=row["phase_id"], kind=SessionKind(row["kind"]), title=row["title"],
        module=row["module"], process=row["process"], place=row["place"], starts=row["starts"],
        minutes=row["minutes"], host=row["host"], state=state, version=row["version"], made_by=row["made_by"],
        participants=tuple(people),
    )  # fmt: skip
    return replace(found, cancelled=state is SessionState.CANCELLED)
