"""Alert storms: many pages to one person or channel at once become one message, updated every few seconds."""

from datetime import datetime, timedelta

from bot.context import AppContext
from bot.views.oncall import escalation as views
from domain.delivery.lanes import LaneKind, lane_name
from domain.delivery.message import MessagePriority
from domain.oncall.escalation import EscalationState
from domain.phases.phase import Phase
from storage.operations.timers import Timer
from storage.transaction import Transaction

KIND = "alert_storm"
WINDOW = timedelta(minutes=15)  # after this a new message is posted
REWRITE_INTERVAL = timedelta(seconds=2)  # between two updates of the message


def storm_lane(place: str, at: datetime) -> str:
    """Return the lane of the storm message for a person or channel."""
    return lane_name(LaneKind.STORM, place, int(at.timestamp() // WINDOW.total_seconds()))


def schedule_rewrite(tx: Transaction, place: str, phase: Phase, at: datetime) -> None:
    """Update the message at the end of the current interval, once for all requests until then."""
    data = {"place": place, "phase": phase.id, "name": storm_lane(place, at)}
    key, due = (
        f"{KIND}:{place}",
        at + REWRITE_INTERVAL - timedelta(seconds=at.timestamp() % REWRITE_INTERVAL.total_seconds()),
    )
    tx.timers.set_once(key, KIND, due, data=data)
    while tx.timers.has_run(key, due):  # that interval ended while this transaction was running
        due += REWRITE_INTERVAL
        tx.timers.set_once(key, KIND, due, data=data)


def rewrite(app: AppContext, tx: Transaction, timer: Timer) -> None:
    """Update the message with everything that was paged since."""
    lane = tx.outbox.find(timer.data["name"])
    if lane:
        message = _message(tx, timer.data["place"], tx.phases.get(timer.data["phase"]))
        tx.outbox.update_first(lane, message, at=app.now(), priority=MessagePriority.PAGE)


def post(tx: Transaction, place: str, phase: Phase, at: datetime) -> None:
    lane = tx.outbox.lane(storm_lane(place, at), place)
    tx.outbox.post(lane, _message(tx, place, phase), at=at, priority=MessagePriority.PAGE)


def _message(tx: Transaction, place: str, phase: Phase) -> views.Message:
    """Render what a person was paged for, or for the on-call channel everything of the phase."""
    here = place == phase.oncall_channel
    waiting = (
        tx.escalations.list_live(phase.id, views.MAX_COUNT)
        if here
        else tx.escalations.list_waiting_for(place, views.MAX_COUNT)
    )
    waiting = [
        escalation
        for escalation in waiting
        if escalation.state in (EscalationState.ESCALATING, EscalationState.EXHAUSTED)
    ]
    some = {
        ticket.id: ticket
        for ticket in tx.tickets.list_by_ids([escalation.ticket_id for escalation in waiting[: views.MAX_TICKETS]])
    }
    shown = [
        some[escalation.ticket_id]
        for escalation in waiting[: views.MAX_TICKETS]
        if not some[escalation.ticket_id].private
    ]
    return views.storm(shown, len(waiting))
