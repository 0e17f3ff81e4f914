"""A consistent copy of an SQLite database while others write to it, checked once it is written; and its restoration.

https://www.sqlite.org/backup.html: pages that change during the backup are copied again.
"""

import errno
import os
import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path

from sqlalchemy import make_url

from storage.database.failures import DiskFull, mendable_failure
from storage.database.integrity import file_problems

PARTS = ("", "-wal", "-shm")  # of a database: what follows its name


class BackupError(Exception):
    """The backup failed; the text tells the operator why."""


def backup(url: str, file: Path) -> None:
    """Copy the database into a new file, and check the copy; raise BackupError when either fails."""
    database = _file_of(url, "back up", "run pg_dump -Fc --file FILE DATABASE")
    if not database.is_file():
        raise BackupError(f"There is no database {database}. Check HYPERCARE_DATABASE.")
    if file.exists():
        raise BackupError(f"{file} already exists. Choose another name.")
    try:
        _copy(database, file)
        problems = file_problems(file)
    except (sqlite3.Error, OSError) as error:
        file.unlink(missing_ok=True)
        raise BackupError(f"The copy cannot be made: {_reason(error)}") from None
    if problems:
        file.unlink(missing_ok=True)
        raise BackupError(
            f"The copy was checked and is damaged ({problems[0]}), so it was deleted. Run hypercare db check: the "
            "database itself may be damaged."
        )


def restore(url: str, file: Path, now: datetime) -> Path | None:
    """Put a backup in the place of the database; return where the previous database is now, if there was one.

    Raise BackupError, with the database as it was, when the backup is damaged or can't be copied. No other process may
    use the database meanwhile.
    """
    database = _file_of(url, "restore", "use pg_restore, then hypercare db restored")
    if not file.is_file():
        raise BackupError(f"There is no file {file}.")
    if database.exists() and database.samefile(file):
        raise BackupError(f"{file} is the database itself. Name the backup.")
    if problems := file_problems(file):
        raise BackupError(f"{file} is no sound backup ({problems[0]}). The database was not touched.")
    part, aside = database.with_name(f"{database.name}.part"), f"{database.name}.before-{now:%Y%m%d-%H%M%S}"
    try:
        part.unlink(missing_ok=True)
        _copy(file, part)
        kept = database.with_name(aside) if database.exists() else None
        for end in PARTS:
            before = database.with_name(database.name + end)
            if before.exists():
                before.rename(database.with_name(aside + end))
        part.rename(database)
    except (sqlite3.Error, OSError) as error:
        part.unlink(missing_ok=True)
        raise BackupError(f"The backup cannot be copied: {_reason(error)}") from None
    return kept


def _file_of(url: str, verb: str, instead: str) -> Path:
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or not parsed.database:
        raise BackupError(f"Hypercare can {verb} SQLite only. For PostgreSQL, {instead}; see docs/operate.md.")
    return Path(parsed.database)


def _copy(database: Path, file: Path) -> None:
    """Copy a database into a file for its owner only, and bring it to the disk."""
    file.touch(mode=0o600, exist_ok=False)
    with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(file)) as copy:
        source.backup(copy)
    with file.open("rb") as written:
        os.fsync(written.fileno())


def _reason(error: Exception) -> str:
    full = isinstance(error, OSError) and error.errno == errno.ENOSPC
    if full or mendable_failure(error) is DiskFull:
        return "there is no space left on the disk."
    return f"{error.strerror if isinstance(error, OSError) and error.strerror else error}."
