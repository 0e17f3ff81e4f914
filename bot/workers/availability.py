"""Courtesy: what Slack says about people before they are asked for something, at Slack's pace."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import structlog

from bot.workers.message_sender import SlackClient

log = structlog.get_logger()
PAUSE = 1.0  # seconds, where Slack does not say how long to wait
BUCKET = "people"  # of these calls


class Availability:
    """`turn` waits until Slack's pace lets another call pass."""

    def __init__(self, slack: SlackClient, turn: Callable[[str], Awaitable[None]]) -> None:
        self._slack, self._turn = slack, turn

    async def disturbed(self, people: Sequence[str], now: datetime) -> Mapping[str, datetime]:
        """Until when those do not want to be disturbed who do not now."""
        answer = await self.ask("dnd.teamInfo", {"users": ",".join(sorted(set(people)))})
        at, found = now.timestamp(), {}
        for person, info in (answer.get("users") or {}).items():
            begins, ends = int(info.get("next_dnd_start_ts") or 0), int(info.get("next_dnd_end_ts") or 0)
            if info.get("dnd_enabled") and begins <= at < ends:
                found[str(person)] = datetime.fromtimestamp(ends, UTC)
        return found

    async def zone(self, person: str) -> str:
        """Where somebody lives; UTC where Slack does not say."""
        answer = await self.ask("users.info", {"user": person})
        return zone_of(str((answer.get("user") or {}).get("tz") or ""))

    async def ask(self, method: str, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        """What Slack says; nothing where it refuses, which the log has."""
        while True:
            await self._turn(BUCKET)
            answer = await self._slack.call(method, dict(arguments))
            if answer.get("ok") or answer.get("error") != "ratelimited":
                break
            await asyncio.sleep(float(answer.get("retry_after") or PAUSE))
        if not answer.get("ok"):
            log.warning("people_not_read", method=method, reason=answer.get("error"))
        return answer


def zone_of(said: str) -> str:
    """A time zone that this machine knows too."""
    try:
        return ZoneInfo(said).key
    except (ZoneInfoNotFoundError, ValueError):
        return "UTC"
