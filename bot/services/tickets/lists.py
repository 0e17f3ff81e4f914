"""Reading tickets: one by its name or id, its log and conversation, and a person's own."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.context import AppContext
from bot.services.tickets import priority
from bot.services.tickets.session import require_ticket
from bot.views.actions.actions import ShownAction
from domain.actions.action_item import blockers
from domain.conversations.comment import Comment
from domain.delivery.lanes import LaneKind, lane_name
from domain.errors import Refused
from domain.phases.permissions import Action, Person, is_lead, is_responder
from domain.phases.phase import Phase
from domain.tickets.event import Event
from domain.tickets.priority import PriorityInputs
from domain.tickets.ticket import Ticket
from domain.typed import ticket_names
from storage.transaction import Transaction

NAME = re.compile(r"^#?(?:([A-Za-z][A-Za-z0-9]{1,9})-)?([0-9]{1,9})$")


def ticket_by_name(app: AppContext, text: str, person: Person) -> Ticket:
    """Return a ticket by its name, `PAY-42`, or `42` with a single phase; Refused when the person can't see it."""
    found = NAME.match(ticket_names(text))
    if not found:
        raise Refused("Which ticket do you mean? Use its number, such as PAY-42.")
    with app.store.read() as tx:
        phases = tx.phases.list_phases()
        key = (found.group(1) or (phases[0].key if len(phases) == 1 else "")).upper()
        ticket = tx.tickets.find_by_name(key, int(found.group(2)))
        try:
            seen, phase, _ = require_ticket(app, tx, ticket, person, Action.SEE)
        except Refused:
            raise Refused(f"There is no {f'{key}-{found.group(2)}'.lstrip('-')} that you can see.") from None
        return _as_seen(seen, person, phase)


def ticket_by_id(app: AppContext, ticket_id: int | None, person: Person, action: Action = Action.SEE) -> Ticket:
    """Return the ticket that a button or a form names; Refused when the person may not do `action` with it."""
    with app.store.read() as tx:
        ticket = tx.tickets.find_ticket(ticket_id) if ticket_id is not None else None
        seen, phase, _ = require_ticket(app, tx, ticket, person, action)
        return _as_seen(seen, person, phase)


def _as_seen(ticket: Ticket, person: Person, phase: Phase) -> Ticket:
    return ticket if is_responder(person, phase) else ticket.without_inside


@dataclass(frozen=True, slots=True)
class TicketDetails:
    """Everything about a ticket that a person may see, read at one moment.

    `said` is empty for people who may not read the conversation; `is_affected`: the person is one of those affected;
    `links` are to the card and to where the reporter reads, with their labels; `planned` are its actions, for the team.
    """

    ticket: Ticket
    phase: Phase
    inputs: PriorityInputs
    events: Sequence[Event]
    said: Sequence[Comment]
    is_affected: bool
    links: Sequence[tuple[str, str]]
    planned: Sequence[ShownAction]
    may_get_issue: bool  # in a tracker that the phase is connected to
    may_be_drafted: bool = False  # a language model is set up, and may read it


def details(app: AppContext, ticket_id: int | None, person: Person) -> TicketDetails:
    """Return everything about the ticket that a button names; Refused when the person may not see it."""
    with app.store.read() as tx:
        ticket = tx.tickets.find_ticket(ticket_id) if ticket_id is not None else None
        whole, phase, acting = require_ticket(app, tx, ticket, person, Action.SEE)
        seen = _as_seen(whole, person, phase)
        is_open = acting.id == seen.reporter or is_responder(person, phase)
        issues = [one for one in tx.issue_links.list_by_ticket(seen.id) if not one.gone] if phase.connections else []
        shown = [(one.key, one.link) for one in issues if one.link and is_responder(person, phase)]
        return TicketDetails(
            ticket=seen, phase=phase, inputs=priority.inputs(tx, seen, phase, app.now()),
            events=tx.tickets.list_events(seen.id), said=tx.comments.list_comments(seen.id) if is_open else (),
            is_affected=acting.id in tx.affected.list_people(seen.id),
            links=[*_links_of(app, tx, seen, phase, person), *shown], planned=_planned(tx, seen, phase, person),
            may_get_issue=bool(phase.connections) and not issues,
            may_be_drafted=app.model is not None and app.model.takes(seen),
        )  # fmt: skip


def _planned(tx: Transaction, ticket: Ticket, phase: Phase, person: Person) -> list[ShownAction]:
    found = tx.actions.list_of_ticket(ticket.id) if is_responder(person, phase) else []
    known = tx.actions.find_needed(found)
    return [ShownAction(item=one, about="", waits_for=tuple(other.name for other in blockers(one, known)))
            for one in found]  # fmt: skip


def role_of(app: AppContext, person: Person) -> tuple[bool, bool]:
    """Return whether a person works in an active phase, and whether they lead one."""
    with app.store.read() as tx:
        phases = [phase for phase in tx.phases.list_phases() if phase.is_active]
    return any(is_responder(person, one) for one in phases), any(is_lead(person, one) for one in phases)


def _links_of(
    app: AppContext, tx: Transaction, ticket: Ticket, phase: Phase, person: Person
) -> list[tuple[str, str]]:  # fmt: skip
    """Return links to the ticket's card, and for the team also to where its reporter reads: (label, address)."""
    shown = [("Card and team's thread", LaneKind.TEAM)] if is_responder(person, phase) else []
    if ticket.origin is not None and not ticket.private:
        shown.append(("Reported message", LaneKind.REPORTER))
    lanes = tx.outbox.find_all([lane_name(kind, ticket.id) for _, kind in shown])
    found = [(label, lanes.get(lane_name(kind, ticket.id))) for label, kind in shown]
    return [(label, app.permalink(lane.channel, lane.thread_ts)) for label, lane in found
            if lane is not None and lane.thread_ts]  # fmt: skip


def phase_of(app: AppContext, ticket: Ticket) -> Phase:
    with app.store.read() as tx:
        return tx.phases.get(ticket.phase_id)


def others(app: AppContext, ticket: Ticket) -> int:
    """Return how many followers the ticket has besides its reporter."""
    with app.store.read() as tx:
        return len(tx.followers.get_levels(ticket.id).keys() - {ticket.reporter})


def mine(app: AppContext, person: Person) -> list[Ticket]:
    with app.store.read() as tx:
        return tx.tickets.list_of_reporter(person.id)
