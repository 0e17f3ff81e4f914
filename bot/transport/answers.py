"""What Slack's answers hold at least; anything else is no answer of Slack, such as one of a proxy or a gateway.

The fields are those that the bot reads, and one that says that something was done where Slack sends one. What Slack
may leave out is only checked where it is there. An empty object may be an empty list in Slack's answers.

https://docs.slack.dev/reference/methods
"""

from collections.abc import Callable, Mapping
from typing import Any

Check = Callable[[Any], bool]


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and value != ""


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float)


def _is_empty(value: Any) -> bool:
    return value is None or value in ("", [], {})


def _optional(check: Check) -> Check:
    return lambda value: _is_empty(value) or check(value)


def _list_of(check: Check) -> Check:
    return lambda value: isinstance(value, list) and all(map(check, value))


def _object(**fields: Check) -> Check:
    return lambda value: isinstance(value, dict) and all(check(value.get(name)) for name, check in fields.items())


def _values_of(check: Check) -> Check:
    return lambda value: value == [] or (isinstance(value, dict) and all(map(check, value.values())))


_ANY_OBJECT = _optional(_object())
_THING = _object(id=_is_text)
_CHANNEL = _object(id=_is_text, properties=_optional(_object(canvas=_ANY_OBJECT)))
_USER = _object(id=_is_text, profile=_ANY_OBJECT)
_MESSAGES = _list_of(_object(ts=_is_text, metadata=_optional(_object(event_payload=_ANY_OBJECT))))
_FILE = _object(id=_is_text, size=_optional(_is_number), shares=_optional(_values_of(_object())))
_DND = {"next_dnd_start_ts": _optional(_is_number), "next_dnd_end_ts": _optional(_is_number)}

EXPECTED: Mapping[str, Mapping[str, Check]] = {
    "api.test": {},
    "apps.connections.open": {"url": _is_text},
    "auth.teams.list": {"teams": _list_of(_THING)},
    "auth.test": {"url": _is_text, "user_id": _is_text, "team_id": _is_text},
    "bots.info": {"bot": _THING},
    "canvases.edit": {},
    "canvases.sections.lookup": {"sections": _list_of(_THING)},
    "chat.postEphemeral": {"message_ts": _is_text},
    "chat.postMessage": {"channel": _is_text, "ts": _is_text},
    "chat.unfurl": {},
    "chat.update": {"ts": _is_text},
    "conversations.archive": {},
    "conversations.canvases.create": {"canvas_id": _is_text},
    "conversations.create": {"channel": _CHANNEL},
    "conversations.history": {"messages": _MESSAGES},
    "conversations.info": {"channel": _CHANNEL},
    "conversations.invite": {},
    "conversations.join": {"channel": _CHANNEL},
    "conversations.members": {"members": _list_of(_is_text)},
    "conversations.open": {"channel": _CHANNEL},
    "conversations.replies": {"messages": _MESSAGES},
    "conversations.setTopic": {},
    "dnd.info": {"snooze_endtime": _optional(_is_number), **_DND},
    "dnd.teamInfo": {"users": _values_of(_object(**_DND))},
    "entity.presentDetails": {},
    "files.completeUploadExternal": {"files": _list_of(_THING)},
    "files.delete": {},
    "files.getUploadURLExternal": {"upload_url": _is_text, "file_id": _is_text},
    "files.info": {"file": _FILE},
    "functions.completeError": {},
    "functions.completeSuccess": {},
    "pins.add": {},
    "pins.remove": {},
    "reactions.add": {},
    "reactions.remove": {},
    "usergroups.users.list": {"users": _list_of(_is_text)},
    "usergroups.users.update": {"usergroup": _THING},
    "users.conversations": {"channels": _list_of(_object(id=_is_text, name=_is_text))},
    "users.getPresence": {"presence": _is_text},
    "users.info": {"user": _USER},
    "users.list": {"members": _list_of(_USER)},
    "users.lookupByEmail": {"user": _USER},
    "views.open": {"view": _THING},
    "views.publish": {"view": _THING},
    "views.push": {"view": _THING},
    "views.update": {"view": _THING},
}


def refusal_in(answer: object) -> str:
    """Return Slack's name of an error; "" where there is none, as in a sentence of a gateway."""
    error = answer.get("error") if isinstance(answer, Mapping) else None
    return error if isinstance(error, str) and error.isidentifier() else ""


def is_as_expected(method: str, answer: Mapping[str, Any]) -> bool:
    """Return whether an answer that says `ok` holds what Slack's answer to this method holds."""
    if not _ANY_OBJECT(answer.get("response_metadata")):
        return False
    return all(check(answer.get(name)) for name, check in EXPECTED.get(method, {}).items())
