"""Putting off: until a day, on which it is somebody's work again, or without one, which is looked at now and then."""

from datetime import date, time

from bot.context import AppContext
from bot.services.followup import owing
from bot.services.tickets.opening import held, opened
from bot.services.tickets.session import Case
from bot.views.tickets import lines
from domain.conversations.comment import TEAM
from domain.schedule import Schedule
from domain.sla.targets import working_hours
from domain.tickets import transitions
from domain.tickets.event import EventKind
from domain.tickets.permissions import Action, Person
from domain.tickets.status import Status
from domain.tickets.ticket import Deferral, Ticket
from storage.operations.timers import Timer
from storage.transaction import Transaction

RETURN, REVIEW = "return", "review"
MORNING = time(9)  # local time at which what was put off comes back
REVIEW_AFTER = 10  # working days after which the leads are asked whether it is still put off without a day


def defer(
    app: AppContext, ticket_id: int, person: Person, reason: Deferral, text: str, due: date | None,
    request: str | None = None,
) -> Ticket:  # fmt: skip
    with opened(app, ticket_id, person, Action.DEFER, request) as case:
        case.acknowledge_first(quietly=True)
        today = case.phase.day_of(case.at)
        case.apply(transitions.defer(case.ticket, reason, text, due, by=case.person.id, at=case.at, today=today))
        case.record(TEAM, text)
        case.announce(lines.deferred(case.ticket))
        plan(case)
    return case.ticket


def plan(case: Case) -> None:
    """When it comes back, or when the leads are asked about it; instead of what was planned before."""
    ticket = case.ticket
    back = Schedule(at=MORNING, zone=case.phase.timezone).moment(ticket.due) if ticket.due else None
    for kind in (RETURN, REVIEW):
        case.tx.timers.cancel(f"{kind}:{ticket.id}")
    if back:
        case.tx.timers.once(f"{RETURN}:{ticket.id}", RETURN, max(back, case.at), ticket_id=ticket.id)
    else:
        _review_later(case)


def come_back(app: AppContext, tx: Transaction, timer: Timer) -> None:
    """The date a ticket was put off to has come: it is somebody's work again, and everybody hears it."""
    case = held(app, tx, timer.ticket_id)
    if case is None or case.ticket.status is not Status.DEFERRED:
        return
    case.apply(transitions.come_back(case.ticket, by=app.bot_user, at=case.at))
    case.tell_team(lines.came_back(case.ticket, case.phase.leads))
    case.announce(lines.taken_up(case.ticket))
    case.page()
    case.refresh()


def review(app: AppContext, tx: Transaction, timer: Timer) -> None:
    """It has been put off without a day for long: the leads say whether that is still right."""
    case = held(app, tx, timer.ticket_id)
    if case is None or case.ticket.status is not Status.DEFERRED or case.ticket.due is not None:
        return
    since = case.last(EventKind.DEFERRED) or case.at
    case.log(EventKind.REVIEW)
    case.tell_team(lines.still_deferred(case.ticket, since, case.phase.leads))
    _review_later(case)
    case.refresh()


def _review_later(case: Case) -> None:
    at = owing.an_hour_into(*working_hours(case.phase).day_after(case.at, REVIEW_AFTER))
    case.tx.timers.once(f"{REVIEW}:{case.ticket.id}", REVIEW, at, ticket_id=case.ticket.id)
