"""One process on one SQLite file: a second one would say everything twice."""

import fcntl
from pathlib import Path
from typing import IO

from sqlalchemy import make_url


class InUse(Exception):  # noqa: N818 - says what it is
    """Another process has this database."""


def lock_file(url: str) -> IO[str] | None:
    """Keep others away for as long as the file returned is open; nothing to lock_file for PostgreSQL or in memory."""
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
