"""More to do than people can: noticed from the log, and asked of those who can decide about it."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.context import AppContext
from bot.views.oncall import capacity as views
from domain.delivery.message import MessagePriority
from domain.errors import Refused
from domain.oncall import capacity
from domain.oncall.capacity import Load
from domain.phases.permissions import Person, is_lead
from domain.phases.phase import Phase
from domain.phases.settings import PhaseState
from domain.schedule import Schedule
from domain.sla.targets import working_hours
from domain.text import GROUP
from storage.operations.timers import Timer
from storage.transaction import Transaction

KIND = "capacity"
CHECK_TIME = time(9)
CATCH_UP = timedelta(hours=6)  # a morning that was missed is made up for on that day
ARRIVAL_DAYS = 10  # working days of arrivals
HANDLING_WINDOW = timedelta(days=28)  # of what was handled


def plan(tx: Transaction, phase: Phase, app: AppContext) -> None:
    """A look in the morning of every working day."""
    key, morning = (
        f"{KIND}:{phase.id}",
        Schedule.weekly(phase.sla.work_days.split(), CHECK_TIME, phase.timezone, CATCH_UP),
    )
    if phase.state is PhaseState.ACTIVE:
        tx.timers.plan(key, KIND, morning, app.now(), data={"phase": phase.id})
    else:
        tx.timers.cancel(key)


def check_load(app: AppContext, tx: Transaction, timer: Timer) -> None:
    """Too much on two working days in a row is asked about, once until it was less again."""
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
        tx.timers.keep(timer.key, {"phase": phase.id, "asked": too_much})


def load_at(tx: Transaction, phase: Phase, at: datetime) -> Load | None:
    """The load of a phase as its log told it then; None when that said too little."""
    days = _working_days_before(phase, at, ARRIVAL_DAYS)
    histories = tx.tickets.histories(phase.id, at - HANDLING_WINDOW)
    opened = [events[0].at for events in histories.values() if events and events[0].at <= at]
    first = min(opened, default=at)
    days = [day for day in days if day >= first - timedelta(days=1)]
    arrivals = [sum(begins <= one < ends for one in opened) for begins, ends in zip(days, [at, *days], strict=False)]
    took = capacity.handling_times(histories, working_hours(phase), at)
    open_ = sum(1 for events in histories.values() if events and events[0].at <= at) - len(took)
    return capacity.estimate_load(
        arrivals, list(took.values()), people=people_on(phase, at), hours=phase.oncall.productive_hours, backlog=open_
    )


def people_on(phase: Phase, at: datetime) -> float:
    """How many work for it that day, parts of people too; without a roster every responder counts."""
    today = phase.day_of(at)
    if phase.oncall.roster:
        return sum(member.share for member in phase.oncall.roster if member.serves(today))
    return float(len(phase.responder_people))


def decide(
    app: AppContext, person: Person, phase_id: int, choice: str, request: str | None = None
) -> dict[str, object]:
    """One of the options is chosen; the message says so from then on."""
    with app.transaction(request) as tx:
        phase = next((one for one in tx.phases.all() if one.id == phase_id), None)
        if phase is None or choice not in views.OPTIONS:
            raise Refused("This question does not exist any more.")
        if not (is_lead(person, phase) or person.id in _deciders(phase)):
            raise Refused("Those who were asked decide about it.")
        tx.audit.log(person.id, f"capacity: {choice}", phase.key, app.now())
        message = views.decision(phase, choice, person.id)
        lane = tx.outbox.lane(f"{KIND}:{phase.id}:{request}"[:80], phase.triage_channel)
        tx.outbox.post(lane, message, at=app.now(), priority=MessagePriority.STATUS)
        return message


def _ask_deciders(app: AppContext, tx: Transaction, phase: Phase, load: Load) -> None:
    now = app.now()
    path = [*_deciders(phase), *(one for one in phase.oncall.capacity_path if one[:1] in "CG")]
    for place in path:
        lane = tx.outbox.lane(f"{KIND}:{phase.id}:{now:%Y-%m-%d}:{place}", place)
        tx.outbox.post(lane, views.question(phase, load), at=now, priority=MessagePriority.ACKNOWLEDGEMENT)
    tx.audit.log(app.bot_user, "capacity: asked", phase.key, now)


def _deciders(phase: Phase) -> list[str]:
    named = [one for one in phase.oncall.capacity_path if one[:1] not in "CG"]
    people = [p for one in named for p in (phase.members.get(one, ()) if one.startswith(GROUP) else (one,))]
    return list(dict.fromkeys(people or ([] if phase.oncall.capacity_path else phase.lead_people)))


def _working_days_before(phase: Phase, at: datetime, count: int) -> list[datetime]:
    """The same time of day on so many working days before, the last first."""
    hours, zone, found = working_hours(phase), ZoneInfo(phase.timezone), list[datetime]()
    local = at.astimezone(zone)
    while len(found) < count and (at - local) < timedelta(days=60):
        local -= timedelta(days=1)
        if local.weekday() in hours.days and local.date() not in hours.holidays:
            found.append(local)
    return found
