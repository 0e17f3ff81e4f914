"""Comments of reporter and team on a ticket; edits and deletions in Slack are followed."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, update

from domain.conversations.comment import Comment
from storage.conversations.tables import comments
from storage.database.pending import insert_later
from storage.tickets.tables import tickets

SAID = insert(comments)


class Comments:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def insert_comment(
        self, ticket_id: int, said: Comment, channel: str | None = None, ts: str | None = None
    ) -> None:  # fmt: skip
        """Insert a comment; `channel` and `ts` are those of its message in Slack, where there is one."""
        row = {"ticket_id": ticket_id, "person": said.person, "side": said.side, "words": said.words, "at": said.at,
               "channel": channel, "ts": ts}  # fmt: skip
        insert_later(self._connection, SAID, row)

    def update_comment(self, channel: str, ts: str, words: str, at: datetime) -> None:
        """Update the comment of an edited message; without words it is deleted."""
        mine = (comments.c.channel == channel, comments.c.ts == ts)
        if not words:
            self._connection.execute(delete(comments).where(*mine))
            return
        self._connection.execute(update(comments).where(*mine).values(words=words, changed_at=at))

    def list_comments(self, ticket_id: int) -> Sequence[Comment]:
        """Return the comments on a ticket, oldest first."""
        columns = (comments.c.person, comments.c.side, comments.c.words, comments.c.at, comments.c.changed_at)
        mine = select(*columns).where(comments.c.ticket_id == ticket_id).order_by(comments.c.id)
        return [Comment(*row) for row in self._connection.execute(mine)]

    def list_since(self, phase_id: int, side: str, since: datetime) -> Sequence[tuple[int, str]]:
        """Return (ticket id, words) of one side's comments in a phase since that moment."""
        mine = (tickets.c.phase_id == phase_id, comments.c.side == side, comments.c.at >= since)
        asked = select(comments.c.ticket_id, comments.c.words).join(tickets, tickets.c.id == comments.c.ticket_id)
        return [
            (row.ticket_id, row.words) for row in self._connection.execute(asked.where(*mine).order_by(comments.c.id))
        ]
