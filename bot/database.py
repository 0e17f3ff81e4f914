"""Opening the database: an empty one is set up, and one that does not fit is refused in a sentence."""

from typing import IO

from storage.database.lock import InUse, lock_file
from storage.database.schema import SchemaState, schema_sentence, schema_state
from storage.store import DatabaseUnusable, Store


class CannotStart(Exception):  # noqa: N818 - one plain sentence for the operator
    """Why the bot does not start."""


def open_store(url: str) -> Store:
    """A store whose schema is this program's; an empty database is set up. CannotStart says what to do otherwise."""
    store = Store(url)
    try:
        found, revision = schema_state(store)
        if found is SchemaState.EMPTY:
            migrate(store)
            found = SchemaState.CURRENT
    except DatabaseUnusable as error:
        store.close()
        raise CannotStart(f"The database cannot be opened: {database_error(error)}") from None
    if found is not SchemaState.CURRENT:
        store.close()
        raise CannotStart(schema_sentence(found, revision))
    return store


def migrate(store: Store) -> None:
    """Bring the schema to the newest revision."""
    # Alembic takes 0.2 s to import and is needed once in a database's life, not at every start.
    from storage.database.migrate import upgrade  # noqa: PLC0415

    upgrade(store)


def lock_database(url: str) -> IO[str] | None:
    """Keep a second process away from an SQLite file, for as long as what is returned stays open."""
    try:
        return lock_file(url)
    except InUse as error:
        raise CannotStart(f"Another hypercare uses the database {error}. One process is enough for SQLite.") from None


def database_error(error: Exception) -> str:
    """The database's own first line, without the address: that may hold a password."""
    cause = getattr(error, "orig", None) or error
    first = str(cause).strip().splitlines()[0] if str(cause).strip() else type(cause).__name__
    return first.rstrip(".") + "."
