"""What reporter and team said to each other about a ticket; edits change it, and what was deleted is gone."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, update

from domain.conversations.comment import Saying
from storage.followup.tables import sayings
from storage.tickets.tables import tickets


class Conversations:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(
        self, ticket_id: int, said: Saying, channel: str | None = None, ts: str | None = None
    ) -> None:  # fmt: skip
        """`channel` and `ts` are those of the message, where it was one."""
        row = {"ticket_id": ticket_id, "person": said.person, "side": said.side, "words": said.words, "at": said.at,
               "channel": channel, "ts": ts}  # fmt: skip
        self._connection.execute(insert(sayings).values(row))

    def change(self, channel: str, ts: str, words: str, at: datetime) -> None:
        """Its author wrote something else there; without words it was deleted."""
        mine = (sayings.c.channel == channel, sayings.c.ts == ts)
        if not words:
            self._connection.execute(delete(sayings).where(*mine))
            return
        self._connection.execute(update(sayings).where(*mine).values(words=words, changed_at=at))

    def of(self, ticket_id: int) -> Sequence[Saying]:
        """Oldest first."""
        columns = (sayings.c.person, sayings.c.side, sayings.c.words, sayings.c.at, sayings.c.changed_at)
        mine = select(*columns).where(sayings.c.ticket_id == ticket_id).order_by(sayings.c.id)
        return [Saying(*row) for row in self._connection.execute(mine)]

    def since(self, phase_id: int, side: str, since: datetime) -> Sequence[tuple[int, str]]:
        """(ticket, words) of what one side said in a phase since then."""
        mine = (tickets.c.phase_id == phase_id, sayings.c.side == side, sayings.c.at >= since)
        asked = select(sayings.c.ticket_id, sayings.c.words).join(tickets, tickets.c.id == sayings.c.ticket_id)
        return [
            (row.ticket_id, row.words) for row in self._connection.execute(asked.where(*mine).order_by(sayings.c.id))
        ]
