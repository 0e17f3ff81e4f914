"""Kinds of blocks that a workspace refused, remembered for a day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from storage.delivery.tables import refused_blocks


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedBlock:
    """`error` and `pointer` are Slack's: what it called the refusal, and where in the payload it was."""

    block_type: str
    refused_at: datetime
    until: datetime
    error: str
    pointer: str


class RefusedBlocks:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def remember(self, workspace: str, found: Sequence[RefusedBlock]) -> None:
        """Keep these instead of what was known of their types, and forget what has ended."""
        if not found:
            return
        table, types = refused_blocks, [one.block_type for one in found]
        now = max(one.refused_at for one in found)
        old = table.c.block_type.in_(types) | (table.c.until <= now)
        self._connection.execute(delete(table).where(table.c.workspace == workspace, old))
        rows = [
            {"workspace": workspace, "block_type": one.block_type, "refused_at": one.refused_at, "until": one.until,
             "error": one.error[:80], "pointer": one.pointer[:200]}
            for one in found
        ]  # fmt: skip
        self._connection.execute(insert(table), rows)

    def list_active(self, now: datetime, workspace: str | None = None) -> list[RefusedBlock]:
        """Return what is refused now, in one workspace or in all of them."""
        table = refused_blocks
        mine = select(table).where(table.c.until > now).order_by(table.c.block_type)
        rows = self._connection.execute(mine.where(table.c.workspace == workspace) if workspace else mine).mappings()
        names = RefusedBlock.__dataclass_fields__
        return [RefusedBlock(**{name: row[name] for name in names}) for row in rows]
