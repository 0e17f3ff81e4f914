"""Triggers: look every minute whether a rule holds, open the decision, and ask the deputy when no one decides."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from bot.context import AppContext
from bot.services.decisions.decisions import find_trigger, open_in, say, schedule, tell, wait_of
from bot.services.phases.planning import timer_key
from bot.views.decisions import decisions as views
from bot.views.decisions.decisions import ShownDecision
from domain.decisions.decision import Decision
from domain.decisions.settings import DecisionTrigger
from domain.decisions.triggers import (
    BURN_WINDOWS,
    TriggerMeasure,
    TriggerRule,
    Watch,
    burn_of_limit,
    parse_rule,
    watched,
)
from domain.phases.phase import Phase
from domain.phases.settings import PhaseState
from domain.reporting.readings import Reading
from domain.tickets.ticket import Severity
from storage.operations.timers import Timer
from storage.transaction import Transaction

KIND = "trigger_check"
INTERVAL = timedelta(minutes=1)
MAX_NAMED = 5  # tickets in the evidence
BY_SEVERITY = {TriggerMeasure.CRITICAL_OPEN, TriggerMeasure.HIGH_OPEN, TriggerMeasure.OPEN}
OF_BACKLOG = {TriggerMeasure.OVERDUE, TriggerMeasure.UNASSIGNED}
READINGS = {TriggerMeasure.ERROR_RATE: Reading.ERROR_RATE, TriggerMeasure.UPTIME: Reading.UPTIME}


def plan(tx: Transaction, phase: Phase, app: AppContext) -> None:
    """Look every minute while an active phase has triggers."""
    key = timer_key(KIND, phase, "all")
    if phase.state is not PhaseState.ACTIVE or not phase.decisions.triggers:
        tx.timers.cancel(key)
    elif tx.timers.find_next(key) is None:
        tx.timers.set_once(key, KIND, app.now() + INTERVAL, data={"phase": phase.id, "watches": {}})


def check(app: AppContext, tx: Transaction, timer: Timer) -> None:
    """Open the decision of each trigger whose rule has held for its time, once until it no longer holds."""
    phase, now = tx.phases.get(timer.data["phase"]), app.now()
    if phase.state is not PhaseState.ACTIVE or not phase.decisions.triggers:
        return
    before: Mapping[str, Any] = timer.data.get("watches", {})
    rules = {one.name: parse_rule(one.rule) for one in phase.decisions.triggers}
    found, watches = _measure(tx, phase, now, {one.measure for one in rules.values()}), dict[str, Any]()
    for trigger in phase.decisions.triggers:
        rule = rules[trigger.name]
        watch, fires = watched(rule, _watch(before.get(trigger.name)), found.get(rule.measure), now)
        watches[trigger.name] = [watch.since.isoformat() if watch.since else None, watch.fired]
        if fires:
            _fire(app, tx, phase, trigger, rule, found[rule.measure])
    tx.timers.set_once(timer.key, KIND, now + INTERVAL, data={"phase": phase.id, "watches": watches})


def _watch(kept: Any) -> Watch:
    since, fired = kept or (None, False)
    return Watch(datetime.fromisoformat(since) if since else None, bool(fired))


def _measure(
    tx: Transaction, phase: Phase, now: datetime, wanted: AbstractSet[TriggerMeasure]
) -> dict[TriggerMeasure, float]:
    """Return what is measured now, of what the rules name; private tickets count where only severities do."""
    found = dict[TriggerMeasure, float]()
    if wanted & BY_SEVERITY:
        severities = tx.decisions.count_open_tickets(phase.id)
        found[TriggerMeasure.CRITICAL_OPEN] = severities[Severity.CRITICAL]
        found[TriggerMeasure.HIGH_OPEN] = severities[Severity.HIGH]
        found[TriggerMeasure.OPEN] = severities.total()
    if wanted & OF_BACKLOG:
        backlog = tx.backlogs.count(phase.id, now)
        found[TriggerMeasure.OVERDUE], found[TriggerMeasure.UNASSIGNED] = backlog.overdue, backlog.unassigned
    if TriggerMeasure.ERROR_BUDGET_BURN in wanted:
        spans = [span for one in BURN_WINDOWS for span in (one.long, one.short)]
        if rates := tx.decisions.get_error_rates(phase.id, now, spans):
            found[TriggerMeasure.ERROR_BUDGET_BURN] = burn_of_limit(rates, phase.decisions.slo)
    today = phase.local_date(now)
    for measure in wanted & READINGS.keys():
        if values := tx.readings.list_values(phase.id, READINGS[measure].value, today, today):
            found[measure] = values[-1][1]
    return found


def _fire(
    app: AppContext, tx: Transaction, phase: Phase, trigger: DecisionTrigger, rule: TriggerRule, value: float
) -> None:  # fmt: skip
    wait, now = wait_of(trigger), app.now()
    critical = [one for one in tx.tickets.list_open([phase.id])
                if one.severity is Severity.CRITICAL and not one.private]  # fmt: skip
    decision = open_in(app, tx, phase, Decision(
        id=0, phase_id=phase.id, kind=trigger.kind, question=trigger.question, options=trigger.options,
        evidence=views.evidence(rule, value, critical[:MAX_NAMED]), fired_by=trigger.name, asked=(trigger.approver,),
        due_at=now + wait, opened_by=app.bot_user, opened_at=now,
    ))  # fmt: skip
    tell(app, tx, decision, phase.people(decision.asked), views.asks(ShownDecision(decision), now))
    schedule(tx, decision)


def escalate(app: AppContext, tx: Transaction, timer: Timer) -> None:
    """Ask the deputy when no one has decided in time, and then the leads."""
    decision = tx.decisions.find_decision(int(timer.data["decision"]), lock=True)
    if decision is None or not decision.is_open:
        return
    phase, now = tx.phases.get(decision.phase_id), app.now()
    if phase.state is not PhaseState.ACTIVE:
        return
    trigger = find_trigger(phase, decision.fired_by)
    deputy = (trigger.deputy,) if trigger and trigger.deputy and trigger.deputy not in decision.asked else ()
    asked = deputy or phase.leads
    after = replace(decision, asked=tuple(dict.fromkeys((*decision.asked, *asked))))
    tx.decisions.update_decision(after)
    tx.audit.log(app.bot_user, "decision escalated", f"{phase.key} {after.name}", now)
    shown = ShownDecision(after, tx.tickets.get_ticket(after.ticket_id).name if after.ticket_id else "")
    say(app, tx, phase, after, views.escalated(shown, now, asked))
    tell(app, tx, after, phase.people(asked), views.escalated(shown, now, ()))
    if deputy:
        wait = (decision.due_at or now) - decision.opened_at
        tx.timers.set_once(timer.key, timer.kind, now + wait, data=timer.data)
