"""The weekly note to reporters: drafted, reviewed by a lead and posted once; and thanks to the team."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.context import AppContext
from bot.services.phases.phases import split_off_phase
from bot.views.followup import notes as views
from domain.delivery.lanes import LaneKind, lane_name
from domain.delivery.message import MessagePriority
from domain.errors import Refused
from domain.people.abilities import Ability
from domain.phases.permissions import Person, is_lead
from domain.phases.phase import Phase
from domain.phases.settings import PhaseState
from domain.tickets.ticket import Ticket
from storage.followup.notes import DRAFT, POSTED, SKIPPED, Note
from storage.operations.timers import Timer
from storage.transaction import Transaction

WEEK = timedelta(days=7)
MAX_TICKETS = 40  # tickets that a note is made of
MAX_THANKS_LENGTH = 500  # characters of thanks


def on_timer(app: AppContext, tx: Transaction, timer: Timer) -> None:
    """Send the leads the draft of the week; none when no ticket was resolved or deferred."""
    phase = tx.phases.get(timer.data["phase"])
    if phase.state is not PhaseState.ACTIVE:
        tx.timers.cancel(timer.key)
        return
    done, deferred = _outcomes(tx, phase, app.now())
    note = tx.notes.insert_draft(phase.id, f"{timer.pending}", app.bot_user, app.now()) if done or deferred else None
    if note:
        _send_draft(app, tx, phase, note, phase.lead_people, views.draft_text(done, deferred))


def draft_now(app: AppContext, person: Person, channel: str, words: Sequence[str], request: str) -> Phase:
    """Send a lead a draft now."""
    with app.transaction(request) as tx:
        phase = _lead_of(tx, person, channel, words)
        note = tx.notes.insert_draft(phase.id, request[:40], person.id, app.now())
        if note:
            _send_draft(app, tx, phase, note, (person.id,), views.draft_text(*_outcomes(tx, phase, app.now())))
    return phase


def open_draft(app: AppContext, note_id: int | None, person: Person) -> tuple[Phase, Note, str]:
    """Return a draft with its current text; Refused when it was posted or skipped."""
    with app.store.read() as tx:
        phase, note = _draft_of(tx, note_id, person)
        return phase, note, views.draft_text(*_outcomes(tx, phase, app.now()))


def post(app: AppContext, note_id: int | None, person: Person, words: str, thanks: str, request: str) -> None:
    """Post a note to the reporting channels, once."""
    with app.transaction(request) as tx:
        phase, note = _draft_of(tx, note_id, person)
        channels = tuple(dict.fromkeys((*phase.intake_channels, *phase.intake.auto_intake)))
        if not channels:
            raise Refused(
                f"{phase.name} has no reporting channel to post to. Add one under `intake_channels`.", field="words"
            )
        if not tx.notes.update_draft(note, POSTED, words, person.id, app.now()):
            raise Refused("Another lead has just posted or skipped this note. Close this form.", field="words")
        if thanks:
            tx.notes.insert_thanks(phase.id, thanks, person.id, app.now())
        for channel in channels:
            lane = tx.outbox.lane(lane_name(LaneKind.NOTE, note.id, channel), channel)
            tx.outbox.post(
                lane, views.note(phase, words, thanks, person.id), at=app.now(), priority=MessagePriority.DIGEST
            )
        _close_drafts(app, tx, note, views.posted(phase, person.id, channels))
        tx.audit.log(person.id, "note posted", phase.key, app.now())


def skip(app: AppContext, note_id: int | None, person: Person, request: str) -> None:
    """Skip the note of this week."""
    with app.transaction(request) as tx:
        phase, note = _draft_of(tx, note_id, person)
        if tx.notes.update_draft(note, SKIPPED, "", person.id, app.now()):
            _close_drafts(app, tx, note, views.skipped(phase, person.id))


def thank(app: AppContext, person: Person, channel: str, words: Sequence[str], request: str) -> Phase:
    """Record thanks of a lead or a stakeholder; the next digest shows them."""
    with app.transaction(request) as tx:
        phase, text_words = split_off_phase(tx, channel, words)
        text = " ".join(text_words)[:MAX_THANKS_LENGTH]
        stakeholder = person.can(Ability.READ) and person.id in phase.people(phase.reporting.consumers)
        if not (is_lead(person, phase) or stakeholder):
            raise Refused(f"Only leads and stakeholders of {phase.name} can add thanks. Ask a lead to add yours.")
        if not text:
            raise Refused(
                "Your thanks are missing. Write them after the command, as in `thanks The hall 2 team for retesting`."
            )
        tx.notes.insert_thanks(phase.id, text, person.id, app.now())
    return phase


def _outcomes(tx: Transaction, phase: Phase, now: datetime) -> tuple[Sequence[Ticket], Sequence[Ticket]]:
    """Return the public tickets that were resolved, and those that were deferred, since the last note."""
    since = max(tx.notes.find_last_posted(phase.id) or now - WEEK, now - 2 * WEEK)
    return tx.lists.list_outcomes(phase.id, since, MAX_TICKETS)


def _send_draft(app: AppContext, tx: Transaction, phase: Phase, note: Note, leads: Sequence[str], words: str) -> None:
    """Send a draft to the leads as direct messages."""
    for lead in leads:
        lane = tx.outbox.lane(lane_name(LaneKind.NOTE_DRAFT, note.id, lead), lead)
        tx.outbox.post(lane, views.offer(phase, note.id, words), at=app.now(), priority=MessagePriority.DIGEST)


def _close_drafts(app: AppContext, tx: Transaction, note: Note, message: dict[str, object]) -> None:
    """Replace the draft in every lead's messages by what happened to it."""
    for lane in tx.outbox.list_lanes(lane_name(LaneKind.NOTE_DRAFT, note.id, "")):
        tx.outbox.update_first(lane, message, at=app.now())


def _draft_of(tx: Transaction, note_id: int | None, person: Person) -> tuple[Phase, Note]:
    note = tx.notes.find_note(note_id) if note_id is not None else None
    phase = tx.phases.get(note.phase_id) if note else None
    if note is None or phase is None or not is_lead(person, phase):
        raise Refused(
            "You can't edit this note, or it doesn't exist any more. Leads use `/hypercare note` for a new draft."
        )
    if note.state != DRAFT:
        raise Refused(
            f"{{person}} has already {note.state} this note. Close this form.", field="words", person=note.person
        )
    return phase, note


def _lead_of(tx: Transaction, person: Person, channel: str, words: Sequence[str]) -> Phase:
    phase, _ = split_off_phase(tx, channel, words)
    if not is_lead(person, phase):
        raise Refused(f"Only leads of {phase.name} can work on its weekly note. Ask one of them.")
    return phase
