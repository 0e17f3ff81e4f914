"""The read API: what a token shows of the tickets of its phase."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from bot.context import AppContext
from bot.services.phases import links
from bot.services.phases.phases import get_phase
from bot.services.tickets.links import link_to
from bot.views.api import tickets as views
from domain.api.query import ApiError, Scope, read_name, read_query
from domain.errors import Refused
from domain.phases.link import LinkKind
from domain.phases.permissions import is_lead
from domain.phases.phase import Phase
from domain.tickets.ticket import Ticket
from storage.transaction import Transaction

MOST_EVENTS = 1000  # of a ticket, the newest
MOST_DAYS = 366
UNKNOWN = "The token is missing, unknown, expired or revoked. Send it as `Authorization: Bearer …`."


@dataclass(frozen=True, slots=True)
class _Access:
    """The phase whose tickets a token shows, and which."""

    phase: Phase
    scopes: frozenset[str]

    def require(self, scope: Scope) -> None:
        if scope not in self.scopes:
            raise ApiError(403, f"The token lacks the scope {scope}.")


def create_token(app: AppContext, key: str, person: str, scopes: Sequence[Scope], days: int) -> str:
    """Return a new token of a lead, which is shown once; Refused when the person leads no such phase."""
    if not 0 < days <= MOST_DAYS:
        raise Refused(f"A token can last from 1 to {MOST_DAYS} days.")
    phase = get_phase(app, key)
    with app.transaction() as tx:
        if not is_lead(app.known_person(tx, person), phase):
            raise Refused(f"{person} doesn't lead {phase.key}. A token opens while the person it belongs to is a lead.")
        return links.create(app, tx, LinkKind.API, phase, person, days, scopes=scopes)


def list_tickets(app: AppContext, token: str, given: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """Return tickets in the order in which they were opened, and where the next ones begin."""
    access = _access(app, token)
    access.require(Scope.TICKETS)
    query = read_query(given)
    with app.store.read() as tx:
        found = tx.lists.list_after(access.phase.id, query, hidden=Scope.PRIVATE in access.scopes)
    more = len(found) > query.limit
    shown = found[: query.limit]
    return {
        "tickets": [views.ticket_data(one, link_to(app, one)) for one in shown],
        "next": str(shown[-1].id) if more else None,
    }


def get_ticket(app: AppContext, token: str, name: str) -> dict[str, Any]:
    """Return a ticket with what its report says."""
    access = _access(app, token)
    access.require(Scope.TICKETS)
    with app.store.read() as tx:
        ticket = _find(tx, access, name)
    return views.whole_ticket(ticket, link_to(app, ticket))


def get_figures(app: AppContext, token: str) -> dict[str, Any]:
    """Return the figures of a phase as of now, and of its day since midnight; private tickets are not counted."""
    access = _access(app, token)
    access.require(Scope.TICKETS)
    phase, now = access.phase, app.now()
    today = phase.start_of_day(phase.local_date(now))
    tonight = phase.start_of_day(phase.local_date(now) + timedelta(days=1))
    with app.store.read() as tx:
        backlog = tx.backlogs.count(phase.id, now, tonight)
        (count,) = tx.milestones.count_spans(phase.id, [(today, tonight)])
    return views.figures(phase, backlog, count, today, now)


def list_events(app: AppContext, token: str, name: str) -> dict[str, Any]:
    """Return what happened to a ticket, oldest first."""
    access = _access(app, token)
    access.require(Scope.EVENTS)
    with app.store.read() as tx:
        ticket = _find(tx, access, name)
        events = tx.tickets.list_events(ticket.id)
    return {"events": [views.event_data(ticket, one) for one in events[-MOST_EVENTS:]]}


def _access(app: AppContext, token: str) -> _Access:
    kinds = (LinkKind.API, LinkKind.REHEARSAL) if token else ()
    found = next((opened for kind in kinds if (opened := links.find_open(app, kind, token))), None)
    if found is None:
        raise ApiError(401, UNKNOWN)
    return _Access(found[0], frozenset(found[1].scopes))


def _find(tx: Transaction, access: _Access, name: str) -> Ticket:
    """Return a ticket that the token shows; one that is hidden is answered like none."""
    key, number = read_name(name)
    ticket = tx.tickets.find_by_name(key, number)
    hidden = ticket is not None and (ticket.private or ticket.anonymous) and Scope.PRIVATE not in access.scopes
    if ticket is None or hidden or ticket.phase_id != access.phase.id or not ticket.is_kept:
        raise ApiError(404, f"There is no ticket {name} that the token shows.")
    return ticket
