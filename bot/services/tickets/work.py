"""The team's work on a ticket, and the reporter's verdict on it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bot.context import AppContext
from bot.services.followup.promises import promise_in
from bot.services.tickets.opening import opened
from bot.services.tickets.session import Case
from bot.views.followup.promises import promised
from bot.views.tickets import lines
from domain.conversations.comment import TEAM
from domain.conversations.following import NewsKind
from domain.errors import Refused
from domain.followup.promises import PromiseKind
from domain.tickets import closing, transitions
from domain.tickets.event import EventKind
from domain.tickets.permissions import Action, Person, is_responder
from domain.tickets.status import Status
from domain.tickets.ticket import Severity, Ticket


def acknowledge(app: AppContext, ticket_id: int, person: Person, request: str | None = None) -> Ticket:
    """It is theirs; somebody else's they take over only when it climbs again."""
    with opened(app, ticket_id, person, Action.WORK, request) as case:
        case.claim()
        if not case.logged:
            case.apply(transitions.acknowledge(case.ticket, by=case.person.id, at=case.at))
    return case.ticket


def take(app: AppContext, ticket_id: int, person: Person, request: str | None = None) -> Ticket:
    """Make it mine; a ticket that nobody had looked at is acknowledged with it."""
    with opened(app, ticket_id, person, Action.WORK, request) as case:
        if case.ticket.status is Status.RECEIVED:
            case.acknowledge_first()
        else:
            case.apply(transitions.assign(case.ticket, to=person.id, by=case.person.id, at=case.at, again=case.climbs))
            case.tell_reporter(lines.handed_over(case.ticket))
    return case.ticket


def assign(app: AppContext, ticket_id: int, person: Person, to: str, request: str | None = None) -> Ticket:
    """Give it to a responder; one that nobody had looked at is acknowledged with it."""
    with opened(app, ticket_id, person, Action.ASSIGN, request) as case:
        if not is_responder(app.person(to), case.phase):
            raise Refused(f"Only responders and leads of {case.phase.name} can own a ticket.", field="owner")
        assign_in(case, to)
        if to != person.id:
            case.tell_team(lines.owned(case.ticket, person.id))
    return case.ticket


def assign_in(case: Case, to: str) -> None:
    """The same within a transaction, without a word to the team."""
    first = case.acknowledge_first(quietly=True)
    if case.ticket.owner != to or not (first or case.logged):
        case.apply(transitions.assign(case.ticket, to=to, by=case.person.id, at=case.at, again=case.climbs))
    case.tell_reporter(lines.acknowledged(case.ticket) if first else lines.handed_over(case.ticket))


def set_status(
    app: AppContext,
    ticket_id: int,
    person: Person,
    to: Status,
    request: str | None = None,
    *,
    by: datetime | None = None,
    why: str = "",
) -> Ticket:
    """`by` is when a fix is promised, and `why` is why that is later than it was."""
    with opened(app, ticket_id, person, Action.WORK, request) as case:
        case.acknowledge_first(quietly=True)
        if case.ticket.status in (Status.RESOLVED, Status.VERIFIED, Status.DEFERRED):
            case.apply(
                closing.reopen(case.ticket, "Work goes on.", by=case.person.id, at=case.at,
                               confirmed=case.last(EventKind.VERIFIED))
            )  # fmt: skip
        if case.ticket.status is not to or not case.logged:
            case.apply(transitions.work(case.ticket, to, by=case.person.id, at=case.at))
        if by:
            promise_in(case, PromiseKind.FIX, by, why)
        case.announce(lines.progress(case.ticket, promised=by))
    return case.ticket


def weigh(
    app: AppContext, ticket_id: int, person: Person, severity: Severity, why: str, inputs: Mapping[str, Any],
    request: str | None = None,
) -> Ticket:  # fmt: skip
    """Severity and whatever else its priority is made of; what stays as it was is not mentioned.

    A ticket that becomes critical is paged like one that was reported so.
    """
    with opened(app, ticket_id, person, Action.WEIGH, request) as case:
        was, effort = case.ticket.severity, str(inputs.get("effort", case.ticket.effort))
        said = {name: value for name, value in inputs.items() if name != "effort"}
        changed = effort != case.ticket.effort or any(getattr(case.ticket.report, n) != v for n, v in said.items())
        if changed:
            case.apply(transitions.weigh(case.ticket, said, effort, by=case.person.id, at=case.at))
        if severity is not was or not changed:
            case.apply(transitions.set_severity(case.ticket, severity, why, by=case.person.id, at=case.at))
            case.tell_team(lines.severity(case.ticket, was, why, person.id))
            case.page()
    return case.ticket


def reply(
    app: AppContext, ticket_id: int, person: Person, text: str, request: str | None = None, *, everybody: bool = False,
    by: datetime | None = None,
) -> Ticket:  # fmt: skip
    """A responder writes to the reporter, or to `everybody` whom it concerns; the team sees what was written.

    `by` is when the next news is promised.
    """
    with opened(app, ticket_id, person, Action.WORK, request) as case:
        first = case.acknowledge_first(quietly=True)
        case.log(EventKind.UPDATED if everybody else EventKind.REPLIED)
        case.record(TEAM, text)
        if by:
            promise_in(case, PromiseKind.NEWS, by, text)
        words = lines.answer(case.ticket, person.id, text, promised=by, first=first)
        case.tell_reporter(*words)
        if everybody:
            case.tell_others(*words, news=NewsKind.WORDS)
        elif by:
            case.tell_others(promised(case.ticket, PromiseKind.NEWS, person.id, by, "", before=None, first=False))
        case.tell_team(*lines.replied(person.id, text, everybody=everybody))
    return case.ticket


def withdraw(app: AppContext, ticket_id: int, person: Person, request: str | None = None) -> Ticket:
    with opened(app, ticket_id, person, Action.WITHDRAW, request) as case:
        case.apply(closing.withdraw(case.ticket, by=case.person.id, at=case.at))
        by = case.named(case.person.id)
        case.tell_reporter(lines.withdrawn(case.ticket, by))
        case.tell_others(lines.withdrawn_for_others(case.ticket, by), news=NewsKind.OUTCOME)
    return case.ticket
