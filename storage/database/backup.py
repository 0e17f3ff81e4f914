"""A consistent copy of an SQLite database while others write to it.

https://www.sqlite.org/backup.html: pages that change during the backup are copied again.
"""

import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import make_url


class BackupError(Exception):
    """The backup failed; the text tells the operator why."""


def backup(url: str, file: Path) -> None:
    """Copy the database into a new file; raise BackupError when that fails."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or not parsed.database:
        raise BackupError(
            "This backs up SQLite only. For PostgreSQL, run pg_dump -Fc --file FILE DATABASE; see docs/operate.md."
        )
    if not Path(parsed.database).is_file():
        raise BackupError(f"There is no database {parsed.database}. Check HYPERCARE_DATABASE.")
    if file.exists():
        raise BackupError(f"{file} already exists. Choose another name.")
    try:
        with closing(sqlite3.connect(parsed.database)) as source, closing(sqlite3.connect(file)) as copy:
            source.backup(copy)
    except sqlite3.Error as error:
        file.unlink(missing_ok=True)
        raise BackupError(f"The copy cannot be made: {error}.") from None
