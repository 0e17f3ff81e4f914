"""Lock an SQLite file, because a second process would send every message twice.

https://www.sqlite.org/howtocorrupt.html#_multiple_links_to_the_same_file
"""

import fcntl
from pathlib import Path
from typing import IO

from sqlalchemy import make_url


class LinkedTwice(Exception):  # noqa: N818 - says what it is
    """The database file has a second name, a hard link, under which it could be opened and damaged."""


class InUse(Exception):  # noqa: N818 - says what it is
    """Another process uses this database."""


def lock_file(url: str) -> IO[str] | None:
    """Lock a database until the returned file is closed; return None for PostgreSQL and in-memory SQLite."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or parsed.database in (None, "", ":memory:"):
        return None
    # A symbolic link is another name of the same file, so the lock lies beside the file itself.
    real = Path(str(parsed.database)).resolve()
    if real.exists() and real.stat().st_nlink > 1:
        raise LinkedTwice(str(parsed.database))
    # Released by the kernel when the process ends, however it ends.
    file = Path(f"{real}.lock").open("w", encoding="utf-8")  # noqa: SIM115 - it stays open on purpose
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        raise InUse(str(parsed.database)) from None
    return file
