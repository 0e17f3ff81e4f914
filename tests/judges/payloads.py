"""The payloads of recorded calls, each shape of them once."""

from collections.abc import Iterable
from typing import Any

from tests.judges.story import Call

# Strings of these fields are one of a few words; of the others only that they are strings matters to a type.
WORDS = frozenset(("type", "style", "verbatim", "format", "level", "alignment", "response_type", "status", "color"))
MESSAGES = frozenset(("chat.postMessage", "chat.update", "chat.postEphemeral"))
VIEWS = frozenset(("views.open", "views.push", "views.update", "views.publish"))
Payload = dict[str, Any]


def messages(calls: Iterable[Call]) -> list[Payload]:
    return distinct({"method": one["method"]} | one["args"] for one in calls if one["method"] in MESSAGES)


def views(calls: Iterable[Call]) -> list[Payload]:
    return distinct(one["args"]["view"] for one in calls if one["method"] in VIEWS)


def blocks(calls: Iterable[Call]) -> list[Payload]:
    """Every block of every message and view."""
    every = list(calls)
    held = [one["args"].get("blocks") or [] for one in every if one["method"] in MESSAGES]
    held += [one["args"]["view"]["blocks"] for one in every if one["method"] in VIEWS]
    return distinct(block for some in held for block in some)


def distinct(payloads: Iterable[Payload]) -> list[Payload]:
    """The first of each shape."""
    found: dict[Any, Payload] = {}
    for one in payloads:
        found.setdefault(shape(one), one)
    return list(found.values())


def shape(value: Any, name: str = "") -> Any:
    """What a type can tell apart: names, kinds of values, and words of a fixed list."""
    match value:
        case dict():
            return tuple(sorted((key, shape(one, key)) for key, one in value.items()))
        case list():
            return ("list", *sorted({shape(one) for one in value}, key=repr))
        case str() if name in WORDS:
            return value
        case _:
            return type(value).__name__
