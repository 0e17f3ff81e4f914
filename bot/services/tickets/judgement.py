"""As agreed, or a wish, and whose: judge a ticket, and what the parties have."""

from collections.abc import Sequence
from typing import Any

from bot.context import AppContext
from bot.services.phases.phases import split_off_phase
from bot.services.tickets.session import edit_ticket
from bot.views.tickets import judgement as views
from domain.errors import Refused
from domain.phases.permissions import Action, Person, is_lead, is_responder
from domain.phases.phase import Phase
from domain.reporting.parties import PartyFigures, party_figures
from domain.sla.targets import working_hours
from domain.tickets import transitions
from domain.tickets.ticket import Judgement, Ticket
from storage.transaction import Transaction


def judge(
    app: AppContext, ticket_id: int, person: Person, judgement: Judgement, party: str, request: str | None = None
) -> Ticket:
    """Say what an accepted ticket is and whose; once said, only a lead changes it."""
    with edit_ticket(app, ticket_id, person, Action.WORK, request) as session:
        if party not in session.phase.intake.parties:
            raise Refused("This party is no longer in the list of the phase. Choose another one.", field="party")
        lead = is_lead(session.person, session.phase)
        session.apply(
            transitions.judge(session.ticket, judgement, party, by=session.person.id, at=session.at, lead=lead)
        )
    return session.ticket


def parties(app: AppContext, person: Person, channel: str, words: Sequence[str]) -> dict[str, Any]:
    """Return the page of the parties, for the team."""
    with app.store.read() as tx:
        phase, _ = split_off_phase(tx, channel, words)
        if not is_responder(person, phase):
            raise Refused(f"Only the team of {phase.name} can see its parties.")
        found = figures(app, tx, phase)
    return views.parties(phase, found)


def figures(app: AppContext, tx: Transaction, phase: Phase) -> PartyFigures:
    """Return the figures of the parties from the logs of all public tickets that were judged or are open."""
    tickets = tx.lists.list_for_parties(phase.id)
    since = min((one.opened_at for one in tickets), default=app.now())
    return party_figures(tickets, tx.tickets.get_histories(phase.id, since), working_hours(phase),
                         phase.figures_until(app.now()))  # fmt: skip
