"""Several processes, the pace Slack allows, and everything that happens by the clock.

Only new tables and columns with defaults: a process of the release before goes on working meanwhile.
"""

from datetime import UTC, datetime, time

import sqlalchemy as sa
from alembic import op

from storage.database.columns import Utc

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _letters()
    _timers()
    _returns()


def _letters() -> None:
    op.add_column("lanes", sa.Column("place", sa.String(length=32), server_default="", nullable=False))
    op.add_column("letters", sa.Column("bucket", sa.String(length=44), server_default="", nullable=False))
    op.add_column("letters", sa.Column("holder", sa.String(length=32), nullable=True))
    op.add_column("letters", sa.Column("tried_at", Utc(), nullable=True))
    op.execute(
        "UPDATE lanes SET place = CASE WHEN person IS NOT NULL AND channel LIKE 'D%' THEN person ELSE channel END"
    )
    op.execute(
        "UPDATE letters SET bucket = verb || ' ' || (SELECT place FROM lanes WHERE lanes.id = letters.lane_id) "
        "WHERE state IN ('waiting', 'sending')"
    )
    waiting, unsent = sa.text("state = 'waiting'"), sa.text("state IN ('waiting', 'sending')")
    op.drop_index("ix_letters_due", table_name="letters")
    op.create_index("ix_letters_due", "letters", ["priority", "id", "bucket", "verb", "next_at"], unique=False,
                    sqlite_where=waiting, postgresql_where=waiting)  # fmt: skip
    op.create_index("ix_letters_unsent", "letters", ["lane_id", "id"], unique=False,
                    sqlite_where=unsent, postgresql_where=unsent)  # fmt: skip
    dead = sa.text("state = 'dead'")
    op.create_index("ix_letters_dead", "letters", ["id"], unique=False, sqlite_where=dead, postgresql_where=dead)
    op.create_index("ix_tickets_status", "tickets", ["status"], unique=False)
    op.create_table(
        "buckets",
        sa.Column("key", sa.String(length=44), nullable=False),
        sa.Column("full_at", Utc(), nullable=False),
        sa.Column("free_at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_buckets")),
    )
    op.create_index("ix_buckets_free_at", "buckets", ["free_at"], unique=False)
    op.create_table(
        "replicas",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", sa.String(length=20), nullable=False),
        sa.Column("started_at", Utc(), nullable=False),
        sa.Column("alive_until", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_replicas")),
    )


def _timers() -> None:
    op.create_table(
        "timers",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("ticket_id", BIG_ID, nullable=True),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("plan", sa.JSON(), nullable=True),
        sa.Column("pending", sa.Date(), nullable=True),
        sa.Column("next_at", Utc(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_timers_ticket_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_timers")),
        sa.UniqueConstraint("key", name=op.f("uq_timers_key")),
    )
    pending = sa.text("next_at IS NOT NULL")
    op.create_index("ix_timers_next_at", "timers", ["next_at", "id"], unique=False,
                    sqlite_where=pending, postgresql_where=pending)  # fmt: skip
    op.create_table(
        "runs",
        sa.Column("timer_id", BIG_ID, nullable=False),
        sa.Column("occurrence", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("due_at", Utc(), nullable=True),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["timer_id"], ["timers.id"], name=op.f("fk_runs_timer_id")),
        sa.PrimaryKeyConstraint("timer_id", "occurrence", name=op.f("pk_runs")),
    )
    op.create_index("ix_runs_at", "runs", ["at"], unique=False)


def _returns() -> None:
    """What was put off to a date comes back on it."""
    tickets = sa.table("tickets", sa.column("id"), sa.column("status"), sa.column("due", sa.Date))
    timers = sa.table("timers", *(sa.column(c) for c in ("key", "kind", "ticket_id", "attempts")),
                      sa.column("data", sa.JSON), sa.column("next_at", Utc))  # fmt: skip
    off = sa.select(tickets.c.id, tickets.c.due).where(tickets.c.status == "deferred", tickets.c.due.is_not(None))
    rows = [
        {"key": f"return:{r.id}", "kind": "return", "ticket_id": r.id, "attempts": 0, "data": {},
         "next_at": datetime.combine(r.due, time(9), UTC)} for r in op.get_bind().execute(off)
    ]  # fmt: skip
    if rows:
        op.bulk_insert(timers, rows)
