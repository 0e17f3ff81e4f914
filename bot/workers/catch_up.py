"""Read back what was said while no request could be taken, and handle it as if Slack had delivered it now."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from functools import partial
from http import HTTPStatus
from typing import Any

import structlog

from bot.context import AppContext
from bot.services.operations import catching_up
from bot.services.operations.catching_up import Event, Gap
from bot.workers.heartbeat import Read, Transact
from bot.workers.message_sender import SlackClient, Unanswered
from bot.workers.paced import PacedClient, Turn

log = structlog.get_logger()
BUCKET = "look"  # the rate limit of calls that search Slack
PAUSE = 30.0  # seconds, if Slack doesn't say how long
PAGE, MAX_PAGES = 200, 5  # messages in one answer, and answers about one channel
Dispatch = Callable[[Mapping[str, Any]], Awaitable[int]]  # with the HTTP status that Slack would be told


class CatchUp:
    """`read` runs a read, `serve` a service in a transaction, and `turn` waits for Slack's pace of a method.

    `dispatch` handles an event, and returns what Slack would be told.
    """

    def __init__(
        self, app: AppContext, slack: SlackClient, read: Read, serve: Transact,
        turn: Turn, dispatch: Dispatch,
    ) -> None:  # fmt: skip
        self._app, self._read, self._serve, self._dispatch = app, read, serve, dispatch
        self._slack = PacedClient(slack, turn, BUCKET, PAUSE)

    async def run(self, gap: Gap) -> bool:
        """Handle everything that was said in a gap, oldest first, each once; return whether all of it could be."""
        read, is_whole = dict[str, object](), True
        await self._serve(partial(catching_up.begin, self._app, gap))
        try:
            async for event in self._missed(gap):
                key = catching_up.event_key(event, _name(event))
                if event["type"] == "message":
                    read[key] = event.get("ts")
                if await self._is_handled(key):
                    continue
                status = await self._dispatch({"type": "event_callback", "event_id": _name(event), "event": event})
                is_whole = is_whole and status == HTTPStatus.OK
        except Unanswered as lost:
            is_whole = False
            log.warning("catching_up_ended", reason=lost.reason)
        except Exception as error:  # noqa: BLE001 - what was not read back must not end the bot
            is_whole = False
            log.warning("catching_up_ended", reason=type(error).__name__)
        if is_whole:
            count = await self._serve(partial(catching_up.end, self._app, read))
            log.info("caught_up", since=gap.since.isoformat(), messages=count)
        return is_whole

    async def _is_handled(self, key: str) -> bool:
        return bool(await self._read(partial(catching_up.count_handled, self._app, [key])))

    async def _missed(self, gap: Gap) -> AsyncIterator[Event]:
        oldest = f"{gap.since.timestamp():.6f}"
        for channel in gap.channels:
            found = await self._pages("conversations.history", {"channel": channel, "oldest": oldest})
            for message in sorted(found, key=lambda one: str(one.get("ts"))):
                for event in catching_up.events_of(self._app, channel, message):
                    yield event
        for channel, ts in gap.threads:
            found = await self._pages("conversations.replies", {"channel": channel, "ts": ts, "oldest": oldest})
            for message in found:
                if message.get("ts") != ts:
                    for event in catching_up.events_of(self._app, channel, message):
                        yield event

    async def _pages(self, method: str, asked: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        """Return the messages of an answer and of the pages after it; those so far where Slack refuses more."""
        found: list[Mapping[str, Any]] = []
        cursor = ""
        for _ in range(MAX_PAGES):
            answer = await self._slack.call(method, {**asked, "limit": PAGE, **({"cursor": cursor} if cursor else {})})
            if not answer.get("ok"):
                log.warning("catching_up_ended", reason=answer.get("error"))
                break
            found += answer.get("messages") or ()
            cursor = (answer.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                break
        return found


def _name(event: Event) -> str:
    item = event.get("item") or event
    return f"{item.get('channel')}:{item.get('ts')}:{event.get('reaction', '')}:{event.get('user')}"
