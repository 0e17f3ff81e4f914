"""The tables of tickets: their files, events, affected people, occurrences, and saved lists."""

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

from domain.tickets.status import CLOSED_STATUSES
from storage.database.columns import Utc
from storage.database.metadata import BigId, metadata

tickets = Table(
    "tickets", metadata,
    Column("id", BigId, primary_key=True),
    Column("phase_id", BigId, ForeignKey("phases.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("reporter", String(32), nullable=False),
    Column("intake", String(20), nullable=False),
    Column("origin_channel", String(32)),
    Column("origin_ts", String(32)),
    Column("origin_thread_ts", String(32)),
    Column("summary", Text, nullable=False),
    Column("severity", String(10), nullable=False),
    Column("type", String(20), nullable=False),
    Column("module", Text, nullable=False),
    Column("impact", Text, nullable=False),
    Column("happened", Text, nullable=False),
    Column("steps", Text, nullable=False),
    Column("expected", Text, nullable=False),
    Column("actual", Text, nullable=False),
    Column("environment", Text, nullable=False),
    Column("private", Boolean, nullable=False),
    Column("status", String(16), nullable=False),
    Column("previous_status", String(16)),
    Column("owner", String(32)),
    Column("note", Text, nullable=False),
    Column("workaround", Text, nullable=False),
    Column("deferral", String(20)),
    Column("due", Date),
    Column("opened_at", Utc, nullable=False),
    Column("changed_at", Utc, nullable=False),
    Column("category", Text, nullable=False, server_default=""),
    Column("process", Text, nullable=False, server_default=""),
    Column("business", String(10), nullable=False, server_default=""),
    Column("urgency", String(10), nullable=False, server_default=""),
    Column("people", Integer),
    Column("extra", JSON, nullable=False, server_default="{}"),
    Column("effort", String(4), nullable=False, server_default=""),
    Column("priority", Float, nullable=False, server_default="0"),
    Column("rank", Float, nullable=False, server_default="0"),  # lists show the lowest first
    Column("affected", Integer, nullable=False, server_default="1"),
    Column("primary_id", BigId),
    Column("filed_by", String(32)),
    Column("due_at", Utc),  # of the first SLA target; lists show it
    Column("anonymous", Boolean, nullable=False, server_default=false()),
    Column("fix", String(12), nullable=False, server_default=""),
    Column("test", Text, nullable=False, server_default=""),
    Column("unconfirmed", Boolean, nullable=False, server_default=false()),
    Column("waiting_since", Utc),
    Column("scope", String(8), nullable=False, server_default=""),
    Column("judgement", String(10), nullable=False, server_default=""),
    Column("party", Text, nullable=False, server_default=""),
    Column("channel", String(32), nullable=False, server_default=""),  # in which it was reported, if in one
    UniqueConstraint("phase_id", "number"),
    sqlite_autoincrement=True,  # an id in a button is never given to another ticket
)  # fmt: skip
_CLOSED = ", ".join(f"'{status}'" for status in CLOSED_STATUSES)
IS_OPEN = text(f"tickets.status NOT IN ({_CLOSED})")
IS_CLOSED = text(f"tickets.status IN ({_CLOSED})")
OPEN = text(f"status NOT IN ({_CLOSED})")
# In list order, with the filter columns, so that filters are answered by the index.
LISTED = ("phase_id", "rank", "id", "severity", "type", "module", "status", "owner", "reporter", "private",
          "anonymous", "intake", "process", "category", "opened_at", "changed_at", "due_at")  # fmt: skip
Index("ix_tickets_rank", *(tickets.c[name] for name in LISTED), sqlite_where=OPEN, postgresql_where=OPEN)
Index("ix_tickets_phase", tickets.c.phase_id, tickets.c.id)
Index("ix_tickets_status", tickets.c.status)
SAID = tickets.c.origin_channel.is_not(None)
Index("ix_tickets_origin", tickets.c.origin_channel, tickets.c.origin_ts, sqlite_where=SAID, postgresql_where=SAID)
Index("ix_tickets_changed", tickets.c.changed_at)
Index("ix_tickets_module", *(tickets.c[n] for n in ("phase_id", "module", "id", "type", "severity", "status")))
Index("ix_tickets_owner", tickets.c.owner, tickets.c.id)
Index("ix_tickets_primary_id", tickets.c.primary_id, sqlite_where=tickets.c.primary_id.is_not(None),
      postgresql_where=tickets.c.primary_id.is_not(None))  # fmt: skip
Index("ix_tickets_reporter", tickets.c.reporter, tickets.c.id)
# Known issues, tickets from alerts, and changes that are delivered: these are few, and written out for their indexes.
IS_KNOWN = text("(tickets.affected >= 2 OR tickets.workaround != '')")
FROM_ALERTS = text("tickets.intake = 'monitoring'")
HAS_SCOPE = text("tickets.scope != ''")
KNOWN, MONITORED = text("(affected >= 2 OR workaround != '')"), text("intake = 'monitoring'")
Index("ix_tickets_known", tickets.c.phase_id, tickets.c.number, sqlite_where=KNOWN, postgresql_where=KNOWN)
SCOPED = text("scope != ''")
Index("ix_tickets_scoped", tickets.c.phase_id, tickets.c.scope, tickets.c.private, sqlite_where=SCOPED,
      postgresql_where=SCOPED)  # fmt: skip
Index("ix_tickets_monitored", tickets.c.phase_id, tickets.c.reporter, sqlite_where=MONITORED,
      postgresql_where=MONITORED)  # fmt: skip

files = Table(
    "files", metadata,
    Column("id", BigId, primary_key=True),
    Column("ticket_id", BigId, ForeignKey("tickets.id"), nullable=False),
    Column("file_id", String(80), nullable=False),  # sealed of an anonymous reporter
    Column("name", Text, nullable=False),
    Column("permalink", Text, nullable=False),
    Column("inside", Boolean, nullable=False, server_default=false()),
    UniqueConstraint("ticket_id", "file_id"),
)  # fmt: skip

# Affected people of a ticket, its reporter included. `via` is the merged ticket that they came with.
affected = Table(
    "affected", metadata,
    Column("ticket_id", BigId, ForeignKey("tickets.id"), primary_key=True),
    Column("person", String(32), primary_key=True),
    Column("way", String(12), nullable=False),
    Column("via", BigId, ForeignKey("tickets.id")),
    Column("at", Utc, nullable=False),
    Index("ix_affected_person", "person", "ticket_id"),
)  # fmt: skip

# Each occurrence of a problem, for its frequency.
occurrences = Table(
    "occurrences", metadata,
    Column("id", BigId, primary_key=True),
    Column("ticket_id", BigId, ForeignKey("tickets.id"), nullable=False),
    Column("source", String(12), nullable=False),
    Column("via", BigId, ForeignKey("tickets.id")),
    Column("at", Utc, nullable=False),
    Index("ix_occurrences_ticket", "ticket_id", "at"),
)  # fmt: skip

# Saved lists of each person.
saved_lists = Table(
    "saved_lists", metadata,
    Column("person", String(32), primary_key=True),
    Column("name", String(60), primary_key=True),
    Column("filter", Text, nullable=False),
)  # fmt: skip

# Append-only: events are never changed or deleted. `seal` is the number of the seal of its phase that covers it.
events = Table(
    "events", metadata,
    Column("id", BigId, primary_key=True),
    Column("ticket_id", BigId, ForeignKey("tickets.id"), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("actor", String(32), nullable=False),
    Column("at", Utc, nullable=False),
    Column("data", JSON, nullable=False),
    Column("seal", Integer),
    Index("ix_events_ticket", "ticket_id", "id"),
)  # fmt: skip
UNSEALED = events.c.seal.is_(None)
Index("ix_events_unsealed", events.c.ticket_id, sqlite_where=UNSEALED, postgresql_where=UNSEALED)

# What the log of a ticket said up to an event, so that a long log is not read again. `basis` names the rules by which
# it was read; under other rules, or without the row, the log is read from its beginning.
log_summaries = Table(
    "log_summaries", metadata,
    Column("ticket_id", BigId, ForeignKey("tickets.id"), primary_key=True),
    Column("through", BigId, nullable=False),
    Column("basis", String(64), nullable=False),
    Column("summary", Text, nullable=False),
)  # fmt: skip
