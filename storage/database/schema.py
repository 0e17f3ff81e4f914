"""The revision of the database's schema, compared with this version's at every start."""

from enum import StrEnum
from pathlib import Path

from sqlalchemy import inspect, text

from storage.database.metadata import metadata
from storage.store import Store

REVISION = "0001"  # the newest file in storage/versions; a test compares
VERSIONS = Path(__file__).parents[1] / "versions"


class SchemaState(StrEnum):
    EMPTY = "empty"
    CURRENT = "current"
    OLDER = "older"
    NEWER = "newer"


def schema_state(store: Store) -> tuple[SchemaState, str]:
    """Return how the database's schema compares to this version's, and its revision."""
    with store.read() as tx:
        names = set(inspect(tx.connection).get_table_names())
        if "alembic_version" not in names:
            return (SchemaState.EMPTY, "") if not names & set(metadata.tables) else (SchemaState.OLDER, "none")
        found = str(tx.connection.execute(text("SELECT version_num FROM alembic_version")).scalar() or "")
    if found == REVISION:
        return SchemaState.CURRENT, found
    known = {file.name.split("_")[0] for file in VERSIONS.glob("[0-9]*.py")}
    return (SchemaState.OLDER if found in known else SchemaState.NEWER), found


def schema_sentence(found: SchemaState, revision: str) -> str:
    """Say what the state means, and what to do."""
    return {
        SchemaState.CURRENT: f"The database is up to date (revision {revision}).",
        SchemaState.EMPTY: "The database is empty. `hypercare db upgrade` or the first start sets it up.",
        SchemaState.OLDER: f"The database is at revision {revision}, but this version needs {REVISION}. "
        "Run `hypercare db upgrade`.",
        SchemaState.NEWER: f"The database is at revision {revision}, newer than this version's {REVISION}. "
        "Update Hypercare.",
    }[found]
