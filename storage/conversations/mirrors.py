"""Mirrors: which outbox messages copy a person's message to the other thread, so that edits and reactions follow."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, and_, delete, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from storage.conversations.tables import mirrored_reactions
from storage.delivery.outbox import QueuedMessage
from storage.delivery.tables import messages, mirrors


@dataclass(frozen=True, slots=True)
class Source:
    """A person's message that was copied to the other thread."""

    ticket_id: int
    channel: str
    ts: str


class Mirrors:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def insert_copies(
        self, channel: str, ts: str, messages: Iterable[QueuedMessage], ticket_id: int, *, first: int = 0
    ) -> None:
        """Insert the outbox messages that copy a message; their parts are numbered from `first`."""
        for part, message in enumerate(messages, first):
            row = {"channel": channel, "ts": ts, "part": part, "message_id": message.id, "ticket_id": ticket_id}
            self._connection.execute(insert(mirrors), row)

    def find_copies(self, channel: str, ts: str) -> tuple[int, list[int]] | None:
        """Return the ticket id and the outbox messages that copy a message, in order; None without a copy."""
        here = and_(mirrors.c.channel == channel, mirrors.c.ts == ts)
        rows = self._connection.execute(select(mirrors).where(here).order_by(mirrors.c.part)).all()
        return (rows[0].ticket_id, [row.message_id for row in rows]) if rows else None

    def find_source(self, channel: str, ts: str) -> Source | None:
        """Return the message that was copied to this place; None when it is no copy."""
        columns = (mirrors.c.ticket_id, mirrors.c.channel, mirrors.c.ts)
        carried = select(*columns).join(messages, messages.c.id == mirrors.c.message_id)
        row = self._connection.execute(
            carried.where(messages.c.ts == ts, messages.c.channel == channel).limit(1)
        ).first()
        return Source(*row) if row else None

    def update_reaction(self, ticket_id: int, at: tuple[str, str], emoji: str, person: str, *, add: bool) -> bool:
        """Add or remove a person's reaction; return whether it is the first, or was the last."""
        row = {"channel": at[0], "ts": at[1], "emoji": emoji, "person": person}
        if add:
            new = postgresql.insert if self._connection.dialect.name == "postgresql" else sqlite.insert
            self._connection.execute(
                new(mirrored_reactions).values(ticket_id=ticket_id, **row).on_conflict_do_nothing()
            )
            return self.list_reactions(at, emoji) == [person]
        mine = and_(*(mirrored_reactions.c[name] == value for name, value in row.items()))
        return self._connection.execute(
            delete(mirrored_reactions).where(mine)
        ).rowcount > 0 and not self.list_reactions(at, emoji)

    def list_reactions(self, at: tuple[str, str], emoji: str) -> list[str]:
        """Return the people who reacted with this emoji."""
        here = and_(
            mirrored_reactions.c.channel == at[0], mirrored_reactions.c.ts == at[1], mirrored_reactions.c.emoji == emoji
        )
        return list(self._connection.scalars(select(mirrored_reactions.c.person).where(here)))
