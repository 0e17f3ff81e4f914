"""Slack messages for people who read them elsewhere: names in place of mentions, and times in one time zone."""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from bot.views.text import MENTION
from domain.text import LINK_CLOSE, LINK_OPEN, NAME_CLOSE, NAME_OPEN

DATE = re.compile(r"<!date\^(\d+)\^[^|>]*(?:\|[^>]*)?>")
LINK = re.compile(f"{LINK_OPEN}[^|{LINK_CLOSE}]*\\|([^{LINK_CLOSE}]*){LINK_CLOSE}")


def without_mentions(payload: Mapping[str, Any]) -> dict[str, Any]:
    """Return a message with marks in place of mentions, which become names, and without links to other messages."""
    raw = json.dumps({key: payload.get(key) for key in ("text", "blocks")}, ensure_ascii=False)
    marked = MENTION.sub(lambda found: _mark(found[1]), LINK.sub(r"\1", raw))
    found: dict[str, Any] = json.loads(marked, object_hook=_without_user)
    return found


def with_times(payload: Mapping[str, Any], zone: str) -> dict[str, Any]:
    """Return a message with its times as text, in that time zone."""
    raw = json.dumps(dict(payload), ensure_ascii=False)
    found: dict[str, Any] = json.loads(DATE.sub(lambda found: _time(int(found[1]), zone), raw))
    return found


def _mark(person: str) -> str:
    return f"{NAME_OPEN}{person}{NAME_CLOSE}"


def _without_user(found: dict[str, Any]) -> dict[str, Any]:
    return {"type": "text", "text": _mark(found["user_id"])} if found.get("type") == "user" else found


def _time(timestamp: int, zone: str) -> str:
    return f"{datetime.fromtimestamp(timestamp, UTC).astimezone(ZoneInfo(zone)):%a %d %b %H:%M} ({zone})"
