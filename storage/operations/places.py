"""Where a channel's id stands, so that everything follows when Slack gives the channel another id."""

from sqlalchemy import Connection, delete, func, update

from storage.delivery.tables import rate_limits
from storage.operations.erasure import PLACE_COLUMNS


class Places:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def replace(self, old: str, new: str) -> int:
        """Replace a channel's id in lanes, messages, copies, tickets, comments and timers; return the changed rows."""
        self._connection.execute(delete(rate_limits).where(rate_limits.c.key.contains(old, autoescape=True)))
        changed = 0
        for column in PLACE_COLUMNS:
            here = update(column.table).where(column.contains(old, autoescape=True))
            changed += self._connection.execute(here.values({column: func.replace(column, old, new)})).rowcount
        return changed
