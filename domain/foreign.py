"""Texts, numbers and times in the JSON of other systems, whatever type they come in."""

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from dateutil.parser import ParserError, isoparse

PLAIN = (str, int, float)  # a union would be made anew at each call, which takes longer than the rest
MILLISECONDS_FROM = 1e11  # a number of seconds since 1970 above this is one of milliseconds


def scalar(value: Any) -> str:
    """Return a text, a number or a truth value as text; "" for anything else."""
    if type(value) is str:  # as most are
        return value
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and math.isfinite(value) and value == int(value):
        return str(int(value))
    return str(value) if isinstance(value, PLAIN) else ""


def table(value: Any) -> Mapping[str, Any]:
    """Return a JSON object, or an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def number(value: Any) -> float | None:
    """Return a finite number, also one that is written as text; None for anything else."""
    if type(value) is float and -math.inf < value < math.inf:  # as most are
        return value
    if isinstance(value, bool) or not isinstance(value, PLAIN):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def moment(value: Any) -> datetime | None:
    """Return a time from ISO 8601 text or from seconds or milliseconds since 1970; None for anything else."""
    text = scalar(value).strip()
    try:
        if text.replace(".", "", 1).isdigit() and text.isascii():
            seconds = float(text)
            return datetime.fromtimestamp(seconds / 1000 if seconds > MILLISECONDS_FROM else seconds, UTC)
        found = isoparse(text[:40]) if text else None
    except (ParserError, ValueError, OverflowError, OSError):
        return None
    if found is None or not 2000 <= found.year <= 2100:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
