"""The topics that people follow."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, func, insert, select

from domain.automation.topics import FollowedTopic, TopicKind
from storage.automation.tables import topics
from storage.conversations.tables import followers
from storage.tickets.tables import tickets

OF_PHASE = (
    select(topics.c.person, topics.c.kind, topics.c.value).where(topics.c.phase_id == bindparam("phase"))
    .order_by(topics.c.person, topics.c.kind, topics.c.value)
)  # fmt: skip


class Topics:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get_of_phase(self, phase_id: int) -> Mapping[str, Sequence[FollowedTopic]]:
        """Return the topics of a phase by person."""
        found = dict[str, list[FollowedTopic]]()
        for row in self._connection.execute(OF_PHASE, {"phase": phase_id}):
            found.setdefault(row.person, []).append(FollowedTopic(TopicKind(row.kind), row.value))
        return found

    def list_of_person(self, phase_id: int, person: str) -> list[FollowedTopic]:
        mine = OF_PHASE.where(topics.c.person == bindparam("person"))
        rows = self._connection.execute(mine, {"phase": phase_id, "person": person})
        return [FollowedTopic(TopicKind(row.kind), row.value) for row in rows]

    def replace_of_person(self, phase_id: int, person: str, chosen: Collection[FollowedTopic], at: datetime) -> None:
        mine = (topics.c.phase_id == phase_id, topics.c.person == person)
        self._connection.execute(delete(topics).where(*mine))
        rows = [{"phase_id": phase_id, "person": person, "kind": one.kind.value, "value": one.value, "at": at}
                for one in sorted(set(chosen))]  # fmt: skip
        if rows:
            self._connection.execute(insert(topics), rows)

    def count_followed(self, phase_id: int, people: Collection[str], since: datetime) -> Mapping[str, int]:
        """Count the tickets of a phase that each of these people has begun to follow since then."""
        asked = (
            select(followers.c.person, func.count())
            .join(tickets, tickets.c.id == followers.c.ticket_id)
            .where(tickets.c.phase_id == phase_id, followers.c.person.in_(people), followers.c.at > since)
            .group_by(followers.c.person)
        )  # fmt: skip
        return {row[0]: row[1] for row in self._connection.execute(asked)}

    def list_choosers(self, ticket_id: int) -> set[str]:
        """Return the people who have a level on a ticket, also those who muted it."""
        return set(self._connection.scalars(select(followers.c.person).where(followers.c.ticket_id == ticket_id)))
