"""Capacity: notice from the event log that a phase has too much to do, and ask the people who decide."""

from datetime import datetime, time, timedelta
from itertools import islice, takewhile
from statistics import fmean
from typing import Any
from zoneinfo import ZoneInfo

from bot.context import AppContext
from bot.services.delivery.offers import end_offers
from bot.views.oncall import capacity as views
from domain.address import is_channel, is_group
from domain.delivery.lanes import LaneKind, lane_name
from domain.delivery.message import MessagePriority
from domain.errors import Refused
from domain.oncall import capacity
from domain.oncall.capacity import Load
from domain.phases.permissions import Person, is_lead
from domain.phases.phase import Phase
from domain.phases.settings import PhaseState
from domain.schedule import Schedule
from domain.sla.targets import working_hours
from storage.operations.timers import Timer
from storage.transaction import Transaction

KIND = "capacity"
CHECK_TIME = time(9)
CATCH_UP = timedelta(hours=6)  # a check that was missed is made up for within this time
ARRIVAL_DAYS = 10  # working days whose new tickets are counted
LOOK_BACK = timedelta(days=60)  # in which they are looked for
HANDLING_WINDOW = timedelta(days=28)  # tickets whose handling time is measured


def plan(tx: Transaction, phase: Phase, app: AppContext) -> None:
    """Plan a check on the morning of every working day."""
    key, days = f"{KIND}:{phase.id}", phase.sla.work_days.split()
    morning = Schedule.weekly(days, CHECK_TIME, phase.timezone, CATCH_UP)
    if phase.state is PhaseState.ACTIVE:
        tx.timers.set_recurring(key, KIND, morning, app.now(), data={"phase": phase.id})
    else:
        tx.timers.cancel(key)


def check_load(app: AppContext, tx: Transaction, timer: Timer) -> None:
    """Ask when the load is too high on two working days in a row, and again only after it was lower."""
    phase = tx.phases.get(timer.data["phase"])
    if phase.state is not PhaseState.ACTIVE or timer.pending in phase.sla.holidays:
        return
    due = timer.plan.moment(timer.pending) if timer.plan and timer.pending else None
    morning, asked = due or app.now(), bool(timer.data.get("asked"))
    loads = [load_at(tx, phase, morning), load_at(tx, phase, _working_days_before(phase, morning, 1)[0])]
    too_much = all(one and one.utilisation > capacity.MAX_UTILISATION for one in loads)
    if too_much and not asked and loads[0]:
        _ask_deciders(app, tx, phase, loads[0])
    if asked != too_much:
        tx.timers.update_data(timer.key, {"phase": phase.id, "asked": too_much})


def load_at(tx: Transaction, phase: Phase, at: datetime) -> Load | None:
    """Return the load of a phase at a moment; None when its log has too few days or tickets."""
    days = _working_days_before(phase, at, ARRIVAL_DAYS)
    histories = tx.tickets.get_histories(phase.id, at - HANDLING_WINDOW, unique_work=True)
    opened = [events[0].at for events in histories.values() if events and events[0].at <= at]
    first = min(opened, default=at)
    days = [day for day in days if day >= first - timedelta(days=1)]
    arrivals = [sum(begins <= one < ends for one in opened) for begins, ends in zip(days, [at, *days], strict=False)]
    calendar, open_ = working_hours(phase), capacity.open_since(histories, at)
    took = capacity.handling_times(histories, calendar, at)
    a_day = calendar.between(days[0], at) if days else timedelta()
    ages = [calendar.between(one, at) / a_day for one in open_] if a_day else []
    return capacity.estimate_load(
        arrivals, list(took.values()), people=people_on(phase, at), hours=phase.oncall.productive_hours,
        backlog=len(open_), age=fmean(ages) if ages else None,
    )  # fmt: skip


def people_on(phase: Phase, at: datetime) -> float:
    """Return how many people work for the phase that day, parts of people too; without a roster all responders."""
    today = phase.local_date(at)
    if phase.oncall.roster:
        return sum(member.share for member in phase.oncall.roster if member.serves(today))
    return float(len(phase.responder_people))


def decide(app: AppContext, person: Person, phase_id: int, choice: str, request: str | None = None) -> dict[str, Any]:
    """Record the chosen option, and return the message that replaces the question."""
    with app.transaction(request) as tx:
        phase = next((one for one in tx.phases.list_phases() if one.id == phase_id), None)
        if phase is None or not (is_lead(person, phase) or person.id in _deciders(phase)):
            raise Refused("Only the people who were asked can decide this.")
        if choice not in views.OPTIONS:
            raise Refused("This question is no longer open.")
        tx.audit.log(person.id, f"capacity: {choice}", phase.key, app.now())
        message = views.decision(phase, choice, person.id)
        busiest = tx.lists.find_busiest_owner(phase.id) if choice == "reassign" else None
        told = views.decision_for_team(phase, choice, person.id, busiest)
        lane = tx.outbox.lane(lane_name(LaneKind.CAPACITY, phase.id, request)[:80], phase.triage_channel)
        tx.outbox.post(lane, told, at=app.now(), priority=MessagePriority.STATUS)
        end_offers(tx, lane_name(LaneKind.CAPACITY, phase.id), ["capacity"], app.now(), instead=message)
        return message


def _ask_deciders(app: AppContext, tx: Transaction, phase: Phase, load: Load) -> None:
    now = app.now()
    path = [*_deciders(phase), *(one for one in phase.oncall.capacity_path if is_channel(one))]
    for place in path:
        lane = tx.outbox.lane(lane_name(LaneKind.CAPACITY, phase.id, f"{now:%Y-%m-%d}", place), place)
        tx.outbox.post(lane, views.question(phase, load), at=now, priority=MessagePriority.ACKNOWLEDGEMENT)
    tx.audit.log(app.bot_user, "capacity: asked", phase.key, now)


def _deciders(phase: Phase) -> list[str]:
    named = [one for one in phase.oncall.capacity_path if not is_channel(one)]
    people = [p for one in named for p in (phase.members.get(one, ()) if is_group(one) else (one,))]
    return list(dict.fromkeys(people or ([] if phase.oncall.capacity_path else phase.lead_people)))


def _working_days_before(phase: Phase, at: datetime, count: int) -> list[datetime]:
    """Return the same time of day on the working days before, latest first."""
    local = at.astimezone(ZoneInfo(phase.timezone))
    recent = takewhile(lambda on: local.date() - on <= LOOK_BACK, working_hours(phase).days_before(local.date()))
    return [datetime.combine(on, local.time(), local.tzinfo) for on in islice(recent, count)]
