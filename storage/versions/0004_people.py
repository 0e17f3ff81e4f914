"""Who is in the user groups that lead and respond; what belongs to a ticket that is no longer kept is found by index.

Only a new table and an index: a process of the release before goes on working meanwhile.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "groups",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("people", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_groups")),
    )
    op.create_index("ix_lanes_ticket", "lanes", ["ticket_id"], unique=False)
