"""The verified fix: everybody whom it concerns is asked whether it helped, again, and then no more (F13)."""

from bot.context import AppContext
from bot.services.followup import owing
from bot.services.pulse import pulses
from bot.services.tickets.opening import held, opened
from bot.services.tickets.session import Case
from bot.views.followup import fixes
from domain.conversations.comment import REPORTER, TEAM
from domain.conversations.following import NewsKind
from domain.errors import Refused
from domain.followup.pending_reply import REMIND_ON, PendingReply
from domain.followup.verification import answers, confirmed_by, is_asked
from domain.phases.phase import Use
from domain.tickets import closing
from domain.tickets.closing import Solution
from domain.tickets.event import EventKind
from domain.tickets.permissions import Action, Person, is_lead
from domain.tickets.status import Status
from domain.tickets.ticket import Ticket
from storage.followup.reminders import Reminder
from storage.operations.timers import Timer
from storage.transaction import Transaction

KIND = "verify"


def resolve(app: AppContext, ticket_id: int, person: Person, done: Solution, request: str | None = None) -> Ticket:
    with opened(app, ticket_id, person, Action.WORK, request) as case:
        resolve_in(case, done)
    return case.ticket


def resolve_in(case: Case, done: Solution) -> None:
    """The same within a transaction."""
    proof, lead = case.phase.fix_tests is Use.REQUIRED, is_lead(case.person, case.phase)
    case.acknowledge_first(quietly=True)
    case.apply(closing.resolve(case.ticket, done, by=case.person.id, at=case.at, proof=proof, lead=lead))
    plain = fixes.resolved(case.ticket, asks=False)
    case.announce(fixes.resolved(case.ticket), news=NewsKind.OUTCOME, watchers=[plain])
    case.record(TEAM, done.explanation)
    pulses.after_resolution(case.app, case.tx, case.phase, case.ticket)
    _plan(case, 0)


def confirm(app: AppContext, ticket_id: int, person: Person, request: str | None = None) -> Ticket:
    """Somebody whom it concerns says that it helped; the team may say so for its reporter."""
    with opened(app, ticket_id, person, Action.CONFIRM, request) as case:
        others = case.person.id != case.ticket.reporter and case.person.id in case.tx.affected.people(case.ticket.id)
        if not others:
            _verify(case, case.person.id)
            return case.ticket
        _answer(case, EventKind.HELPED)
        if not _settled(case, over=case.ticket.unconfirmed):
            case.say(case.lane_of(case.person.id), fixes.thanks(case.ticket))
    return case.ticket


def not_mine(app: AppContext, ticket_id: int, person: Person, request: str | None = None) -> Ticket:
    """Whoever was asked cannot say; the others whom it concerns can."""
    with opened(app, ticket_id, person, Action.CONFIRM, request) as case:
        if case.person.id not in {case.ticket.reporter, *case.tx.affected.people(case.ticket.id)}:
            raise Refused("You were not asked.")
        _answer(case, EventKind.NOT_MINE)
        if not _settled(case, over=False):
            case.say(case.lane_of(case.person.id), fixes.others_asked(case.ticket))
    return case.ticket


def reopen(app: AppContext, ticket_id: int, person: Person, why: str, request: str | None = None) -> Ticket:
    """Not fixed: it goes back to the one who had it, with the reason."""
    with opened(app, ticket_id, person, Action.REOPEN, request) as case:
        reopen_in(case, why)
    return case.ticket


def reopen_in(case: Case, why: str) -> None:
    """The same within a transaction; everybody whom it concerns hears of it."""
    case.apply(closing.reopen(case.ticket, why, by=case.person.id, at=case.at, confirmed=case.last(EventKind.VERIFIED)))
    if case.person.id in {case.ticket.reporter, *case.others()}:
        case.record(REPORTER, why)
    case.tell_team(fixes.not_fixed(case.ticket, why, case.named(case.person.id)))
    case.announce(fixes.reopened(case.ticket), news=NewsKind.OUTCOME)
    case.page()


def look(app: AppContext, tx: Transaction, timer: Timer) -> None:
    """A working day has come on which whoever has not answered is asked again, or on which it is left as it is."""
    case = held(app, tx, timer.ticket_id)
    if case is None or not is_asked(case.ticket):
        return
    number = int(timer.data["number"])
    if number < len(REMIND_ON):
        for person in _silent(case):
            case.nudge(person, PendingReply.VERDICT, _fix(case))
        _plan(case, number + 1)
        return
    if not _settled(case, over=True):
        case.apply(closing.stay_unconfirmed(case.ticket, by=app.bot_user, at=case.at))
        plain = fixes.unconfirmed(case.ticket, asks=False)
        case.announce(fixes.unconfirmed(case.ticket), news=NewsKind.OUTCOME, watchers=[plain])
    case.refresh()


def remind(case: Case, nudge: Reminder) -> None:
    """They may be disturbed now; whoever has answered meanwhile is not."""
    if is_asked(case.ticket) and nudge.about == _fix(case) and nudge.person in _silent(case):
        case.log(EventKind.REMINDED, of=PendingReply.VERDICT.value, person=nudge.person)
        case.say(case.lane_of(nudge.person), fixes.asked_again(case.ticket))


def _fix(case: Case) -> str:
    """Which fix is meant, so that nobody is asked about one before."""
    return str((case.last(EventKind.RESOLVED) or case.at).isoformat())


def _silent(case: Case) -> list[str]:
    """Who was asked and has not answered."""
    said, affected = answers(case.tx.tickets.events(case.ticket.id)), set(case.tx.affected.people(case.ticket.id))
    asked = (p for p, wants in case.others().items() if wants.takes(NewsKind.OUTCOME) and p in affected)
    others = (p for p in asked if p != case.ticket.owner)  # who has fixed it
    return [p for p in (case.ticket.reporter, *others) if p not in said]


def _answer(case: Case, kind: EventKind) -> None:
    if case.ticket.status is Status.VERIFIED:
        raise Refused(f"{case.ticket.name} was confirmed already; thank you.")
    if case.ticket.status is not Status.RESOLVED:
        raise Refused(f"{case.ticket.name} is {case.ticket.status}, so nobody is asked whether it helped.")
    case.log(kind)


def _settled(case: Case, *, over: bool) -> bool:
    """Whether what was said confirms it."""
    said = answers(case.tx.tickets.events(case.ticket.id))
    person = confirmed_by(case.ticket.reporter, said, over=over)
    if person:
        _verify(case, person)
    return person is not None


def _verify(case: Case, person: str) -> None:
    case.apply(closing.verify(case.ticket, by=person, at=case.at))
    case.announce(fixes.verified(case.ticket), news=NewsKind.OUTCOME)
    case.tell_team(fixes.helped(case.ticket, case.named(person)))
    case.tx.timers.cancel(f"{KIND}:{case.ticket.id}")


def _plan(case: Case, number: int) -> None:
    owing.plan(case, KIND, number, case.at if number == 0 else case.last(EventKind.RESOLVED) or case.at)
