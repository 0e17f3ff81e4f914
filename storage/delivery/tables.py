"""The tables of delivery: lanes and outbox messages, handled requests, and rate limits."""

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    and_,
    exists,
    literal_column,
    or_,
    text,
)

from domain.delivery.message import MessageKind
from storage.database.columns import Utc
from storage.database.metadata import BigId, metadata

lanes = Table(
    "lanes", metadata,
    Column("id", BigId, primary_key=True),
    Column("name", String(80), nullable=False, unique=True),
    Column("channel", String(32), nullable=False),
    Column("place", String(32), nullable=False, server_default=""),
    Column("thread_ts", String(32)),
    Column("person", String(32)),
    Column("ticket_id", BigId, ForeignKey("tickets.id")),
    Column("dead", Text),
    Index("ix_lanes_place", "channel", "thread_ts"),
    Index("ix_lanes_ticket", "ticket_id"),
)  # fmt: skip

messages = Table(
    "outbox_messages", metadata,
    Column("id", BigId, primary_key=True),
    Column("lane_id", BigId, ForeignKey("lanes.id"), nullable=False),
    Column("verb", String(10), nullable=False),
    Column("target", BigId, ForeignKey("outbox_messages.id")),
    Column("in_thread", Boolean, nullable=False),
    Column("payload", JSON, nullable=False),
    Column("buttons", Text),  # the actions of a post's buttons, each between spaces
    Column("awaits", String(80)),
    Column("priority", Integer, nullable=False),
    Column("bucket", String(44), nullable=False, server_default=""),
    Column("state", String(10), nullable=False),
    Column("holder", String(32)),
    Column("uncertain", Boolean, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_at", Utc, nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("tried_at", Utc),
    Column("sent_at", Utc),
    Column("channel", String(32)),
    Column("ts", String(32)),
    Column("error", Text),
    sqlite_autoincrement=True,  # Slack keeps these ids, so that a message is recognised
)  # fmt: skip
# SQLite uses a partial index only where a query says the very same words, so the queries use these too.
RECALLED = "recalled"  # the error of a message that was withdrawn
IS_WAITING = messages.c.state == literal_column("'waiting'")
IS_SENDING = messages.c.state == literal_column("'sending'")
WAITING, UNSENT = text("state = 'waiting'"), text("state IN ('waiting', 'sending')")
Index("ix_outbox_messages_lane", messages.c.lane_id, messages.c.id)
Index("ix_outbox_messages_buttons", messages.c.lane_id, messages.c.verb, sqlite_where=messages.c.buttons.is_not(None),
      postgresql_where=messages.c.buttons.is_not(None))  # fmt: skip
Index("ix_outbox_messages_unsent", messages.c.lane_id, messages.c.id, sqlite_where=UNSENT, postgresql_where=UNSENT)
# Covers everything that decides whether a message is due, so that a backlog of held ones is skipped in the index.
Index(
    "ix_outbox_messages_due",
    messages.c.priority,
    messages.c.id,
    messages.c.bucket,
    messages.c.verb,
    messages.c.next_at,
    sqlite_where=WAITING,
    postgresql_where=WAITING,
)
Index("ix_outbox_messages_sending", messages.c.id, sqlite_where=text("state = 'sending'"),
      postgresql_where=text("state = 'sending'"))  # fmt: skip
# Whether a lane's first message may stand in Slack already, while its ts is not known yet.
IS_ARRIVING = and_(
    lanes.c.thread_ts.is_(None),
    exists().where(
        messages.c.lane_id == lanes.c.id, messages.c.verb == MessageKind.POST.value,
        or_(IS_SENDING, and_(IS_WAITING, messages.c.uncertain)),
    ),
)  # fmt: skip
IS_DEAD = messages.c.state == literal_column("'dead'")
Index(
    "ix_outbox_messages_dead",
    messages.c.id,
    sqlite_where=text("state = 'dead'"),
    postgresql_where=text("state = 'dead'"),
)
Index(
    "ix_outbox_messages_ts",
    messages.c.ts,
    messages.c.channel,
    sqlite_where=messages.c.ts.is_not(None),
    postgresql_where=messages.c.ts.is_not(None),
)
Index("ix_outbox_messages_awaits", messages.c.awaits, sqlite_where=messages.c.awaits.is_not(None),
      postgresql_where=messages.c.awaits.is_not(None))  # fmt: skip
Index("ix_outbox_messages_target", messages.c.target, sqlite_where=messages.c.target.is_not(None),
      postgresql_where=messages.c.target.is_not(None))  # fmt: skip

# Requests already carried out; a second delivery finds its key here.
requests = Table(
    "requests", metadata,
    Column("key", String(300), primary_key=True),
    Column("at", Utc, nullable=False),
    Index("ix_requests_at", "at"),
)  # fmt: skip

# Slack's rate limits, shared by all processes: one token bucket per row.
rate_limits = Table(
    "rate_limits", metadata,
    Column("key", String(44), primary_key=True),
    Column("full_at", Utc, nullable=False),
    Column("free_at", Utc, nullable=False),
    Index("ix_rate_limits_free_at", "free_at"),
)  # fmt: skip

# Kinds of blocks that a workspace refused: they are said more plainly until then.
refused_blocks = Table(
    "refused_blocks", metadata,
    Column("workspace", String(32), primary_key=True),
    Column("block_type", String(40), primary_key=True),
    Column("refused_at", Utc, nullable=False),
    Column("until", Utc, nullable=False),
    Column("error", String(80), nullable=False),
    Column("pointer", String(200), nullable=False),
)  # fmt: skip

# The outbox message that carries a person's message to the other thread, so that edits and deletions can follow.
mirrors = Table(
    "mirrors", metadata,
    Column("channel", String(32), primary_key=True),
    Column("ts", String(32), primary_key=True),
    Column("part", Integer, primary_key=True),
    Column("message_id", BigId, ForeignKey("outbox_messages.id"), nullable=False),
    Column("ticket_id", BigId, ForeignKey("tickets.id"), nullable=False),
)  # fmt: skip

# The processes that send messages; one whose lease ended loses the messages it had claimed.
replicas = Table(
    "replicas", metadata,
    Column("id", String(32), primary_key=True),
    Column("name", Text, nullable=False),
    Column("version", String(20), nullable=False),
    Column("started_at", Utc, nullable=False),
    Column("alive_until", DateTime, nullable=False),
)  # fmt: skip
