"""Send queued messages to people in Microsoft Teams."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Protocol

import structlog

from bot.context import AppContext
from bot.services.teams import losses
from bot.services.teams.sending import message_of
from bot.workers.channel_changer import Undelivered
from bot.workers.turns import Turns
from domain.delivery.message import Failure, FailureKind, MessageKind, OutboxMessage
from domain.teams.outgoing import TeamsMessage, TeamsPicture
from storage.transaction import Transaction

log = structlog.get_logger()
PICTURES = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF8": "image/gif",
}  # by their beginning
ENDINGS = (".png", ".jpg", ".jpeg", ".gif")
MAX_PICTURE = 700_000  # bytes, which are a message of 1 MB
TOO_LARGE = frozenset({"http_400", "http_413"})
MAX_MESSAGES = 20  # on their way at the same time, so that a slow Teams does not keep Slack waiting
Serve = Callable[[Callable[[Transaction], Any]], Awaitable[Any]]


class TeamsChats(Protocol):
    """Chats of people with the bot."""

    async def send(self, message: TeamsMessage) -> str | Failure:
        """Send a message; return what Teams calls it, or why it did not arrive."""


class TeamsSender:
    """`chats` are None where the bot is not set up; `content` returns the bytes of a file, None without any."""

    def __init__(
        self, app: AppContext, chats: TeamsChats | None, serve: Serve, content: Callable[[str], Awaitable[bytes | None]]
    ) -> None:
        self._app, self._chats, self._serve, self._content = app, chats, serve, content
        self._turns = Turns(MAX_MESSAGES)
        self._may_fail = True  # perhaps since before the start

    async def deliver(self, queued: OutboxMessage) -> str | None:
        """Send one message and return what names it in its thread; raise Undelivered otherwise.

        Reactions and deletions have no message. An answer that was lost can't be looked for in Teams, so such a message
        may arrive twice.
        """
        if queued.verb is MessageKind.REACT or "delete" in queued.payload:
            return None
        if self._chats is None:
            raise Undelivered(Failure("not_in_the_settings"))
        if busy := self._turns.refuse():
            raise Undelivered(busy)
        with self._turns.taken():
            return await self._try(self._chats, queued)

    async def _try(self, chats: TeamsChats, queued: OutboxMessage) -> str | None:
        picture = await self._picture_of(queued) if queued.verb is MessageKind.FILE else None
        made = await asyncio.to_thread(message_of, self._app, queued, picture)
        if made is None and queued.target:
            return queued.target_ts  # what it changes was sent so long ago that its id is no longer kept
        if made is None:
            raise Undelivered(Failure("no_chat"))
        sent = await chats.send(made)
        if picture and isinstance(sent, Failure) and sent.reason in TOO_LARGE:
            made = await asyncio.to_thread(message_of, self._app, queued)
            sent = await chats.send(made) if made else sent
        await self._note(sent if isinstance(sent, Failure) else None)
        if isinstance(sent, Failure):
            raise Undelivered(sent)
        if queued.verb is not MessageKind.POST:
            return queued.target_ts
        if sent:
            at = self._app.now()
            await self._serve(lambda tx: tx.teams_people.note_sent(queued.id, sent, at))
        return f"teams.{queued.id}"

    async def _picture_of(self, queued: OutboxMessage) -> TeamsPicture | None:
        """Return a file as a picture that a message can hold; None where it is none, or can't be had."""
        name = str(queued.payload["name"])
        if not name.lower().endswith(ENDINGS):
            return None
        content = await self._content(str(queued.payload["file"]))
        if content is None or len(content) > MAX_PICTURE:
            return None
        kind = next((kind for beginning, kind in PICTURES.items() if content.startswith(beginning)), None)
        return TeamsPicture(name=name, kind=kind, content=content) if kind else None

    async def _note(self, failure: Failure | None) -> None:
        """Note whether Teams answers, so that the admins are told once when it doesn't for a while."""
        if failure is not None and (failure.kind.is_outage or failure.kind is FailureKind.TEMPORARY):
            self._may_fail = True
            log.warning("teams_delayed", reason=failure.reason)
            await self._serve(partial(losses.note_failure, self._app, reason=failure.reason))
        elif self._may_fail:
            self._may_fail = False
            await self._serve(partial(losses.note_success, self._app))
