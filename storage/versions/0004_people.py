"""Who is in the user groups that lead and respond; files that stay inside the team; letters of a ticket found by index.

Only a new table, columns with defaults and an index. Processes of the release before are stopped first all the same:
they cannot read phases, events and timers as this release writes them.
"""

import sqlalchemy as sa
from alembic import op

from storage.database.columns import Utc
from storage.tickets.search import TABLE

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
    op.add_column("files", sa.Column("inside", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("tickets", sa.Column("due_at", Utc(), nullable=True))
    op.create_index("ix_lanes_ticket", "lanes", ["ticket_id"], unique=False)
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"ALTER INDEX ix_{TABLE} SET (fastupdate = off)")
        op.execute(f"SELECT gin_clean_pending_list('ix_{TABLE}')")
