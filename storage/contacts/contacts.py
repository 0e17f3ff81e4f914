"""Contacts of people who walk the floor."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from domain.address import ERASED_USER
from domain.contacts.contact import Contact, ContactOutcome
from storage.contacts.tables import contacts
from storage.tickets.tables import tickets


class Contacts:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def insert_contact(self, contact: Contact) -> None:
        row = {"phase_id": contact.phase_id, "walker": contact.walker, "person": contact.person,
               "user_group": contact.group, "module": contact.module, "note": contact.note,
               "outcome": contact.outcome.value, "ticket_id": contact.ticket_id, "at": contact.at}  # fmt: skip
        self._connection.execute(insert(contacts), row)

    def find_last(self, phase_id: int, walker: str) -> Contact | None:
        """Return what that person logged last."""
        mine = select(contacts).where(contacts.c.walker == walker, contacts.c.phase_id == phase_id)
        row = self._connection.execute(mine.order_by(contacts.c.id.desc()).limit(1)).first()
        return _contact(row) if row else None

    def list_newest(self, phase_id: int, limit: int, walker: str = "") -> list[Contact]:
        """Return the newest contacts of a phase, with a `walker` only theirs."""
        mine = select(contacts).where(contacts.c.phase_id == phase_id)
        mine = mine.where(contacts.c.walker == walker) if walker else mine
        return [_contact(row) for row in self._connection.execute(mine.order_by(contacts.c.id.desc()).limit(limit))]

    def count_by_group(
        self, phase_id: int, since: datetime, until: datetime, *, unreported: bool = False
    ) -> Mapping[str, int]:  # fmt: skip
        """Return how many contacts there were with each user group, with `unreported` those that became no ticket."""
        mine = [contacts.c.phase_id == phase_id, contacts.c.at > since, contacts.c.at <= until]
        mine += [contacts.c.ticket_id.is_(None)] if unreported else []
        asked = select(contacts.c.user_group, func.count()).where(*mine).group_by(contacts.c.user_group)
        return {row[0]: row[1] for row in self._connection.execute(asked)}

    def count_outcomes(self, phase_id: int, since: datetime, until: datetime) -> Mapping[ContactOutcome, int]:
        """Return how many contacts ended in which way."""
        mine = (contacts.c.phase_id == phase_id, contacts.c.at > since, contacts.c.at <= until)
        asked = select(contacts.c.outcome, func.count()).where(*mine).group_by(contacts.c.outcome)
        return {ContactOutcome(row[0]): row[1] for row in self._connection.execute(asked)}

    def get_last_by_group(self, phase_id: int) -> Mapping[str, datetime]:
        """Return when the last contact with each user group was."""
        asked = select(contacts.c.user_group, func.max(contacts.c.at).label("last"))
        rows = self._connection.execute(asked.where(contacts.c.phase_id == phase_id).group_by(contacts.c.user_group))
        return {row.user_group: row.last for row in rows}

    def get_sightings(self, phase_id: int, since: datetime) -> Mapping[int, str]:
        """Return the tickets that contacts became, each with its reporter, who did not report it alone."""
        asked = (
            select(tickets.c.id, tickets.c.reporter).join(contacts, contacts.c.ticket_id == tickets.c.id)
            .where(contacts.c.phase_id == phase_id, contacts.c.at >= since)
        )  # fmt: skip
        return {row.id: row.reporter for row in self._connection.execute(asked)}

    def erase_older(self, before: datetime) -> None:
        """Erase notes and people of old contacts; their figures stay."""
        old = (contacts.c.at < before, contacts.c.walker != ERASED_USER)
        gone = {"note": "", "person": "", "walker": ERASED_USER}
        self._connection.execute(update(contacts).where(*old).values(gone))


def _contact(row: Any) -> Contact:
    return Contact(phase_id=row.phase_id, walker=row.walker, at=row.at, group=row.user_group, person=row.person,
                   module=row.module, note=row.note, outcome=ContactOutcome(row.outcome),
                   ticket_id=row.ticket_id)  # fmt: skip
