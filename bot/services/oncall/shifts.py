"""Shifts: rotas with what was agreed on, the change from one to the next, and what is missing before the weekend."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import Any

from bot.context import AppContext
from bot.views.oncall import oncall as views
from domain.delivery.message import MessagePriority
from domain.oncall import paging
from domain.oncall.rota import LOOK_AHEAD, RotaSchedule, Shift
from domain.phases.permissions import Person
from domain.phases.phase import Phase
from domain.phases.settings import PhaseState
from domain.schedule import Schedule
from storage.operations.timers import Timer
from storage.transaction import Transaction

SHIFT, COVERAGE_CHECK = "shift", "oncall_audit"
NOON, WEEK, MONTH = time(12), timedelta(days=7), timedelta(days=30)
SHOWN_AHEAD = timedelta(days=28)  # of the shifts that are shown and swapped


def plan(tx: Transaction, phase: Phase, app: AppContext) -> None:
    """The next change of a phase's shifts, which may be now, and the look before each weekend."""
    active = phase.state is PhaseState.ACTIVE and bool(phase.oncall.rotas)
    if not active:
        for kind in (SHIFT, COVERAGE_CHECK):
            tx.timers.cancel(f"{kind}:{phase.id}")
        return
    tx.timers.once(f"{SHIFT}:{phase.id}", SHIFT, app.now(), data=_timer_data(tx, phase))
    friday = Schedule.weekly(["fri"], NOON, phase.timezone, timedelta(hours=24))
    tx.timers.plan(f"{COVERAGE_CHECK}:{phase.id}", COVERAGE_CHECK, friday, app.now(), data={"phase": phase.id})


def rota_schedules(tx: Transaction, phase: Phase, since: datetime) -> list[RotaSchedule]:
    """The rotas of a phase with everything that was agreed on from then on."""
    agreed = overrides(tx, phase, since)
    found = (paging.rota_schedule(phase, rota.name, agreed) for rota in phase.oncall.rotas)
    return [duty for duty in found if duty]


def overrides(tx: Transaction, phase: Phase, since: datetime) -> paging.OverridesByRota:
    """What was agreed on from then on; where there are no rotas nobody is asked."""
    return tx.overrides.list_agreed(phase.id, since) if phase.oncall.rotas else {}


def change_shift(app: AppContext, tx: Transaction, timer: Timer) -> None:
    """Somebody else is on from now: they, the channel and the user group hear of it; the next change is set."""
    phase = tx.phases.get(timer.data["phase"])
    if phase.state is not PhaseState.ACTIVE:
        return
    now, before = app.now(), dict(timer.data.get("on") or {})
    found = rota_schedules(tx, phase, now)
    on = {duty.rota.name: duty.at(now).person for duty in found}
    for duty in found:
        name = duty.rota.name
        if (
            duty.rota.group
            and _group_members(phase, duty.rota.group, on)
            and (timer.data.get("fresh") or before.get(name) != on[name])
        ):
            tx.outbox.set_group(duty.rota.group, _group_members(phase, duty.rota.group, on), at=now)
        if name in before and before[name] != on[name]:
            _hand_over(app, tx, phase, duty, before[name])
    changes = [moment for duty in found if (moment := duty.next_change(now))]
    data = {"phase": phase.id, "on": on}
    tx.timers.once(timer.key, SHIFT, min(changes, default=now + MONTH), data=data)


def upcoming_shifts(duty: RotaSchedule, now: datetime) -> list[Shift]:
    """The shifts that begin in the next weeks, each to its own end."""
    return [shift for shift in duty.shifts(now, now + LOOK_AHEAD) if shift.starts < now + SHOWN_AHEAD]


def shifts_of(tx: Transaction, person: Person, now: datetime) -> list[tuple[RotaSchedule, Shift]]:
    """Somebody's shifts in the next weeks, the one they are in too."""
    every = [(duty, shift) for phase in tx.phases.all() if phase.state is PhaseState.ACTIVE
             for duty in rota_schedules(tx, phase, now) for shift in upcoming_shifts(duty, now)]  # fmt: skip
    return [(duty, shift) for duty, shift in every if shift.on_call.person == person.id]


def check_coverage(app: AppContext, tx: Transaction, timer: Timer) -> None:
    """Before the weekend: the hours of the next week that nobody covers, and who never answered a test."""
    phase = tx.phases.get(timer.data["phase"])
    if phase.state is not PhaseState.ACTIVE:
        return
    found, now = coverage_problems(tx, phase, app.now()), app.now()
    if found.gaps or found.untested:
        lane = tx.outbox.lane(f"{COVERAGE_CHECK}:{phase.id}:{timer.pending}", phase.oncall_channel)
        tx.outbox.post(lane, views.coverage_warning(found, phase.leads), at=now, priority=MessagePriority.DIGEST)


def coverage_problems(tx: Transaction, phase: Phase, now: datetime) -> views.CoverageProblems:
    """What would go wrong in the next week."""
    found = rota_schedules(tx, phase, now)
    gaps = [(duty.rota.name, *gap) for duty in found for gap in duty.gaps(now, now + WEEK)]
    people = dict.fromkeys(s.on_call.person for duty in found for s in duty.shifts(now, now + WEEK) if s.on_call.person)
    answered = tx.escalations.list_last_answers(phase.id)
    untested = [
        person for person in people if answered.get(person, datetime.min.replace(tzinfo=now.tzinfo)) < now - MONTH
    ]
    return views.CoverageProblems(gaps, untested)


def _hand_over(app: AppContext, tx: Transaction, phase: Phase, duty: RotaSchedule, before: str) -> None:
    now = app.now()
    now_on = current_shift(duty, now)
    open_ = [tx.tickets.get(e.ticket_id) for e in tx.escalations.list_live(phase.id)]
    note = views.hand_over(duty.rota.name, before, now_on, [ticket for ticket in open_ if not ticket.private])
    places = [phase.oncall_channel, *([now_on.on_call.person] if now_on.on_call.person else [])]
    for place in places:
        lane = tx.outbox.lane(f"{SHIFT}:{phase.id}:{duty.rota.name}:{now.timestamp():.0f}:{place}", place)
        tx.outbox.post(lane, note, at=now, priority=MessagePriority.ACKNOWLEDGEMENT)


def current_shift(duty: RotaSchedule, moment: datetime) -> Shift:
    """The stretch that moment is in, as long as it still lasts."""
    return upcoming_shifts(duty, moment)[0]


def _group_members(phase: Phase, group: str, on: dict[str, str]) -> Sequence[str]:
    """Several rotas may share a group."""
    return list(dict.fromkeys(on[r.name] for r in phase.oncall.rotas if r.group == group and on.get(r.name)))


def _timer_data(tx: Transaction, phase: Phase) -> dict[str, Any]:
    """Who was on as far as anybody was told; the groups are set anew whatever it was."""
    known = tx.timers.data(f"{SHIFT}:{phase.id}")
    return {"phase": phase.id, "on": (known or {}).get("on"), "fresh": True}
