"""Every working morning: remind owners of what is due, and leads of what has no owner, each in one message."""

from collections import defaultdict
from datetime import time, timedelta

from bot.context import AppContext
from bot.services.actions.actions import show
from bot.services.phases.planning import set_schedule
from bot.views.actions import actions as views
from bot.views.actions.actions import ShownAction
from domain.actions.action_item import ActionItem
from domain.delivery.lanes import LaneKind, lane_name
from domain.delivery.message import MessagePriority
from domain.phases.phase import Phase
from domain.phases.settings import PhaseState
from domain.schedule import WEEKDAYS, Schedule
from domain.sla.targets import working_hours
from storage.operations.timers import Timer
from storage.transaction import Transaction

KIND = "action_check"
CHECK_TIME = time(8, 45)
CATCH_UP = timedelta(hours=8)


def plan(tx: Transaction, phase: Phase, app: AppContext) -> None:
    """Plan the check of every morning while the phase is active."""
    set_schedule(tx, phase, app, KIND, "daily", Schedule.weekly(WEEKDAYS, CHECK_TIME, phase.timezone, CATCH_UP))


def check(app: AppContext, tx: Transaction, timer: Timer) -> None:
    """Remind each owner of what is due today or overdue, and the leads of what no one owns."""
    phase, today = tx.phases.get(timer.data["phase"]), timer.pending
    if phase.state is not PhaseState.ACTIVE or today is None or not working_hours(phase).is_working_day(today):
        return
    due = defaultdict[str, list[ActionItem]](list)
    for item in tx.actions.list_open(phase.id):
        if item.owner is None:
            for lead in phase.lead_people:
                due[lead].append(item)
        elif item.due <= today:
            due[item.owner].append(item)
    for person, items in due.items():
        found = show(tx, app.known_person(tx, person), phase, items)
        _remind(app, tx, phase, person, [one for one in found if one.item.owner], f"{today}")
        _remind(app, tx, phase, person, [one for one in found if not one.item.owner], f"{today}:unowned")


def _remind(
    app: AppContext, tx: Transaction, phase: Phase, person: str, found: list[ShownAction], occasion: str
) -> None:
    if not found:
        return
    today = phase.local_date(app.now())
    says = views.reminder if found[0].item.owner else views.unowned
    lane = tx.outbox.lane(lane_name(LaneKind.ACTION, phase.id, person, occasion), person)
    tx.outbox.post(lane, says(found, today, phase.name), at=app.now(), priority=MessagePriority.STATUS)
