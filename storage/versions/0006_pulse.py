"""Pulses: waves, whom they ask, what was answered, and what became of low answers.

Only new tables: a process of the release before goes on writing meanwhile.
"""

import sqlalchemy as sa
from alembic import op

from storage.database.columns import Utc

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _waves()
    _invitations()
    _answers()
    op.create_table(
        "seals",
        sa.Column("alias", sa.String(length=32), nullable=False),
        sa.Column("phase_id", BIG_ID, nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["phase_id"], ["phases.id"], name=op.f("fk_seals_phase_id_phases")),
        sa.PrimaryKeyConstraint("alias", name=op.f("pk_seals")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "helped",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("wave_id", BIG_ID, nullable=False),
        sa.Column("handle", sa.String(length=64), nullable=False),
        sa.Column("way", sa.String(length=10), nullable=False),
        sa.Column("ticket_id", BIG_ID, nullable=True),
        _of_wave("helped"),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_helped_ticket_id_tickets")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_helped")),
        sa.UniqueConstraint("wave_id", "handle", name=op.f("uq_helped_wave_id_handle")),
        sqlite_with_rowid=False,
    )


def _of_wave(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["wave_id"], ["waves.id"], name=op.f(f"fk_{table}_wave_id_waves"))


def _waves() -> None:
    op.create_table(
        "waves",
        sa.Column("id", BIG_ID, nullable=False),
        sa.Column("phase_id", BIG_ID, nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("occurrence", sa.String(length=32), nullable=False),
        sa.Column("pulse", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("opens_at", Utc(), nullable=False),
        sa.Column("closes_at", Utc(), nullable=False),
        sa.Column("salt", sa.String(length=64), nullable=True),
        sa.Column("tally", sa.JSON(), nullable=True),
        sa.Column("words", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(["phase_id"], ["phases.id"], name=op.f("fk_waves_phase_id_phases")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_waves")),
        sa.UniqueConstraint("phase_id", "name", "occurrence", name=op.f("uq_waves_phase_id_name_occurrence")),
    )
    op.create_index("ix_waves_state", "waves", ["state", "id"])


def _invitations() -> None:
    op.create_table(
        "invitations",
        sa.Column("wave_id", BIG_ID, nullable=False),
        sa.Column("person", sa.String(length=32), nullable=False),
        sa.Column("segment", sa.String(length=200), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("next_at", Utc(), nullable=True),
        sa.Column("asked_on", sa.Date(), nullable=True),
        sa.Column("reminded", sa.Integer(), server_default="0", nullable=False),
        _of_wave("invitations"),
        sa.PrimaryKeyConstraint("wave_id", "person", name=op.f("pk_invitations")),
    )
    op.create_index("ix_invitations_person", "invitations", ["person", "asked_on"])
    pending = sa.text("next_at IS NOT NULL")
    op.create_index(
        "ix_invitations_next_at", "invitations", ["next_at"], sqlite_where=pending, postgresql_where=pending
    )


def _answers() -> None:
    """Without SQLite's row numbers, which would tell the order in which people answered."""
    for table, columns, unique in (
        ("answers", [sa.Column("segment", sa.String(length=200), nullable=False),
                     sa.Column("given", sa.JSON(), nullable=False)], ["wave_id", "handle"]),
        ("remarks", [sa.Column("question", sa.String(length=40), nullable=False),
                     sa.Column("words", sa.Text(), nullable=False),
                     sa.Column("about", sa.String(length=32), server_default="", nullable=False)],
         ["wave_id", "handle", "question"]),
    ):  # fmt: skip
        op.create_table(
            table,
            sa.Column("id", sa.String(length=32), nullable=False),
            sa.Column("wave_id", BIG_ID, nullable=False),
            sa.Column("handle", sa.String(length=64), nullable=False),
            *columns,
            _of_wave(table),
            sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
            sa.UniqueConstraint(*unique, name=op.f(f"uq_{table}_{'_'.join(unique)}")),
            sqlite_with_rowid=False,
        )
