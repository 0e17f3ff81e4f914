"""Putting off: until a day, on which it is somebody's work again, or without one, which is looked at now and then."""

from datetime import date, time

from bot.context import AppContext
from bot.services.followup import pending_replies
from bot.services.tickets.session import TicketSession, edit_ticket, lock_ticket
from bot.views.tickets import lines
from domain.conversations.comment import TEAM
from domain.phases.permissions import Action, Person
from domain.schedule import Schedule
from domain.sla.targets import working_hours
from domain.tickets import transitions
from domain.tickets.event import EventKind
from domain.tickets.status import Status
from domain.tickets.ticket import Deferral, Ticket
from storage.operations.timers import Timer
from storage.transaction import Transaction

RETURN, REVIEW = "deferral_end", "deferral_review"
RETURN_TIME = time(9)  # local time at which what was put off comes back
REVIEW_AFTER_DAYS = 10  # working days after which the leads are asked whether it is still put off without a day


def defer(
    app: AppContext, ticket_id: int, person: Person, reason: Deferral, text: str, due: date | None,
    request: str | None = None,
) -> Ticket:  # fmt: skip
    with edit_ticket(app, ticket_id, person, Action.DEFER, request) as session:
        session.acknowledge_first(quietly=True)
        today = session.phase.local_date(session.at)
        session.apply(
            transitions.defer(session.ticket, reason, text, due, by=session.person.id, at=session.at, today=today)
        )
        session.conversation.record_comment(TEAM, text)
        session.conversation.announce(lines.deferred(session.ticket))
        plan_return(session)
    return session.ticket


def plan_return(session: TicketSession) -> None:
    """When it comes back, or when the leads are asked about it; instead of what was planned before."""
    ticket = session.ticket
    back = Schedule(at=RETURN_TIME, zone=session.phase.timezone).moment(ticket.due) if ticket.due else None
    for kind in (RETURN, REVIEW):
        session.tx.timers.cancel(f"{kind}:{ticket.id}")
    if back:
        session.tx.timers.set_once(f"{RETURN}:{ticket.id}", RETURN, max(back, session.at), ticket_id=ticket.id)
    else:
        _review_later(session)


def return_deferred(app: AppContext, tx: Transaction, timer: Timer) -> None:
    """The date a ticket was put off to has come: it is somebody's work again, and everybody hears it."""
    session = lock_ticket(app, tx, timer.ticket_id)
    if session is None or session.ticket.status is not Status.DEFERRED:
        return
    session.apply(transitions.come_back(session.ticket, by=app.bot_user, at=session.at))
    session.conversation.tell_team(lines.came_back(session.ticket, session.phase.leads))
    session.conversation.announce(lines.taken_up(session.ticket))
    session.request_responder()
    session.finish()


def review_deferred(app: AppContext, tx: Transaction, timer: Timer) -> None:
    """It has been put off without a day for long: the leads say whether that is still right."""
    session = lock_ticket(app, tx, timer.ticket_id)
    if session is None or session.ticket.status is not Status.DEFERRED or session.ticket.due is not None:
        return
    since = session.find_last(EventKind.DEFERRED) or session.at
    session.log(EventKind.DEFERRAL_REVIEW)
    session.conversation.tell_team(lines.still_deferred(session.ticket, since, session.phase.leads))
    _review_later(session)
    session.finish()


def _review_later(session: TicketSession) -> None:
    at = pending_replies.hour_after_opening(
        *working_hours(session.phase).nth_working_day(session.at, REVIEW_AFTER_DAYS)
    )
    session.tx.timers.set_once(f"{REVIEW}:{session.ticket.id}", REVIEW, at, ticket_id=session.ticket.id)
