"""Availability: do-not-disturb and time zones of people, read from Slack within its rate limits."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import structlog

from bot.workers.message_sender import SlackClient
from bot.workers.paced import PacedClient, Turn

log = structlog.get_logger()
PAUSE = 1.0  # seconds, when Slack does not say how long to wait
BUCKET = "people"  # the rate limit of these calls


class Availability:
    """What Slack says of people."""

    def __init__(self, slack: SlackClient, turn: Turn) -> None:
        self._slack = PacedClient(slack, turn, BUCKET, PAUSE)

    async def disturbed(self, people: Sequence[str], now: datetime) -> Mapping[str, datetime]:
        """Return until when people have do-not-disturb on, for those who have it on now."""
        answer = await self.ask("dnd.teamInfo", {"users": ",".join(sorted(set(people)))})
        at, found = now.timestamp(), {}
        for person, info in (answer.get("users") or {}).items():
            begins, ends = int(info.get("next_dnd_start_ts") or 0), int(info.get("next_dnd_end_ts") or 0)
            if info.get("dnd_enabled") and begins <= at < ends:
                found[str(person)] = datetime.fromtimestamp(ends, UTC)
        return found

    async def zone(self, person: str) -> str:
        """Return a person's time zone; UTC if Slack does not say."""
        answer = await self.ask("users.info", {"user": person})
        return zone_of(str((answer.get("user") or {}).get("tz") or ""))

    async def ask(self, method: str, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        """Call a method; the answer is logged and not ok when Slack refuses."""
        answer = await self._slack.call(method, arguments)
        if not answer.get("ok"):
            log.warning("people_not_read", method=method, reason=answer.get("error"))
        return answer


def zone_of(name: str) -> str:
    """Return the time zone if this machine knows it, else UTC."""
    try:
        return ZoneInfo(name).key
    except (ZoneInfoNotFoundError, ValueError):
        return "UTC"
