"""Lock an SQLite file, because a second process would send every message twice."""

import fcntl
from pathlib import Path
from typing import IO

from sqlalchemy import make_url


class InUse(Exception):  # noqa: N818 - says what it is
    """Another process uses this database."""


def lock_file(url: str) -> IO[str] | None:
    """Lock a database until the returned file is closed; return None for PostgreSQL and in-memory SQLite."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or parsed.database in (None, "", ":memory:"):
        return None
    # Released by the kernel when the process ends, however it ends.
    file = Path(f"{parsed.database}.lock").open("w", encoding="utf-8")  # noqa: SIM115 - it stays open on purpose
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        raise InUse(str(parsed.database)) from None
    return file
