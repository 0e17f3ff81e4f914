"""Open the database: set up an empty one, and refuse one whose schema is of another version."""

from typing import IO

from bot.redaction import redact
from storage.database.lock import InUse, LinkedTwice, lock_file
from storage.database.schema import SchemaState, schema_sentence, schema_state
from storage.store import DatabaseUnusable, Store


class CannotStart(Exception):  # noqa: N818 - one plain sentence for the operator
    """The bot can't start; the text tells the operator why and what to do."""


def open_store(url: str) -> Store:
    """Open a database with the current schema, setting up an empty one; raise CannotStart for any other schema."""
    store = Store(url)
    try:
        found, revision = schema_state(store)
        if found is SchemaState.EMPTY:
            migrate(store)
            found = SchemaState.CURRENT
    except DatabaseUnusable as error:
        store.close()
        raise CannotStart(f"The database cannot be opened. {database_sentence(error)}") from None
    if found is not SchemaState.CURRENT:
        store.close()
        raise CannotStart(schema_sentence(found, revision))
    return store


def migrate(store: Store) -> None:
    """Upgrade the schema to the newest revision."""
    # Alembic takes 0.2 s to import and is needed only for an upgrade, not at every start.
    from storage.database.migrate import upgrade  # noqa: PLC0415

    upgrade(store)


def lock_database(url: str) -> IO[str] | None:
    """Lock an SQLite file against a second process for as long as the returned file stays open."""
    try:
        return lock_file(url)
    except InUse as error:
        raise CannotStart(f"Another Hypercare process uses the database {error}. SQLite allows only one.") from None
    except LinkedTwice as error:
        raise CannotStart(
            f"The database {error} has a second name, a hard link, and SQLite would damage it. Delete the other name, "
            "or copy the file."
        ) from None


def database_sentence(error: Exception) -> str:
    """Return what is wrong and what to do: of a failure that has to be mended, or of a database out of reach."""
    return str(getattr(error, "sentence", "")) or f"{database_error(error)} Check HYPERCARE_DATABASE."


def database_error(error: Exception) -> str:
    """Return the first line of the database's error, without the URL, which may hold a password."""
    cause = getattr(error, "orig", None) or error
    first = str(cause).strip().splitlines()[0] if str(cause).strip() else type(cause).__name__
    return redact(first.rstrip(".") + ".")
