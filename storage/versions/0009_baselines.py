"""What single reports of the time before the go-live came to, and who has reacted to what stands in both threads.

Two new tables: a process of the release before goes on without them.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "baselines",
        sa.Column("phase_id", BIG_ID, nullable=False),
        sa.Column("metric", sa.String(length=12), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.Column("ended", sa.Boolean(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["phase_id"], ["phases.id"], name=op.f("fk_baselines_phase_id_phases")),
        sa.PrimaryKeyConstraint("phase_id", "metric", "day", "value", "ended", name=op.f("pk_baselines")),
    )
    op.create_table(
        "reacted",
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("ts", sa.String(length=32), nullable=False),
        sa.Column("emoji", sa.String(length=100), nullable=False),
        sa.Column("person", sa.String(length=32), nullable=False),
        sa.Column("ticket_id", BIG_ID, nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_reacted_ticket_id_tickets")),
        sa.PrimaryKeyConstraint("channel", "ts", "emoji", "person", name=op.f("pk_reacted")),
    )
