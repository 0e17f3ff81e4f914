"""Send queued messages to people in Microsoft Teams."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Protocol

import structlog

from bot.context import AppContext
from bot.services.connectors import trackers
from bot.services.teams.sending import message_of
from bot.workers.channel_changer import Undelivered
from domain.delivery.message import Failure, FailureKind, MessageKind, OutboxMessage
from domain.teams.outgoing import TeamsMessage
from storage.transaction import Transaction

log = structlog.get_logger()
NAME, LABEL = "teams_bot", "Microsoft Teams"
Serve = Callable[[Callable[[Transaction], Any]], Awaitable[Any]]


class TeamsChats(Protocol):
    """Chats of people with the bot."""

    async def send(self, message: TeamsMessage) -> str | Failure:
        """Send a message; return what Teams calls it, or why it did not arrive."""


class TeamsSender:
    """`chats` are None where the bot is not set up."""

    def __init__(self, app: AppContext, chats: TeamsChats | None, serve: Serve) -> None:
        self._app, self._chats, self._serve = app, chats, serve
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
        made = await asyncio.to_thread(message_of, self._app, queued)
        if made is None and queued.target:
            return queued.target_ts  # what it changes was sent so long ago that its id is no longer kept
        if made is None:
            raise Undelivered(Failure("no_chat"))
        sent = await self._chats.send(made)
        await self._note(sent if isinstance(sent, Failure) else None)
        if isinstance(sent, Failure):
            raise Undelivered(sent)
        if queued.verb is not MessageKind.POST:
            return queued.target_ts
        if sent:
            at = self._app.now()
            await self._serve(lambda tx: tx.teams_people.note_sent(queued.id, sent, at))
        return f"teams.{queued.id}"

    async def _note(self, failure: Failure | None) -> None:
        """Note whether Teams answers, so that the admins are told once when it doesn't for a while."""
        if failure is not None and failure.kind in (FailureKind.OUTAGE, FailureKind.TEMPORARY):
            self._may_fail = True
            log.warning("teams_delayed", reason=failure.reason)
            note = partial(trackers.note_failure, self._app, system=NAME, label=LABEL, reason=failure.reason)
            await self._serve(note)
        elif self._may_fail:
            self._may_fail = False
            await self._serve(partial(trackers.note_success, self._app, system=NAME, label=LABEL))
