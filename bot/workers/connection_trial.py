"""Try a connection of a phase for a rehearsal: what is asked or sent there changes nothing."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, Protocol

from bot.context import AppContext
from bot.services.phases import marks
from connectors.tracker import Tracker, TrackerError
from domain.connectors.settings import Connection
from domain.delivery.message import Failure, OutboxMessage
from domain.rehearsal.connections import MARK
from domain.rehearsal.marks import OUT_OF_REACH
from storage.transaction import Transaction

SECONDS = 30.0  # after which a system counts as one that doesn't answer
MAX_REASON = 300  # characters
NO_ANSWER = "It didn't answer."
REASONS = {
    "not_in_the_settings": "Its address or key is not set.",
    "not_an_address": "Its address is not one.",
    "unreachable": "Nothing answers at its address.",
    "no_answer": NO_ANSWER,
    "unreadable_answer": "Its answer can't be read. Perhaps something else answers at its address.",
}
MailCheck = Callable[[], Failure | None]
Serve = Callable[[Callable[[Transaction], Any]], Awaitable[Any]]
Tell = Callable[[str, int, Mapping[str, Any]], Awaitable[Failure | None]]


class Endpoints(Protocol):
    """What other systems call; each method returns what is wrong, or ""."""

    async def request(self, request: Mapping[str, Any]) -> str: ...

    async def hand_over_mail(self, address: str, mark: str, *, strangers: bool) -> str: ...


class ConnectionTrial:
    """`mail` logs in to the mail server and sends nothing; None without one. `tell` calls a webhook.

    `chat` gets a token of Microsoft for the bot in Teams, and raises TrackerError when that fails.
    """

    def __init__(
        self, app: AppContext, trackers: Mapping[str, Tracker], mail: MailCheck | None, endpoints: Endpoints,
        tell: Tell, serve: Serve, chat: Callable[[], Awaitable[None]] | None = None,
    ) -> None:  # fmt: skip
        self._app, self._trackers, self._mail = app, trackers, mail
        self._endpoints, self._tell, self._serve, self._chat = endpoints, tell, serve, chat
        # What we send to ourselves, one at a time, since what is undone holds locks of the phase.
        self._one_by_one = asyncio.Lock()

    async def send(self, queued: OutboxMessage) -> Failure | None:
        """Return what is missing, which is never tried again; None if nothing is."""
        if "phase" in queued.payload:
            async with self._one_by_one:
                missing = await _in_time(self._ask_ourselves(queued.payload))
        else:
            missing = await _in_time(self._ask_others(queued.id, queued.payload))
        wrong = [one for one in missing if one and not one.startswith(OUT_OF_REACH)]
        found = " ".join(wrong) or next(filter(None, missing), "")
        return Failure(found[:MAX_REASON]) if found else None

    async def _ask_others(self, number: int, given: Mapping[str, Any]) -> Sequence[str]:
        if "connection" in given:
            return await self._ask_tracker(Connection.model_validate(given["connection"]))
        failure = await self._tell(given["system"], number, given["body"])
        return [_words(failure)] if failure else []

    async def _ask_ourselves(self, given: Mapping[str, Any]) -> Sequence[str]:
        """Send a request or a mail to ourselves."""
        async with self._mark(given["phase"]) as mark:
            if "mail" in given:
                came = self._endpoints.hand_over_mail(given["mail"], mark, strangers=given["strangers"])
                return [await came, await self._ask_mail_server()]
            refused = await self._endpoints.request(_marked(given["request"], mark))
            return [refused, await self._ask_microsoft()] if "chat" in given else [refused]

    @asynccontextmanager
    async def _mark(self, phase_id: int) -> AsyncIterator[str]:
        """Give a mark that proves an input to be ours, for as long as it is needed."""
        mark = await self._serve(partial(marks.create, self._app, phase_id))
        try:
            yield mark
        finally:
            await self._serve(partial(marks.delete, mark))

    async def _ask_tracker(self, connection: Connection) -> list[str]:
        tracker = self._trackers.get(connection.system)
        if tracker is None:
            return ["Its address or token is not set."]
        try:
            return await tracker.check(connection)
        except TrackerError as error:
            return [error.detail or _words(error.failure)]

    async def _ask_microsoft(self) -> str:
        if self._chat is None:
            return "The bot in Teams is not set up."
        try:
            await self._chat()
        except TrackerError as error:
            return f"Microsoft refused the bot's account (`{error.failure.reason}`). Check HYPERCARE_TEAMS_APP_SECRET."
        return ""

    async def _ask_mail_server(self) -> str:
        if self._mail is None:
            return "No server sends mails. Set HYPERCARE_SMTP_URL."
        failure = await asyncio.to_thread(self._mail)
        return f"The mail server refused us ({failure.reason})." if failure else ""


def _words(failure: Failure) -> str:
    return REASONS.get(failure.reason, f"It answered `{failure.reason}`.")


async def _in_time(asked: Coroutine[Any, Any, Sequence[str]]) -> Sequence[str]:
    try:
        return await asyncio.wait_for(asked, SECONDS)
    except TimeoutError:
        return [NO_ANSWER]


def _marked(request: Mapping[str, Any], mark: str) -> Mapping[str, Any]:
    """Put a mark into a request; it is kept nowhere, so the request is stored without it."""
    found: dict[str, Any] = json.loads(json.dumps(request).replace(MARK, mark))
    return found
