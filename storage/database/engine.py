"""Create the engine of each database, with its timeouts, caches and pragmas."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url

from storage.database.failures import translate
from storage.database.pending import BLIND, OPTION, note_change
from storage.database.pipeline import LATER, ONCE, collect

BUSY_MS = 1200  # a second process may hold the file this long, counted from when we asked; Slack waits 3 s
MIN_BUSY_MS = 50  # the least that is left of it after waiting for our own writer lock
# Each of a dozen connections has a cache of its own, two megabytes unless told otherwise; the system has one too.
PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    "foreign_keys=ON",
    f"busy_timeout={BUSY_MS}",
    "cache_size=-512",
    "secure_delete=ON",
)
# The one that was used last is used next: it knows statements and pages already, and the others stay small.
POOL: dict[str, Any] = {"pool_size": 12, "pool_timeout": 2, "pool_use_lifo": True}
# A frozen process must not keep its row locks, and a slow statement must not block a request.
LIMITS = "-c statement_timeout=10s -c idle_in_transaction_session_timeout=20s"

# A server whose packets are dropped is given up after some seconds, and not after the quarter of an hour of TCP.
# https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS
SILENCE: dict[str, Any] = {
    "keepalives_idle": 3,
    "keepalives_interval": 1,
    "keepalives_count": 3,
    "tcp_user_timeout": 5000,
}  # s, s, -, ms


def open_engine(url: str) -> Engine:
    parsed = make_url(url)
    if parsed.drivername in ("postgresql", "postgres"):
        parsed = parsed.set(drivername="postgresql+psycopg")
    if parsed.get_backend_name() == "sqlite":
        return _watched(_sqlite(create_engine(parsed, connect_args={"check_same_thread": False}, **POOL)))
    given = {"connect_timeout": 2, "options": LIMITS, **SILENCE}
    engine = create_engine(parsed, connect_args=given, **POOL)
    collect(engine)
    return _watched(engine)


def _watched(engine: Engine) -> Engine:
    """Make pending writes before what could see them; count what changed something, in `connection.info`."""

    @event.listens_for(engine, "before_execute")
    def write(connection: Connection, statement: Any, _many: Any, _values: Any, options: Mapping[str, Any]) -> None:
        pending = options.get(OPTION)
        if pending is not None and not options.get(BLIND):
            pending.before(connection, statement)

    @event.listens_for(engine, "after_cursor_execute")
    def count(connection: Connection, cursor: Any, _statement: str, _values: Any, context: Any, _many: bool) -> None:
        is_unknown = cursor.rowcount < 0 and LATER in context.execution_options
        if context.isinsert or ((context.isupdate or context.isdelete) and cursor.rowcount and not is_unknown):
            note_change(connection)

    event.listen(engine, "handle_error", translate)
    return engine


def _sqlite(engine: Engine) -> Engine:
    @event.listens_for(engine, "connect")
    def configure(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves
        for pragma in PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A deferred BEGIN that turns into a write fails at once when another process wrote meanwhile.
        options = connection.get_execution_options()
        if options.get(ONCE):
            return
        # Time spent waiting for our writer lock counts, or a click would time out in Slack.
        left = max(BUSY_MS - round(options.get("waited", 0.0) * 1000), MIN_BUSY_MS)
        connection.connection.execute(f"PRAGMA busy_timeout={left}")
        connection.exec_driver_sql("BEGIN" if options.get("reading") else "BEGIN IMMEDIATE")

    return engine
