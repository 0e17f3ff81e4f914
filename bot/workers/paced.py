"""Calls of Slack's Web API that wait for its rate limits instead of failing."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from bot.workers.message_sender import SlackClient

Turn = Callable[[str], Awaitable[None]]  # waits until the rate limit of that name allows another call


class PacedClient:
    """Calls within one rate limit; `pause` is in seconds, for when Slack asks to wait and doesn't say how long."""

    def __init__(self, slack: SlackClient, turn: Turn, limit: str, pause: float) -> None:
        self._slack, self._turn, self._limit, self._pause = slack, turn, limit, pause

    async def call(self, method: str, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        """Call a method at Slack's pace, again when Slack asked to wait; raises Unanswered."""
        while True:
            await self._turn(self._limit)
            answer = await self._slack.call(method, dict(arguments))
            if answer.get("ok") or answer.get("error") != "ratelimited":
                return answer
            await asyncio.sleep(float(answer.get("retry_after") or self._pause))
