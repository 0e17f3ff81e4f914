"""The same fault, said again: suggestions while somebody writes, "me too", and merging."""

from collections.abc import Sequence
from datetime import datetime

import structlog

from bot.context import AppContext
from bot.services.followup.verification import reopen_in
from bot.services.operations.upgrades import resume
from bot.services.tickets.opening import opened
from bot.services.tickets.session import Case
from bot.views.conversations import following
from bot.views.followup import fixes
from bot.views.text import when
from bot.views.tickets import lines
from domain.conversations.following import FollowLevel, NewsKind
from domain.errors import Refused
from domain.phases.phase import Phase
from domain.tickets import closing
from domain.tickets.event import Event, EventKind
from domain.tickets.permissions import Action, Person, may, require_kept
from domain.tickets.status import Status
from domain.tickets.ticket import Ticket
from storage.transaction import Transaction

log = structlog.get_logger()
ENOUGH = 2  # words, before anything is suggested
FIXED = (Status.RESOLVED, Status.VERIFIED)
AGAIN = "It happens again."


def suggest(app: AppContext, phase: Phase, words: str, person: Person) -> list[Ticket]:
    """What somebody who writes these words may mean; only what they may see."""
    if len(words.split()) < ENOUGH:
        return []
    with app.store.read() as tx:
        found = app.likely.find(tx.connection, phase.id, words, app.now())
        tickets = {t.id: t for t in tx.tickets.some(found)}
    known = [tickets[id_] for id_ in found if id_ in tickets]
    return [t for t in known if t.is_kept and may(person, Action.SEE, t, phase)]


def me_too(app: AppContext, ticket_id: int, person: Person, request: str | None = None) -> tuple[Ticket, bool]:
    """It happens to this person as well; whether that is news. What was merged counts where it is followed up."""
    with app.store.read() as tx:
        found = tx.tickets.find(ticket_id)
    to = found.primary_id if found and found.primary_id else ticket_id
    with opened(app, to, person, Action.SEE, request) as case:
        require_kept(case.ticket)
        if case.ticket.status is Status.WITHDRAWN:
            raise Refused(f"{case.ticket.name} was withdrawn. Please report it anew.")
        new = case.tx.affected.add(case.ticket.id, person.id, "me too", case.at)
        case.tx.affected.happened(case.ticket.id, "me too", case.at)
        if case.tx.followers.wish(case.ticket.id, person.id) is FollowLevel.NOTHING:
            case.tx.followers.set(case.ticket.id, person.id, FollowLevel.ALL, case.at)
        if new:
            case.log(EventKind.ME_TOO)
            case.follow(person.id, following.you_follow(case.ticket))
        if case.ticket.status in FIXED:
            recurs(case)
        elif new:
            case.tell_team(lines.me_too(case.named(person.id), len(case.tx.affected.people(case.ticket.id))))
    return case.ticket, new


def recurs(case: Case) -> None:
    """What was resolved happens again: the team is asked, unless the fix was one that is known not to last."""
    fixed = case.last(EventKind.RESOLVED) or case.at
    if not closing.may_reopen(case.ticket, case.last(EventKind.VERIFIED), case.at):
        raise Refused(
            f"{case.ticket.name} was resolved long ago. Please report it anew, so that it gets its own number."
        )
    case.log(EventKind.RECURRED)
    if case.ticket.fix is not None and not case.ticket.fix.lasts:
        reopen_in(case, AGAIN)
        return
    fix = f", and its cause was removed {when(fixed)}" if case.ticket.fix else ""
    case.tell_team(fixes.happens_again(case.ticket, case.named(case.person.id), fix))


def propose_recurrences(app: AppContext, new: Sequence[Ticket]) -> None:
    """Each new ticket may be one that was resolved lately: its team is asked.

    When nothing can be read, nobody has been asked; one that goes wrong does not keep the others from being asked.
    """
    with app.store.read() as tx:
        app.likely.refresh(tx.connection, app.now())
        found = [(ticket, *alike) for ticket in new if (alike := _fixed_lately(app, tx, ticket))]
    for ticket, fixed, at in found:
        try:
            _propose(app, ticket, fixed, at)
        except Exception as error:  # noqa: BLE001 - the report stands, and people can merge it
            log.warning("not asked whether it is back", ticket=ticket.id, error=type(error).__name__)


def _propose(app: AppContext, ticket: Ticket, fixed: Ticket, at: datetime) -> None:
    with app.transaction() as tx:
        now = tx.tickets.lock(ticket.id)
        if now and now.status.is_open:
            case = Case(app, tx, tx.phases.get(now.phase_id), now, Person(app.bot_user), app.now())
            case.tell_team(fixes.looks_like(now, fixed, at))


def _fixed_lately(app: AppContext, tx: Transaction, ticket: Ticket) -> tuple[Ticket, datetime] | None:
    """What is most like it of all that was resolved a short while ago, and when that was."""
    words = f"{ticket.summary} {ticket.report.happened}"
    if ticket.private or len(words.split()) < ENOUGH:
        return None
    found = app.likely.known(ticket.phase_id, words)
    known = {t.id: t for t in tx.tickets.some(found) if t.status in FIXED and t.is_kept and not t.private}
    alike = next((known[id_] for id_ in found if id_ in known), None)
    fixed = last(tx.tickets.events(alike.id), EventKind.RESOLVED) if alike else None
    return (alike, fixed.at) if alike and fixed and app.now() - fixed.at <= closing.NON_RECURRENCE else None


def back_again(app: AppContext, ticket_id: int, fixed_id: int, person: Person, request: str | None = None) -> Ticket:
    """It is: the one that was resolved is opened again, and the new one is merged into it."""
    with opened(app, fixed_id, person, Action.WORK, request, also=ticket_id) as case:
        new = case.tx.tickets.lock(ticket_id)
        if new is None or new.phase_id != case.ticket.phase_id:
            raise Refused("These two do not belong together.")
        case.log(EventKind.RECURRED)
        if case.ticket.status in FIXED:
            reopen_in(case, f"It is back: {new.name}, {new.summary}")
        merged = replace_case(case, new)
        merge_in(merged, case)
        merged.refresh()
    return case.ticket


def merge(app: AppContext, ticket_id: int, into_id: int, person: Person, request: str | None = None) -> Ticket:
    """One of two that are the same is followed up in the other; everybody whom it concerns hears of it once."""
    with opened(app, ticket_id, person, Action.MERGE, request, also=into_id) as case:
        into = case.tx.tickets.lock(into_id)
        if into is None or not may(person, Action.SEE, into, case.phase):
            raise Refused("There is no such ticket that you can see.", field="primary")
        other = replace_case(case, into)
        merge_in(case, other)
        other.refresh()
    return case.ticket


def merge_in(case: Case, other: Case) -> None:
    """The same within a transaction."""
    into, by = other.ticket, case.person.id
    case.apply(closing.merge(case.ticket, into, by=by, at=case.at))
    known = set(case.tx.affected.people(into.id))
    people = case.tx.affected.people(case.ticket.id)
    foreign = any(event.data.get("foreign") for event in case.tx.tickets.events(case.ticket.id))
    case.tell_reporter(lines.merged_elsewhere(case.ticket) if foreign else lines.merged(case.ticket, into))
    case.tell_others(following.merged(case.ticket, into), news=NewsKind.OUTCOME)
    unnamed = {case.ticket.reporter} if case.ticket.anonymous else set[str]()  # hears of it in the thread it has
    case.tx.affected.move(case.ticket.id, into.id, case.at, but=unnamed)
    case.tx.followers.copy(case.ticket.id, into.id)
    other.log(EventKind.TOOK_IN, ticket=case.ticket.name)
    other.tell_team(lines.took_in(case.ticket, len(set(people) - known - unnamed), by))


def unmerge(app: AppContext, ticket_id: int, person: Person, request: str | None = None) -> Ticket:
    """They were two after all: whoever came with it goes back with it."""
    with app.store.read() as tx:
        known = tx.tickets.find(ticket_id)
    with opened(app, ticket_id, person, Action.MERGE, request, also=known.primary_id if known else None) as case:
        merged = last(case.tx.tickets.events(case.ticket.id), EventKind.MERGED)
        source = case.tx.tickets.lock(case.ticket.primary_id) if case.ticket.primary_id else None
        if merged is None or source is None:
            raise Refused(f"{case.ticket.name} was not merged into another one.")
        case.apply(closing.unmerge(case.ticket, merged, by=person.id, at=case.at))
        case.tx.affected.move_back(case.ticket.id, source.id)
        case.announce(lines.unmerged(case.ticket, source), news=NewsKind.OUTCOME)
        resume(case)
        case.page()
        other = replace_case(case, source)
        other.tell_team(lines.let_go(case.ticket, person.id))
        other.refresh()
    return case.ticket


def last(events: Sequence[Event], kind: EventKind) -> Event | None:
    return next((e for e in reversed(events) if e.kind is kind), None)


def replace_case(case: Case, ticket: Ticket) -> Case:
    """Another ticket in the same transaction."""
    return Case(case.app, case.tx, case.phase, ticket, case.person, case.at)
