"""`hypercare db`: check, upgrade, back up or restore the database."""

import argparse
from collections.abc import Sequence

from bot.cli import CommandError
from bot.commands import common
from bot.context import utc_now
from bot.database import CannotStart, database_sentence, lock_database, migrate
from bot.shared_clock import clock_of
from domain.text import plural
from storage.database.backup import BackupError, backup, restore
from storage.database.integrity import integrity_problems
from storage.database.schema import SchemaState, schema_sentence, schema_state
from storage.store import DatabaseUnusable, Store, StoreFailure


def main(args: argparse.Namespace) -> int:
    url = common.database_url(args.config)
    if args.action == "backup":
        return _backup(url, args)
    if args.action == "restore":
        return _restore(url, args)
    if args.action == "restored":
        return _restored(url)
    store = Store(url)
    try:
        found, revision = schema_state(store)
        if args.action == "upgrade" and found in (SchemaState.EMPTY, SchemaState.OLDER):
            migrate(store)
            found, revision = schema_state(store)
        problems = integrity_problems(store) if args.action == "check" else ()
    except DatabaseUnusable as error:
        raise CommandError(f"The database cannot be opened. {database_sentence(error)}") from None
    finally:
        store.close()
    print(schema_sentence(found, revision))  # noqa: T201 - the command's result
    if args.action == "check":
        _say_integrity(problems)
    return 0 if found is SchemaState.CURRENT and not problems else 1


def _say_integrity(problems: Sequence[str]) -> None:
    for problem in problems:
        print(f"Damaged: {problem}")  # noqa: T201 - as above
    if problems:
        print("Stop the bot, and restore the last good backup: hypercare db restore FILE.")  # noqa: T201 - as above
    else:
        print("Its integrity was checked, and nothing is damaged.")  # noqa: T201 - as above


def _backup(url: str, args: argparse.Namespace) -> int:
    try:
        backup(url, args.file)
    except BackupError as no:
        raise CommandError(str(no)) from None
    print(f"Copied the database to {args.file}, and checked the copy.")  # noqa: T201 - the command's result
    return 0


def _restore(url: str, args: argparse.Namespace) -> int:
    """Put a backup in the place of the database, upgrade it, and do what has to follow a restore."""
    try:
        lock = lock_database(url)
    except CannotStart as error:
        raise CommandError(f"{error} Stop it, then try again.") from None
    try:
        kept = restore(url, args.file, utc_now())
        store = Store(url)
        try:
            if schema_state(store)[0] in (SchemaState.EMPTY, SchemaState.OLDER):
                migrate(store)
        finally:
            store.close()
    except BackupError as no:
        raise CommandError(str(no)) from None
    except DatabaseUnusable as error:
        raise CommandError(f"The backup cannot be opened. {database_sentence(error)}") from None
    finally:
        if lock:
            lock.close()
    print(f"Restored {args.file}.")  # noqa: T201 - as above
    if kept:
        print(f"The previous database was saved as {kept}.")  # noqa: T201 - as above
    return _restored(url)


def _restored(url: str) -> int:
    """Mark waiting messages as possibly sent: they may have been sent after the backup was made."""
    try:
        lock = lock_database(url)
    except CannotStart as error:
        raise CommandError(f"{error} Stop it, then try again.") from None
    store = common.store(url)
    try:
        now = clock_of(store)()
        with store.begin() as tx:
            count = tx.message_archive.mark_all_uncertain()
            numbers = tx.restores.insert(now)
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
    for key, number in numbers.items():
        print(f"The next ticket of {key} will be {key}-{number}, so that no number is given twice.")  # noqa: T201 - as above
    return 0
