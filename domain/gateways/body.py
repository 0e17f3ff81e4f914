"""Bodies of log senders: one JSON object, an array, or one object a line, each perhaps behind a syslog prefix."""

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

MAX_LINES = 50_000  # of one request
TOGETHER = 100  # lines that are read at once: faster than one by one, and people can go first in between
T = TypeVar("T")


class UnreadableBodyError(Exception):
    """A body has no JSON in it."""


def with_pauses(items: Iterable[T], pause: Callable[[], None]) -> Iterator[T]:
    """Return the items, and call `pause` before each piece of work."""
    for number, item in enumerate(items):
        if not number % TOGETHER:
            pause()
        yield item


def rows_of(body: bytes) -> Iterator[Any]:
    """Return each JSON value of a body, and None for a line that has none."""
    text = body.decode("utf-8", "replace").strip("\ufeff \t\r\n")
    if text.startswith(("[", "{")):
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            pass
        else:
            yield from found[:MAX_LINES] if isinstance(found, list) else [found]
            return
    if text.startswith("["):
        raise UnreadableBodyError
    lines = [line for line in text.splitlines()[:MAX_LINES] if line.strip()]
    for at in range(0, len(lines), TOGETHER):
        some = lines[at : at + TOGETHER]
        yield from _values(some) or map(_row, some)


def _values(lines: list[str]) -> list[Any] | None:
    """Return the value of each line, read in one go; None if one of them is no JSON object."""
    try:
        found: list[Any] = json.loads(f"[{','.join(lines)}]")
    except (ValueError, RecursionError):
        return None
    return found if len(found) == len(lines) and all(line.lstrip().startswith("{") for line in lines) else None


def _row(line: str) -> Any:
    """Return the JSON object in a line, after a prefix such as that of syslog."""
    at = line.find("{")
    try:
        return json.loads(line[at:] if at >= 0 else line)
    except (ValueError, RecursionError):
        return None
