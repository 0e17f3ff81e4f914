"""Failures of a database that an operator has to mend, told apart from an outage that ends by itself.

Result codes of SQLite: https://www.sqlite.org/rescode.html
SQLSTATE of PostgreSQL: https://www.postgresql.org/docs/current/errcodes-appendix.html
"""

import errno
from typing import Any

from sqlalchemy.exc import OperationalError

SQLITE_READONLY, SQLITE_IOERR, SQLITE_CORRUPT, SQLITE_FULL, SQLITE_NOTADB = 8, 10, 11, 13, 26


class DiskFull(OperationalError):  # noqa: N818 - says what it is
    """There is no space left where the database is."""

    sentence = "There is no space left on the disk of the database, so nothing can be saved. Make space."


class DatabaseReadOnly(OperationalError):  # noqa: N818 - says what it is
    """The database or its file does not take changes."""

    sentence = (
        "The database is read-only, so nothing can be saved. Check who owns its file and folder, or the role of "
        "the server."
    )


class DatabaseDamaged(OperationalError):  # noqa: N818 - says what it is
    """A page of the database can't be read as what it should be."""

    sentence = (
        "The database is damaged. Run hypercare db check to see where, and restore a backup with hypercare db restore."
    )


Mendable = type[DiskFull] | type[DatabaseReadOnly] | type[DatabaseDamaged]
BY_CODE: dict[int, Mendable] = {
    SQLITE_READONLY: DatabaseReadOnly,
    SQLITE_CORRUPT: DatabaseDamaged,
    SQLITE_NOTADB: DatabaseDamaged,
    SQLITE_FULL: DiskFull,
}
BY_STATE: dict[str, Mendable] = {
    "25006": DatabaseReadOnly,
    "53100": DiskFull,
    "58030": DatabaseDamaged,  # io_error
    "XX001": DatabaseDamaged,
    "XX002": DatabaseDamaged,
}


def mendable_failure(error: BaseException) -> Mendable | None:
    """Return the kind of failure that a driver's error means; None for any other error."""
    code, state = getattr(error, "sqlite_errorcode", None), getattr(error, "sqlstate", None)
    if isinstance(code, int):
        return BY_CODE.get(code & 0xFF)  # the rest says more than we need
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return DiskFull
    return BY_STATE.get(str(state)) if state else None


def translate(context: Any) -> Exception | None:
    """Return the kind of failure to raise in place of the driver's error; a listener of SQLAlchemy's `handle_error`."""
    kind = mendable_failure(context.original_exception)
    return kind(context.statement, None, context.original_exception) if kind else None
