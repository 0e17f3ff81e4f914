"""The week's note to reporters, "you said, we did": drafted, read by a lead, posted once; and words of thanks."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.context import AppContext
from bot.services.phases.phases import split_off_phase
from bot.views.followup import notes as views
from domain.delivery.lanes import LaneKind, lane_name
from domain.delivery.message import MessagePriority
from domain.errors import Refused
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
    """Its day has come: the leads read it first; in a week in which nothing came of anything there is none."""
    phase = tx.phases.get(timer.data["phase"])
    if phase.state is not PhaseState.ACTIVE:
        tx.timers.cancel(timer.key)
        return
    done, put_off = _outcomes(tx, phase, app.now())
    note = tx.notes.insert_draft(phase.id, f"{timer.pending}", app.bot_user, app.now()) if done or put_off else None
    if note:
        _offer(app, tx, phase, note, phase.lead_people, views.draft_text(done, put_off))


def draft_now(app: AppContext, person: Person, channel: str, words: Sequence[str], request: str) -> Phase:
    """A lead wants one now."""
    with app.transaction(request) as tx:
        phase = _lead_of(tx, person, channel, words)
        note = tx.notes.insert_draft(phase.id, request[:40], person.id, app.now())
        if note:
            _offer(app, tx, phase, note, (person.id,), views.draft_text(*_outcomes(tx, phase, app.now())))
    return phase


def open_draft(app: AppContext, note_id: int | None, person: Person) -> tuple[Phase, Note, str]:
    """A draft for a lead, with the words as they would be now; Refused when it was posted or left out."""
    with app.store.read() as tx:
        phase, note = _draft_of(tx, note_id, person)
        return phase, note, views.draft_text(*_outcomes(tx, phase, app.now()))


def post(app: AppContext, note_id: int | None, person: Person, words: str, thanks: str, request: str) -> None:
    """To the channels of the reporters, once."""
    with app.transaction(request) as tx:
        phase, note = _draft_of(tx, note_id, person)
        places = tuple(dict.fromkeys((*phase.intake_channels, *phase.intake.auto_intake)))
        if not places:
            raise Refused(
                f"{phase.name} has no reporting channel to post to. Add one under `intake_channels`.", field="words"
            )
        if not tx.notes.update_draft(note, POSTED, words, person.id, app.now()):
            raise Refused("Another lead has just posted or skipped this note. Close this form.", field="words")
        if thanks:
            tx.notes.insert_thanks(phase.id, thanks, person.id, app.now())
        for channel in places:
            lane = tx.outbox.lane(lane_name(LaneKind.NOTE, note.id, channel), channel)
            tx.outbox.post(
                lane, views.note(phase, words, thanks, person.id), at=app.now(), priority=MessagePriority.DIGEST
            )
        _settled(app, tx, note, views.posted(phase, person.id, places))
        tx.audit.log(person.id, "note posted", phase.key, app.now())


def skip(app: AppContext, note_id: int | None, person: Person, request: str) -> None:
    """Not this week."""
    with app.transaction(request) as tx:
        phase, note = _draft_of(tx, note_id, person)
        if tx.notes.update_draft(note, SKIPPED, "", person.id, app.now()):
            _settled(app, tx, note, views.skipped(phase, person.id))


def thank(app: AppContext, person: Person, channel: str, words: Sequence[str], request: str) -> Phase:
    """A lead or somebody who reads the digests says thank you; the next digest passes it on."""
    with app.transaction(request) as tx:
        phase, said = split_off_phase(tx, channel, words)
        text = " ".join(said)[:MAX_THANKS_LENGTH]
        if not (
            is_lead(person, phase) or (not person.foreign and person.id in phase.people(phase.reporting.consumers))
        ):
            raise Refused(f"Only leads and stakeholders of {phase.name} can add thanks. Ask a lead to add yours.")
        if not text:
            raise Refused(
                "The thanks are empty. Write them after the command, as in `thanks The hall 2 team for retesting`."
            )
        tx.notes.insert_thanks(phase.id, text, person.id, app.now())
    return phase


def _outcomes(tx: Transaction, phase: Phase, now: datetime) -> tuple[Sequence[Ticket], Sequence[Ticket]]:
    """What was resolved and what was put off since the last note, as far as everybody may read it."""
    since = max(tx.notes.find_last_posted(phase.id) or now - WEEK, now - 2 * WEEK)
    return tx.lists.list_outcomes(phase.id, since, MAX_TICKETS)


def _offer(app: AppContext, tx: Transaction, phase: Phase, note: Note, leads: Sequence[str], words: str) -> None:
    """In the direct messages of the leads."""
    for lead in leads:
        lane = tx.outbox.lane(lane_name(LaneKind.NOTE_DRAFT, note.id, lead), lead)
        tx.outbox.post(lane, views.offer(phase, note.id, words), at=app.now(), priority=MessagePriority.DIGEST)


def _settled(app: AppContext, tx: Transaction, note: Note, message: dict[str, object]) -> None:
    """Every lead reads what became of the draft."""
    for lane in tx.outbox.list_lanes(lane_name(LaneKind.NOTE_DRAFT, note.id, "")):
        tx.outbox.update_first(lane, message, at=app.now())


def _draft_of(tx: Transaction, note_id: int | None, person: Person) -> tuple[Phase, Note]:
    note = tx.notes.find_note(note_id) if note_id is not None else None
    if note is None:
        raise Refused("That note no longer exists. Use `/hypercare note` for a new draft.")
    phase = tx.phases.get(note.phase_id)
    if not is_lead(person, phase):
        raise Refused(f"Only leads of {phase.name} can work on its weekly note. Ask one of them.")
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
