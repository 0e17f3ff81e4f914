"""Remind a ticket's team: the first reminder of a day posts a message, and later ones are added to it."""

from collections.abc import Sequence

from bot.services.tickets.session import TicketSession
from bot.views.followup import team_reminders as views
from domain.followup.team_reminders import MESSAGE, is_missed, message_of_day, reminders_of_day, still_true
from domain.tickets.event import Event, EventKind

Reminder = tuple[EventKind, dict[str, str]]  # the kind and the data of the event that is logged


def remind_team(session: TicketSession, new: Sequence[Reminder], called: Sequence[str] = ()) -> None:
    """Log reminders, and say them in the day's message in the team's thread.

    `called` are mentioned, and the leads too once a target was missed.
    """
    conversation, at = session.conversation, session.at
    earlier = session.list_events()
    fresh = [Event(kind=kind, actor=session.person.id, at=at, data=data) for kind, data in new]
    local_date, on = session.phase.local_date, session.phase.local_date(at)
    today = reminders_of_day([*earlier, *fresh], local_date, on)
    reminders = still_true(today, earlier, session.summarize().clocks)
    if any(map(is_missed, reminders)):
        called = tuple(dict.fromkeys((*called, *session.phase.leads)))
    says, sent = views.day_reminder(session.ticket, reminders, called), message_of_day(earlier, local_date, on)
    if sent is None:
        posted = conversation.tell_team(says)
        sent = posted[0].id if posted else None
    else:
        session.tx.outbox.update(conversation.open_team_lane(), sent, says, at=at)
    for kind, data in new:
        session.log(kind, **data, **({MESSAGE: str(sent)} if sent is not None else {}))


def responsible(session: TicketSession) -> tuple[str, ...]:
    """Return the people who have to act: the owner, or the leads of an unassigned ticket."""
    return (session.ticket.owner,) if session.ticket.owner else session.phase.leads
