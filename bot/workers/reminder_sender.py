"""The nudger: whoever owes an answer is asked for it once Slack says that they may be disturbed."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

import structlog

from bot.context import AppContext
from bot.services.followup import reminders
from bot.workers.availability import Availability
from bot.workers.heartbeat import Read, Transact
from bot.workers.poller import Poller
from domain.address import is_alias
from storage.followup.reminders import Reminder
from storage.store import StoreFailure
from storage.transaction import Transaction

log = structlog.get_logger()
LATER = timedelta(minutes=15)  # for one that went wrong
FEW = 50  # people who are asked about in one call, as many as Slack takes


class ReminderSender(Poller):
    """`serve` is a transaction of services, `read` asks the database."""

    waits = "reminders"

    def __init__(self, app: AppContext, courtesy: Availability, serve: Transact, read: Read) -> None:
        self._app, self._courtesy, self._serve, self._read = app, courtesy, serve, read
        super().__init__()
        self._zones: dict[str, str] = {}

    async def _look(self) -> None:
        while due := await self._read(self._due):
            known = sorted({one.person for one in due if not is_alias(one.person)})
            disturbed = await self._courtesy.disturbed(known, self._app.now()) if known else {}
            for person in known:
                if person not in self._zones:
                    self._zones[person] = await self._courtesy.zone(person)
            for one in due:
                free_at, zone = disturbed.get(one.person), self._zones.get(one.person, "")
                await self._each(one, free_at, zone)

    async def _each(self, one: Reminder, free_at: datetime | None, zone: str) -> None:
        """One that goes wrong waits for a while, so that the others are asked meanwhile."""
        try:
            await self._serve(partial(self._deliver, one, free_at, zone))
        except StoreFailure:
            raise
        except Exception as error:  # noqa: BLE001 - whatever is wrong with this one is not wrong with the next
            log.error("reminder_failed", ticket=one.ticket_id, kind=one.kind, error=type(error).__name__)  # noqa: TRY400 - it may quote somebody
            await self._serve(lambda tx: tx.reminders.defer(one, self._app.now() + LATER))

    def _deliver(self, one: Reminder, free_at: datetime | None, zone: str, tx: Transaction) -> None:
        reminders.send_when_available(self._app, tx, one, free_at, zone)

    def _due(self) -> Sequence[Reminder]:
        with self._app.store.read() as tx:
            return tx.reminders.list_due(self._app.now(), FEW)
