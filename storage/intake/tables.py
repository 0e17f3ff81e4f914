"""Tables of intake: files that people sent to have them imported."""

from sqlalchemy import Column, ForeignKey, Integer, LargeBinary, String, Table

from storage.database.columns import Utc
from storage.database.metadata import BigId, metadata

# `content` is deleted when the file was imported, or a day after it was sent.
file_imports = Table(
    "file_imports", metadata,
    Column("id", BigId, primary_key=True),
    Column("phase_id", BigId, ForeignKey("phases.id"), nullable=False),
    Column("person", String(32), nullable=False),
    Column("file", String(32), nullable=False),
    Column("name", String(300), nullable=False),
    Column("kind", String(12), nullable=False),
    Column("state", String(12), nullable=False),
    Column("system", String(20), nullable=False),
    Column("rota", String(40), nullable=False),
    Column("stand_in", String(32), nullable=False),
    Column("content", LargeBinary),
    Column("done", Integer, nullable=False),
    Column("at", Utc, nullable=False),
)  # fmt: skip
