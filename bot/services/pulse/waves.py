"""Run a wave: invite its audience, send reminders, close it and publish its results."""

import secrets
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import structlog

from bot.context import AppContext
from bot.services.delivery.offers import end_offers
from bot.services.pulse import results
from bot.services.pulse.pulses import ANNOUNCE, NOT_SAVED, RELEASE
from bot.views.pulse import pulse as views
from domain.delivery.lanes import LaneKind, lane_name
from domain.delivery.message import MessagePriority
from domain.errors import Refused
from domain.phases.phase import Phase
from domain.pulse.results import WaveResult, calculate_result
from domain.pulse.settings import Occasion, Segment
from domain.pulse.wave import (
    BUDGET_WINDOW,
    MAX_REMINDERS,
    Invitee,
    Wave,
    WaveState,
    draw_sample,
    find_audience,
    is_working_day,
    matches_secret,
    next_working_time,
    pseudonym,
)
from domain.statistics.disclosure import choose_counted, publishable_segments, separable_groups
from storage.operations.timers import Timer
from storage.transaction import Transaction

log = structlog.get_logger()
REMINDER_SHARES = (0.35, 0.45)  # of the time that is left, until the first and the second reminder
REMINDER_CUTOFF = timedelta(hours=2)  # no reminders so shortly before closing
COMMENT_DELAY = (timedelta(hours=2), timedelta(hours=24))  # comments appear a random time after the results
EVERYONE = "Everyone"
GRACE = timedelta(hours=1)  # people whose time has just passed when a wave starts are asked at once


def segments_of(wave: Wave, phase: Phase) -> tuple[Segment, ...]:
    """Return the segments of a wave; by default one with the members of the intake channels."""
    return wave.pulse.segments or (
        Segment(name=EVERYONE, channels=(*phase.intake_channels, *phase.intake.auto_intake)),
    )


def channels_of(wave: Wave, phase: Phase) -> Sequence[str]:
    """Return the channels whose members have to be looked up in Slack."""
    return list(dict.fromkeys(c for segment in segments_of(wave, phase) for c in segment.channels))


def invite(
    app: AppContext,
    wave_id: int,
    zones: Mapping[str, str],
    members: Mapping[str, Collection[str]],
    unread: Sequence[str],
    tx: Transaction,
) -> None:
    """Invite the audience, each person at their local time.

    `zones` has the time zone of all people who may be asked, `members` those of each channel, and `unread` the channels
    that could not be read, which the leads are told.
    """
    wave = tx.waves.lock(wave_id)
    if wave is None or wave.state is not WaveState.GATHERING:
        return
    phase, now = tx.phases.get(wave.phase_id), app.now()
    audience = find_audience(segments_of(wave, phase), {**members, **phase.members}, zones)
    over_budget = tx.waves.list_over_budget((now - BUDGET_WINDOW).date(), phase.pulse.budget)
    sample = draw_sample(audience, wave.pulse.sample, over_budget, seed=secrets.randbits(64))
    when = [(one, _moment(wave.opens_at - GRACE, one.zone, wave, phase)) for one in sample]
    asked = [(one, at) for one, at in when if at < wave.closes_at]
    if unread:
        _tell_leads(app, tx, wave, phase, views.channels_unreadable(wave, phase, unread))
    if not asked or (wave.pulse.anonymous and len(asked) < wave.pulse.threshold):
        tx.waves.update_state(wave.id, WaveState.GATHERING, state=WaveState.CLOSED, salt=None)
        _tell_leads(app, tx, wave, phase, views.too_few(wave, phase, len(asked)))
        return
    tx.waves.insert_invitations(wave.id, _without_small_segments(wave, asked))
    tx.waves.update_state(wave.id, WaveState.GATHERING, state=WaveState.OPEN)
    log.info("wave_opened", wave=wave.id, pulse=wave.pulse.name, audience=len(audience), asked=len(asked),
             over_budget=len(over_budget))  # fmt: skip


def _without_small_segments(wave: Wave, asked: Sequence[tuple[Invitee, datetime]]) -> list[tuple[Invitee, datetime]]:
    """Forget the segment of a person where an anonymous pulse could not publish it."""
    if not wave.pulse.anonymous:
        return [*asked]
    kept = publishable_segments(Counter(one.segment for one, _ in asked), wave.pulse.threshold)
    return [(one if one.segment in kept else replace(one, segment=""), at) for one, at in asked]


def _tell_leads(app: AppContext, tx: Transaction, wave: Wave, phase: Phase, message: dict[str, Any]) -> None:
    for lead in phase.lead_people:
        tx.outbox.post(tx.outbox.lane(lane_name(LaneKind.PULSE_NEWS, wave.id, lead), lead), message, at=app.now(),
                       priority=MessagePriority.DIGEST)  # fmt: skip


def _moment(after: datetime, zone: str, wave: Wave, phase: Phase) -> datetime:
    return next_working_time(after, zone, wave.pulse.at, phase.sla.work_days, phase.sla.holidays)


def unknown(tx: Transaction, rows: Sequence[Mapping[str, Any]]) -> Collection[str]:
    """Return the people who were not found in an audience, so that they have to be looked up."""
    is_unknown = {
        wave: tx.waves.get(wave).pulse.occasion is Occasion.RESOLVED for wave in {row["wave_id"] for row in rows}
    }
    return {row["person"] for row in rows if is_unknown[row["wave_id"]]}


def ask(
    app: AppContext,
    rows: Sequence[Mapping[str, Any]],
    disturbed: Mapping[str, datetime],
    out: Collection[str],
    tx: Transaction,
) -> None:
    """Send the due invitations and reminders.

    People in do-not-disturb are asked later, at the time in `disturbed`. People in `out` are not asked at all.
    """
    waves = {one: tx.waves.get(one) for one in sorted({int(row["wave_id"]) for row in rows})}
    phases = {phase.id: phase for phase in tx.phases.list_phases()}
    for row in sorted(rows, key=lambda row: (row["wave_id"], row["person"])):
        wave = waves[row["wave_id"]]
        quiet = disturbed.get(row["person"])
        if wave.state is not WaveState.OPEN or row["person"] in out:
            _move(tx, row, None)
        elif quiet and quiet > app.now():
            _postpone(tx, row, quiet, wave, phases[wave.phase_id])
        elif row["asked_on"] is None:
            _ask(app, tx, wave, phases[wave.phase_id], row)
        else:
            _remind(app, tx, wave, phases[wave.phase_id], row)


def _postpone(tx: Transaction, row: Mapping[str, Any], until: datetime, wave: Wave, phase: Phase) -> None:
    """Postpone an invitation until do-not-disturb ends, or to the next working day."""
    local = until.astimezone(ZoneInfo(row["zone"])).date()
    at = (
        until
        if is_working_day(local, phase.sla.work_days, phase.sla.holidays)
        else _moment(until, row["zone"], wave, phase)
    )
    _move(tx, row, at if at < wave.closes_at else None)


def _ask(app: AppContext, tx: Transaction, wave: Wave, phase: Phase, row: Mapping[str, Any]) -> None:
    following = _reminder(app, wave, phase, row["zone"], 0)
    if _move(tx, row, following, asked_on=app.now().date()):
        _say(app, tx, wave, row["person"], views.invitation(wave, phase))


def _remind(app: AppContext, tx: Transaction, wave: Wave, phase: Phase, row: Mapping[str, Any]) -> None:
    """Send a reminder unless the person has answered; the row is updated either way, so it reveals nothing."""
    count = int(row["reminded"]) + 1
    unanswered = _is_unanswered(app, tx, wave, row["person"])
    following = _reminder(app, wave, phase, row["zone"], count) if count < MAX_REMINDERS else None
    if _move(tx, row, following, reminded=count) and unanswered:
        _say(app, tx, wave, row["person"], views.reminder(wave, phase))


def _is_unanswered(app: AppContext, tx: Transaction, wave: Wave, person: str) -> bool:
    """Whether the person has not answered; False after the secret has changed, since that is unknown then."""
    if wave.pulse.anonymous and not matches_secret(app.secret, wave.salt or ""):
        return False
    return tx.responses.find_answers(wave.id, pseudonym_of(app, wave, person)) is None


def _reminder(app: AppContext, wave: Wave, phase: Phase, zone: str, number: int) -> datetime | None:
    """Return the time of the next reminder; None when the wave is closed by then."""
    left = wave.closes_at - app.now()
    at = _moment(app.now() + left * REMINDER_SHARES[number], zone, wave, phase)
    return at if at < wave.closes_at - REMINDER_CUTOFF else None


def _move(tx: Transaction, row: Mapping[str, Any], to: datetime | None, **more: Any) -> bool:
    return tx.waves.update_invitation(row["wave_id"], row["person"], row["next_at"], next_at=to, **more)


def _say(app: AppContext, tx: Transaction, wave: Wave, person: str, message: dict[str, Any]) -> None:
    lane = tx.outbox.lane(lane_name(LaneKind.PULSE, wave.id, person), person)
    tx.outbox.post(lane, message, at=app.now(), priority=MessagePriority.DIGEST)


def pseudonym_of(app: AppContext, wave: Wave, person: str, what: str = "answer") -> str:
    """Return the key of a person's response: a pseudonym in anonymous waves, else the person's id.

    Refused after the secret has changed, since the person would count twice.
    """
    if not wave.pulse.anonymous:
        return person
    if not matches_secret(app.secret, wave.salt or ""):
        raise Refused(NOT_SAVED)
    return pseudonym(app.secret, wave.salt or "", person, what)


def close(app: AppContext, tx: Transaction, timer: Timer) -> None:
    """Close a wave: calculate its result and anonymize its responses."""
    known = tx.waves.find(timer.data["wave"])
    others = tx.waves.lock_of_phase(known.phase_id) if known else []
    wave = next((one for one in others if one.id == timer.data["wave"]), None)
    if wave is None or wave.state is WaveState.CLOSED:
        return
    if wave.state is WaveState.GATHERING:  # Slack did not return the audience
        tx.waves.update_state(wave.id, WaveState.GATHERING, state=WaveState.CLOSED, salt=None)
        _tell_leads(app, tx, wave, tx.phases.get(wave.phase_id), views.audience_unknown(wave))
        return
    result = _calculate(app, tx, wave, [one for one in others if one.id != wave.id])
    tx.waves.update_state(wave.id, wave.state, state=WaveState.CLOSED, result=result, salt=None)
    tx.waves.cancel_invitations(wave.id)
    if wave.pulse.anonymous:
        tx.responses.anonymize(wave.id)
    tx.timers.set_once(
        f"{ANNOUNCE}:{wave.id}", ANNOUNCE, app.now(), data={"wave": wave.id}
    )  # in a transaction of its own, since rendering may fail
    shortest, longest = (span.total_seconds() for span in COMMENT_DELAY)
    later = timedelta(seconds=secrets.SystemRandom().uniform(shortest, longest))
    tx.timers.set_once(f"{RELEASE}:{wave.id}", RELEASE, app.now() + later, data={"wave": wave.id})


def announce(app: AppContext, tx: Transaction, timer: Timer) -> None:
    """Post the results of a closed wave, and have its questions say that it is closed."""
    wave = tx.waves.get(timer.data["wave"])
    phase = tx.phases.get(wave.phase_id)
    end_offers(tx, lane_name(LaneKind.PULSE, wave.id), views.QUESTIONS, app.now(), instead=views.over(wave, phase))
    results.announce(app, tx, wave, phase)


def _calculate(app: AppContext, tx: Transaction, wave: Wave, others: Sequence[Wave]) -> WaveResult:
    """Calculate the result of a wave, of the people whom no comparison with the results of others could single out."""
    asked = tx.waves.list_asked(wave.id)
    if not wave.pulse.anonymous or not asked:
        return calculate_result(wave.pulse, tx.responses.list_answers(wave.id), Counter(asked.values()))
    earlier = [one for one in others if one.pulse.anonymous and one.result and one.result.cells]
    shown, k = tx.waves.list_shown(earlier), max(one.pulse.threshold for one in (wave, *earlier))
    counted = choose_counted(asked, shown, k, secrets.SystemRandom()) if shown else frozenset(asked)
    out = sorted(asked.keys() - counted)
    if out and not matches_secret(app.secret, wave.salt or ""):  # it is unknown which answers are theirs
        counted, out = frozenset(), sorted(asked)
    tx.waves.update_uncounted(wave.id, out)
    if not counted:
        return WaveResult(invited=0, answered=0, left_out=len(out))
    tx.responses.leave_out_comments(wave.id, [pseudonym_of(app, wave, person, "words") for person in out])
    answers = tx.responses.list_answers(wave.id, {pseudonym_of(app, wave, person) for person in out})
    groups = {name: frozenset(person for person in counted if asked[person] == name) for name in set(asked.values())}
    named = {name: people for name, people in groups.items() if name and people}
    hidden = named.keys() - separable_groups(named, [*shown, counted], k)
    sizes = {name: len(people) for name, people in groups.items() if people}
    return calculate_result(wave.pulse, answers, sizes, hidden, len(out))


def release(app: AppContext, tx: Transaction, timer: Timer) -> None:
    """Post the themes of the comments, and send praise to the people it is about."""
    wave = tx.waves.lock(timer.data["wave"])
    if wave is None or wave.comment_summary:
        return
    summary, phase = results.summarize_comments(tx, wave), tx.phases.get(wave.phase_id)
    tx.waves.update_comment_summary(wave.id, summary)
    results.announce_comments(app, tx, replace(wave, comment_summary=summary), phase)
    for number, remark in enumerate(r for r in tx.responses.list_comments(wave.id) if r.praised):
        lane = tx.outbox.lane(lane_name(LaneKind.PRAISE, wave.id, number), remark.praised)
        tx.outbox.post(lane, views.praise(remark.text, wave, phase), at=app.now(), priority=MessagePriority.DIGEST)
