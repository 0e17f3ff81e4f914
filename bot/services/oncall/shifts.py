"""Shifts: rotas with their overrides, the change from one shift to the next, and the check before each weekend."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import Any

from bot.context import AppContext
from bot.views.oncall import shifts as views
from bot.views.oncall import swaps as swap_views
from domain.delivery.lanes import LaneKind, lane_name
from domain.delivery.message import MessagePriority
from domain.oncall import paging
from domain.oncall.rota import LOOK_AHEAD, RotaSchedule, Shift
from domain.phases.permissions import Person
from domain.phases.phase import Phase
from domain.phases.settings import PhaseState
from domain.schedule import Schedule
from storage.operations.timers import Timer
from storage.transaction import Transaction

SHIFT, COVERAGE_CHECK = "shift_change", "coverage_check"
NOON, WEEK, MONTH = time(12), timedelta(days=7), timedelta(days=30)
SHOWN_AHEAD = timedelta(days=28)  # shifts that begin later are neither shown nor swapped


def plan(tx: Transaction, phase: Phase, app: AppContext) -> None:
    """Plan the next change of a phase's shifts, which may be now, and the check before each weekend."""
    active = phase.state is PhaseState.ACTIVE and bool(phase.oncall.rotas)
    if not active:
        for kind in (SHIFT, COVERAGE_CHECK):
            tx.timers.cancel(f"{kind}:{phase.id}")
        return
    tx.timers.set_once(f"{SHIFT}:{phase.id}", SHIFT, app.now(), data=_timer_data(tx, phase))
    friday = Schedule.weekly(["fri"], NOON, phase.timezone, timedelta(hours=24))
    tx.timers.set_recurring(f"{COVERAGE_CHECK}:{phase.id}", COVERAGE_CHECK, friday, app.now(), data={"phase": phase.id})


def rota_schedules(tx: Transaction, phase: Phase, since: datetime) -> list[RotaSchedule]:
    """Return the rotas of a phase with the overrides that apply from then on."""
    agreed = overrides(tx, phase, since)
    found = (paging.rota_schedule(phase, rota.name, agreed) for rota in phase.oncall.rotas)
    return [schedule for schedule in found if schedule]


def overrides(tx: Transaction, phase: Phase, since: datetime) -> paging.OverridesByRota:
    """Return the overrides that apply from then on; a phase without rotas needs no query."""
    return tx.overrides.list_agreed(phase.id, since) if phase.oncall.rotas else {}


def change_shift(app: AppContext, tx: Transaction, timer: Timer) -> None:
    """Announce the new shifts to the person and the channel, update user groups, and plan the next change."""
    phase = tx.phases.get(timer.data["phase"])
    if phase.state is not PhaseState.ACTIVE:
        return
    now, before = app.now(), dict(timer.data.get("on") or {})
    for pair in tx.overrides.lapse(phase.id, now):
        made = tx.overrides.list_pair(pair)
        if lane := tx.outbox.find(lane_name(LaneKind.SWAP, pair)):
            tx.outbox.update_first(lane, swap_views.swap_request(made, made[0].asked_by), at=now)
    found = rota_schedules(tx, phase, now)
    on = {schedule.rota.name: schedule.at(now).person for schedule in found}
    for schedule in found:
        name = schedule.rota.name
        group, is_new = schedule.rota.group, before.get(name) != on[name]
        people = _group_members(phase, group, on)
        if group and (timer.data.get("fresh") or is_new):
            # Slack refuses to empty a user group, and pages go to the leads then.
            tx.outbox.set_group_members(group, people or phase.people(phase.leads), at=now)
        if name in before and is_new:
            _hand_over(app, tx, phase, schedule, before[name], has_leads=bool(group) and not people)
    changes = [moment for schedule in found if (moment := schedule.next_change(now))]
    data = {"phase": phase.id, "on": on}
    tx.timers.set_once(timer.key, SHIFT, min(changes, default=now + MONTH), data=data)


def upcoming_shifts(schedule: RotaSchedule, now: datetime) -> list[Shift]:
    """Return the shifts that begin in the next four weeks, each to its own end."""
    return [shift for shift in schedule.shifts(now, now + LOOK_AHEAD) if shift.starts < now + SHOWN_AHEAD]


def shifts_of(tx: Transaction, person: Person, now: datetime) -> list[tuple[RotaSchedule, Shift]]:
    """Return a person's shifts of the next four weeks, including the current one."""
    every = [(schedule, shift) for phase in tx.phases.list_phases() if phase.state is PhaseState.ACTIVE
             for schedule in rota_schedules(tx, phase, now) for shift in upcoming_shifts(schedule, now)]  # fmt: skip
    return [(schedule, shift) for schedule, shift in every if shift.on_call.person == person.id]


def check_coverage(app: AppContext, tx: Transaction, timer: Timer) -> None:
    """Warn before the weekend about uncovered hours and people who didn't answer a page or test for 30 days."""
    phase = tx.phases.get(timer.data["phase"])
    if phase.state is not PhaseState.ACTIVE:
        return
    found, now = coverage_problems(tx, phase, app.now()), app.now()
    if found.gaps or found.untested:
        lane = tx.outbox.lane(lane_name(LaneKind.COVERAGE, phase.id, timer.pending), phase.oncall_channel)
        tx.outbox.post(lane, views.coverage_warning(found, phase.leads), at=now, priority=MessagePriority.DIGEST)


def coverage_problems(tx: Transaction, phase: Phase, now: datetime) -> views.CoverageProblems:
    """Return the gaps of the next week, and the people on call then without a recent answer."""
    found = rota_schedules(tx, phase, now)
    gaps = [(schedule.rota.name, *gap) for schedule in found for gap in schedule.gaps(now, now + WEEK)]
    people = dict.fromkeys(
        s.on_call.person for schedule in found for s in schedule.shifts(now, now + WEEK) if s.on_call.person
    )
    answered = tx.escalations.list_last_answers(phase.id)
    untested = [
        person for person in people if answered.get(person, datetime.min.replace(tzinfo=now.tzinfo)) < now - MONTH
    ]
    return views.CoverageProblems(gaps, untested)


def _hand_over(
    app: AppContext, tx: Transaction, phase: Phase, schedule: RotaSchedule, before: str, *, has_leads: bool
) -> None:
    now = app.now()
    now_on = current_shift(schedule, now)
    open_ = [tx.tickets.get_ticket(e.ticket_id) for e in tx.escalations.list_live(phase.id)]
    public = [ticket for ticket in open_ if not ticket.private]
    note = views.hand_over(schedule.rota.name, before, now_on, public, has_leads=has_leads)
    places = [phase.oncall_channel, *([now_on.on_call.person] if now_on.on_call.person else [])]
    for place in places:
        lane = tx.outbox.lane(
            lane_name(LaneKind.SHIFT, phase.id, schedule.rota.name, f"{now.timestamp():.0f}", place), place
        )
        tx.outbox.post(lane, note, at=now, priority=MessagePriority.ACKNOWLEDGEMENT)


def current_shift(schedule: RotaSchedule, moment: datetime) -> Shift:
    """Return the shift at that moment, from then to its end."""
    return upcoming_shifts(schedule, moment)[0]


def _group_members(phase: Phase, group: str, on: dict[str, str]) -> Sequence[str]:
    """Return who is on call in the rotas of a user group; several rotas may share one."""
    return list(dict.fromkeys(on[r.name] for r in phase.oncall.rotas if r.group == group and on.get(r.name)))


def _timer_data(tx: Transaction, phase: Phase) -> dict[str, Any]:
    """Return who was on call as last announced; `fresh` makes the next run set the user groups in any case."""
    known = tx.timers.find_data(f"{SHIFT}:{phase.id}")
    return {"phase": phase.id, "on": (known or {}).get("on"), "fresh": True}
