"""Items of sessions: what was said, by whom, and the ticket of each."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, or_, select, update

from domain.address import ERASED_USER
from domain.sessions.notes import ItemKind, SessionItem
from domain.tickets.ticket import Intake
from storage.sessions.tables import session_items, session_people
from storage.tickets.tables import tickets


class SessionItems:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def insert_items(self, items: Iterable[SessionItem]) -> None:
        rows = [{"session_id": one.session_id, "kind": one.kind.value, "text": one.text, "person": one.person,
                 "ticket_id": one.ticket_id, "filed_by": one.filed_by, "at": one.at} for one in items]  # fmt: skip
        self._connection.execute(insert(session_items), rows)

    def update_present(self, session_id: int, people: Iterable[str]) -> None:
        """Record who of the participants was there."""
        mine = session_people.c.session_id == session_id
        there = session_people.c.person.in_([*people])
        self._connection.execute(update(session_people).where(mine).values(present=there))

    def list_of_session(self, session_id: int) -> list[SessionItem]:
        """Return the items of a session as they were filed."""
        mine = select(session_items).where(session_items.c.session_id == session_id).order_by(session_items.c.id)
        return [_item(row) for row in self._connection.execute(mine)]

    def get_sightings(self, phase_id: int, since: datetime) -> Mapping[int, str]:
        """Return the tickets that were talked about, each with its reporter if a session opened it, else with none.

        A ticket that only its own reporter brought up again was not found a second time, so it is left out.
        """
        opened = tickets.c.intake == Intake.SESSION.value
        found_again = or_(opened, session_items.c.person != tickets.c.reporter)
        asked = (
            select(tickets.c.id, tickets.c.reporter, opened.label("opened"))
            .join(session_items, session_items.c.ticket_id == tickets.c.id)
            .where(tickets.c.phase_id == phase_id, session_items.c.at >= since, found_again)
        )  # fmt: skip
        return {row.id: row.reporter if row.opened else "" for row in self._connection.execute(asked)}

    def erase_older(self, before: datetime) -> None:
        """Erase words and people of old items."""
        old = (session_items.c.at < before, session_items.c.filed_by != ERASED_USER)
        gone = {"text": "", "person": "", "filed_by": ERASED_USER}
        self._connection.execute(update(session_items).where(*old).values(gone))


def _item(row: Any) -> SessionItem:
    return SessionItem(session_id=row.session_id, kind=ItemKind(row.kind), text=row.text, person=row.person,
                       ticket_id=row.ticket_id, filed_by=row.filed_by, at=row.at)  # fmt: skip
