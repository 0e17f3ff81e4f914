"""Ask Slack again about people whose profile is old, so that a lost event is made up for."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import structlog

from bot.context import AppContext
from bot.services.people import profiles
from bot.workers.heartbeat import Read, Transact
from bot.workers.message_sender import SlackClient, Unanswered
from bot.workers.poller import Poller
from domain.delivery.message import FailureKind
from domain.people.profile import Profile, profile_from
from storage.transaction import Transaction

log = structlog.get_logger()
REFUSED_PAUSE = timedelta(hours=1)  # until a person whom Slack does not tell about is asked about again
EARLY = datetime(2000, 1, 1, tzinfo=UTC)


class ProfileRefresher(Poller):
    """`serve` runs a service in a transaction, `read` reads from the database."""

    every = 60.0
    waits = "profiles"

    def __init__(self, app: AppContext, slack: SlackClient, serve: Transact, read: Read) -> None:
        self._app, self._slack, self._serve, self._read = app, slack, serve, read
        super().__init__()
        self._refused: dict[str, datetime] = {}
        self._requested: dict[str, None] = {}  # in order of request; single operations on a dict are atomic

    def request(self, person: str) -> None:
        """Ask about a person at the next check. Safe from any thread."""
        self._requested[person] = None

    def wake(self) -> None:
        """Keep its pace: what a person reads doesn't wait for it, and Slack limits its calls."""

    async def run(self) -> None:
        """Check from a minute after the start on, until cancelled."""
        await asyncio.sleep(self.every)
        await super().run()

    async def check(self) -> None:
        """Check now."""
        await self._look()

    async def _look(self) -> None:
        stale = await self._read(partial(profiles.list_stale, self._app))
        for person in dict.fromkeys([*stale, *list(self._requested)[: profiles.BATCH_SIZE]]):
            self._requested.pop(person, None)
            if self._app.now() - self._refused.get(person, EARLY) < REFUSED_PAUSE:
                continue
            answer = await self._ask(person)
            found = profile_from(answer.get("user") or {}, self._app.now()) if answer.get("ok") else None
            if found is None or found.id != person:
                log.warning("people_not_read", method="users.info", reason=answer.get("error"))
                if answer.get("error") == "ratelimited":
                    return  # the rest is asked about at the next round
                self._refused[person] = self._app.now()  # such as an id that no one has
                continue
            await self._serve(partial(self._keep, found))

    async def _ask(self, person: str) -> Mapping[str, Any]:
        """Return what Slack says; what can't be read of one person must not hold up the others."""
        try:
            return await self._slack.call("users.info", {"user": person})
        except Unanswered as lost:
            if lost.kind is not FailureKind.UNREADABLE:
                raise
            return {"ok": False, "error": lost.reason}

    def _keep(self, profile: Profile, tx: Transaction) -> None:
        profiles.keep(self._app, tx, profile)
