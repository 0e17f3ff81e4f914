"""The reminder sender: reminds people of pending replies once Slack says that they are available."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

import structlog

from bot.context import AppContext
from bot.services.followup import reminders
from bot.workers.availability import Availability
from bot.workers.heartbeat import Read, Transact
from bot.workers.poller import Poller
from domain.address import is_person
from storage.followup.reminders import Reminder
from storage.store import StoreFailure
from storage.transaction import Transaction

log = structlog.get_logger()
RETRY_AFTER = timedelta(minutes=15)  # before a failed reminder is tried again
BATCH = 50  # people in one call, the most that Slack takes


class ReminderSender(Poller):
    """`serve` runs a transaction of services, `read` reads the database."""

    waits = "reminders"

    def __init__(self, app: AppContext, availability: Availability, serve: Transact, read: Read) -> None:
        self._app, self._availability, self._serve, self._read = app, availability, serve, read
        super().__init__()
        self._zones: dict[str, str] = {}

    async def _look(self) -> None:
        while due := await self._read(self._due):
            known = sorted({one.person for one in due if is_person(one.person)})
            disturbed = await self._availability.disturbed(known, self._app.now()) if known else {}
            for person in known:
                if person not in self._zones:
                    self._zones[person] = await self._availability.zone(person)
            for one in due:
                free_at, zone = disturbed.get(one.person), self._zones.get(one.person, "")
                await self._each(one, free_at, zone)

    async def _each(self, one: Reminder, free_at: datetime | None, zone: str) -> None:
        """Send a reminder; one that fails is tried again later, so that it does not hold up the others."""
        try:
            await self._serve(partial(self._deliver, one, free_at, zone))
        except StoreFailure:
            raise
        except Exception as error:  # noqa: BLE001 - one bad reminder must not stop the others
            log.error("reminder_failed", ticket=one.ticket_id, kind=one.kind, error=type(error).__name__)  # noqa: TRY400 - a traceback may quote a person
            await self._serve(lambda tx: tx.reminders.defer(one, self._app.now() + RETRY_AFTER))

    def _deliver(self, one: Reminder, free_at: datetime | None, zone: str, tx: Transaction) -> None:
        reminders.send_when_available(self._app, tx, one, free_at, zone)

    def _due(self) -> Sequence[Reminder]:
        with self._app.store.read_once() as tx:
            return tx.reminders.list_due(self._app.now(), BATCH)
