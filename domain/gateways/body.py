"""Bodies of log senders: one JSON object, an array, or one object a line, each perhaps behind a syslog prefix."""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

MAX_LINES = 50_000  # of one request
TOGETHER = 100  # lines that are read at once: faster than one by one, and people can go first in between
BLANK = re.compile(r"[ \t\r\n]*")
AFTER_ELEMENT = re.compile(r"[ \t\r\n]*([,\]])[ \t\r\n]*")
UNREADABLE = (ValueError, RecursionError)
T = TypeVar("T")
read_value = json.JSONDecoder().raw_decode


class UnreadableBodyError(Exception):
    """A body has no JSON in it."""


def in_pieces(items: Sequence[T], pause: Callable[[], None]) -> Iterator[Sequence[T]]:
    """Return the items in pieces, and call `pause` before each, so that other work can go first."""
    for at in range(0, len(items), TOGETHER):
        pause()
        yield items[at : at + TOGETHER]


def rows_of(body: bytes, pause: Callable[[], None]) -> list[Any]:
    """Return each JSON value of a body, and None for a line that has none; `pause` is called before each piece."""
    text = body.decode("utf-8", "replace").strip("\ufeff \t\r\n")
    if text.startswith("["):
        return _elements(text, pause)
    if text.startswith("{"):
        try:
            return [json.loads(text)]
        except UNREADABLE:
            pass  # more than one line
    lines = [line for line in text.splitlines()[:MAX_LINES] if line.strip()]
    found: list[Any] = []
    for some in in_pieces(lines, pause):
        found += _values(some) or map(_row, some)
    return found


def _elements(text: str, pause: Callable[[], None]) -> list[Any]:
    """Return the elements of an array, read one by one: nothing else can run while a value is read.

    UnreadableBodyError when it is no array.
    """
    found: list[Any] = []
    at, ends = _blank(text, 1), len(text)
    has_more = text[at:] != "]"
    while has_more and len(found) < MAX_LINES:
        if not len(found) % TOGETHER:
            pause()
        try:
            value, at = read_value(text, at)
        except UNREADABLE:
            raise UnreadableBodyError from None
        found.append(value)
        after = AFTER_ELEMENT.match(text, at)
        if after is None or (after[1] == "]" and after.end() != ends):
            raise UnreadableBodyError
        at, has_more = after.end(), after[1] == ","
    return found


def _blank(text: str, at: int) -> int:
    blank = BLANK.match(text, at)
    return blank.end() if blank else at


def _values(lines: Sequence[str]) -> list[Any] | None:
    """Return the value of each line, read in one go; None if one of them is no JSON object."""
    try:
        found: list[Any] = json.loads(f"[{','.join(lines)}]")
    except UNREADABLE:
        return None
    return found if len(found) == len(lines) and all(line.lstrip().startswith("{") for line in lines) else None


def _row(line: str) -> Any:
    """Return the JSON object in a line, after a prefix such as that of syslog."""
    at = line.find("{")
    try:
        return json.loads(line[at:] if at >= 0 else line)
    except UNREADABLE:
        return None
