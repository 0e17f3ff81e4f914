"""Read an activity that Microsoft Teams sends to the bot.

https://learn.microsoft.com/en-us/microsoftteams/platform/bots/build-conversational-capability and
https://github.com/microsoft/Agents/blob/main/specs/activity/protocol-activity.md
"""

import json
import re
from collections.abc import Iterator, Mapping
from mimetypes import guess_type
from typing import Any

from domain.knowledge.documents import text_of_html
from domain.mail.incoming import safe_file_name
from domain.teams.incoming import TeamsAct, TeamsActivity, TeamsFile
from domain.text import one_line, shorten

Json = Mapping[str, Any]
ID_LIMIT, NAME_LIMIT, URL_LIMIT, TEXT_LIMIT = 300, 80, 300, 20_000
INVOKED = {"task/fetch": TeamsAct.OPEN_FORM, "task/submit": TeamsAct.SUBMIT_FORM}
WORDS = frozenset({"text/html", "text/plain"})  # attachments that only repeat the text
FILE = "application/vnd.microsoft.teams.file.download.info"
MAX_FILES, MAX_URL, MAX_HTML = 20, 4000, 100_000
# What stands for a message that is answered: in the HTML the message itself, and lately a sign in the text.
REPLY, QUOTE, QUOTE_END = "http://schema.skype.com/Reply", "<blockquote", "</blockquote>"
QUOTED = re.compile(r"<quoted\b[^<>]*>")


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
        service_url=_text(given, "serviceUrl", URL_LIMIT).rstrip("/"), text=_words(given),
        values=_values(given), files=tuple(_files(given)),
    )  # fmt: skip
    needed = (found.account, found.conversation, found.service_url, found.bot)
    return found if all(needed) and (found.id or found.expects_answer) else None


def sample(tenant: str) -> tuple[bytes, Mapping[str, str]]:
    """Return the body and the headers of a message to the bot by a person whom there isn't."""
    id_ = "rehearsal"
    activity = {
        "type": "message", "id": id_, "channelId": "msteams", "serviceUrl": "https://smba.trafficmanager.net/teams",
        "from": {"id": f"29:{id_}", "name": "Rehearsal", "aadObjectId": id_}, "recipient": {"id": "28:bot"},
        "conversation": {"id": f"a:{id_}", "conversationType": "personal", "tenantId": tenant}, "text": "Rehearsal",
    }  # fmt: skip
    return json.dumps(activity).encode(), {}


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


def _words(given: Json) -> str:
    """Return what a person wrote, without the message that they answer."""
    for one in _attachments(given):
        html = _text(one, "content", MAX_HTML)
        if one.get("contentType") == "text/html" and REPLY in html:
            return text_of_html(_without_quotes(html))[:TEXT_LIMIT]
    return QUOTED.sub("", _text(given, "text", TEXT_LIMIT))


def _without_quotes(html: str) -> str:
    while (at := html.find(REPLY)) >= 0:
        start, end = html.rfind(QUOTE, 0, at), html.find(QUOTE_END, at)
        html = html[: max(start, 0)] + (html[end + len(QUOTE_END) :] if end >= 0 else "")
    return html


def _files(given: Json) -> Iterator[TeamsFile]:
    """Yield the files that a person sent: from their disk, or as a picture in the text."""
    found = [one for one in _attachments(given) if _text(one, "contentType") not in WORDS]
    for number, one in enumerate(found[:MAX_FILES], start=1):
        kind, name = _text(one, "contentType"), _text(one, "name")
        if kind == FILE:
            name = safe_file_name(name, number)
            url = _text(_object(one, "content"), "downloadUrl", MAX_URL)
            yield TeamsFile(name, url, guess_type(name)[0] or "application/octet-stream")
        elif kind.startswith("image/"):
            ending = re.sub(r"\W.*", "", kind.removeprefix("image/")) or "png"  # Teams may call it image/*
            url = _text(one, "contentUrl", MAX_URL)
            yield TeamsFile(safe_file_name(name, number, ending), url, kind.replace("*", ending), with_token=True)
        else:
            yield TeamsFile(safe_file_name(name, number), "")


def _attachments(given: Json) -> list[Json]:
    found = given.get("attachments")
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _object(given: Json, name: str) -> Json:
    found = given.get(name)
    return found if isinstance(found, dict) else {}


def _text(given: Json, name: str, limit: int = ID_LIMIT) -> str:
    """Return a text without what a database can't store."""
    found = given.get(name)
    return found.replace("\0", "").encode(errors="replace").decode()[:limit] if isinstance(found, str) else ""
