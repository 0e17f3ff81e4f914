"""Which letters carry a person's message to the other thread, so that edits, deletions and reactions can follow."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, and_, delete, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from storage.operations.tables import letters, mirrors, reacted


@dataclass(frozen=True, slots=True)
class Source:
    """A person's message that was carried over."""

    ticket_id: int
    channel: str
    ts: str


class Mirrors:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def put(self, channel: str, ts: str, letters: Iterable[int], ticket_id: int, *, first: int = 0) -> None:
        """Remember which letters carry this message, its parts from that one on."""
        for part, letter_id in enumerate(letters, first):
            row = {"channel": channel, "ts": ts, "part": part, "letter_id": letter_id, "ticket_id": ticket_id}
            self._connection.execute(insert(mirrors), row)

    def of(self, channel: str, ts: str) -> tuple[int, list[int]] | None:
        """The ticket and the letters that carry this message, in their order."""
        here = and_(mirrors.c.channel == channel, mirrors.c.ts == ts)
        rows = self._connection.execute(select(mirrors).where(here).order_by(mirrors.c.part)).all()
        return (rows[0].ticket_id, [row.letter_id for row in rows]) if rows else None

    def source(self, channel: str, ts: str) -> Source | None:
        """What the letter that landed there carries, if it is somebody's message."""
        columns = (mirrors.c.ticket_id, mirrors.c.channel, mirrors.c.ts)
        carried = select(*columns).join(letters, letters.c.id == mirrors.c.letter_id)
        row = self._connection.execute(carried.where(letters.c.ts == ts, letters.c.channel == channel).limit(1)).first()
        return Source(*row) if row else None

    def react(self, ticket_id: int, at: tuple[str, str], emoji: str, person: str, *, add: bool) -> bool:
        """Somebody puts an emoji there, or takes it away; whether theirs is the first, or was the last."""
        row = {"channel": at[0], "ts": at[1], "emoji": emoji, "person": person}
        if add:
            new = postgresql.insert if self._connection.dialect.name == "postgresql" else sqlite.insert
            self._connection.execute(new(reacted).values(ticket_id=ticket_id, **row).on_conflict_do_nothing())
            return self.reacted(at, emoji) == [person]
        mine = and_(*(reacted.c[name] == value for name, value in row.items()))
        return self._connection.execute(delete(reacted).where(mine)).rowcount > 0 and not self.reacted(at, emoji)

    def reacted(self, at: tuple[str, str], emoji: str) -> list[str]:
        """Who has put that there."""
        here = and_(reacted.c.channel == at[0], reacted.c.ts == at[1], reacted.c.emoji == emoji)
        return list(self._connection.scalars(select(reacted.c.person).where(here)))
