"""The schema's revision: made on an empty database, compared at every start, upgraded only when asked."""

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
    """How the database's schema stands to this program's, and its revision."""
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
    """What that means, and what to do."""
    return {
        SchemaState.CURRENT: f"The database is up to date (revision {revision}).",
        SchemaState.EMPTY: "The database is empty; `hypercare db upgrade` sets it up, and so does the first start.",
        SchemaState.OLDER: f"The database is at revision {revision} and this program needs {REVISION}: "
        "run `hypercare db upgrade`.",
        SchemaState.NEWER: f"The database is at revision {revision}, newer than this program's {REVISION}: "
        "please update Hypercare.",
    }[found]
