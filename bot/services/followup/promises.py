"""Promises: somebody names a day, is asked before it comes whether it holds, and everybody hears when it did not."""

from datetime import datetime

from bot.context import AppContext
from bot.services.followup import ledger
from bot.services.tickets.opening import held, opened
from bot.services.tickets.session import Case
from bot.views.followup import promises as views
from domain.conversations.following import NewsKind
from domain.errors import Refused
from domain.followup.pending_reply import PendingReply
from domain.followup.promises import Promise, PromiseKind, PromiseState, as_of, ask_at
from domain.sla.targets import working_hours
from domain.tickets.event import EventKind
from domain.tickets.permissions import Action, Person, is_responder
from domain.tickets.ticket import Ticket
from storage.followup.reminders import Reminder
from storage.operations.timers import Timer
from storage.transaction import Transaction


def promise(
    app: AppContext,
    ticket_id: int,
    person: Person,
    kind: PromiseKind,
    due: datetime,
    words: str,
    request: str | None = None,
) -> Ticket:
    with opened(app, ticket_id, person, Action.WORK, request) as case:
        first = case.acknowledge_first(quietly=True)
        before = promise_in(case, kind, due, words)
        case.announce(views.promised(case.ticket, kind, person.id, due, words, before=before, first=first))
    return case.ticket


def promise_in(case: Case, kind: PromiseKind, due: datetime, words: str = "") -> datetime | None:
    """The same within a transaction, without saying it; when it was due before, where it is put off."""
    if not case.ticket.status.is_open:
        raise Refused(f"{case.ticket.name} is {case.ticket.status}; there is nothing to promise.", field="by")
    if due <= case.at:
        raise Refused("Please name a time that is still to come.", field="by")
    before = next((one.due for one in _open(case) if one.kind is kind), None)
    if before and not words:
        raise Refused("That was promised before; please say why it is put off.", field="words")
    case.log(EventKind.PROMISED, promise=kind.value, due=due.isoformat(), words=words)
    return before


def holds(app: AppContext, ticket_id: int, person: Person, kind: PromiseKind, request: str | None = None) -> Promise:
    """Whoever was asked says that they keep it."""
    with opened(app, ticket_id, person, Action.WORK, request) as case:
        found = next((one for one in _open(case) if one.kind is kind), None)
        if found is None:
            raise Refused(f"Nothing like that is promised for {case.ticket.name} any more.")
        case.log(EventKind.KEEPING, promise=kind.value, due=found.due.isoformat())
    return found


def look(app: AppContext, tx: Transaction, timer: Timer) -> None:
    """A day that was named comes near, or is over."""
    case = held(app, tx, timer.ticket_id)
    if case is None:
        return
    ticket, events = case.ticket, tx.tickets.events(case.ticket.id)
    made = ledger.drawn_up(case.phase, events)
    for one in ledger.broken(made, events, ticket, case.at):
        case.log(EventKind.BROKEN, promise=one.kind.value, due=one.due.isoformat())
        case.announce(views.broken(ticket, one), news=NewsKind.CHANGE)
        case.tell_team(views.broken_for_team(ticket, one, _responsible(case, one)))
    for one in ledger.to_ask(made, events):
        if ask_at(one, working_hours(case.phase)) <= case.at < one.due:
            case.log(EventKind.REMINDED, of=PendingReply.PROMISE.value, promise=one.kind.value, due=one.due.isoformat())
            case.nudge(_responsible(case, one), PendingReply.PROMISE, one.due.isoformat(), which=one.kind)
    case.refresh()


def remind(case: Case, nudge: Reminder) -> None:
    """Whoever promised may be disturbed now, and is asked whether it holds."""
    kind = nudge.kind.partition(":")[2]
    for one in _open(case):
        if one.kind.value == kind and one.due.isoformat() == nudge.about:
            lane = case.tx.outbox.lane(f"owes:{case.ticket.id}:{nudge.person}", nudge.person, ticket_id=case.ticket.id)
            case.say(lane, views.does_it_hold(case.ticket, one))


def _open(case: Case) -> list[Promise]:
    made = as_of(ledger.drawn_up(case.phase, case.tx.tickets.events(case.ticket.id)), case.at)
    return [one for one in made if one.state is PromiseState.OPEN]


def _responsible(case: Case, one: Promise) -> str:
    """Its maker, while they work for the desk; else its owner, or a lead."""
    if is_responder(case.app.person(one.maker), case.phase):
        return one.maker
    return case.ticket.owner or case.phase.lead_people[0]
