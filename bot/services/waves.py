"""A wave on its way: who is asked when, who is reminded, and its end."""

import secrets
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import structlog

from bot.desk import Desk
from bot.services import results
from bot.services.pulses import RELEASE
from bot.views import pulse as views
from domain.disclosure import coarse, is_telling
from domain.letter import Priority
from domain.phase import Phase
from domain.pulse import Segment
from domain.tally import count
from domain.wave import REMINDERS, WINDOW, State, Wave, audience, chosen, handle, next_time
from storage.store import Tx
from storage.timers import Timer

log = structlog.get_logger()
SHARES = (0.4, 0.6)  # of the time that is left: when who has not answered is reminded first, and again
HELD = (timedelta(hours=2), timedelta(hours=24))  # words are shown so much later than the figures, at random
EVERYBODY = "Everybody"
GRACE = timedelta(hours=1)  # whose moment has just passed when a wave begins is asked at once


def segments_of(wave: Wave, phase: Phase) -> tuple[Segment, ...]:
    """Whom it asks; without segments everybody in the channels that people report from."""
    return wave.pulse.segments or (Segment(name=EVERYBODY, channels=(*phase.intake_channels, *phase.auto_intake)),)


def channels_of(wave: Wave, phase: Phase) -> Sequence[str]:
    """Those whose members Slack has to be asked for."""
    return list(dict.fromkeys(c for segment in segments_of(wave, phase) for c in segment.channels))


def invite(desk: Desk, wave_id: int, here: Mapping[str, str], members: Mapping[str, Collection[str]], tx: Tx) -> None:
    """Its audience is known now: `here` is the time zone of everybody who can be asked. Each has their own moment."""
    wave = tx.waves.lock(wave_id)
    if wave is None or wave.state is not State.GATHERING:
        return
    phase, now = tx.phases.get(wave.phase_id), desk.now()
    meant = audience(segments_of(wave, phase), {**members, **phase.members}, here)
    tired = tx.waves.tired((now - WINDOW).date(), phase.pulse_budget)
    picked = chosen(meant, wave.pulse.sample, tired, seed=secrets.randbits(64))
    kept = coarse(Counter(one.segment for one in picked), wave.pulse.threshold) if wave.pulse.anonymous else None
    asked = [one if kept is None or one.segment in kept else replace(one, segment="") for one in picked]
    if wave.pulse.anonymous and len(asked) < wave.pulse.threshold:
        _too_few(desk, tx, wave, phase, len(asked))
        return
    due = [(one, next_time(wave.opens_at - GRACE, one.zone, wave.pulse.at, phase.work_days)) for one in asked]
    tx.waves.invite(wave.id, [(one, at) for one, at in due if at < wave.closes_at])
    tx.waves.change(wave.id, State.GATHERING, state=State.OPEN)
    log.info("wave opened", wave=wave.id, pulse=wave.pulse.name, meant=len(meant), asked=len(due), rested=len(tired))


def _too_few(desk: Desk, tx: Tx, wave: Wave, phase: Phase, count: int) -> None:
    """Among so few nobody could be anonymous; the leads hear why nobody is asked."""
    tx.waves.change(wave.id, State.GATHERING, state=State.CLOSED, salt=None)
    for lead in phase.lead_people:
        lane = tx.outbox.lane(f"pulse_few:{wave.id}:{lead}", lead)
        tx.outbox.post(lane, views.too_few(wave, phase, count), at=desk.now(), priority=Priority.DIGEST)


def ask(desk: Desk, rows: Sequence[Mapping[str, Any]], disturbed: Mapping[str, datetime], tx: Tx) -> None:
    """Whose moment has come is asked, or reminded; who does not want to be disturbed later on."""
    waves = {one: tx.waves.get(one) for one in sorted({int(row["wave_id"]) for row in rows})}
    phases = {phase.id: phase for phase in tx.phases.all()}
    for row in sorted(rows, key=lambda row: (row["wave_id"], row["person"])):
        wave = waves[row["wave_id"]]
        quiet = disturbed.get(row["person"])
        if wave.state is not State.OPEN:
            _move(tx, row, None)
        elif quiet and quiet > desk.now():
            _move(tx, row, quiet if quiet < wave.closes_at else None)
        elif row["asked_on"] is None:
            _ask(desk, tx, wave, phases[wave.phase_id], row)
        else:
            _remind(desk, tx, wave, phases[wave.phase_id], row)


def _ask(desk: Desk, tx: Tx, wave: Wave, phase: Phase, row: Mapping[str, Any]) -> None:
    following = _reminder(desk, wave, phase, row["zone"], 0)
    if _move(tx, row, following, asked_on=desk.now().date()):
        _say(desk, tx, wave, row["person"], views.invitation(wave, phase))


def _remind(desk: Desk, tx: Tx, wave: Wave, phase: Phase, row: Mapping[str, Any]) -> None:
    count = int(row["reminded"]) + 1
    if tx.answers.of(wave.id, key_of(desk, wave, row["person"])) is not None:
        _move(tx, row, None)
        return
    following = _reminder(desk, wave, phase, row["zone"], count) if count < REMINDERS else None
    if _move(tx, row, following, reminded=count):
        _say(desk, tx, wave, row["person"], views.reminder(wave, phase))


def _reminder(desk: Desk, wave: Wave, phase: Phase, zone: str, number: int) -> datetime | None:
    """When somebody is reminded next, at their time of day; None when it is closed by then."""
    left = wave.closes_at - desk.now()
    at = next_time(desk.now() + left * SHARES[number], zone, wave.pulse.at, phase.work_days)
    return at if at < wave.closes_at else None


def _move(tx: Tx, row: Mapping[str, Any], to: datetime | None, **more: Any) -> bool:
    return tx.waves.move(row["wave_id"], row["person"], row["next_at"], next_at=to, **more)


def _say(desk: Desk, tx: Tx, wave: Wave, person: str, message: dict[str, Any]) -> None:
    lane = tx.outbox.lane(f"pulse:{wave.id}:{person}", person)
    tx.outbox.post(lane, message, at=desk.now(), priority=Priority.DIGEST)


def key_of(desk: Desk, wave: Wave, person: str, what: str = "answer") -> str:
    """Under what somebody's answer stands: a handle where it is anonymous, else they themselves."""
    return handle(desk.secret, wave.salt or "", person, what) if wave.pulse.anonymous else person


def close(desk: Desk, tx: Tx, timer: Timer) -> None:
    """Its time is over: it is counted, and nobody can find or change an answer any more."""
    wave = tx.waves.lock(timer.data["wave"])
    if wave is None or wave.state is State.CLOSED:
        return
    tally = count(wave.pulse, tx.answers.every(wave.id), tx.waves.asked(wave.id), _telling(tx, wave))
    tx.waves.change(wave.id, wave.state, state=State.CLOSED, tally=tally, salt=None)
    tx.waves.stop_asking(wave.id)
    if wave.pulse.anonymous:
        tx.answers.seal(wave.id)
    phase = tx.phases.get(wave.phase_id)
    results.announce(desk, tx, tx.waves.get(wave.id), phase)
    least, most = (span.total_seconds() for span in HELD)
    later = timedelta(seconds=secrets.SystemRandom().uniform(least, most))
    tx.timers.once(f"{RELEASE}:{wave.id}", RELEASE, desk.now() + later, data={"wave": wave.id})


def _telling(tx: Tx, wave: Wave) -> set[str]:
    """Segments which a wave that showed them differs from by too few people."""
    now, found = tx.waves.members(wave.id), set[str]()
    for other in tx.waves.of(wave.phase_id, wave.pulse.name, limit=200):
        shown = set(other.tally.cells) - {""} if other.tally and other.id != wave.id else set()
        if shown:
            before = tx.waves.members(other.id)
            found |= {name for name in shown if name in now and is_telling(now[name], before.get(name, ()),
                                                                           wave.pulse.threshold)}  # fmt: skip
    return found


def release(desk: Desk, tx: Tx, timer: Timer) -> None:
    """What was written is shown now, later than the figures and in no order; praise goes to whom it is about."""
    wave = tx.waves.lock(timer.data["wave"])
    if wave is None or not tx.waves.release(wave.id):
        return
    phase = tx.phases.get(wave.phase_id)
    results.announce_words(desk, tx, tx.waves.get(wave.id), phase)
    for number, remark in enumerate(r for r in tx.answers.remarks(wave.id) if r.about):
        lane = tx.outbox.lane(f"praise:{wave.id}:{number}", remark.about)
        tx.outbox.post(lane, views.praise(remark.words, wave, phase), at=desk.now(), priority=Priority.DIGEST)
