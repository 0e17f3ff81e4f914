"""Read the payload of a request from Slack, and say what is wrong with one that no handler could use."""

from collections.abc import Iterator, Mapping
from typing import Any

from slack_bolt.request.internals import parse_body

from domain.address import is_person

INTERACTIONS = ("block_actions", "view_submission", "view_closed", "shortcut", "message_action", "block_suggestion")
EVENTS_LIMITED = "app_rate_limited"  # Slack kept the events of a minute back, because they were too many
# Also those that Bolt reads and this app never asks for: they are acknowledged.
PARTS = ("enterprise", "team", "channel", "message", "view")  # of an interaction, each an object where it is there
NAMED = ("user", "channel", "team", "enterprise")  # of an event and what it is about, each an id or an object
ABOUT = ("item", "message", "previous_message")  # parts of an event in which Bolt looks for them
KINDS = (*INTERACTIONS, "url_verification", "interactive_message", "dialog_submission", "dialog_cancellation",
         "dialog_suggestion", "workflow_step_edit", EVENTS_LIMITED)  # fmt: skip


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
    check_payload(found)
    return found


def check_payload(payload: Any) -> None:
    """Raise MalformedPayload when a payload is none, or lacks what every one of its kind has."""
    if not isinstance(payload, Mapping):
        raise MalformedPayload("not an object")
    if not all(_is_storable(text) for text in _texts(payload)):
        raise MalformedPayload("text that no database stores")
    if problem := _problem(payload):
        raise MalformedPayload(problem)


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
        return _wrong_in_event(payload)
    if isinstance(payload.get("command"), str):
        return "" if _is_person(payload.get("user_id")) else "no user"
    if kind not in KINDS and "ssl_check" not in payload:
        return "unknown kind"
    if kind in INTERACTIONS and (problem := _missing_part(payload)):
        return problem
    if kind == "block_actions":
        actions = payload.get("actions")
        pressed = actions[0] if isinstance(actions, list) and actions else None
        named = isinstance(pressed, Mapping) and isinstance(pressed.get("action_id"), str)
        return "" if named else "no action"
    if kind in ("view_submission", "view_closed"):
        view = payload.get("view")
        named = isinstance(view, Mapping) and all(
            isinstance(view.get(name), str) for name in ("id", "type", "callback_id")
        )
        return "" if named else "no view"
    if kind in ("shortcut", "message_action"):
        return "" if isinstance(payload.get("callback_id"), str) else "no shortcut"
    return ""


def _wrong_in_event(payload: Mapping[str, Any]) -> str:
    event, given = payload.get("event"), payload.get("authorizations") or []
    if not isinstance(event, Mapping) or not isinstance(event.get("type"), str):
        return "no event"
    if not isinstance(given, list) or not all(isinstance(one, Mapping) for one in given):
        return "no authorizations"
    parts = [payload, event, *given, *(one for name in ABOUT if isinstance(one := event.get(name), Mapping))]
    wrong = (name for part in parts for name in NAMED if not isinstance(part.get(name), str | Mapping | None))
    return next((f"no {name}" for name in wrong), "")


def _missing_part(interaction: Mapping[str, Any]) -> str:
    for name in PARTS:
        if not isinstance(interaction.get(name) or {}, Mapping):
            return f"no {name}"
    user = interaction.get("user")
    return "" if isinstance(user, Mapping) and _is_person(user.get("id")) else "no user"


def _is_person(id_: Any) -> bool:
    return isinstance(id_, str) and is_person(id_)
