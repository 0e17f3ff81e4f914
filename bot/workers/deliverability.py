"""Check whether pages reach people: ask Slack about everyone who was paged, and warn about what stands in the way."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import structlog

from bot.services.oncall.escalations import ACCOUNT_DEACTIVATED
from bot.workers.heartbeat import Read, Transact
from bot.workers.message_sender import SlackClient, Unanswered
from bot.workers.poller import Poller
from storage.oncall.escalations import Page
from storage.store import Store
from storage.transaction import Transaction

log = structlog.get_logger()
PAGE_SIZE = 200  # members in a page; Slack takes fewer than 1000
CACHE_SECONDS = 30.0  # an answer about a person is used again for so long
RECENT = timedelta(minutes=10)  # older pages are no longer checked
AWAY = "They are away."
Warn = Callable[[Transaction, Page, str], None]


class DeliverabilityChecker(Poller):
    """Calls `warn` for every page, within a transaction, with "" when nothing stands in the way."""

    every, waits = 2.0, "checks of calls"

    def __init__(
        self, store: Store, slack: SlackClient, transact: Transact, read: Read, warn: Warn, now: Callable[[], datetime]
    ) -> None:  # fmt: skip
        self._store, self._slack, self._transact, self._read = store, slack, transact, read
        self._warn, self._now = warn, now
        super().__init__()
        self._known: dict[tuple[str, str], tuple[float, str]] = {}

    async def _look(self) -> None:
        for page, channel in await self._read(self._list_unchecked):
            warning = await self._warning_about(page.person, channel)
            await self._transact(partial(self._record, page, warning))

    def _record(self, page: Page, warning: str, tx: Transaction) -> None:
        self._warn(tx, page, warning)

    def _list_unchecked(self) -> list[tuple[Page, str]]:
        with self._store.read_once() as tx:
            found = tx.escalations.list_unchecked_pages(self._now() - RECENT)
        if not found:
            return []
        with self._store.read() as tx:
            channels = {phase.id: phase.oncall_channel for phase in tx.phases.list_phases()}
        return [(page, channels[page.phase_id]) for page in found]

    async def _warning_about(self, person: str, channel: str) -> str:
        asked, known = self._known.get((person, channel), (-CACHE_SECONDS, ""))
        if time.monotonic() - asked < CACHE_SECONDS:
            return known
        why = await self._reasons(person, channel)
        self._known[person, channel] = (time.monotonic(), why)
        return why

    async def _reasons(self, person: str, channel: str) -> str:
        """Return everything that may keep a page from reaching them; "" when Slack names nothing."""
        user = (await self._ask("users.info", user=person)).get("user") or {}
        if user.get("deleted"):
            return ACCOUNT_DEACTIVATED
        dnd = await self._ask("dnd.info", user=person)
        presence = await self._ask("users.getPresence", user=person)
        reasons = [self._paused_notifications(dnd), AWAY if presence.get("presence") == "away" else "",
                   "" if await self._is_in(channel, person) else f"They aren't in <#{channel}>."]  # fmt: skip
        return " ".join(filter(None, reasons))

    def _paused_notifications(self, dnd: dict[str, Any]) -> str:
        now = self._now().timestamp()
        ends = [int(dnd.get("snooze_endtime") or 0) if dnd.get("snooze_enabled") else 0,
                int(dnd.get("next_dnd_end_ts") or 0)
                if dnd.get("dnd_enabled") and int(dnd.get("next_dnd_start_ts") or 0) <= now else 0]  # fmt: skip
        end = max(ends)
        if end <= now:
            return ""
        fallback = datetime.fromtimestamp(end, UTC).strftime("%H:%M UTC")
        return f"Their notifications are paused until <!date^{end}^{{time}}|{fallback}>."

    async def _is_in(self, channel: str, person: str) -> bool:
        """Return whether the person is in the channel; True when Slack doesn't say, to avoid false warnings."""
        cursor = ""
        while True:
            answer = await self._ask("conversations.members", channel=channel, limit=PAGE_SIZE, cursor=cursor)
            if not answer.get("ok") or person in (answer.get("members") or ()):
                return True
            cursor = str((answer.get("response_metadata") or {}).get("next_cursor") or "")
            if not cursor:
                return False

    async def _ask(self, method: str, **arguments: Any) -> dict[str, Any]:
        try:
            answer = await self._slack.call(method, {k: v for k, v in arguments.items() if v != ""})
        except Unanswered as lost:
            log.warning("deliverability_check_failed", method=method, reason=lost.reason)
            return {}
        if not answer.get("ok"):
            log.warning("deliverability_check_refused", method=method, reason=answer.get("error"))
        return answer
