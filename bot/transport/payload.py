"""Read the payload of a signed HTTP request, and say what is wrong with one that no handler could use."""

from collections.abc import Iterator, Mapping
from typing import Any

from slack_bolt.request.internals import parse_body


class MalformedPayload(Exception):  # noqa: N818 - says what it is
    """The payload can't be used; the text says why, without what was in it."""


def read_payload(body: bytes, content_type: str) -> Mapping[str, Any]:
    """Return the payload as Bolt reads it; MalformedPayload when it is none or lacks what every one of its kind has."""
    try:
        found = parse_body(body.decode("utf-8"), content_type)
    except UnicodeDecodeError:
        raise MalformedPayload("not UTF-8") from None
    except (ValueError, RecursionError):
        raise MalformedPayload("not JSON") from None
    if not isinstance(found, Mapping):
        raise MalformedPayload("not an object")
    if not all(_is_storable(text) for text in _texts(found)):
        raise MalformedPayload("text that no database stores")
    if problem := _problem(found):
        raise MalformedPayload(problem)
    return found


def _texts(value: Any) -> Iterator[str]:
    """Yield every text of a payload, names of fields too."""
    waiting = [value]
    while waiting:
        match waiting.pop():
            case str(text):
                yield text
            case Mapping() as some:
                waiting += [*some, *some.values()]
            case list(some):
                waiting += some


def _is_storable(text: str) -> bool:
    """Return whether PostgreSQL and UTF-8 can hold a text: no null character, and no half of a character."""
    return "\0" not in text and (text.isascii() or not any("\ud800" <= one <= "\udfff" for one in text))


def _problem(payload: Mapping[str, Any]) -> str:
    kind = payload.get("type")
    if kind == "event_callback":
        event = payload.get("event")
        return "" if isinstance(event, Mapping) and isinstance(event.get("type"), str) else "no event"
    if kind in ("block_actions", "view_submission", "view_closed", "shortcut", "message_action", "block_suggestion"):
        user = payload.get("user")
        if not isinstance(user, Mapping) or not isinstance(user.get("id"), str):
            return "no user"
    if kind == "block_actions":
        actions = payload.get("actions")
        return "" if isinstance(actions, list) and actions and isinstance(actions[0], Mapping) else "no action"
    if kind in ("view_submission", "view_closed"):
        view = payload.get("view")
        return "" if isinstance(view, Mapping) and isinstance(view.get("id"), str) else "no view"
    return ""
