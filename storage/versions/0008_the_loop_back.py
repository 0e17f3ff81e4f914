"""The loop back to reporters: kinds of fixes, whose turn it is, promises, followers, conversations, nudges and notes.

New tables, an index, and columns with defaults: a process of the release before goes on writing meanwhile. It does not
know the new kinds of events and timers, so it is to be stopped before this release has written any.
"""

import sqlalchemy as sa
from alembic import op

from storage.database.columns import Utc

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TICKET = """
SELECT phases."key" AS phase, phases."key" || '-' || tickets.number AS ticket, tickets.number, tickets.summary,
  tickets.severity, tickets.type, tickets.module, tickets.process, tickets.category, tickets.status,
  CASE WHEN tickets.anonymous THEN NULL ELSE tickets.reporter END AS reporter, tickets.owner, tickets.intake,
  tickets.priority, tickets.affected, tickets.due_at,
  tickets.opened_at, milestones.acknowledged_at, milestones.workaround_at, milestones.resolved_at,
  milestones.reopened_at, milestones.closed_at, tickets.changed_at,
  milestones.to_acknowledge AS minutes_to_acknowledge, milestones.to_workaround AS minutes_to_workaround,
  milestones.to_close AS minutes_to_close, milestones.acknowledge_over, milestones.acknowledge_kept,
  milestones.resolve_over, milestones.resolve_kept, milestones.fixes, milestones.reopened, milestones.recurred,
  CASE WHEN tickets.fix <> '' THEN tickets.fix END AS fix, tickets.unconfirmed, tickets.turn_at
FROM tickets JOIN phases ON phases.id = tickets.phase_id LEFT JOIN milestones ON milestones.ticket_id = tickets.id
WHERE {which}
"""
PROMISE = """
SELECT phases."key" AS phase, phases."key" || '-' || tickets.number AS ticket, promises.number AS promise,
  promises.kind, promises.maker, promises.made_at, promises.due, promises.state, promises.settled_at, promises.slip
FROM promises JOIN tickets ON tickets.id = promises.ticket_id JOIN phases ON phases.id = tickets.phase_id
WHERE {which}
"""
SAYING = """
SELECT phases."key" AS phase, phases."key" || '-' || tickets.number AS ticket, sayings.id AS saying, sayings.at,
  sayings.side, CASE WHEN tickets.anonymous AND sayings.side = 'reporter' THEN NULL ELSE sayings.person END AS person,
  sayings.words, sayings.changed_at
FROM sayings JOIN tickets ON tickets.id = sayings.ticket_id JOIN phases ON phases.id = tickets.phase_id
WHERE {which}
"""
VIEWS = {"tickets": TICKET, "promises": PROMISE, "conversations": SAYING}


def upgrade() -> None:
    _columns()
    _followers()
    _promises()
    _sayings()
    _nudges()
    _notes()
    there = sa.text("ts IS NOT NULL")
    op.create_index("ix_letters_ts", "letters", ["ts", "channel"], sqlite_where=there, postgresql_where=there)
    # Where it can be done, in place, so that whoever may read them may go on.
    replacing = "OR REPLACE " if op.get_bind().dialect.name == "postgresql" else ""
    for private in ("", "private_"):
        if not replacing:
            op.execute(f"DROP VIEW hypercare_{private}tickets")
        for name, query in VIEWS.items():
            which = "tickets.private" if private else "NOT tickets.private"
            op.execute(f"CREATE {replacing}VIEW hypercare_{private}{name} AS {query.format(which=which)}")


def _columns() -> None:
    op.add_column("tickets", sa.Column("fix", sa.String(length=12), server_default="", nullable=False))
    op.add_column("tickets", sa.Column("test", sa.Text(), server_default="", nullable=False))
    op.add_column("tickets", sa.Column("unconfirmed", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("tickets", sa.Column("turn_at", Utc(), nullable=True))
    op.add_column("milestones", sa.Column("fix", sa.String(length=12), server_default="", nullable=False))
    op.add_column("milestones", sa.Column("recurred", sa.Integer(), server_default="0", nullable=False))


def _of(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}_{other}"))


def _followers() -> None:
    op.create_table(
        "followers",
        sa.Column("ticket_id", BIG_ID, nullable=False),
        sa.Column("person", sa.String(length=32), nullable=False),
        sa.Column("wants", sa.String(length=12), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        _of("followers", "ticket_id", "tickets"),
        sa.PrimaryKeyConstraint("ticket_id", "person", name=op.f("pk_followers")),
    )


def _promises() -> None:
    op.create_table(
        "promises",
        sa.Column("ticket_id", BIG_ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("phase_id", BIG_ID, nullable=False),
        sa.Column("private", sa.Boolean(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("maker", sa.String(length=32), nullable=False),
        sa.Column("made_at", Utc(), nullable=False),
        sa.Column("due", Utc(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("settled_at", Utc(), nullable=True),
        sa.Column("slip", sa.Integer(), nullable=False),
        _of("promises", "ticket_id", "tickets"),
        _of("promises", "phase_id", "phases"),
        sa.PrimaryKeyConstraint("ticket_id", "number", name=op.f("pk_promises")),
    )
    op.create_index("ix_promises_due", "promises", ["phase_id", "due"])


def _sayings() -> None:
    op.create_table(
        "sayings",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("ticket_id", BIG_ID, nullable=False),
        sa.Column("person", sa.String(length=32), nullable=False),
        sa.Column("side", sa.String(length=8), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("channel", sa.String(length=32), nullable=True),
        sa.Column("ts", sa.String(length=32), nullable=True),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("changed_at", Utc(), nullable=True),
        _of("sayings", "ticket_id", "tickets"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sayings")),
    )
    op.create_index("ix_sayings_ticket", "sayings", ["ticket_id", "id"])
    op.create_index("ix_sayings_place", "sayings", ["channel", "ts"])


def _nudges() -> None:
    op.create_table(
        "nudges",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("ticket_id", BIG_ID, nullable=False),
        sa.Column("person", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("about", sa.String(length=60), nullable=False),
        sa.Column("next_at", Utc(), nullable=False),
        _of("nudges", "ticket_id", "tickets"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_nudges")),
        sa.UniqueConstraint("ticket_id", "person", "kind", name=op.f("uq_nudges_ticket_id_person_kind")),
    )
    op.create_index("ix_nudges_next_at", "nudges", ["next_at"])


def _notes() -> None:
    op.create_table(
        "notes",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("phase_id", BIG_ID, nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("occasion", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("person", sa.String(length=32), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        _of("notes", "phase_id", "phases"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notes")),
        sa.UniqueConstraint("phase_id", "kind", "occasion", name=op.f("uq_notes_phase_id_kind_occasion")),
    )
    op.create_index("ix_notes_at", "notes", ["phase_id", "kind", "at"])
