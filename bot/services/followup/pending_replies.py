"""When a person with a pending reply is reminded."""

from datetime import datetime

from bot.services.tickets.session import TicketSession
from domain.followup.pending_reply import GIVE_UP_DAY, REMINDER_DAYS
from domain.sla.targets import working_hours


def schedule_check(session: TicketSession, kind: str, number: int, since: datetime) -> None:
    """Schedule the nth check; at the last one the reminders end."""
    hours = working_hours(session.phase)
    day = hours.nth_working_day(since, (*REMINDER_DAYS, GIVE_UP_DAY)[number])
    if day[0] <= session.at:  # the bot was down that day; send one reminder, not all at once
        day = hours.nth_working_day(session.at, 1)
    data = {"number": number}
    session.tx.timers.set_once(
        f"{kind}:{session.ticket.id}", kind, hour_after_opening(*day), ticket_id=session.ticket.id, data=data
    )


def hour_after_opening(opens: datetime, closes: datetime) -> datetime:
    """Return an eighth into the working day, when people have settled in."""
    return opens + (closes - opens) / 8
