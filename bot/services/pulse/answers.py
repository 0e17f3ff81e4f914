"""Answer a pulse: with one tap or in the form, as often as wanted until it closes; and get help after a low answer."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.context import AppContext
from bot.services.intake import anonymous, intake
from bot.services.pulse.waves import pseudonym_of
from domain.errors import Refused
from domain.people.abilities import Ability
from domain.phases.permissions import Person
from domain.phases.phase import Phase
from domain.pulse.pulse import AnswerComment, Answers, low_answers, questions_for
from domain.pulse.wave import Wave, WaveState
from domain.tickets.ticket import Intake, Report, Ticket
from storage.transaction import Transaction

CLOSED = "This pulse has closed, so your answer can't be saved. Please answer the next one."


@dataclass(frozen=True, slots=True)
class AnswerSheet:
    """A person's response to a wave so far."""

    wave: Wave
    phase: Phase
    given: Answers
    words: Mapping[str, AnswerComment]


def sheet(app: AppContext, person: Person, wave_id: int) -> AnswerSheet:
    """Return the person's response so far; Refused when they were not invited or the wave is closed."""
    with app.store.read() as tx:
        wave, _ = _open(tx, person, wave_id, writing=False)
        given = tx.responses.find_answers(wave.id, pseudonym_of(app, wave, person.id)) or {}
        words = tx.responses.find_comments(wave.id, pseudonym_of(app, wave, person.id, "words"))
        return AnswerSheet(wave, tx.phases.get(wave.phase_id), given, words)


def tap(app: AppContext, person: Person, wave_id: int, question_id: str, value: str) -> AnswerSheet:
    """Save one answer; the others stay.

    The request is not recorded: repeating a tap changes nothing, and a record would show who answered when.
    """
    with app.transaction() as tx:
        wave, segment = _open(tx, person, wave_id)
        key, answer = pseudonym_of(app, wave, person.id), _read(wave, question_id, value)
        given = {**(tx.responses.lock_answers(wave.id, key) or {}), question_id: answer}
        tx.responses.upsert(wave.id, key, segment, given)
    return sheet(app, person, wave_id)


def _read(wave: Wave, question_id: str, value: str) -> int | str:
    """Return the value of a button as an answer; Refused when it is not a possible one."""
    question = next((q for q in wave.pulse.questions if q.id == question_id), None)
    answer: int | str = int(value) if question and question.kind.scale and value.isdecimal() else value
    if question is None or answer not in (question.options or question.kind.scale):
        raise Refused("That isn't one of the possible answers. Choose one from the message.")
    return answer


def submit(
    app: AppContext, person: Person, wave_id: int, given: Answers, words: Mapping[str, AnswerComment]
) -> AnswerSheet:
    """Save all answers and comments, replacing the previous ones."""
    with app.transaction() as tx:
        wave, segment = _open(tx, person, wave_id)
        relevant = {q.id for q in questions_for(wave.pulse, given)}
        tx.responses.upsert(
            wave.id, pseudonym_of(app, wave, person.id), segment, {k: v for k, v in given.items() if k in relevant}
        )
        comments = [comment for question, comment in words.items() if question in relevant]
        tx.responses.replace_comments(wave.id, pseudonym_of(app, wave, person.id, "words"), comments)
    return sheet(app, person, wave_id)


def decline_help(app: AppContext, person: Person, wave_id: int) -> None:
    """Record that the person was offered help and declined."""
    with app.transaction() as tx:
        wave, _ = _open(tx, person, wave_id)
        _require_low(app, tx, wave, person)
        tx.waves.upsert_followup(wave.id, pseudonym_of(app, wave, person.id, "help"), "counted")


def report(app: AppContext, person: Person, wave_id: int, made: Report, request: str) -> Ticket:
    """Open a ticket after a low answer; the wave records the ticket, not the answer."""
    with app.transaction(request) as tx:
        wave, _ = _open(tx, person, wave_id)
        ticket = intake.open_ticket_in(app, tx, tx.phases.get(wave.phase_id), made, person=person, intake=Intake.PULSE)
        tx.waves.upsert_followup(wave.id, pseudonym_of(app, wave, person.id, "help"), "named", ticket.id)
    return ticket


def talk(app: AppContext, person: Person, wave_id: int, made: Report, request: str) -> None:
    """Open an anonymous ticket some hours later."""
    if not app.secret:
        raise Refused(
            "Anonymous tickets are not available, because HYPERCARE_SECRET is not set. Ask an operator to set it."
        )
    with app.transaction() as tx:
        wave, _ = _open(tx, person, wave_id)
        anonymous.schedule_ticket(app, tx, tx.phases.get(wave.phase_id), wave.id, person, made, request)


def _require_low(app: AppContext, tx: Transaction, wave: Wave, person: Person) -> None:
    """Refused unless the person has a low answer."""
    if not low_answers(wave.pulse, tx.responses.find_answers(wave.id, pseudonym_of(app, wave, person.id)) or {}):
        raise Refused("You have no low answer in this pulse, so there is nothing to follow up.")


def _open(tx: Transaction, person: Person, wave_id: int, *, writing: bool = True) -> tuple[Wave, str]:
    """Return the wave, kept open until the commit when writing, and the person's segment."""
    wave = tx.waves.find_shared(wave_id) if writing else tx.waves.find(wave_id)
    if not person.can(Ability.ANSWER_SURVEYS):
        raise Refused("Only people of this workspace can answer pulses.")
    row = tx.waves.find_invitation(wave.id, person.id) if wave else None
    if wave is None or row is None or row["asked_on"] is None:
        raise Refused("This pulse was sent to another person, so you can't answer it.")
    if wave.state is not WaveState.OPEN:
        raise Refused(CLOSED)
    return wave, str(row["segment"])
