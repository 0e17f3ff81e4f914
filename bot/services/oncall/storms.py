"""Many calls at once: one message a place, written anew every few seconds however many come."""

from datetime import datetime, timedelta

from bot.context import AppContext
from bot.views.oncall import escalation as views
from domain.delivery.message import MessagePriority
from domain.oncall.escalation import EscalationState
from domain.phases.phase import Phase
from storage.operations.timers import Timer
from storage.transaction import Transaction

KIND = "storm"
LASTS = timedelta(minutes=15)  # that one message is written on
PAUSE = timedelta(seconds=2)  # between two writings
COUNTED = 50  # more are just more


def name_of(place: str, at: datetime) -> str:
    """The lane of its message."""
    return f"{KIND}:{place}:{int(at.timestamp() // LASTS.total_seconds())}"


def write_soon(tx: Transaction, place: str, phase: Phase, at: datetime) -> None:
    """At the end of this pause, and at the same moment whoever else asks for it until then."""
    data = {"place": place, "phase": phase.id, "name": name_of(place, at)}
    key, due = f"{KIND}:{place}", at + PAUSE - timedelta(seconds=at.timestamp() % PAUSE.total_seconds())
    tx.timers.once(key, KIND, due, data=data)
    while tx.timers.has_run(key, due):  # that pause ended while this transaction was on its way
        due += PAUSE
        tx.timers.once(key, KIND, due, data=data)


def write_again(app: AppContext, tx: Transaction, timer: Timer) -> None:
    """All that came since."""
    lane = tx.outbox.find(timer.data["name"])
    if lane:
        message = _message(tx, timer.data["place"], tx.phases.get(timer.data["phase"]))
        tx.outbox.rewrite(lane, message, at=app.now(), priority=MessagePriority.PAGE)


def write(tx: Transaction, place: str, phase: Phase, at: datetime) -> None:
    lane = tx.outbox.lane(name_of(place, at), place)
    tx.outbox.post(lane, _message(tx, place, phase), at=at, priority=MessagePriority.PAGE)


def _message(tx: Transaction, place: str, phase: Phase) -> views.Message:
    """For a person what they were called for, for the on-call channel everything of the phase."""
    here = place == phase.oncall_channel
    waiting = tx.escalations.live(phase.id, COUNTED) if here else tx.escalations.waiting_for(place, COUNTED)
    waiting = [e for e in waiting if e.state in (EscalationState.CLIMBING, EscalationState.SPENT)]
    some = {ticket.id: ticket for ticket in tx.tickets.some([e.ticket_id for e in waiting[: views.SOME]])}
    shown = [some[e.ticket_id] for e in waiting[: views.SOME] if not some[e.ticket_id].private]
    return views.storm(shown, len(waiting))
