"""Drafts that people ask for in Slack: who may, what a model reads for them, and what they get."""

from collections.abc import Sequence
from datetime import timedelta

from bot.context import AppContext
from bot.services.learning import post_mortems
from bot.services.learning.drafts import about_ticket
from bot.services.phases.phases import choose_known_phase
from bot.services.tickets.session import require_ticket
from bot.views.learning import drafts as views
from bot.views.learning.post_mortem import COMMENT_WORDS
from domain.delivery.lanes import LaneKind, lane_name
from domain.errors import Refused
from domain.knowledge.drafting import DraftKind, DraftRequest, ModelAnswer, ModelTerms, Quotation
from domain.phases.permissions import Action, Person, is_lead
from storage.transaction import Transaction

TAKEN = timedelta(minutes=5)  # after which another process asks again; a model answers within three


def request_about_ticket(app: AppContext, person: Person, kind: DraftKind, ticket_id: int, request: str) -> str:
    """Ask for words about a ticket, for its team; return the confirmation."""
    terms = _terms(app)
    with app.transaction(request) as tx:
        ticket, phase, _ = require_ticket(app, tx, tx.tickets.find_ticket(ticket_id), person, Action.WORK)
        if not terms.takes(ticket):
            raise Refused(f"{ticket.name} is private or anonymous, so it isn't sent to a model.")
        _insert(tx, DraftRequest(0, phase.id, kind, person.id, app.now(), ticket.id))
    app.wake_drafts()
    return views.asked(terms)


def request_about_phase(app: AppContext, person: Person, kind: DraftKind, key: str, request: str) -> str:
    """Ask for words about a phase, for its leads; return the confirmation."""
    terms = _terms(app)
    with app.transaction(request) as tx:
        phase = choose_known_phase(tx, key=key)
        if not is_lead(person, phase):
            raise Refused(f"Only the leads of {phase.name} can write its post-mortem.")
        _insert(tx, DraftRequest(0, phase.id, kind, person.id, app.now()))
    app.wake_drafts()
    return views.asked(terms)


def _terms(app: AppContext) -> ModelTerms:
    if app.model is None:
        raise Refused("No language model is set up here, so write it yourself. An operator can set one up.")
    return app.model


def _insert(tx: Transaction, made: DraftRequest) -> None:
    if tx.draft_requests.has(made):
        raise Refused("The model is writing this for you already. You'll get it as a direct message.")
    tx.draft_requests.insert(made)


def is_waiting(app: AppContext) -> bool:
    """Return whether a draft is to be asked for."""
    with app.store.read() as tx:
        return tx.draft_requests.find_waiting(app.now() - TAKEN) is not None


def take(app: AppContext, tx: Transaction) -> DraftRequest | None:
    """Take the oldest request; None when there is none, or another process has it."""
    found = tx.draft_requests.find_waiting(app.now() - TAKEN, lock=True)
    if found:
        tx.draft_requests.update_taken(found.id, app.now())
    return found


def sources(app: AppContext, one: DraftRequest) -> list[Quotation]:
    """Return what the model reads; Refused when there is nothing, or the person may no longer see it."""
    with app.store.read() as tx:
        phase, person = tx.phases.get(one.phase_id), app.known_person(tx, one.person)
        if one.ticket_id is not None:
            ticket, _, _ = require_ticket(app, tx, tx.tickets.find_ticket(one.ticket_id), person, Action.WORK)
            return about_ticket(tx, ticket.name, private=_terms(app).takes_private)[1]
    if not is_lead(person, phase):
        raise Refused(f"Only the leads of {phase.name} can write its post-mortem.")
    parts = post_mortems.document(app, phase.key).parts
    if one.kind is DraftKind.THEMES:
        parts = [(heading, lines) for heading, lines in parts if heading == COMMENT_WORDS]
    if not parts:
        raise Refused("There are no comments yet that everyone may read. A pulse brings them.")
    return [Quotation(heading, "\n".join(lines)) for heading, lines in parts]


def deliver(
    app: AppContext, one: DraftRequest, answer: ModelAnswer | str, read: Sequence[Quotation], tx: Transaction
) -> None:
    """Send what the model wrote, or the sentence that says why there is nothing, to the person who asked, once."""
    if not tx.draft_requests.delete_request(one.id):
        return
    phase = tx.phases.get(one.phase_id)
    ticket = tx.tickets.find_ticket(one.ticket_id) if one.ticket_id is not None else None
    about = ticket.name if ticket else phase.key
    told = (views.failed(one.kind, about, answer) if isinstance(answer, str)
            else views.draft(one, about, answer, read, _terms(app)))  # fmt: skip
    tx.outbox.post(tx.outbox.lane(lane_name(LaneKind.MODEL_DRAFT, one.id), one.person), told, at=app.now())
