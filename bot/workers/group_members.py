"""Keep the members of phases' user groups in step with Slack: at the start, on events and every ten minutes."""

import asyncio
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from functools import partial

import structlog

from bot.workers.heartbeat import Read, Transact
from bot.workers.message_sender import SlackClient, Unanswered
from storage.store import Store
from storage.transaction import Transaction

log = structlog.get_logger()
CHECK_SECONDS = 30.0  # seconds; the groups of a phase may have changed
REFRESH_SECONDS = 600.0  # seconds; an event may have been lost
RETRY_SECONDS = 5.0  # seconds, after an error
GROUP_GONE = "no_such_subteam"  # Slack's error for a group that was deleted or disabled
REFUSED_SECONDS = 3600.0  # seconds, after a refusal that only people can end, such as a plan without user groups


class GroupMembers:
    """Keeps the last known members while Slack is unavailable; a deleted group has none."""

    def __init__(
        self, store: Store, slack: SlackClient, transact: Transact, read: Read, changed: Callable[[Transaction], None]
    ) -> None:  # fmt: skip
        """`changed` is called in the transaction that saves changed members."""
        self._store, self._slack, self._transact, self._read = store, slack, transact, read
        self._changed = changed
        self._loop, self._told = asyncio.get_running_loop(), asyncio.Event()
        self._last = -REFRESH_SECONDS
        self._not_before: dict[str, float] = {}  # by group, on the monotonic clock

    def forget_refusals(self) -> None:
        """Ask about refused groups again at the next check."""
        self._not_before.clear()

    def refresh(self) -> None:
        """Ask Slack again soon. Safe from any thread."""
        self._loop.call_soon_threadsafe(self._told.set)

    async def run(self) -> None:
        """Run until cancelled."""
        while True:
            if self._told.is_set():
                self._last = -REFRESH_SECONDS
            self._told.clear()
            try:
                complete = await self._look(everything=time.monotonic() - self._last >= REFRESH_SECONDS)
            except Exception as error:  # noqa: BLE001 - the loop must survive any database error
                log.warning("user_groups_not_refreshed", error=type(error).__name__)
                complete = False
            with suppress(TimeoutError):
                await asyncio.wait_for(self._told.wait(), CHECK_SECONDS if complete else RETRY_SECONDS)

    async def _look(self, *, everything: bool) -> bool:
        """Update the groups; return whether Slack answered for all of them."""
        named = await self._read(partial(self._wanted, everything=everything))
        wanted = [group for group in named if self._not_before.get(group, 0.0) <= time.monotonic()]
        asked = [await self._people(group) for group in sorted(wanted)]
        found = {group: people for group, people in zip(sorted(wanted), asked, strict=True) if people is not None}
        if found:
            await self._transact(partial(self._keep, found))
        complete = all(group in found or group in self._not_before for group in wanted)
        if everything and complete:
            self._last = time.monotonic()
        return complete

    def _wanted(self, *, everything: bool) -> Collection[str]:
        """Return the groups to ask about; a read, so that on SQLite no request waits for it."""
        with self._store.read() as tx:
            return tx.phases.list_groups() if everything else tx.phases.list_unknown_groups()

    async def _people(self, group: str) -> Collection[str] | None:
        """Return the members of a group; None after an error."""
        try:
            answer = await self._slack.call("usergroups.users.list", {"usergroup": group})
        except Unanswered as lost:
            log.warning("user_group_not_read", group=group, reason=lost.reason)
            return None
        if answer.get("ok"):
            self._not_before.pop(group, None)
            return sorted(str(one) for one in answer.get("users") or ())
        reason = str(answer.get("error"))
        log.warning("user_group_not_read", group=group, reason=reason)
        if reason == GROUP_GONE:
            return ()
        wait = float(answer.get("retry_after") or 0) if reason == "ratelimited" else REFUSED_SECONDS
        self._not_before[group] = time.monotonic() + wait
        return None

    def _keep(self, found: dict[str, Collection[str]], tx: Transaction) -> None:
        tx.phases.delete_unused_groups()
        fresh = [group for group, people in found.items() if tx.phases.save_group(group, list(people))]
        if fresh:
            self._changed(tx)
