"""Answering a pulse: one tap, the rest in a form, another mind until it closes, and help after a low answer."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.context import AppContext
from bot.services.intake import anonymous, intake
from bot.services.pulse.waves import key_of
from domain.errors import Refused
from domain.phases.permissions import Person
from domain.phases.phase import Phase
from domain.pulse.pulse import AnswerComment, Answers, low_answers, questions_for
from domain.pulse.wave import Wave, WaveState
from domain.tickets.ticket import Intake, Report, Ticket
from storage.transaction import Transaction

CLOSED = "This pulse has closed. Thank you all the same; the next one comes."


@dataclass(frozen=True, slots=True)
class AnswerSheet:
    """Somebody's answers as they stand."""

    wave: Wave
    phase: Phase
    given: Answers
    words: Mapping[str, AnswerComment]


def sheet(app: AppContext, person: Person, wave_id: int) -> AnswerSheet:
    """What somebody has answered so far; Refused for whoever was not asked, and once it is closed."""
    with app.store.read() as tx:
        wave, _ = _open(tx, person, wave_id, writing=False)
        given = tx.responses.find_answers(wave.id, key_of(app, wave, person.id)) or {}
        words = tx.responses.find_comments(wave.id, key_of(app, wave, person.id, "words"))
        return AnswerSheet(wave, tx.phases.get(wave.phase_id), given, words)


def tap(app: AppContext, person: Person, wave_id: int, question_id: str, value: str) -> AnswerSheet:
    """One answer; the others stay as they are.

    Its request is not written down: the same tap again changes nothing, and what was kept would say who answered when.
    """
    with app.transaction() as tx:
        wave, segment = _open(tx, person, wave_id)
        key, answer = key_of(app, wave, person.id), _read(wave, question_id, value)
        given = {**(tx.responses.lock_answers(wave.id, key) or {}), question_id: answer}
        tx.responses.upsert(wave.id, key, segment, given)
    return sheet(app, person, wave_id)


def _read(wave: Wave, question_id: str, value: str) -> int | str:
    """What a button says, as one of what can be answered."""
    question = next((q for q in wave.pulse.questions if q.id == question_id), None)
    answer: int | str = int(value) if question and question.kind.scale and value.isdecimal() else value
    if question is None or answer not in (question.options or question.kind.scale):
        raise Refused("That is not one of the answers.")
    return answer


def submit(
    app: AppContext, person: Person, wave_id: int, given: Answers, words: Mapping[str, AnswerComment]
) -> AnswerSheet:
    """All of them, instead of what was answered before."""
    with app.transaction() as tx:
        wave, segment = _open(tx, person, wave_id)
        meant = {q.id for q in questions_for(wave.pulse, given)}
        tx.responses.upsert(
            wave.id, key_of(app, wave, person.id), segment, {k: v for k, v in given.items() if k in meant}
        )
        said = [remark for question, remark in words.items() if question in meant]
        tx.responses.replace_comments(wave.id, key_of(app, wave, person.id, "words"), said)
    return sheet(app, person, wave_id)


def count_it(app: AppContext, person: Person, wave_id: int) -> None:
    """No help is wanted; it is counted that it was offered."""
    with app.transaction() as tx:
        wave, _ = _open(tx, person, wave_id)
        _require_low(app, tx, wave, person)
        tx.waves.upsert_followup(wave.id, key_of(app, wave, person.id, "help"), "counted")


def report(app: AppContext, person: Person, wave_id: int, made: Report, request: str) -> Ticket:
    """A low answer becomes a ticket; the wave keeps that it did, and not which answer it was."""
    with app.transaction(request) as tx:
        wave, _ = _open(tx, person, wave_id)
        ticket = intake.open_ticket_in(app, tx, tx.phases.get(wave.phase_id), made, person=person, intake=Intake.PULSE)
        tx.waves.upsert_followup(wave.id, key_of(app, wave, person.id, "help"), "named", ticket.id)
    return ticket


def talk(app: AppContext, person: Person, wave_id: int, made: Report) -> None:
    """The same without anybody knowing who it is; it becomes a ticket some hours later."""
    if not app.secret:
        raise Refused("Nobody can talk here without being known: an operator would set HYPERCARE_SECRET.")
    with app.transaction() as tx:
        wave, _ = _open(tx, person, wave_id)
        anonymous.schedule_ticket(app, tx, tx.phases.get(wave.phase_id), wave.id, person, made)


def _require_low(app: AppContext, tx: Transaction, wave: Wave, person: Person) -> None:
    """Nothing else is counted."""
    if not low_answers(wave.pulse, tx.responses.find_answers(wave.id, key_of(app, wave, person.id)) or {}):
        raise Refused("There is no low answer of yours in this pulse.")


def _open(tx: Transaction, person: Person, wave_id: int, *, writing: bool = True) -> tuple[Wave, str]:
    """The wave, held open until the commit, and the segment in which somebody was asked."""
    wave = tx.waves.find_shared(wave_id) if writing else tx.waves.find(wave_id)
    if person.foreign:
        raise Refused("Pulses are for people of this workspace.")
    if wave is None or wave.state is not WaveState.OPEN:
        raise Refused(CLOSED)
    row = tx.waves.find_invitation(wave.id, person.id)
    if row is None or row["asked_on"] is None:
        raise Refused("This pulse was sent to somebody else; it is theirs to answer.")
    return wave, str(row["segment"])
