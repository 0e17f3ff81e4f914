"""A wave on its way: who is asked when, who is reminded, and its end."""

import secrets
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import structlog

from bot.context import AppContext
from bot.services.pulse import results
from bot.services.pulse.pulses import ANNOUNCE, CHANGED, RELEASE
from bot.views.pulse import pulse as views
from domain.delivery.message import MessagePriority
from domain.errors import Refused
from domain.phases.phase import Phase
from domain.pulse.results import calculate_result
from domain.pulse.settings import Occasion, Segment
from domain.pulse.wave import (
    BUDGET_WINDOW,
    MAX_REMINDERS,
    Wave,
    WaveState,
    draw_sample,
    find_audience,
    is_working_day,
    matches_secret,
    next_working_time,
    pseudonym,
)
from domain.statistics.disclosure import publishable_segments, reveals_individuals
from storage.operations.timers import Timer
from storage.transaction import Transaction

log = structlog.get_logger()
SHARES = (0.35, 0.45)  # of the time that is left: when who has not answered is reminded first, and again
LAST = timedelta(hours=2)  # before the end nobody is reminded
HELD = (timedelta(hours=2), timedelta(hours=24))  # words are shown so much later than the figures, at random
EVERYBODY = "Everybody"
LOOKED_AT = 30  # waves before, in which a group may have been shown
GRACE = timedelta(hours=1)  # whose moment has just passed when a wave begins is asked at once


def segments_of(wave: Wave, phase: Phase) -> tuple[Segment, ...]:
    """Whom it asks; without segments everybody in the channels that people report from."""
    return wave.pulse.segments or (
        Segment(name=EVERYBODY, channels=(*phase.intake_channels, *phase.intake.auto_intake)),
    )


def channels_of(wave: Wave, phase: Phase) -> Sequence[str]:
    """Those whose members Slack has to be asked for."""
    return list(dict.fromkeys(c for segment in segments_of(wave, phase) for c in segment.channels))


def invite(
    app: AppContext,
    wave_id: int,
    here: Mapping[str, str],
    members: Mapping[str, Collection[str]],
    unread: Sequence[str],
    tx: Transaction,
) -> None:
    """Its audience is known now: `here` is the time zone of everybody who can be asked. Each has their own moment.

    `unread` are the channels of which Slack does not say who is in them; the leads hear of it.
    """
    wave = tx.waves.lock(wave_id)
    if wave is None or wave.state is not WaveState.GATHERING:
        return
    phase, now = tx.phases.get(wave.phase_id), app.now()
    meant = find_audience(segments_of(wave, phase), {**members, **phase.members}, here)
    tired = tx.waves.list_over_budget((now - BUDGET_WINDOW).date(), phase.pulse.budget)
    picked = draw_sample(meant, wave.pulse.sample, tired, seed=secrets.randbits(64))
    when = [(one, _moment(wave.opens_at - GRACE, one.zone, wave, phase)) for one in picked]
    asked = [(one, at) for one, at in when if at < wave.closes_at]
    if unread:
        _tell_leads(app, tx, wave, phase, views.unread(wave, phase, unread))
    if not asked or (wave.pulse.anonymous and len(asked) < wave.pulse.threshold):
        tx.waves.update_state(wave.id, WaveState.GATHERING, state=WaveState.CLOSED, salt=None)
        _tell_leads(app, tx, wave, phase, views.too_few(wave, phase, len(asked)))
        return
    kept = (
        publishable_segments(Counter(one.segment for one, _ in asked), wave.pulse.threshold)
        if wave.pulse.anonymous
        else None
    )
    tx.waves.insert_invitations(wave.id, [(one if kept is None or one.segment in kept else replace(one, segment=""), at)
                              for one, at in asked])  # fmt: skip
    tx.waves.update_state(wave.id, WaveState.GATHERING, state=WaveState.OPEN)
    log.info("wave_opened", wave=wave.id, pulse=wave.pulse.name, meant=len(meant), asked=len(asked), rested=len(tired))


def _tell_leads(app: AppContext, tx: Transaction, wave: Wave, phase: Phase, message: dict[str, Any]) -> None:
    for lead in phase.lead_people:
        tx.outbox.post(tx.outbox.lane(f"pulse_news:{wave.id}:{lead}", lead), message, at=app.now(),
                       priority=MessagePriority.DIGEST)  # fmt: skip


def _moment(after: datetime, zone: str, wave: Wave, phase: Phase) -> datetime:
    return next_working_time(after, zone, wave.pulse.at, phase.sla.work_days, phase.sla.holidays)


def unknown(tx: Transaction, rows: Sequence[Mapping[str, Any]]) -> Collection[str]:
    """Those of them who were not found in an audience, and whom nobody has looked up."""
    told = {wave: tx.waves.get(wave).pulse.occasion is Occasion.RESOLVED for wave in {row["wave_id"] for row in rows}}
    return {row["person"] for row in rows if told[row["wave_id"]]}


def ask(
    app: AppContext,
    rows: Sequence[Mapping[str, Any]],
    disturbed: Mapping[str, datetime],
    out: Collection[str],
    tx: Transaction,
) -> None:
    """Whose moment has come is asked, or reminded; who does not want to be disturbed later on, who is `out` never."""
    waves = {one: tx.waves.get(one) for one in sorted({int(row["wave_id"]) for row in rows})}
    phases = {phase.id: phase for phase in tx.phases.all()}
    for row in sorted(rows, key=lambda row: (row["wave_id"], row["person"])):
        wave = waves[row["wave_id"]]
        quiet = disturbed.get(row["person"])
        if wave.state is not WaveState.OPEN or row["person"] in out:
            _move(tx, row, None)
        elif quiet and quiet > app.now():
            _rest(tx, row, quiet, wave, phases[wave.phase_id])
        elif row["asked_on"] is None:
            _ask(app, tx, wave, phases[wave.phase_id], row)
        else:
            _remind(app, tx, wave, phases[wave.phase_id], row)


def _rest(tx: Transaction, row: Mapping[str, Any], until: datetime, wave: Wave, phase: Phase) -> None:
    """When they may be disturbed again; on a free day their next working day."""
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
    """Whoever has answered goes on like everybody else, and only hears nothing: the row does not tell."""
    count = int(row["reminded"]) + 1
    silent = _is_silent(app, tx, wave, row["person"])
    following = _reminder(app, wave, phase, row["zone"], count) if count < MAX_REMINDERS else None
    if _move(tx, row, following, reminded=count) and silent:
        _say(app, tx, wave, row["person"], views.reminder(wave, phase))


def _is_silent(app: AppContext, tx: Transaction, wave: Wave, person: str) -> bool:
    """Whether somebody has not answered; with another secret nobody can say, and nobody is reminded."""
    if wave.pulse.anonymous and not matches_secret(app.secret, wave.salt or ""):
        return False
    return tx.responses.find_answers(wave.id, key_of(app, wave, person)) is None


def _reminder(app: AppContext, wave: Wave, phase: Phase, zone: str, number: int) -> datetime | None:
    """When somebody is reminded next, at their time of day; None when it is closed by then."""
    left = wave.closes_at - app.now()
    at = _moment(app.now() + left * SHARES[number], zone, wave, phase)
    return at if at < wave.closes_at - LAST else None


def _move(tx: Transaction, row: Mapping[str, Any], to: datetime | None, **more: Any) -> bool:
    return tx.waves.update_invitation(row["wave_id"], row["person"], row["next_at"], next_at=to, **more)


def _say(app: AppContext, tx: Transaction, wave: Wave, person: str, message: dict[str, Any]) -> None:
    lane = tx.outbox.lane(f"pulse:{wave.id}:{person}", person)
    tx.outbox.post(lane, message, at=app.now(), priority=MessagePriority.DIGEST)


def key_of(app: AppContext, wave: Wave, person: str, what: str = "answer") -> str:
    """Under what somebody's answer stands: a handle where it is anonymous, else they themselves.

    Refused with another secret than the one with which the wave began: they would count twice.
    """
    if not wave.pulse.anonymous:
        return person
    if not matches_secret(app.secret, wave.salt or ""):
        raise Refused(CHANGED)
    return pseudonym(app.secret, wave.salt or "", person, what)


def close(app: AppContext, tx: Transaction, timer: Timer) -> None:
    """Its time is over: it is counted, and nobody can find or change an answer any more."""
    wave = tx.waves.lock(timer.data["wave"])
    if wave is None or wave.state is WaveState.CLOSED:
        return
    if wave.state is WaveState.GATHERING:  # Slack has not said in all this time whom to ask
        tx.waves.update_state(wave.id, WaveState.GATHERING, state=WaveState.CLOSED, salt=None)
        _tell_leads(app, tx, wave, tx.phases.get(wave.phase_id), views.nobody_known(wave))
        return
    result = calculate_result(
        wave.pulse, tx.responses.list_answers(wave.id), tx.waves.count_asked(wave.id), _telling(tx, wave)
    )
    tx.waves.update_state(wave.id, wave.state, state=WaveState.CLOSED, result=result, salt=None)
    tx.waves.cancel_invitations(wave.id)
    if wave.pulse.anonymous:
        tx.responses.anonymize(wave.id)
    tx.timers.once(f"{ANNOUNCE}:{wave.id}", ANNOUNCE, app.now(), data={"wave": wave.id})  # what is drawn may fail
    least, most = (span.total_seconds() for span in HELD)
    later = timedelta(seconds=secrets.SystemRandom().uniform(least, most))
    tx.timers.once(f"{RELEASE}:{wave.id}", RELEASE, app.now() + later, data={"wave": wave.id})


def announce(app: AppContext, tx: Transaction, timer: Timer) -> None:
    """It is closed, and its figures are posted."""
    wave = tx.waves.get(timer.data["wave"])
    results.announce(app, tx, wave, tx.phases.get(wave.phase_id))


def _telling(tx: Transaction, wave: Wave) -> set[str]:
    """Segments which a wave that showed them differs from by too few people."""
    found = set[str]()
    for other in tx.waves.list_of_phase(wave.phase_id, wave.pulse.name, limit=LOOKED_AT):
        shown = set(other.result.cells) - {""} if other.result and other.id != wave.id else set()
        found |= {
            name
            for name in shown - found
            if reveals_individuals(tx.waves.count_changed_people(wave.id, other.id, name), wave.pulse.threshold)
        }
    return found


def release(app: AppContext, tx: Transaction, timer: Timer) -> None:
    """What was written is shown now, later than the figures and in no order; praise goes to whom it is about."""
    wave = tx.waves.lock(timer.data["wave"])
    if wave is None or wave.comment_summary:
        return
    words, phase = results.words_of(tx, wave), tx.phases.get(wave.phase_id)
    tx.waves.update_comment_summary(wave.id, words)
    results.announce_words(app, tx, replace(wave, comment_summary=words), phase)
    for number, remark in enumerate(r for r in tx.responses.list_comments(wave.id) if r.praised):
        lane = tx.outbox.lane(f"praise:{wave.id}:{number}", remark.praised)
        tx.outbox.post(lane, views.praise(remark.text, wave, phase), at=app.now(), priority=MessagePriority.DIGEST)
