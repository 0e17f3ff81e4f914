"""When somebody who owes an answer is asked for it again."""

from datetime import datetime

from bot.services.tickets.session import TicketSession
from domain.followup.pending_reply import GIVE_UP_ON, REMIND_ON
from domain.sla.targets import working_hours


def plan(session: TicketSession, kind: str, number: int, since: datetime) -> None:
    """The timer of the so-manieth look; the last is the one at which it is given up."""
    hours = working_hours(session.phase)
    day = hours.day_after(since, (*REMIND_ON, GIVE_UP_ON)[number])
    if day[0] <= session.at:  # that day is gone: the desk was away, and nobody is to hear it all at once
        day = hours.day_after(session.at, 1)
    data = {"number": number}
    session.tx.timers.once(
        f"{kind}:{session.ticket.id}", kind, an_hour_into(*day), ticket_id=session.ticket.id, data=data
    )


def an_hour_into(opens: datetime, closes: datetime) -> datetime:
    """Of eight; when people have settled in."""
    return opens + (closes - opens) / 8
