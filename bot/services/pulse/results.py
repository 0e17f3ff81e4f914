"""Results of waves: who may read them, where they are posted, and their export."""

import csv
import io
from collections.abc import Sequence
from typing import Any

from bot.context import AppContext
from bot.extras import TONE
from bot.sentiment import TONE_LANGUAGES, tone
from bot.services.phases.phases import phases_at
from bot.services.pulse.pulses import only
from bot.views.pulse import results as views
from domain.delivery.lanes import LaneKind, lane_name
from domain.delivery.message import MessagePriority
from domain.errors import Refused
from domain.phases.permissions import Person, is_lead, is_responder, reads
from domain.phases.phase import Phase
from domain.pulse.pulse import with_template_defaults
from domain.pulse.results import score_with_change
from domain.pulse.settings import Pulse, Readers
from domain.pulse.themes import CommentSummary, find_themes
from domain.pulse.wave import Wave, WaveState
from storage.transaction import Transaction

TREND_WAVES = 12
COLUMNS = ("phase", "pulse", "wave", "opened", "closed", "segment", "question", "kind", "asked", "answered", "n",
           "value", "low", "high", "unit", "verdict", "counts")  # fmt: skip


def read(app: AppContext, person: Person, channel: str, name: str) -> dict[str, Any]:
    """Return the results of the newest closed wave of a pulse here, with the trend."""
    with app.store.read() as tx:
        phase, pulse = _readable(tx, person, channel, name)
        every = tx.waves.list_of_phase(phase.id, pulse.name, TREND_WAVES + 1)
        closed = [wave for wave in every if wave.result]
        running = next((wave for wave in every if wave.state is WaveState.OPEN), None)
        if not closed:
            return views.no_results(pulse, _progress(tx, running))
        return views.results(closed, phase, _help(tx, closed[0]), running=_progress(tx, running))


def announce(app: AppContext, tx: Transaction, wave: Wave, phase: Phase) -> None:
    """Post the results where their readers are."""
    earlier = (
        one
        for one in tx.waves.list_of_phase(phase.id, wave.pulse.name, TREND_WAVES + 1)
        if one.opens_at < wave.opens_at
    )
    closed = [wave, *(one for one in earlier if one.result)]
    _post(app, tx, wave, phase, views.results(closed, phase, _help(tx, wave)))


def summarize_comments(tx: Transaction, wave: Wave) -> CommentSummary:
    """Return the themes of a wave's comments; None where too few people wrote, or its result is withheld."""
    if wave.result is None or wave.result.is_withheld:
        return CommentSummary(writers=0, themes=None)
    written = [[comment.text for comment in texts] for texts in tx.responses.list_comments_by_author(wave.id)]
    covered = set(tx.phases.get(wave.phase_id).languages) <= TONE_LANGUAGES
    k, judge = wave.pulse.comments, tone if covered and TONE.is_installed else None
    return CommentSummary(
        writers=len(written), themes=tuple(find_themes(written, k, judge)) if len(written) >= k else None
    )


def announce_comments(app: AppContext, tx: Transaction, wave: Wave, phase: Phase) -> None:
    """Post the themes in the thread of the results."""
    _post(app, tx, wave, phase, views.comments(wave))


def _post(app: AppContext, tx: Transaction, wave: Wave, phase: Phase, message: dict[str, Any]) -> None:
    """Post to each place of its readers, in one thread a wave."""
    for place in _places(wave.pulse, phase):
        lane = tx.outbox.lane(lane_name(LaneKind.PULSE_RESULTS, wave.id, place), place)
        tx.outbox.post(lane, message, at=app.now(), priority=MessagePriority.DIGEST)


def export(app: AppContext, phase: Phase, name: str = "") -> str:
    """Return the publishable results of all closed waves as CSV."""
    made = io.StringIO()
    rows = csv.writer(made)
    rows.writerow(COLUMNS)
    with app.store.read() as tx:
        for pulse in sorted({wave.pulse.name for wave in tx.waves.list_of_phase(phase.id, name, limit=1000)}):
            closed = [w for w in tx.waves.list_of_phase(phase.id, pulse, limit=1000) if w.result]
            for number, wave in enumerate(closed):
                before = closed[number + 1] if number + 1 < len(closed) else None
                rows.writerows(_rows(phase, wave, before))
    return made.getvalue()


def _rows(phase: Phase, wave: Wave, before: Wave | None) -> Sequence[Sequence[object]]:
    result, found = wave.result, list[list[object]]()
    if result is None:
        return found
    for segment in sorted(result.cells):
        for question in wave.pulse.questions:
            cell = result.cells[segment].get(question.id)
            if cell is None:
                continue
            score = score_with_change(
                question, result, before.result if before else None, wave.pulse.threshold, segment
            )
            figures = [f"{score.interval.value:.1f}", f"{score.interval.low:.1f}", f"{score.interval.high:.1f}",
                       score.unit, score.verdict or ""] if score else [""] * 5  # fmt: skip
            counts = " ".join(f"{value}:{count}" for value, count in cell.counts.items())
            asked = result.asked.get(segment, "") if segment else result.invited
            found.append([phase.key, wave.pulse.name, wave.occurrence, wave.opens_at.date(), wave.closes_at.date(),
                          segment, question.text, question.kind.value, asked, result.answered if not segment else "",
                          cell.n, *figures, counts])  # fmt: skip
    return found


def _places(pulse: Pulse, phase: Phase) -> Sequence[str]:
    match pulse.readers:
        case Readers.EVERYONE:
            return [phase.team_digest_channel]
        case Readers.RESPONDERS:
            return [phase.triage_channel]
        case Readers.LEADS:
            return phase.lead_people


def _readable(tx: Transaction, person: Person, channel: str, name: str) -> tuple[Phase, Pulse]:
    found = [
        (phase, pulse)
        for phase in phases_at(tx, channel=channel)
        for pulse in map(with_template_defaults, phase.pulse.pulses)
        if name in ("", pulse.name) and _may_read(person, pulse, phase)
    ]
    if not found:
        which = f"of a pulse {name}" if name else "of a pulse"
        raise Refused(f"There are no results {which} here that you can see.")
    return only(found)


def _may_read(person: Person, pulse: Pulse, phase: Phase) -> bool:
    if pulse.readers is Readers.EVERYONE:
        return reads(person, phase)
    return is_lead(person, phase) if pulse.readers is Readers.LEADS else is_responder(person, phase)


def _progress(tx: Transaction, wave: Wave | None) -> tuple[Wave, int, int] | None:
    """Return how many people were asked and have answered, of which only an impression is shown."""
    return (wave, sum(tx.waves.count_asked(wave.id).values()), tx.responses.count(wave.id)) if wave else None


def _help(tx: Transaction, wave: Wave) -> views.HelpRequests:
    """Return what followed low answers; hidden where a number could identify a person."""
    found = tx.waves.list_followups(wave.id)
    tickets = tx.tickets.list_by_ids([ticket_id for _, ticket_id in found if ticket_id])
    closed = sum(not ticket.status.is_open for ticket in tickets)
    declined = sum(outcome == "counted" for outcome, _ in found)
    counts = (declined, len(tickets), closed, len(tickets) - closed)
    left_out = wave.result is not None and wave.result.left_out > 0
    few = left_out or any(0 < count < wave.pulse.threshold for count in counts)
    return views.HelpRequests(declined=declined, wanted=len(tickets), closed=closed, too_few=few or not found)
