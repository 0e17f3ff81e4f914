"""Repository of post-mortems, and of the critical tickets in their timeline."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from domain.learning.post_mortem import LessonKind, PostMortem
from domain.tickets.status import Status
from domain.tickets.ticket import Severity
from storage.learning.tables import post_mortems
from storage.tickets.milestone_table import milestones
from storage.tickets.tables import tickets

MAX_CRITICAL = 50  # in a timeline


class PostMortems:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, phase_id: int, *, lock: bool = False) -> PostMortem:
        """Return the post-mortem of a phase, an empty one before the first change."""
        mine = select(post_mortems).where(post_mortems.c.phase_id == phase_id)
        row = self._connection.execute(mine.with_for_update() if lock else mine).one_or_none()
        if row is None:
            return PostMortem(phase_id=phase_id)
        texts = {LessonKind(name): str(text) for name, text in row.texts.items()}
        return PostMortem(phase_id=phase_id, texts=texts, version=row.version, edited_by=row.edited_by,
                          edited_at=row.edited_at, posted_at=row.posted_at)  # fmt: skip

    def save(self, found: PostMortem, texts: Mapping[LessonKind, str], person: str, at: datetime) -> None:
        """Save the texts as the next version."""
        values = {"texts": {kind.value: text for kind, text in texts.items()}, "version": found.version + 1,
                  "edited_by": person, "edited_at": at}  # fmt: skip
        if found.version:
            mine = update(post_mortems).where(post_mortems.c.phase_id == found.phase_id)
            self._connection.execute(mine.values(values))
        else:
            self._connection.execute(insert(post_mortems), {**values, "phase_id": found.phase_id})

    def update_posted(self, phase_id: int, at: datetime) -> None:
        self._connection.execute(
            update(post_mortems).where(post_mortems.c.phase_id == phase_id).values(posted_at=at)
        )  # fmt: skip

    def list_critical(self, phase_id: int, until: datetime) -> list[tuple[int, datetime, datetime | None]]:
        """Return number, when it was opened and when resolved of each public critical ticket, oldest first."""
        m = milestones
        unique = tickets.c.status.not_in([Status.MERGED.value, Status.WITHDRAWN.value])
        mine = (m.c.phase_id == phase_id, m.c.private.is_(False), m.c.severity == Severity.CRITICAL.value,
                m.c.opened_at <= until, unique)  # fmt: skip
        asked = select(tickets.c.number, m.c.opened_at, m.c.resolved_at).join(tickets, tickets.c.id == m.c.ticket_id)
        rows = self._connection.execute(asked.where(*mine).order_by(m.c.opened_at).limit(MAX_CRITICAL))
        return [(row.number, row.opened_at, row.resolved_at) for row in rows]
