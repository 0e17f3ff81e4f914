"""Tables with a row for each value of an enumeration."""

from collections.abc import Container
from enum import StrEnum


def check_complete(kind: type[StrEnum], rows: Container[str]) -> None:
    """Raise LookupError with the values that have no row. Called beside each table, so that an import fails."""
    missing = [repr(one.value) for one in kind if one not in rows]
    if missing:
        raise LookupError(f"{kind.__name__} {', '.join(missing)} has no row in its table in {kind.__module__}")
