"""Deferral: until a date, on which the ticket is taken up again, or without one, which leads review."""

from datetime import date, time

from bot.context import AppContext
from bot.services.followup import pending_replies
from bot.services.followup.team_reminders import remind_team
from bot.services.tickets.session import TicketSession, edit_ticket, lock_ticket
from bot.views.tickets import posts
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
RETURN_TIME = time(9)  # local time at which a deferred ticket returns
REVIEW_AFTER_DAYS = 10  # working days after which leads review a deferral without a date


def defer(
    app: AppContext, ticket_id: int, person: Person, reason: Deferral, text: str, due: date | None,
    request: str | None = None,
) -> Ticket:  # fmt: skip
    """Defer a ticket until `due`, or without a date."""
    with edit_ticket(app, ticket_id, person, Action.DEFER, request) as session:
        session.acknowledge_first(quietly=True)
        today = session.phase.local_date(session.at)
        session.apply(
            transitions.defer(session.ticket, reason, text, due, by=session.person.id, at=session.at, today=today)
        )
        session.conversation.record_comment(TEAM, text)
        session.conversation.announce(posts.deferred(session.ticket))
        plan_return(session)
    return session.ticket


def plan_return(session: TicketSession) -> None:
    """Set the timer of the return or of the review, replacing earlier ones."""
    ticket = session.ticket
    back = Schedule(at=RETURN_TIME, zone=session.phase.timezone).moment(ticket.due) if ticket.due else None
    for kind in (RETURN, REVIEW):
        session.tx.timers.cancel(f"{kind}:{ticket.id}")
    if back:
        session.tx.timers.set_once(f"{RETURN}:{ticket.id}", RETURN, max(back, session.at), ticket_id=ticket.id)
    else:
        _review_later(session)


def return_deferred(app: AppContext, tx: Transaction, timer: Timer) -> None:
    """Take a deferred ticket up again on its date, and tell the team and the followers."""
    session = lock_ticket(app, tx, timer.ticket_id)
    if session is None or session.ticket.status is not Status.DEFERRED:
        return
    session.apply(transitions.return_deferred(session.ticket, by=app.bot_user, at=session.at))
    session.conversation.tell_team(posts.resumed_for_team(session.ticket, session.phase.leads))
    session.conversation.announce(posts.resumed(session.ticket))
    session.request_responder()
    session.finish()


def review_deferred(app: AppContext, tx: Transaction, timer: Timer) -> None:
    """Ask the leads about a ticket that has been deferred without a date for a while."""
    session = lock_ticket(app, tx, timer.ticket_id)
    if session is None or session.ticket.status is not Status.DEFERRED or session.ticket.due is not None:
        return
    since = session.find_last(EventKind.DEFERRED) or session.at
    remind_team(session, [(EventKind.DEFERRAL_REVIEW, {"since": since.isoformat()})], session.phase.leads)
    _review_later(session)
    session.finish()


def _review_later(session: TicketSession) -> None:
    at = pending_replies.hour_after_opening(
        *working_hours(session.phase).nth_working_day(session.at, REVIEW_AFTER_DAYS)
    )
    session.tx.timers.set_once(f"{REVIEW}:{session.ticket.id}", REVIEW, at, ticket_id=session.ticket.id)
