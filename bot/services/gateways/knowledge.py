"""What the gateway knows of a report, for its form and its card."""

from dataclasses import replace
from datetime import datetime

from bot.context import AppContext
from bot.services.tickets.session import TicketSession
from domain.gateways.knowledge import (
    AFTER,
    BEFORE,
    MAX_SHOWN,
    EndpointKnowledge,
    endpoints_named,
    known_of,
    paths_in,
    symptom_of,
    weight,
)
from domain.gateways.overview import most_telling
from domain.gateways.traffic import OTHER, SLOT, TrafficBy, TrafficSums, slot_of
from domain.phases.phase import Phase
from domain.tickets.ticket import Intake, Report
from storage.transaction import Transaction

LOOKED_AT = 30  # endpoints, where a report names none
ABOUT = ("endpoint", "error_codes", "slow_step", "fault")  # fields of types that a gateway may know of


def show_traffic(session: TicketSession) -> None:
    """Put what the gateway knows of a report on its card."""
    ticket = session.ticket
    if ticket.intake is not Intake.SIGNAL:
        found = about(session.tx, session.phase, words_of(ticket.report), ticket.opened_at)
        session.card = replace(session.card, gateway=found)


def hint(app: AppContext, phase: Phase, text: str) -> tuple[EndpointKnowledge, ...]:
    """Return what the gateway knows of what a person is writing."""
    if not _may_be_known(text):
        return ()
    with app.store.read() as tx:
        return about(tx, phase, text, app.now())


def words_of(report: Report) -> str:
    """Return the words of a report in which an endpoint or a symptom may be named."""
    return "\n".join((report.summary, report.happened, *(report.extra.get(name, "") for name in ABOUT)))


def about(tx: Transaction, phase: Phase, text: str, at: datetime) -> tuple[EndpointKnowledge, ...]:
    """Return the traffic of the endpoints that a text is about, around a time; nothing where it is about none.

    A text that names no endpoint but a symptom is about the endpoints that show most of it.
    """
    if not _may_be_known(text):
        return ()
    paths, symptom = paths_in(text), symptom_of(text)
    since, until = slot_of(at - BEFORE), slot_of(at + AFTER) + SLOT
    known = tx.gateway_traffic.sum_by_name(phase.id, TrafficBy.ENDPOINT, since, until)
    named = endpoints_named(paths, known)
    if not named and (paths or symptom is None):
        return ()
    wanted = named or most_telling(known, LOOKED_AT)
    sums: dict[str, TrafficSums] = {}
    for key, one in tx.gateway_traffic.list_slots(phase.id, TrafficBy.ENDPOINT, since, until, wanted):
        sums.setdefault(key.name, TrafficSums()).merge(one)
    found = [known_of(name, one, symptom) for name, one in sums.items() if name != OTHER]
    found.sort(key=lambda one: (-weight(one.sums, symptom), -one.sums.requests, one.endpoint))
    return tuple(one for one in found if named or one.is_seen)[:MAX_SHOWN]


def _may_be_known(text: str) -> bool:
    return symptom_of(text) is not None or bool(paths_in(text))
