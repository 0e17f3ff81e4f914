"""The stand-up: ask people in the morning of their own time, take their answers, and post the minutes."""

from dataclasses import replace
from datetime import date, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.context import AppContext
from bot.services.phases.planning import timer_key
from bot.views.warroom import stand_ups as views
from domain.address import is_person
from domain.delivery.lanes import LaneKind, lane_name
from domain.delivery.message import MessagePriority
from domain.errors import Refused
from domain.phases.permissions import Person, is_responder
from domain.phases.phase import Phase
from domain.phases.settings import PhaseState
from domain.sla.targets import working_hours
from domain.warroom.stand_up import StandUpAnswer, day_to_ask, deadline, is_complete, missed_days
from storage.operations.timers import Timer
from storage.transaction import Transaction

KIND = "stand_up"
INTERVAL = timedelta(minutes=10)
LOOK_BACK, MAX_LATE = timedelta(days=30), timedelta(days=2)
NO_SUCH_QUESTION = "This stand-up question isn't for you, or it has closed."


def plan(tx: Transaction, phase: Phase, app: AppContext) -> None:
    """Look every few minutes whom to ask, while an active phase has a stand-up."""
    key = timer_key(KIND, phase, "all")
    if phase.state is not PhaseState.ACTIVE or not phase.war_room.stand_up:
        tx.timers.cancel(key)
    elif tx.timers.find_next(key) is None:
        tx.timers.set_once(key, KIND, app.now() + INTERVAL, data={"phase": phase.id})


def check(app: AppContext, tx: Transaction, timer: Timer) -> None:
    """Ask the people whose time has come, and post the minutes of days that are complete."""
    phase, now = tx.phases.get(timer.data["phase"]), app.now()
    if phase.state is not PhaseState.ACTIVE or not phase.war_room.stand_up:
        return
    calendar, at = working_hours(phase), time.fromisoformat(phase.war_room.stand_up)
    for person, zone in _zones(tx, phase).items():
        day = day_to_ask(at, zone, calendar, now)
        if day and (asked := tx.stand_ups.insert_question(phase.id, day, person, now)):
            lane = tx.outbox.lane(lane_name(LaneKind.STAND_UP, phase.id, day, person), person)
            tx.outbox.post(lane, views.question(phase.name, day, asked), at=now, priority=MessagePriority.STATUS)
    _post_minutes(app, tx, phase)
    tx.timers.set_once(timer.key, KIND, now + INTERVAL, data=timer.data)


def people_of(phase: Phase) -> tuple[str, ...]:
    """Return who is asked: the people that the settings name, or else the team."""
    named = phase.war_room.stand_up_people
    return tuple(filter(is_person, phase.people(named) if named else phase.responder_people))


def _zones(tx: Transaction, phase: Phase) -> dict[str, ZoneInfo]:
    """Return the time zone of everyone who is asked and has not left."""
    people = people_of(phase)
    known = tx.profiles.list_by_ids(people)
    here = [one for one in people if one not in known or not known[one].deleted]
    return {one: _zone(known[one].tz if one in known else "", phase) for one in here}


def _zone(name: str, phase: Phase) -> ZoneInfo:
    try:
        return ZoneInfo(name or phase.timezone)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo(phase.timezone)


def _post_minutes(app: AppContext, tx: Transaction, phase: Phase) -> None:
    """Post the minutes of the days that are complete and have none yet."""
    now, zones = app.now(), _zones(tx, phase)
    if not (zones and phase.war_room.stand_up):
        return
    at = time.fromisoformat(phase.war_room.stand_up)
    kept = tx.stand_ups.list_since(phase.id, (now - MAX_LATE).date())
    for day in sorted({one.day for one in kept}):
        until = deadline(day, at, zones.values())
        if is_complete([one for one in kept if one.day == day], {*zones}, until, now):
            lane = tx.outbox.lane(_minutes_lane(phase, day), phase.team_digest_channel)
            if not tx.outbox.has_messages(lane):
                tx.outbox.post(lane, _minutes(tx, phase, day), at=now, priority=MessagePriority.DIGEST)


def _minutes_lane(phase: Phase, day: date) -> str:
    return lane_name(LaneKind.STAND_UP, phase.id, day)


def _minutes(tx: Transaction, phase: Phase, day: date) -> dict[str, Any]:
    kept = tx.stand_ups.list_since(phase.id, day - LOOK_BACK)
    return views.minutes(phase.name, day, [one for one in kept if one.day == day], missed_days(kept, day))


def open_form(app: AppContext, person: Person, answer_id: int) -> dict[str, Any]:
    """Return the form for a person's answer; Refused for everyone else."""
    with app.store.read() as tx:
        return views.form_for(_find(tx, person, answer_id)[0])


def answer(
    app: AppContext, person: Person, answer_id: int, said: dict[str, str], request: str | None = None
) -> None:  # fmt: skip
    """Take a person's answer, also a late or a changed one; minutes that were posted are written again."""
    with app.transaction(request) as tx:
        found, phase = _find(tx, person, answer_id, lock=True)
        if not any(said.values()):
            raise Refused("The answer is empty. Fill in at least one field.", field="done")
        after = replace(found, answered_at=app.now(), done=said["done"], next=said["next"], blocked=said["blocked"])
        tx.stand_ups.update_answer(after)
        tx.audit.log(person.id, "stand-up answered", f"{phase.key} {found.day}", app.now())
        _confirm(app, tx, phase, after)
        if lane := tx.outbox.find(_minutes_lane(phase, found.day)):
            tx.outbox.update_first(lane, _minutes(tx, phase, found.day), at=app.now())
        else:
            _post_minutes(app, tx, phase)


def _confirm(app: AppContext, tx: Transaction, phase: Phase, found: StandUpAnswer) -> None:
    lane = tx.outbox.find(lane_name(LaneKind.STAND_UP, phase.id, found.day, found.person))
    if lane:
        tx.outbox.update_first(lane, views.answered(phase.name, found), at=app.now())


def _find(
    tx: Transaction, person: Person, answer_id: int, *, lock: bool = False
) -> tuple[StandUpAnswer, Phase]:  # fmt: skip
    """Return what a person was asked; Refused when that was another person, or they are no longer in the team."""
    found = tx.stand_ups.find_answer(answer_id, lock=lock)
    if found is None or found.person != person.id:
        raise Refused(NO_SUCH_QUESTION)
    phase = tx.phases.get(found.phase_id)
    if not (is_responder(person, phase) or person.id in people_of(phase)):
        raise Refused(NO_SUCH_QUESTION)
    return found, phase
