"""Slack's rate limits, shared by all processes: the token buckets and the calls in progress."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from sqlalchemy import Connection, Executable, and_, bindparam, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite

from domain.delivery.message import MessageKind
from domain.delivery.rate_limits import Bucket, rate_for
from storage.delivery.tables import IS_SENDING, messages, rate_limits

EPOCH = timedelta(days=1)
# One that is searched for first counts only when it is posted, since it may take long.
_LOOKED_FOR = and_(messages.c.uncertain, messages.c.verb == MessageKind.POST)
IN_FLIGHT = (
    select(messages.c.verb, messages.c.bucket, func.count().label("calls"))
    .where(IS_SENDING, ~_LOOKED_FOR)
    .group_by(messages.c.verb, messages.c.bucket)
)
FOUND = select(rate_limits).where(rate_limits.c.key.in_(bindparam("keys", expanding=True))).order_by(rate_limits.c.key)


def _keep(made: sqlite.Insert | postgresql.Insert) -> Executable:
    values = {"full_at": made.excluded.full_at, "free_at": made.excluded.free_at}
    return made.on_conflict_do_update(index_elements=["key"], set_=values)


KEEP = {"sqlite": _keep(sqlite.insert(rate_limits)), "postgresql": _keep(postgresql.insert(rate_limits))}
MAKE = postgresql.insert(rate_limits).on_conflict_do_nothing()


class RateLimits:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def lock(self, keys: Iterable[str], now: datetime) -> dict[str, Bucket]:
        """Return the buckets of those keys, locked until the end of the transaction."""
        wanted = sorted(set(keys))
        shared = self._connection.dialect.name == "postgresql"
        found = self._found(wanted, shared=shared)
        missing = [key for key in wanted if key not in found]
        if missing and shared:  # two processes may meet here: the row has to be there before it can be locked
            full = [{"key": key, "full_at": now, "free_at": now - EPOCH} for key in missing]
            self._connection.execute(MAKE, full)
            found = self._found(wanted, shared=True)
        flying = self._in_flight()
        return {key: Bucket(rate_for(key), found.get(key, now), flying[key]) for key in wanted}

    def save(self, changed: Mapping[str, Bucket], now: datetime) -> None:
        """Save the buckets."""
        rows = [{"key": k, "full_at": b.full_at, "free_at": b.free_at(now)} for k, b in sorted(changed.items())]
        if rows:
            self._connection.execute(KEEP[self._connection.dialect.name], rows)

    def take_token(self, key: str, now: datetime) -> datetime | None:
        """Take a token; return when to try again if there is none."""
        bucket = self.lock([key], now)[key]
        if bucket.tokens(now) == 0:
            return bucket.free_at(now)
        self.save({key: bucket.land(1, now)}, now)
        return None

    def delete_full(self, before: datetime | None = None) -> int:
        """Delete buckets that have been full since then, or all of them after the clock was set back."""
        old = delete(rate_limits) if before is None else delete(rate_limits).where(rate_limits.c.full_at < before)
        return self._connection.execute(old).rowcount

    def _found(self, keys: list[str], *, shared: bool) -> dict[str, datetime]:
        query = FOUND.with_for_update() if shared else FOUND
        return {row.key: row.full_at for row in self._connection.execute(query, {"keys": keys})}

    def _in_flight(self) -> Counter[str]:
        """Return calls in progress by key, of all processes; stable while the bucket is locked."""
        found: Counter[str] = Counter()
        for row in self._connection.execute(IN_FLIGHT):
            found[row.bucket] += row.calls
            found[row.verb] += row.calls
        return found
