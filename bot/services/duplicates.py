"""The same fault, said again: suggestions while somebody writes, "me too", and merging."""

from collections.abc import Sequence

from bot.desk import Desk
from bot.services.case import Case
from bot.services.opening import opened
from bot.views import lines
from domain import closing
from domain.errors import Refused
from domain.event import Event, EventKind
from domain.permissions import Action, Person, may, require_kept
from domain.phase import Phase
from domain.ticket import Status, Ticket

ENOUGH = 2  # words, before anything is suggested


def suggest(desk: Desk, phase: Phase, words: str, person: Person) -> list[Ticket]:
    """What somebody who writes these words may mean; only what they may see."""
    if len(words.split()) < ENOUGH:
        return []
    with desk.store.read() as tx:
        found = desk.likely.find(tx.connection, phase.id, words, desk.now())
        tickets = {t.id: t for t in tx.tickets.some(found)}
    known = [tickets[id_] for id_ in found if id_ in tickets]
    return [t for t in known if t.is_kept and may(person, Action.SEE, t, phase)]


def me_too(desk: Desk, ticket_id: int, person: Person, request: str | None = None) -> tuple[Ticket, bool]:
    """It happens to this person as well; whether that is news. What was merged counts where it is followed up."""
    with desk.store.read() as tx:
        found = tx.tickets.find(ticket_id)
    to = found.primary_id if found and found.primary_id else ticket_id
    with opened(desk, to, person, Action.SEE, request) as case:
        require_kept(case.ticket)
        if case.ticket.status is Status.WITHDRAWN:
            raise Refused(f"{case.ticket.name} was withdrawn. Please report it anew.")
        new = case.tx.affected.add(case.ticket.id, person.id, "me too", case.at)
        case.tx.affected.happened(case.ticket.id, "me too", case.at)
        if new:
            case.log(EventKind.ME_TOO)
            case.tell_team(lines.me_too(case.named(person.id), len(case.tx.affected.people(case.ticket.id))))
            case.follow(person.id, lines.you_follow(case.ticket))
    return case.ticket, new


def merge(desk: Desk, ticket_id: int, into_id: int, person: Person, request: str | None = None) -> Ticket:
    """One of two that are the same is followed up in the other; everybody whom it concerns hears of it once."""
    with opened(desk, ticket_id, person, Action.MERGE, request, also=into_id) as case:
        into = case.tx.tickets.lock(into_id)
        if into is None or not may(person, Action.SEE, into, case.phase):
            raise Refused("There is no such ticket that you can see.", field="primary")
        case.apply(closing.merge(case.ticket, into, by=person.id, at=case.at))
        known = set(case.tx.affected.people(into.id))
        people = case.tx.affected.people(case.ticket.id)
        case.tx.affected.move(case.ticket.id, into.id, case.at)
        told = [case.reporter] + [case.follower(p) for p in people if p != case.ticket.reporter]
        for lane in told:
            case.say(lane, lines.merged(case.ticket, into))
        other = replace_case(case, into)
        other.log(EventKind.TOOK_IN, ticket=case.ticket.name)
        other.tell_team(lines.took_in(case.ticket, len(set(people) - known), person.id))
        other.refresh()
    return case.ticket


def unmerge(desk: Desk, ticket_id: int, person: Person, request: str | None = None) -> Ticket:
    """They were two after all: whoever came with it goes back with it."""
    with desk.store.read() as tx:
        known = tx.tickets.find(ticket_id)
    with opened(desk, ticket_id, person, Action.MERGE, request, also=known.primary_id if known else None) as case:
        merged = last(case.tx.tickets.events(case.ticket.id), EventKind.MERGED)
        source = case.tx.tickets.lock(case.ticket.primary_id) if case.ticket.primary_id else None
        if merged is None or source is None:
            raise Refused(f"{case.ticket.name} was not merged into another one.")
        case.apply(closing.unmerge(case.ticket, merged, by=person.id, at=case.at))
        case.tx.affected.move_back(case.ticket.id, source.id)
        case.announce(lines.unmerged(case.ticket, source))
        case.page()
        other = replace_case(case, source)
        other.tell_team(lines.let_go(case.ticket, person.id))
        other.refresh()
    return case.ticket


def last(events: Sequence[Event], kind: EventKind) -> Event | None:
    return next((e for e in reversed(events) if e.kind is kind), None)


def replace_case(case: Case, ticket: Ticket) -> Case:
    """Another ticket in the same transaction."""
    return Case(case.desk, case.tx, case.phase, ticket, case.person, case.at)
