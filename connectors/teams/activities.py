"""Read an activity that Microsoft Teams sends to the bot.

https://learn.microsoft.com/en-us/microsoftteams/platform/bots/build-conversational-capability and
https://github.com/microsoft/Agents/blob/main/specs/activity/protocol-activity.md
"""

import json
from collections.abc import Mapping
from typing import Any

from domain.teams.incoming import TeamsAct, TeamsActivity
from domain.text import one_line, shorten

Json = Mapping[str, Any]
ID_LIMIT, NAME_LIMIT, URL_LIMIT, TEXT_LIMIT = 300, 80, 300, 20_000
INVOKED = {"task/fetch": TeamsAct.OPEN_FORM, "task/submit": TeamsAct.SUBMIT_FORM}
WORDS = frozenset({"text/html", "text/plain"})  # attachments that only repeat the text


def read_activity(body: bytes) -> TeamsActivity | None:
    """Return what a request tells of; None where it is no activity of a person in Teams."""
    try:
        given = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(given, dict) or given.get("channelId") != "msteams":
        return None
    sender, conversation = _object(given, "from"), _object(given, "conversation")
    tenant = _text(conversation, "tenantId") or _text(_object(_object(given, "channelData"), "tenant"), "id")
    found = TeamsActivity(
        act=_act(given), id=_text(given, "id"), tenant=tenant, account=_text(sender, "id"),
        object_id=_text(sender, "aadObjectId") or _text(sender, "id"),
        name=shorten(one_line(_text(sender, "name")), NAME_LIMIT), bot=_text(_object(given, "recipient"), "id"),
        conversation=_text(conversation, "id"), is_personal=conversation.get("conversationType") == "personal",
        service_url=_text(given, "serviceUrl", URL_LIMIT).rstrip("/"), text=_text(given, "text", TEXT_LIMIT),
        values=_values(given), files=_files(given),
    )  # fmt: skip
    needed = (found.account, found.conversation, found.service_url, found.bot)
    return found if all(needed) and (found.id or found.expects_answer) else None


def _act(given: Json) -> TeamsAct:
    match given.get("type"):
        case "message":
            return TeamsAct.PRESS if isinstance(given.get("value"), dict) else TeamsAct.MESSAGE
        case "installationUpdate":
            return TeamsAct.REMOVED if str(given.get("action")).startswith("remove") else TeamsAct.INSTALLED
        case "invoke":
            return INVOKED.get(str(given.get("name")), TeamsAct.OTHER)
    return TeamsAct.OTHER


def _values(given: Json) -> Json:
    value = _object(given, "value")
    return _object(value, "data") if given.get("type") == "invoke" else value


def _files(given: Json) -> int:
    found = given.get("attachments")
    kinds = [one.get("contentType") for one in found if isinstance(one, dict)] if isinstance(found, list) else []
    return sum(isinstance(kind, str) and kind not in WORDS for kind in kinds)


def _object(given: Json, name: str) -> Json:
    found = given.get(name)
    return found if isinstance(found, dict) else {}


def _text(given: Json, name: str, limit: int = ID_LIMIT) -> str:
    """Return a text without what a database can't store."""
    found = given.get(name)
    return found.replace("\0", "").encode(errors="replace").decode()[:limit] if isinstance(found, str) else ""
