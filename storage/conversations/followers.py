"""Followers of tickets and which updates they want: people who chose a level, and all affected people."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from domain.conversations.following import FollowLevel
from storage.conversations.tables import followers
from storage.tickets.tables import affected


class Followers:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get_levels(self, ticket_id: int) -> Mapping[str, FollowLevel]:
        """Return the followers of a ticket, oldest first, without those who muted it."""
        there = select(affected.c.person).where(affected.c.ticket_id == ticket_id)
        people = self._connection.scalars(there.order_by(affected.c.at, affected.c.person))
        found = dict.fromkeys(people, FollowLevel.ALL)
        said = select(followers.c.person, followers.c.wants).where(followers.c.ticket_id == ticket_id)
        found |= {
            person: FollowLevel(wants) for person, wants in self._connection.execute(said.order_by(followers.c.at))
        }
        return {person: wants for person, wants in found.items() if wants is not FollowLevel.NOTHING}

    def find_level(self, ticket_id: int, person: str) -> FollowLevel | None:
        """Return the level that a person chose; None when they chose none."""
        mine = (followers.c.ticket_id == ticket_id, followers.c.person == person)
        said = self._connection.scalar(select(followers.c.wants).where(*mine))
        return FollowLevel(said) if said else None

    def copy_followers(self, ticket_id: int, to: int) -> None:
        """Copy the chosen levels to another ticket, except for people who chose one there."""
        there = select(followers.c.person).where(followers.c.ticket_id == to)
        mine = select(followers).where(followers.c.ticket_id == ticket_id, followers.c.person.not_in(there))
        rows = [{**row, "ticket_id": to} for row in self._connection.execute(mine).mappings()]
        if rows:
            self._connection.execute(insert(followers), rows)

    def update_level(self, ticket_id: int, person: str, wants: FollowLevel, at: datetime) -> None:
        mine = (followers.c.ticket_id == ticket_id, followers.c.person == person)
        self._connection.execute(delete(followers).where(*mine))
        row = {"ticket_id": ticket_id, "person": person, "wants": wants, "at": at}
        self._connection.execute(insert(followers).values(row))
