"""The agenda that writes itself: each working day, where the team reads digests, with the page of the phase."""

from datetime import datetime, time, timedelta
from math import isfinite
from typing import Any

from bot.context import AppContext
from bot.services.oncall import capacity, shifts
from bot.services.phases.phases import split_off_known_phase
from bot.services.phases.planning import set_schedule
from bot.views.warroom import agendas as views
from bot.views.warroom import phase_pages as pages
from domain.actions.action_item import ActionItem, blockers
from domain.decisions.decision import Decision
from domain.delivery.lanes import LaneKind, kind_of, lane_name
from domain.delivery.message import ChannelTask, Lane, MessageKind, MessagePriority, OutboxMessage
from domain.errors import Refused
from domain.oncall.rota import NO_PERSON
from domain.phases.permissions import Person, is_responder
from domain.phases.phase import Phase
from domain.phases.settings import PhaseState
from domain.schedule import Schedule
from domain.sla.targets import working_hours
from domain.tickets.ticket import Severity
from domain.warroom.agenda import Agenda, PhasePage
from storage.operations.timers import Timer
from storage.tickets.lists import ListReader
from storage.transaction import Transaction

KIND = "agenda"
PIN_SCOPE = "pins:write"
PAGE_SCOPES = frozenset({"canvases:read", "canvases:write"})
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
    lane = tx.outbox.lane(lane_name(LaneKind.AGENDA, phase.id, today), phase.team_digest_channel)
    found = collect(tx, phase, app.now())
    told = views.agenda(phase.key, phase.name, found)
    made = tx.outbox.post(lane, told, at=app.now(), priority=MessagePriority.DIGEST)
    if made is None:
        return
    if phase.war_room.page and _scopes(app) >= PAGE_SCOPES:
        title, text = pages.page(phase, found, collect_page(tx, phase, app.now()))
        tx.outbox.change_channel(lane, ChannelTask.CANVAS, at=app.now(), title=title, markdown=text, mark=pages.MARK)
    else:
        _pin(app, tx, lane, made.id)
    if PIN_SCOPE in _scopes(app):
        _unpin_last(app, tx, phase, lane)


def pin_instead(app: AppContext, tx: Transaction, queued: OutboxMessage) -> None:
    """Pin the agenda, because Slack takes no page."""
    if first := tx.outbox.find_first(queued.lane):
        _pin(app, tx, queued.lane, first)


def is_of_agenda(queued: OutboxMessage) -> bool:
    """Return whether a change of a channel is for an agenda."""
    return queued.verb is MessageKind.CHANNEL and kind_of(queued.lane.name) is LaneKind.AGENDA


def _pin(app: AppContext, tx: Transaction, lane: Lane, message: int) -> None:
    if PIN_SCOPE in _scopes(app):
        tx.outbox.change_channel(lane, ChannelTask.PIN, at=app.now(), target=message)


def _unpin_last(app: AppContext, tx: Transaction, phase: Phase, lane: Lane) -> None:
    """Unpin the agenda before this one, which may not be pinned."""
    before = [one for one in tx.outbox.list_lanes(f"{lane_name(LaneKind.AGENDA, phase.id)}:") if one.name < lane.name]
    if before and (first := tx.outbox.find_first(before[-1])):
        tx.outbox.change_channel(before[-1], ChannelTask.UNPIN, at=app.now(), target=first)


def _scopes(app: AppContext) -> frozenset[str]:
    """Return which of the scopes that are used here are granted; all, where Slack doesn't say."""
    return PAGE_SCOPES | {PIN_SCOPE} if app.scopes is None else app.scopes


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


def collect_page(tx: Transaction, phase: Phase, now: datetime) -> PhasePage:
    """Collect what the page of a phase says besides its agenda."""
    on_call = [(one.rota.name, one.at(now).person) for one in shifts.rota_schedules(tx, phase, now)]
    return PhasePage(
        leads=phase.lead_people, on_call=[(rota, "" if who == NO_PERSON else who) for rota, who in on_call],
        known_issues=tx.lists.list_known_issues([phase], ListReader(id=""), MAX_LISTED),
        backlog=tx.backlogs.count(phase.id, now),
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
