"""A consistent copy of an SQLite database while others write to it.

https://www.sqlite.org/backup.html: pages that change meanwhile are copied again.
"""

import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import make_url


class BackupError(Exception):
    """Why there is no copy."""


def backup(url: str, file: Path) -> None:
    """Copy the database into a new file; BackupError says why not."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or not parsed.database:
        raise BackupError(
            "PostgreSQL has a tool of its own: pg_dump -Fc --file FILE DATABASE. docs/operate.md shows it."
        )
    if not Path(parsed.database).is_file():
        raise BackupError(f"There is no database {parsed.database}.")
    if file.exists():
        raise BackupError(f"{file} exists already; a backup is never written over another.")
    try:
        with closing(sqlite3.connect(parsed.database)) as source, closing(sqlite3.connect(file)) as copy:
            source.backup(copy)
    except sqlite3.Error as error:
        file.unlink(missing_ok=True)
        raise BackupError(f"The copy cannot be made: {error}.") from None
