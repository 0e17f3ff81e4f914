"""What a team sees of rules: the list with bounds and log, and a dry run over the last week."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import groupby, takewhile
from typing import Any

from bot.context import AppContext
from bot.services.phases.phases import may_set_up, split_off_known_phase
from bot.services.tickets.targets import visible_names
from bot.views.automation import rules as views
from bot.views.automation.rules import LoggedRun
from bot.views.phases.rules import rule_of
from domain.automation.rules import PastMoment, RuleStep, RuleTrial, labels_of, try_rules
from domain.automation.settings import AutomationSettings
from domain.errors import Refused
from domain.phases.permissions import Person, is_responder
from domain.phases.phase import Phase
from domain.sla.clocks import SlaState, ticket_states
from domain.tickets.event import Event, EventKind
from domain.tickets.ticket import Ticket
from storage.transaction import Transaction

WEEK = timedelta(days=7)
LOGGED, MAX_LOGGED = 10, 40  # runs in the list of rules, and in the log
CAUSED = {RuleStep.SEVERITY: EventKind.SEVERITY, RuleStep.MODULE: EventKind.DETAILS}  # what rules wait for too


def page(app: AppContext, person: Person, channel: str, words: Sequence[str]) -> dict[str, Any]:
    """Return the rules of a phase, their bounds, and what they did; for its team. Leads can change them."""
    now = app.now()
    with app.store.read() as tx:
        phase = _phase_of_team(tx, person, channel, words)
        counts, log = tx.rule_runs.count_since(phase.id, now - WEEK), _list_runs(tx, person, phase, LOGGED)
    return views.page(phase, counts, log, WEEK, may_change=may_set_up(person, phase))


def log(app: AppContext, person: Person, channel: str, words: Sequence[str]) -> dict[str, Any]:
    """Return what the rules of a phase did last; for its team."""
    with app.store.read() as tx:
        phase = _phase_of_team(tx, person, channel, words)
        return views.log(phase, _list_runs(tx, person, phase, MAX_LOGGED))


def _list_runs(tx: Transaction, person: Person, phase: Phase, limit: int) -> list[LoggedRun]:
    newest = tx.rule_runs.list_newest(phase.id, limit)
    names = visible_names(tx, person, phase, [run.ticket_id for run in newest])
    return [
        LoggedRun(run.rule, names.get(run.ticket_id, ""), run.occasion, run.at, run.steps, run.held) for run in newest
    ]


def dry_run(app: AppContext, person: Person, channel: str, words: Sequence[str]) -> dict[str, Any]:
    """Return what the rules of a phase would have done in the last week, also those that are off."""
    with app.store.read() as tx:
        phase = _phase_of_team(tx, person, channel, words)
        found = _try(app, tx, person, phase, phase.automation)
    return views.trial(phase, found, WEEK)


def preview(
    app: AppContext, person: Person, section: str, before: Phase, after: Phase
) -> list[tuple[str, str]]:  # fmt: skip
    """Return what the rule of a section would have done in the last week, as it will be; nothing for other sections."""
    rule = rule_of(section, after, before)
    if rule is None:
        return []
    with app.store.read() as tx:
        found = _try(app, tx, person, before, after.automation.model_copy(update={"rules": (rule,)}))
        is_in_team = not rule.assign or is_responder(app.known_person(tx, rule.assign), after)
    return [views.preview(after, found, WEEK, outside="" if is_in_team else str(rule.assign))]


def _try(
    app: AppContext, tx: Transaction, person: Person, phase: Phase, settings: AutomationSettings
) -> list[tuple[RuleTrial, list[str]]]:  # fmt: skip
    """Return what rules would have done in the last week, each with the names of the tickets that a person may see."""
    found = try_rules(settings, _moments(tx, phase, app.now() - WEEK))
    names = visible_names(tx, person, phase, {one.id for trial in found for one in trial.tickets})
    return [(trial, [names[one.id] for one in trial.tickets if one.id in names]) for trial in found]


def _moments(tx: Transaction, phase: Phase, since: datetime) -> Iterator[PastMoment]:
    """Yield what has happened to the tickets of a phase since then, each with its severity and status of that time."""
    histories = tx.tickets.get_histories(phase.id, since)
    tickets = {one.id: one for one in tx.tickets.list_by_ids([*histories])}
    labels = tx.signal_alerts.get_labels(phase.id)
    for ticket_id, events in histories.items():
        ticket = tickets[ticket_id]
        alert = labels.get(ticket_id, {})
        for at, together in groupby(ticket_states(events), lambda one: one[0].at):
            if at >= since:
                steps = _before_rules([*together])
                if steps:
                    then = _as_it_was(ticket, steps[-1][1])
                    yield PastMoment(at, [event for event, _ in steps], then, labels_of(then, alert))


def _before_rules(steps: Sequence[tuple[Event, SlaState]]) -> list[tuple[Event, SlaState]]:
    """Return the events of a moment until a rule changed something, which sets off no rule."""
    did = {(event.actor, CAUSED[step]) for event, _ in steps if event.kind is EventKind.AUTOMATED
           for step in CAUSED if step in event.data.get("did", "")}  # fmt: skip
    return [*takewhile(lambda one: (one[0].actor, one[0].kind) not in did, steps)]


def _as_it_was(ticket: Ticket, state: SlaState) -> Ticket:
    return replace(ticket.with_report(replace(ticket.report, severity=state.severity)), status=state.status)


def _phase_of_team(tx: Transaction, person: Person, channel: str, words: Sequence[str]) -> Phase:
    phase, _ = split_off_known_phase(tx, channel, words)
    if not (is_responder(person, phase) or may_set_up(person, phase)):
        raise Refused(f"Only the team of {phase.name} can see its rules. Ask one of its leads.")
    return phase
