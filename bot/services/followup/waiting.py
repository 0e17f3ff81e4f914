"""Waiting for a reporter: they are asked, reminded in working hours, and then the team decides how it goes on."""

from bot.context import AppContext
from bot.services.followup import owing
from bot.services.tickets.opening import held, opened
from bot.services.tickets.session import Case
from bot.views.tickets import lines
from domain.conversations.comment import TEAM
from domain.followup.pending_reply import REMIND_ON, PendingReply
from domain.tickets import transitions
from domain.tickets.event import EventKind
from domain.tickets.permissions import Action, Person
from domain.tickets.status import Status
from domain.tickets.ticket import Ticket
from storage.followup.reminders import Reminder
from storage.operations.timers import Timer
from storage.transaction import Transaction

KIND = "waiting"


def ask(app: AppContext, ticket_id: int, person: Person, question: str, request: str | None = None) -> Ticket:
    """Ask the reporter; it is their turn until they answer."""
    with opened(app, ticket_id, person, Action.WORK, request) as case:
        case.acknowledge_first(quietly=True)
        case.apply(transitions.wait(case.ticket, question, by=case.person.id, at=case.at))
        case.record(TEAM, question)
        case.tell_reporter(lines.asked(case.ticket, person.id))
        owing.plan(case, KIND, 0, case.at)
    return case.ticket


def answered(case: Case) -> None:
    """Its reporter wrote: what waited for them goes on, and they read that it does."""
    waited = case.ticket.status is Status.WAITING
    case.apply(transitions.answer(case.ticket, by=case.person.id, at=case.at))
    if waited:
        case.tell_reporter(lines.with_the_team_again(case.ticket))


def look(app: AppContext, tx: Transaction, timer: Timer) -> None:
    """A working day has come on which the reporter is reminded, or the team hears that they do not answer."""
    case = held(app, tx, timer.ticket_id)
    if case is None or case.ticket.status is not Status.WAITING:
        return
    number, asked = int(timer.data["number"]), case.last(EventKind.WAITING) or case.at
    if number < len(REMIND_ON):
        case.nudge(case.ticket.reporter, PendingReply.ANSWER, asked.isoformat())
        owing.plan(case, KIND, number + 1, asked)
    else:
        called = (case.ticket.owner,) if case.ticket.owner else case.phase.leads
        case.log(EventKind.UNANSWERED)
        case.tell_team(lines.no_answer(case.ticket, asked, called))
        case.refresh()


def remind(case: Case, nudge: Reminder) -> None:
    """They may be disturbed now; whoever has answered meanwhile is not."""
    asked = case.last(EventKind.WAITING)
    if case.ticket.status is Status.WAITING and asked and nudge.about == asked.isoformat():
        case.log(EventKind.REMINDED, of=PendingReply.ANSWER.value, person=nudge.person)
        case.tell_reporter(lines.asked_again(case.ticket))
