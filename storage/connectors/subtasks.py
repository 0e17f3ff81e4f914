"""Which sub-task of an issue stands for which action of its ticket, and what both had when they last agreed."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update
from sqlalchemy.dialects import postgresql, sqlite

from storage.connectors.issue_links import IssueLink
from storage.connectors.tables import issue_links, subtasks

NEW = {
    name: new(subtasks).on_conflict_do_nothing()
    for name, new in (("postgresql", postgresql.insert), ("sqlite", sqlite.insert))
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Subtask:
    """An action and its sub-task; `issue_id` is None until it is known, `tried_at` is when it was asked for."""

    id: int
    link_id: int
    action_id: int
    issue_id: str | None
    key: str
    tried_at: datetime | None
    gone: bool
    is_done: bool


class Subtasks:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def insert_missing(self, link_id: int, action_ids: Collection[int]) -> None:
        """Note that these actions are to have a sub-task; those that have one keep it."""
        rows = [{"link_id": link_id, "action_id": one, "key": "", "gone": False, "is_done": False}
                for one in action_ids]  # fmt: skip
        if rows:
            self._connection.execute(NEW[self._connection.dialect.name], rows)

    def list_of_link(self, link_id: int) -> list[Subtask]:
        """Return the sub-tasks of an issue, oldest first, without those that are gone."""
        mine = select(subtasks).where(subtasks.c.link_id == link_id, subtasks.c.gone.is_(False))
        return [Subtask(**row) for row in self._connection.execute(mine.order_by(subtasks.c.id)).mappings()]

    def find_subtask(self, subtask_id: int) -> Subtask | None:
        """Return a sub-task, locked until the commit."""
        mine = select(subtasks).where(subtasks.c.id == subtask_id).with_for_update()
        row = self._connection.execute(mine).mappings().first()
        return Subtask(**row) if row else None

    def list_links(self, system: str, issue_ids: Collection[str]) -> list[IssueLink]:
        """Return the links of the issues to which these sub-tasks belong."""
        theirs = select(subtasks.c.link_id).where(subtasks.c.issue_id.in_(issue_ids))
        mine = select(issue_links).where(issue_links.c.system == system, issue_links.c.id.in_(theirs))
        return [IssueLink(**row) for row in self._connection.execute(mine).mappings()]

    def update_subtask(self, subtask_id: int, **values: Any) -> None:
        """Change columns of a sub-task."""
        self._connection.execute(update(subtasks).where(subtasks.c.id == subtask_id).values(values))
