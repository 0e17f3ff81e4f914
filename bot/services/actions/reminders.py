"""Every working morning: remind owners of what is due, and leads of what has no owner, each in one message."""

from collections import defaultdict

from bot.context import AppContext
from bot.services.actions.actions import show
from bot.views.actions import actions as views
from bot.views.actions.actions import ShownAction
from domain.actions.action_item import ActionItem
from domain.delivery.lanes import LaneKind, lane_name
from domain.delivery.message import MessagePriority
from domain.phases.phase import Phase
from domain.sla.targets import working_hours
from storage.operations.timers import Timer
from storage.transaction import Transaction


def check(app: AppContext, tx: Transaction, timer: Timer) -> None:
    """Remind each owner of what is due today or overdue, and the leads of what no one owns."""
    phase, today = tx.phases.get(timer.data["phase"]), timer.pending
    if today is None or not working_hours(phase).is_working_day(today):
        return
    found = [one for one in tx.actions.list_open(phase.id) if phase.is_active or one.kind.outlives_phase]
    if phase.ended_at and not found:
        tx.timers.cancel(timer.key)
    due = defaultdict[str, list[ActionItem]](list)
    for item in found:
        if item.owner is None:
            for lead in phase.lead_people:
                due[lead].append(item)
        elif item.due <= today:
            due[item.owner].append(item)
    for person, items in due.items():
        shown = show(tx, app.known_person(tx, person), phase, items)
        _remind(app, tx, phase, person, [one for one in shown if one.item.owner], f"{today}")
        _remind(app, tx, phase, person, [one for one in shown if not one.item.owner], f"{today}:unowned")


def _remind(
    app: AppContext, tx: Transaction, phase: Phase, person: str, found: list[ShownAction], occasion: str
) -> None:
    if not found:
        return
    today = phase.local_date(app.now())
    says = views.reminder if found[0].item.owner else views.unowned
    lane = tx.outbox.lane(lane_name(LaneKind.ACTION, phase.id, person, occasion), person)
    tx.outbox.post(lane, says(found, today, phase.name), at=app.now(), priority=MessagePriority.STATUS)
