"""The people on call: what they agreed on, escalations, pages, and calendars that were subscribed to.

Only new tables: a process of the release before goes on writing meanwhile. The criticals that it takes do not climb.
"""

import sqlalchemy as sa
from alembic import op

from storage.database.columns import Utc

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _covers()
    _escalations()
    _pages()
    op.create_table(
        "feeds",
        sa.Column("token", sa.String(length=64), nullable=False),
        sa.Column("person", sa.String(length=32), nullable=False),
        _reference("phases", nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.ForeignKeyConstraint(["phase_id"], ["phases.id"], name=op.f("fk_feeds_phase_id_phases")),
        sa.PrimaryKeyConstraint("token", name=op.f("pk_feeds")),
        sa.UniqueConstraint("person", "phase_id", name=op.f("uq_feeds_person_phase_id")),
    )


def _reference(to: str, *, nullable: bool) -> "sa.Column[int]":
    return sa.Column(f"{to.removesuffix('s')}_id", BIG_ID, nullable=nullable)


def _foreign(table: str, *to: str) -> list[sa.ForeignKeyConstraint]:
    return [
        sa.ForeignKeyConstraint([f"{one.removesuffix('s')}_id"], [f"{one}.id"],
                                name=op.f(f"fk_{table}_{one.removesuffix('s')}_id_{one}")) for one in to
    ]  # fmt: skip


def _covers() -> None:
    op.create_table(
        "covers",
        sa.Column("id", BIG_ID, nullable=False),
        _reference("phases", nullable=False),
        sa.Column("rota", sa.String(length=40), nullable=False),
        sa.Column("person", sa.String(length=32), nullable=False),
        sa.Column("instead_of", sa.String(length=32), server_default="", nullable=False),
        sa.Column("starts", Utc(), nullable=False),
        sa.Column("ends", Utc(), nullable=False),
        sa.Column("imported", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("asked_by", sa.String(length=32), nullable=False),
        sa.Column("pair", sa.String(length=32), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        *_foreign("covers", "phases"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_covers")),
    )
    op.create_index("ix_covers_phase", "covers", ["phase_id", "ends"], unique=False)
    op.create_index("ix_covers_pair", "covers", ["pair"], unique=False)


def _escalations() -> None:
    op.create_table(
        "escalations",
        sa.Column("id", BIG_ID, nullable=False),
        _reference("tickets", nullable=False),
        _reference("phases", nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("owner", sa.String(length=32), nullable=True),
        sa.Column("started_by", sa.String(length=32), nullable=False),
        sa.Column("started_at", Utc(), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        *_foreign("escalations", "tickets", "phases"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_escalations")),
    )
    op.create_index("ix_escalations_ticket", "escalations", ["ticket_id", "id"], unique=False)
    live = sa.text("state != 'ended'")
    op.create_index("ix_escalations_live", "escalations", ["phase_id", "started_at"], unique=False,
                    sqlite_where=live, postgresql_where=live)  # fmt: skip


def _pages() -> None:
    op.create_table(
        "pages",
        sa.Column("id", BIG_ID, nullable=False),
        _reference("escalations", nullable=True),
        _reference("tickets", nullable=True),
        _reference("phases", nullable=False),
        sa.Column("person", sa.String(length=32), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("answered_at", Utc(), nullable=True),
        sa.Column("checked_at", Utc(), nullable=True),
        sa.Column("warning", sa.Text(), server_default="", nullable=False),
        *_foreign("pages", "escalations", "tickets", "phases"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pages")),
    )
    op.create_index("ix_pages_person", "pages", ["person", "at"], unique=False)
    op.create_index("ix_pages_escalation", "pages", ["escalation_id", "person"], unique=False)
    unchecked = sa.text("checked_at IS NULL")
    op.create_index("ix_pages_unchecked", "pages", ["at"], unique=False, sqlite_where=unchecked,
                    postgresql_where=unchecked)  # fmt: skip
