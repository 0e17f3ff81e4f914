"""One template for every report: what it is about, whom it concerns, how often it happens, and finding it again.

Only new tables, indexes and columns with defaults: a process of the release before goes on writing meanwhile. It cannot
read tickets that were merged or are of one of the new types, so those wait until every process is of this release.
"""

import sqlalchemy as sa
from alembic import op

from storage.database.columns import Utc
from storage.tickets.search import SET_UP

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
LISTED = ["phase_id", "standing", "id", "severity", "type", "module", "status", "owner", "reporter", "private",
          "anonymous", "intake", "process", "category", "opened_at", "changed_at"]  # fmt: skip
OPEN = sa.text("status NOT IN ('resolved', 'verified', 'withdrawn', 'merged')")
SCORE = """UPDATE tickets SET
  standing = (CASE status WHEN 'deferred' THEN 5000 ELSE 0 END)
    - (CASE severity WHEN 'critical' THEN 1050 WHEN 'high' THEN 35 WHEN 'medium' THEN 20 ELSE 7.5 END),
  priority = (CASE severity WHEN 'critical' THEN 50 WHEN 'high' THEN 35 WHEN 'medium' THEN 20 ELSE 7.5 END)"""


def upgrade() -> None:
    op.add_column("phases", sa.Column("options", sa.JSON(), server_default="{}", nullable=False))
    for column in _columns():
        op.add_column("tickets", column)
    _tables()
    op.execute(
        "INSERT INTO affected (ticket_id, person, way, at) SELECT id, reporter, 'reporter', opened_at FROM tickets"
    )
    op.execute("INSERT INTO occurrences (ticket_id, source, at) SELECT id, 'report', opened_at FROM tickets")
    op.execute(SCORE)
    op.drop_index("ix_tickets_open", table_name="tickets")
    op.create_index("ix_tickets_standing", "tickets", LISTED, unique=False, sqlite_where=OPEN, postgresql_where=OPEN)
    op.create_index("ix_tickets_phase", "tickets", ["phase_id", "id"], unique=False)
    op.create_index("ix_tickets_changed", "tickets", ["changed_at"], unique=False)
    said = sa.text("origin_channel IS NOT NULL")
    op.create_index("ix_tickets_origin", "tickets", ["origin_channel", "origin_ts"], unique=False,
                    sqlite_where=said, postgresql_where=said)  # fmt: skip
    listed = ["phase_id", "module", "id", "type", "severity", "status"]
    op.create_index("ix_tickets_module", "tickets", listed, unique=False)
    op.create_index("ix_tickets_owner", "tickets", ["owner", "id"], unique=False)
    merged = sa.text("primary_id IS NOT NULL")
    op.create_index("ix_tickets_primary_id", "tickets", ["primary_id"], unique=False,
                    sqlite_where=merged, postgresql_where=merged)  # fmt: skip
    for statement in SET_UP[op.get_bind().dialect.name]:
        op.execute(sa.text(statement))


def _columns() -> list[sa.Column[object]]:
    def words(name: str, kind: sa.types.TypeEngine[str]) -> sa.Column[object]:
        return sa.Column(name, kind, server_default="", nullable=False)

    return [
        words("category", sa.Text()), words("process", sa.Text()), words("business", sa.String(length=10)),
        words("urgency", sa.String(length=10)), sa.Column("people", sa.Integer(), nullable=True),
        sa.Column("extra", sa.JSON(), server_default="{}", nullable=False), words("effort", sa.String(length=4)),
        sa.Column("priority", sa.Float(), server_default="0", nullable=False),
        sa.Column("standing", sa.Float(), server_default="0", nullable=False),
        sa.Column("affected", sa.Integer(), server_default="1", nullable=False),
        sa.Column("primary_id", BIG_ID, nullable=True),
        sa.Column("filed_by", sa.String(length=32), nullable=True),
        sa.Column("anonymous", sa.Boolean(), server_default=sa.false(), nullable=False),
    ]  # fmt: skip


def _tables() -> None:
    op.create_table(
        "audit",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("actor", sa.String(length=32), nullable=False),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    op.create_index("ix_audit_at", "audit", ["at"], unique=False)
    op.create_table(
        "views",
        sa.Column("person", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("filter", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("person", "name", name=op.f("pk_views")),
    )
    op.create_table(
        "affected",
        sa.Column("ticket_id", BIG_ID, nullable=False),
        sa.Column("person", sa.String(length=32), nullable=False),
        sa.Column("way", sa.String(length=12), nullable=False),
        sa.Column("via", BIG_ID, nullable=True),
        sa.Column("at", Utc(), nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_affected_ticket_id")),
        sa.ForeignKeyConstraint(["via"], ["tickets.id"], name=op.f("fk_affected_via")),
        sa.PrimaryKeyConstraint("ticket_id", "person", name=op.f("pk_affected")),
    )
    op.create_index("ix_affected_person", "affected", ["person", "ticket_id"], unique=False)
    op.create_table(
        "occurrences",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("ticket_id", BIG_ID, nullable=False),
        sa.Column("source", sa.String(length=12), nullable=False),
        sa.Column("via", BIG_ID, nullable=True),
        sa.Column("at", Utc(), nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_occurrences_ticket_id")),
        sa.ForeignKeyConstraint(["via"], ["tickets.id"], name=op.f("fk_occurrences_via")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_occurrences")),
    )
    op.create_index("ix_occurrences_ticket", "occurrences", ["ticket_id", "at"], unique=False)
