"""Reminders of pending replies, sent once the person is available."""

from collections.abc import Callable, Mapping
from datetime import datetime

from bot.context import AppContext
from bot.services.followup import promises, verification, waiting
from bot.services.tickets.session import TicketSession, lock_ticket
from domain.followup.pending_reply import PendingReply
from domain.sla.working_time import WorkCalendar
from storage.followup.reminders import Reminder
from storage.transaction import Transaction

SENDERS: Mapping[str, Callable[[TicketSession, Reminder], None]] = {
    PendingReply.VERIFICATION: verification.send_reminder,
    PendingReply.ANSWER: waiting.send_reminder,
    PendingReply.PROMISE: promises.send_reminder,
}


def send_when_available(
    app: AppContext, tx: Transaction, reminder: Reminder, free_at: datetime | None, zone: str
) -> None:
    """Send a reminder, or postpone it to the person's next working hour after `free_at`."""
    session = lock_ticket(app, tx, reminder.ticket_id)
    if session is None:
        tx.reminders.delete_reminder(reminder)
        return
    phase, now = session.phase, session.at
    hours = WorkCalendar.read(phase.sla.work_days, phase.sla.work_hours, zone or phase.timezone, phase.sla.holidays)
    at = hours.opening(max(now, free_at or now))
    if at > now:
        tx.reminders.defer(reminder, at)
    elif tx.reminders.delete_reminder(reminder):
        SENDERS[reminder.kind.partition(":")[0]](session, reminder)
        if session.has_logged:
            session.finish()
