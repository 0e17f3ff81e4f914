"""An endpoint that misses its targets is an alert like any other: one ticket, resolved when it is over."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import groupby

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
Burns = Sequence[tuple[ApiGoal, BurnAlert | None]]
COMPONENTS = {ApiMeasure.AVAILABILITY: Component.ERROR_RATE, ApiMeasure.P95: Component.RESPONSE_TIME}


def plan_check(tx: Transaction, phase: Phase, now: datetime) -> None:
    """Look at the targets at the end of the running minute, since traffic has come."""
    if phase.gateways.targets:
        set_at_interval_end(tx, f"{CHECK}:{phase.id}", CHECK, INTERVAL, now, data={"phase": phase.id})


def read_burns(app: AppContext, timer: Timer) -> Burns:
    """Return the targets of a phase with what their error budgets are due for: hours of traffic are read for that."""
    with app.store.read() as tx:
        return burns(tx, tx.phases.get(int(timer.data["phase"])), app.now())


def check(app: AppContext, tx: Transaction, timer: Timer) -> None:
    """Tell of each target whose error budget burns too fast, and of those that no longer do."""
    phase, now = tx.phases.get(int(timer.data["phase"])), app.now()
    tx.signal_integrations.find(phase.id, GATEWAY, lock=True)  # as each delivery does
    found: Burns = burns(tx, phase, now) if timer.prepared is None else timer.prepared
    endpoints = groupby(found, key=lambda one: one[0].endpoint)
    alerts = tuple(_alert(name, [(goal, due) for goal, due in goals if due]) for name, goals in endpoints)
    told = tx.signal_alerts.list_firing_keys(phase.id, KINDS[GATEWAY].name)  # of others nothing is over
    tickets.take_in(app, tx, phase, Delivery(tuple(one for one in alerts if one.is_firing or one.key in told)))
    if any(due for _, due in found):
        tx.timers.set_once(f"{CHECK}:{phase.id}", CHECK, now + AGAIN, data={"phase": phase.id})


def _alert(endpoint: str, missed: Sequence[tuple[ApiGoal, BurnAlert]]) -> Alert:
    """Return the alert of an endpoint, which is about all of its targets that are missed; without any, it is over."""
    worst = min(missed, key=lambda one: one[1].severity.rank, default=None)
    component = {"component": COMPONENTS[worst[0].measure].value} if worst else {}
    return Alert(
        source=KINDS[GATEWAY].name, key=fields.key(f"target:{endpoint}"), occurrence="", is_firing=bool(missed),
        title=views.title(endpoint, [goal.measure for goal, _ in missed]),
        severity=worst[1].severity if worst else None,
        text="\n".join(views.reason(goal, due) for goal, due in missed), labels={"endpoint": endpoint, **component},
    )  # fmt: skip
