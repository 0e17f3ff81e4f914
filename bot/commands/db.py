"""`hypercare db`: check, upgrade or back up the database, or prepare it after a restore."""

import argparse

from bot.cli import CommandError
from bot.commands import common
from bot.database import CannotStart, lock_database, migrate
from domain.text import plural
from storage.database.backup import BackupError, backup
from storage.database.schema import SchemaState, schema_sentence, schema_state
from storage.store import DatabaseUnusable, Store, StoreFailure


def main(args: argparse.Namespace) -> int:
    url = common.database_url(args.config)
    if args.action == "backup":
        return _backup(url, args)
    if args.action == "restored":
        return _restored(url)
    store = Store(url)
    try:
        found, revision = schema_state(store)
        if args.action == "upgrade" and found in (SchemaState.EMPTY, SchemaState.OLDER):
            migrate(store)
            found, revision = schema_state(store)
    except DatabaseUnusable as error:
        raise CommandError(
            f"The database cannot be opened ({type(error).__name__}). Check HYPERCARE_DATABASE."
        ) from None
    finally:
        store.close()
    print(schema_sentence(found, revision))  # noqa: T201 - the command's result
    return 0 if found is SchemaState.CURRENT else 1


def _backup(url: str, args: argparse.Namespace) -> int:
    try:
        backup(url, args.file)
    except BackupError as no:
        raise CommandError(str(no)) from None
    print(f"Copied the database to {args.file}.")  # noqa: T201 - the command's result
    return 0


def _restored(url: str) -> int:
    """Mark waiting messages as possibly sent: they may have been sent after the backup was made."""
    try:
        lock = lock_database(url)
    except CannotStart as error:
        raise CommandError(f"{error} Stop it, then try again.") from None
    store = common.store(url)
    try:
        with store.begin() as tx:
            count = tx.message_archive.mark_all_uncertain()
    except StoreFailure as error:
        raise CommandError(
            f"The database did not answer ({type(error).__name__}). Check that it is running, then try again."
        ) from None
    finally:
        store.close()
        if lock:
            lock.close()
    text = plural(count, "Hypercare will look for 1 waiting message in Slack before sending it again.",
                  "Hypercare will look for {count} waiting messages in Slack before sending them again.")  # fmt: skip
    print(text)  # noqa: T201 - the command's result
    return 0
