"""Send queued messages to webhooks: news of an escalation, which goes on without them, and events, which wait."""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any

import structlog

from bot.context import AppContext
from bot.services.connectors import trackers
from domain.delivery.lanes import LaneKind, kind_of
from domain.delivery.message import Failure, FailureKind, OutboxMessage
from storage.transaction import Transaction

log = structlog.get_logger()
Serve = Callable[[Callable[[Transaction], Any]], Awaitable[Any]]
Tell = Callable[[str, int, Mapping[str, Any]], Awaitable[Failure | None]]
PAUSE = 30  # seconds until a webhook that failed is called again; all its events wait meanwhile
FINAL = frozenset({"not_in_the_settings", "not_an_address", "http_410"})  # what no time mends
REFUSED_CARD = frozenset({"http_400", "http_413"})  # which says nothing about the next one
LABELS = {
    LaneKind.WEBHOOK: "The webhook {name}",
    LaneKind.TEAMS: "The Teams channel {name}",
    LaneKind.TEAMS_DIGEST: "The Teams channel {name}",
}


class WebhookSender:
    """`tell` calls a system with the number of a message and its body."""

    def __init__(self, app: AppContext, tell: Tell, serve: Serve) -> None:
        self._app, self._tell, self._serve = app, tell, serve
        self._may_fail: dict[str, bool] = {}  # by system; before the first call perhaps, since before the start

    async def send(self, queued: OutboxMessage) -> Failure | None:
        """Send one message; return why it did not arrive, or None."""
        system, kind = queued.lane.channel, kind_of(queued.lane.name)
        failure = await self._tell(system, queued.id, queued.payload)
        if kind not in LABELS:
            return failure
        if failure and kind is not LaneKind.WEBHOOK and failure.reason in REFUSED_CARD:
            return failure
        await self._note(system, LABELS[kind].format(name=system.partition(":")[2]), failure)
        if failure is None or failure.reason in FINAL:
            return failure
        pause = failure.retry_after or PAUSE
        return Failure(failure.reason, FailureKind.OUTAGE, retry_after=pause, maybe_sent=failure.maybe_sent)

    async def _note(self, system: str, label: str, failure: Failure | None) -> None:
        """Note whether a webhook answers, so that the admins are told once when it doesn't for a while."""
        if failure is not None:
            self._may_fail[system] = True
            log.warning("webhook_delayed", reason=failure.reason)
            await self._serve(
                partial(trackers.note_failure, self._app, system=system, label=label, reason=failure.reason)
            )
        elif self._may_fail.get(system, True):
            self._may_fail[system] = False
            await self._serve(partial(trackers.note_success, self._app, system=system, label=label))
