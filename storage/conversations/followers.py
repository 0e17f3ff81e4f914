"""Followers of tickets and which updates they want: people who chose a level, and all affected people."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import BigInteger, Connection, bindparam, delete, func, insert, literal, select, union_all

from domain.conversations.following import FollowLevel
from storage.conversations.tables import followers
from storage.database.pending import about_held
from storage.tickets.affected import AffectedPeople
from storage.tickets.tables import affected, occurrences

IDS = bindparam("tickets", expanding=True, type_=BigInteger())
CHOSEN = (
    select(followers.c.ticket_id, followers.c.person, followers.c.wants)
    .where(followers.c.ticket_id.in_(IDS)).order_by(followers.c.at)
)  # fmt: skip
# Who is affected, how often it happened lately, and what people chose: three kinds of rows.
EVERYTHING = union_all(
    select(followers.c.ticket_id, followers.c.person, followers.c.at, followers.c.wants.label("wants"),
           literal(0).label("often")).where(followers.c.ticket_id.in_(IDS)),
    select(affected.c.ticket_id, affected.c.person, affected.c.at, literal(""), literal(0))
    .where(affected.c.ticket_id.in_(IDS)),
    select(occurrences.c.ticket_id, literal(""), func.max(occurrences.c.at), literal(""), func.count())
    .where(occurrences.c.ticket_id.in_(IDS), occurrences.c.at >= bindparam("start"))
    .group_by(occurrences.c.ticket_id),
)  # fmt: skip


class Followers:
    """`affected` are the affected people of the same transaction."""

    def __init__(self, connection: Connection, affected: AffectedPeople) -> None:
        self._connection, self._affected = connection, affected
        self._chosen: dict[int, dict[str, FollowLevel]] = {}  # of tickets that this transaction holds

    def get_levels(self, ticket_id: int) -> Mapping[str, FollowLevel]:
        """Return the followers of a ticket, oldest first, without those who muted it."""
        chosen = about_held(self._connection, ticket_id, self._chosen, dict, self._read)
        if chosen is None:
            self._read([ticket_id])
            chosen = self._chosen.pop(ticket_id, {})
        found = dict.fromkeys(self._affected.list_people(ticket_id), FollowLevel.ALL) | chosen
        return {person: wants for person, wants in found.items() if wants is not FollowLevel.NOTHING}

    def prepare(self, ticket_id: int, start: datetime) -> None:
        """Read who is affected, who follows and how often it happened since then, with one statement.

        This is done for all tickets that the transaction holds, once; it spares the questions that follow.
        """
        fresh = self._affected.unread(ticket_id, start)
        if not fresh:
            return
        chosen: dict[int, list[tuple[datetime, str, FollowLevel]]] = {held: [] for held in fresh}
        for row in self._connection.execute(EVERYTHING, {"tickets": fresh, "start": start}):
            if row.wants:
                chosen[row.ticket_id].append((row.at, row.person, FollowLevel(row.wants)))
            elif row.person:
                self._affected.know_person(row.ticket_id, row.person, row.at)
            else:
                self._affected.know_often(row.ticket_id, start, row.often)
        for held, said in chosen.items():
            self._chosen[held] = {person: wants for _, person, wants in sorted(said)}

    def _read(self, ticket_ids: Sequence[int]) -> None:
        for row in self._connection.execute(CHOSEN, {"tickets": list(ticket_ids)}):
            self._chosen.setdefault(row.ticket_id, {})[row.person] = FollowLevel(row.wants)

    def find_level(self, ticket_id: int, person: str) -> FollowLevel | None:
        """Return the level that a person chose; None when they chose none."""
        mine = (followers.c.ticket_id == ticket_id, followers.c.person == person)
        said = self._connection.scalar(select(followers.c.wants).where(*mine))
        return FollowLevel(said) if said else None

    def copy_followers(self, ticket_id: int, to: int) -> None:
        """Copy the chosen levels to another ticket, except for people who chose one there."""
        self._chosen.pop(to, None)
        there = select(followers.c.person).where(followers.c.ticket_id == to)
        mine = select(followers).where(followers.c.ticket_id == ticket_id, followers.c.person.not_in(there))
        rows = [{**row, "ticket_id": to} for row in self._connection.execute(mine).mappings()]
        if rows:
            self._connection.execute(insert(followers), rows)

    def update_level(self, ticket_id: int, person: str, wants: FollowLevel, at: datetime) -> None:
        self._chosen.pop(ticket_id, None)
        mine = (followers.c.ticket_id == ticket_id, followers.c.person == person)
        self._connection.execute(delete(followers).where(*mine))
        row = {"ticket_id": ticket_id, "person": person, "wants": wants, "at": at}
        self._connection.execute(insert(followers).values(row))
