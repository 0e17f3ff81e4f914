"""A target of an endpoint that is missed is an alert like any other: one ticket, resolved when it is over."""

from datetime import datetime, timedelta

from bot.context import AppContext
from bot.services.gateways.targets import burns
from bot.services.signals import tickets
from bot.services.signals.pace import set_at_interval_end
from bot.views.gateways import targets as views
from domain.gateways.targets import ApiGoal, ApiMeasure, BurnAlert
from domain.phases.phase import Phase
from domain.signals import fields
from domain.signals.alert import Alert, Delivery
from domain.signals.components import Component
from domain.signals.kinds import KINDS
from storage.operations.timers import Timer
from storage.transaction import Transaction

CHECK = "gateway_targets"
INTERVAL = timedelta(minutes=1)
AGAIN = timedelta(minutes=5)  # while a target is missed and no traffic comes any more
GATEWAY = "gateway"
COMPONENTS = {ApiMeasure.AVAILABILITY: Component.ERROR_RATE, ApiMeasure.P95: Component.RESPONSE_TIME}


def plan_check(tx: Transaction, phase: Phase, now: datetime) -> None:
    """Look at the targets at the end of the running minute, since traffic has come."""
    if phase.gateways.targets:
        set_at_interval_end(tx, f"{CHECK}:{phase.id}", CHECK, INTERVAL, now, data={"phase": phase.id})


def check(app: AppContext, tx: Transaction, timer: Timer) -> None:
    """Tell of each target whose error budget burns too fast, and of those that no longer do."""
    phase, now = tx.phases.get(int(timer.data["phase"])), app.now()
    tx.signal_doors.find(phase.id, GATEWAY, lock=True)  # as each delivery does
    found = burns(tx, phase, now)
    tickets.take_in(app, tx, phase, Delivery(tuple(_alert(goal, due) for goal, due in found)))
    if any(due for _, due in found):
        tx.timers.set_once(f"{CHECK}:{phase.id}", CHECK, now + AGAIN, data={"phase": phase.id})


def _alert(goal: ApiGoal, due: BurnAlert | None) -> Alert:
    return Alert(
        source=KINDS[GATEWAY].name, key=fields.key(f"{goal.measure}:{goal.endpoint}"), occurrence="",
        is_firing=due is not None, title=views.title(goal), severity=due.severity if due else None,
        text=views.reason(goal, due) if due else "",
        labels={"endpoint": goal.endpoint, "component": COMPONENTS[goal.measure].value},
    )  # fmt: skip
