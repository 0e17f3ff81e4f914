"""Which letters carry a person's message to the other thread, so that edits, deletions and reactions can follow."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, and_, delete, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from storage.workings import letters, mirrors, reacted


@dataclass(frozen=True, slots=True)
class Source:
    """A person's message that was carried over."""

    ticket_id: int
    channel: str
    ts: str


class Mirrors:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def put(self, channel: str, ts: str, parts: Mapping[int, int], ticket_id: int) -> None:
        """Remember which letters carry this message: {part: letter id}."""
        for part, letter_id in parts.items():
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

    def react(self, ticket_id: int, channel: str, ts: str, emoji: str, person: str, *, add: bool) -> bool:
        """Somebody puts an emoji on a message there, or takes it away; whether theirs is the first, or was the last."""
        here = and_(reacted.c.channel == channel, reacted.c.ts == ts, reacted.c.emoji == emoji)
        if add:
            new = postgresql.insert if self._connection.dialect.name == "postgresql" else sqlite.insert
            row = {"channel": channel, "ts": ts, "emoji": emoji, "person": person, "ticket_id": ticket_id}
            self._connection.execute(new(reacted).values(row).on_conflict_do_nothing())
        else:
            self._connection.execute(delete(reacted).where(here, reacted.c.person == person))
        return len(self.reacted(channel, ts, emoji)) == (1 if add else 0)

    def reacted(self, channel: str, ts: str, emoji: str) -> list[str]:
        """Who has put that on a message there."""
        here = and_(reacted.c.channel == channel, reacted.c.ts == ts, reacted.c.emoji == emoji)
        return list(self._connection.scalars(select(reacted.c.person).where(here)))
