"""The agenda that writes itself: each working day it is posted and pinned where the team reads digests."""

from datetime import datetime, time, timedelta
from math import isfinite
from typing import Any

from bot.context import AppContext
from bot.services.oncall import capacity
from bot.services.phases.phases import split_off_known_phase
from bot.services.phases.planning import set_schedule
from bot.views.warroom import agendas as views
from domain.actions.action_item import ActionItem, blockers
from domain.decisions.decision import Decision
from domain.delivery.lanes import LaneKind, lane_name
from domain.delivery.message import ChannelTask, MessagePriority
from domain.errors import Refused
from domain.phases.permissions import Person, is_responder
from domain.phases.phase import Phase
from domain.phases.settings import PhaseState
from domain.schedule import Schedule
from domain.sla.targets import working_hours
from domain.tickets.ticket import Severity
from domain.warroom.agenda import Agenda
from storage.operations.timers import Timer
from storage.transaction import Transaction

KIND = "agenda"
PIN_SCOPE = "pins:write"
CATCH_UP = timedelta(hours=4)  # an agenda that was missed is posted up to so much later
MAX_LISTED = 10  # of each kind
USUAL_TIME = time(9)  # from which the changes of the previous day are counted, where no agenda is posted


def plan(tx: Transaction, phase: Phase, app: AppContext) -> None:
    """Plan the agenda of each working day, where the phase wants one."""
    at = phase.war_room.agenda
    days = phase.sla.work_days.split()
    schedule = Schedule.weekly(days, time.fromisoformat(at), phase.timezone, CATCH_UP) if at else None
    set_schedule(tx, phase, app, KIND, "daily", schedule)


def post(app: AppContext, tx: Transaction, timer: Timer) -> None:
    """Post and pin the agenda of the day, and unpin the last one."""
    phase, today = tx.phases.get(timer.data["phase"]), timer.pending
    if phase.state is not PhaseState.ACTIVE or today is None or today in phase.sla.holidays:
        return
    before = tx.outbox.list_lanes(f"{lane_name(LaneKind.AGENDA, phase.id)}:")[-1:]
    lane = tx.outbox.lane(lane_name(LaneKind.AGENDA, phase.id, today), phase.team_digest_channel)
    told = views.agenda(phase.key, phase.name, collect(tx, phase, app.now()))
    made = tx.outbox.post(lane, told, at=app.now(), priority=MessagePriority.DIGEST)
    if made is None or (app.scopes is not None and PIN_SCOPE not in app.scopes):
        return
    tx.outbox.change_channel(lane, ChannelTask.PIN, at=app.now(), target=made.id)
    for old in before:
        if first := tx.outbox.find_first(old):
            tx.outbox.change_channel(old, ChannelTask.UNPIN, at=app.now(), target=first)


def show(app: AppContext, person: Person, channel: str, words: list[str]) -> dict[str, Any]:
    """Return the agenda as it stands now; Refused for people outside of the team."""
    with app.store.read() as tx:
        phase, _ = split_off_known_phase(tx, channel, words)
        if not is_responder(person, phase):
            raise Refused(f"Only the team of {phase.name} can see its agenda. Ask one of its leads.")
        return views.agenda(phase.key, phase.name, collect(tx, phase, app.now()))


def collect(tx: Transaction, phase: Phase, now: datetime) -> Agenda:
    """Collect what the team has to talk about, without what is private."""
    tonight, since = phase.start_of_day(phase.local_date(now) + timedelta(days=1)), _since(phase, now)
    critical = [one for one in tx.tickets.list_open([phase.id])
                if one.severity is Severity.CRITICAL and not one.private]  # fmt: skip
    made = _public(tx, tx.decisions.list_of_phase(phase.id))
    load = capacity.load_at(tx, phase, now)
    return Agenda(
        since=since, on=phase.local_date(now), critical=critical[:MAX_LISTED],
        overdue=tx.backlogs.list_first(phase.id, now, tonight, MAX_LISTED)["overdue"], blocked=_blocked(tx, phase),
        due=[one for one in made if one.is_open and (one.due_at is None or one.due_at < tonight)][:MAX_LISTED],
        load=load.utilisation if load and isfinite(load.utilisation) else None,
        changed=tx.milestones.count_spans(phase.id, [(since, now)])[0],
        decided=[one for one in made if one.decided_at and one.decided_at >= since][:MAX_LISTED],
    )  # fmt: skip


def _since(phase: Phase, now: datetime) -> datetime:
    """Return when the agenda of the previous working day was due."""
    before = next(iter(working_hours(phase).days_before(phase.local_date(now))), None)
    at = time.fromisoformat(phase.war_room.agenda) if phase.war_room.agenda else USUAL_TIME
    due = Schedule(at=at, zone=phase.timezone).moment(before) if before else None
    return due or now - timedelta(days=1)


def _public(tx: Transaction, found: list[Decision]) -> list[Decision]:
    """Return the decisions that are not about private tickets."""
    tickets = tx.tickets.list_by_ids([one.ticket_id for one in found if one.ticket_id])
    private = {one.id for one in tickets if one.private}
    return [one for one in found if one.ticket_id not in private]


def _blocked(tx: Transaction, phase: Phase) -> list[tuple[ActionItem, list[str]]]:
    """Return the open actions that wait for others, with the names of those."""
    items = [one for one in tx.actions.list_open(phase.id) if one.needs]
    tickets = tx.tickets.list_by_ids([one.ticket_id for one in items if one.ticket_id])
    private, known = {one.id for one in tickets if one.private}, tx.actions.find_needed(items)
    waits = [(one, [need.name for need in blockers(one, known)]) for one in items if one.ticket_id not in private]
    return [(one, names) for one, names in waits if names][:MAX_LISTED]
