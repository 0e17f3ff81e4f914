"""Figures: milestones of tickets, readings, marked events, and views for whoever reads the database.

Only new tables, an index and views: a process of the release before goes on writing meanwhile. What it writes gets its
milestones at night.
"""

import sqlalchemy as sa
from alembic import op

from storage.database.columns import Utc

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
OPEN = sa.text("status NOT IN ('resolved', 'verified', 'withdrawn', 'merged')")
LISTED = ["phase_id", "standing", "id", "severity", "type", "module", "status", "owner", "reporter", "private",
          "anonymous", "intake", "process", "category", "opened_at", "changed_at", "due_at"]  # fmt: skip
MOMENTS = ("opened_at", "resolved_at", "reopened_at", "closed_at", "acknowledge_over", "resolve_over")
TOLD = ["private", "type", "severity"]
TICKET = """
SELECT phases."key" AS phase, phases."key" || '-' || tickets.number AS ticket, tickets.number, tickets.summary,
  tickets.severity, tickets.type, tickets.module, tickets.process, tickets.category, tickets.status,
  CASE WHEN tickets.anonymous THEN NULL ELSE tickets.reporter END AS reporter, tickets.owner, tickets.intake,
  tickets.priority, tickets.affected, tickets.due_at,
  tickets.opened_at, milestones.acknowledged_at, milestones.workaround_at, milestones.resolved_at,
  milestones.reopened_at, milestones.closed_at, tickets.changed_at,
  milestones.to_acknowledge AS minutes_to_acknowledge, milestones.to_workaround AS minutes_to_workaround,
  milestones.to_close AS minutes_to_close, milestones.acknowledge_over, milestones.acknowledge_kept,
  milestones.resolve_over, milestones.resolve_kept, milestones.fixes, milestones.reopened
FROM tickets JOIN phases ON phases.id = tickets.phase_id LEFT JOIN milestones ON milestones.ticket_id = tickets.id
WHERE {which}
"""
EVENT = """
SELECT phases."key" AS phase, phases."key" || '-' || tickets.number AS ticket, events.id AS event, events.at,
  events.kind, CASE WHEN tickets.anonymous THEN NULL ELSE events.actor END AS actor
FROM events JOIN tickets ON tickets.id = events.ticket_id JOIN phases ON phases.id = tickets.phase_id
WHERE {which}
"""
VIEWS = {
    "hypercare_tickets": TICKET.format(which="NOT tickets.private"),
    "hypercare_private_tickets": TICKET.format(which="tickets.private"),
    "hypercare_events": EVENT.format(which="NOT tickets.private"),
    "hypercare_private_events": EVENT.format(which="tickets.private"),
    "hypercare_phases": 'SELECT "key" AS phase, name, system, state, timezone FROM phases',
    "hypercare_readings": 'SELECT phases."key" AS phase, readings.metric, readings.day, readings.value FROM readings '
    "JOIN phases ON phases.id = readings.phase_id",
    "hypercare_marks": 'SELECT phases."key" AS phase, marks.kind, marks.label, marks.at FROM marks '
    "JOIN phases ON phases.id = marks.phase_id",
}


def upgrade() -> None:
    _milestones()
    _readings()
    _marks()
    op.drop_index("ix_tickets_standing", table_name="tickets")
    op.create_index("ix_tickets_standing", "tickets", LISTED, unique=False, sqlite_where=OPEN, postgresql_where=OPEN)
    for name, query in VIEWS.items():
        op.execute(f"CREATE VIEW {name} AS {query}")


def _of_phase(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["phase_id"], ["phases.id"], name=op.f(f"fk_{table}_phase_id_phases"))


def _milestones() -> None:
    op.create_table(
        "milestones",
        sa.Column("ticket_id", BIG_ID, nullable=False),
        sa.Column("phase_id", BIG_ID, nullable=False),
        sa.Column("private", sa.Boolean(), nullable=False),
        sa.Column("severity", sa.String(length=10), nullable=False),
        sa.Column("type", sa.String(length=20), nullable=False),
        sa.Column("module", sa.Text(), nullable=False),
        sa.Column("process", sa.Text(), nullable=False),
        sa.Column("opened_at", Utc(), nullable=False),
        *(sa.Column(name, Utc(), nullable=True) for name in (
            "acknowledged_at", "workaround_at", "resolved_at", "reopened_at", "closed_at")),
        sa.Column("reopened", sa.Integer(), nullable=False),
        sa.Column("fixes", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=True) for name in ("to_acknowledge", "to_workaround", "to_close")),
        sa.Column("acknowledge_over", Utc(), nullable=True),
        sa.Column("acknowledge_kept", sa.Boolean(), nullable=True),
        sa.Column("resolve_over", Utc(), nullable=True),
        sa.Column("resolve_kept", sa.Boolean(), nullable=True),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_milestones_ticket_id_tickets")),
        _of_phase("milestones"),
        sa.PrimaryKeyConstraint("ticket_id", name=op.f("pk_milestones")),
    )  # fmt: skip
    for moment in MOMENTS:
        there = None if moment == "opened_at" else sa.text(f"{moment} IS NOT NULL")
        more = ["acknowledge_over"] if moment == "resolve_over" else []
        op.create_index(f"ix_milestones_{moment}", "milestones", ["phase_id", moment, *TOLD, *more],
                        sqlite_where=there, postgresql_where=there)  # fmt: skip


def _readings() -> None:
    op.create_table(
        "readings",
        sa.Column("phase_id", BIG_ID, nullable=False),
        sa.Column("metric", sa.String(length=30), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("value", sa.Float(), nullable=False),
        sa.Column("said_by", sa.String(length=32), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        _of_phase("readings"),
        sa.PrimaryKeyConstraint("phase_id", "metric", "day", name=op.f("pk_readings")),
    )


def _marks() -> None:
    op.create_table(
        "marks",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("phase_id", BIG_ID, nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("said_by", sa.String(length=32), nullable=False),
        _of_phase("marks"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_marks")),
    )
    op.create_index("ix_marks_at", "marks", ["phase_id", "at"])
