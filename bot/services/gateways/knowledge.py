"""What the gateway knows of a report, for its form and its card."""

from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256

from bot.context import AppContext
from bot.services.tickets.session import TicketSession
from domain.gateways.knowledge import (
    AFTER,
    BEFORE,
    MAX_SHOWN,
    EndpointKnowledge,
    Sighting,
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

FRESH = timedelta(minutes=1)  # for which what was looked up is good enough, while more comes
LOOKED_AT = 30  # endpoints, where a report names none
ABOUT = ("endpoint", "error_codes", "slow_step", "fault")  # fields of types that a gateway may know of


def show_traffic(session: TicketSession) -> None:
    """Put what the gateway knows of a report on its card; once all of it has come, it is looked up no more."""
    ticket, words = session.ticket, words_of(session.ticket.report)
    if ticket.intake is Intake.SIGNAL or not _may_be_known(words):
        return
    digest, known = sha256(words.encode()).hexdigest(), session.tx.gateway_sightings.find(ticket.id)
    if known is None or known.words != digest or not (
        known.is_final(ticket.opened_at) or session.at - known.at < FRESH
    ):  # fmt: skip
        known = Sighting(session.at, digest, about(session.tx, session.phase, words, ticket.opened_at))
        session.tx.gateway_sightings.upsert(ticket.id, known)
    session.card = replace(session.card, gateway=known.endpoints)


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
    if not wanted:
        return ()
    sums: dict[str, TrafficSums] = {}
    for key, one in tx.gateway_traffic.list_slots(phase.id, TrafficBy.ENDPOINT, since, until, wanted):
        sums.setdefault(key.name, TrafficSums()).merge(one)
    found = [known_of(name, one, symptom) for name, one in sums.items() if name != OTHER]
    found.sort(key=lambda one: (-weight(one.sums, symptom), -one.sums.requests, one.endpoint))
    return tuple(one for one in found if named or one.is_seen)[:MAX_SHOWN]


def _may_be_known(text: str) -> bool:
    return symptom_of(text) is not None or bool(paths_in(text))
