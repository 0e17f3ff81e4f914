"""Which rules fit what has happened to a ticket, and the bounds that keep rules from looping and flooding."""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from domain.automation.settings import AutomationRule, AutomationSettings, RuleOccasion
from domain.sla.clocks import STATUS_AFTER, STATUS_IN_DATA
from domain.sla.working_time import parse_duration
from domain.text import fits_pattern
from domain.tickets.event import Event, EventKind
from domain.tickets.modules import under
from domain.tickets.ticket import Intake, Ticket

HOUR = timedelta(hours=1)
MAX_TOLD = 30  # people of the user groups that one rule tells of one ticket


class RuleStep(StrEnum):
    """What a rule can do, in the order in which it is done."""

    SEVERITY = "severity"
    MODULE = "module"
    ASSIGN = "assign"
    PAGE = "page"
    ASK = "ask"
    TELL = "tell"
    WEBHOOK = "webhook"

    @property
    def label(self) -> str:
        return {
            RuleStep.SEVERITY: "set the severity", RuleStep.MODULE: "set the module", RuleStep.ASSIGN: "assigned it",
            RuleStep.PAGE: "paged", RuleStep.ASK: "asked the reporter", RuleStep.TELL: "told people",
            RuleStep.WEBHOOK: "called a webhook",
        }[self]  # fmt: skip


def steps_of(rule: AutomationRule) -> tuple[RuleStep, ...]:
    """Return what a rule does."""
    wanted = {RuleStep.SEVERITY: rule.severity, RuleStep.MODULE: rule.module, RuleStep.ASSIGN: rule.assign,
              RuleStep.PAGE: rule.page, RuleStep.ASK: rule.ask, RuleStep.TELL: rule.tell,
              RuleStep.WEBHOOK: rule.webhook}  # fmt: skip
    return tuple(step for step in RuleStep if wanted[step])


def occasion_of(event: Event) -> RuleOccasion | None:
    """Return what an event of a ticket's log is to rules; None for what no rule waits for."""
    match event.kind:
        case EventKind.OPENED:
            return RuleOccasion.OPENED
        case EventKind.SEVERITY:
            return RuleOccasion.SEVERITY
        case EventKind.DETAILS:
            return RuleOccasion.DETAILS
        case EventKind.ALERT_FIRED:
            return RuleOccasion.SIGNAL
        case EventKind.PROMISE_MISSED:
            return RuleOccasion.OVERDUE
        case EventKind.SLA_WARNING:
            return RuleOccasion.OVERDUE if float(event.data.get("share", 1)) >= 1 else None
    is_status = event.kind in STATUS_AFTER or (event.kind in STATUS_IN_DATA and bool(event.data.get("to")))
    return RuleOccasion.STATUS if is_status else None


def occasions(events: Iterable[Event], intake: Intake) -> frozenset[RuleOccasion]:
    """Return what has happened at once; a ticket that an alert opens is a signal too."""
    found = {one for one in map(occasion_of, events) if one}
    if RuleOccasion.OPENED in found and intake is Intake.SIGNAL:
        found.add(RuleOccasion.SIGNAL)
    return frozenset(found)


def labels_of(ticket: Ticket, alerts: Mapping[str, str]) -> dict[str, str]:
    """Return what the labels of a rule are compared with; `alerts` are the labels of the ticket's newest alert."""
    report = ticket.report
    own = {"title": report.summary, "type": report.type.value, "process": report.process, "category": report.category,
           "environment": report.environment, "intake": ticket.intake.value, "party": ticket.party}  # fmt: skip
    return {**alerts, **report.extra, **own}


def fits(
    rule: AutomationRule, happened: Iterable[RuleOccasion], ticket: Ticket, labels: Mapping[str, str]
) -> RuleOccasion | None:
    """Return for what a rule acts on a ticket as it is now; None when it does not fit."""
    is_meant = (
        (not rule.severities or ticket.severity in rule.severities)
        and (not rule.statuses or ticket.status in rule.statuses)
        and (not rule.modules or any(under(ticket.report.module, one) for one in rule.modules))
        and all(
            fits_pattern(labels.get(name, "").casefold(), wanted.casefold()) for name, wanted in rule.labels.items()
        )
    )
    return next((one for one in rule.when if one in happened), None) if is_meant else None


class HeldBack(StrEnum):
    """Why a rule that fits does not act."""

    RESTING = "resting"  # it acted on this ticket a short while ago
    LIMIT = "limit"  # it acted too often within an hour


def held_back(
    settings: AutomationSettings, now: datetime, times: int, last_on_ticket: datetime | None
) -> HeldBack | None:
    """Return why a rule may not act now; `times` is how often it acted in the last hour."""
    if last_on_ticket is not None and now - last_on_ticket < parse_duration(settings.rest):
        return HeldBack.RESTING
    return HeldBack.LIMIT if times >= settings.hourly_limit else None


@dataclass(frozen=True, slots=True)
class PastMoment:
    """What happened to a ticket at once, and the ticket as it was then."""

    at: datetime
    events: Sequence[Event]
    ticket: Ticket
    labels: Mapping[str, str]


@dataclass(slots=True)
class RuleTrial:
    """What a rule would have done: on which tickets, and how often it would have been held back."""

    rule: AutomationRule
    tickets: list[Ticket] = field(default_factory=list)
    resting: int = 0
    limited: int = 0


def try_rules(settings: AutomationSettings, past: Iterable[PastMoment]) -> list[RuleTrial]:
    """Return what each rule would have done in these moments, oldest first; also those that are not enabled."""
    moments = sorted(past, key=lambda one: one.at)
    return [_try_rule(rule, settings, moments) for rule in settings.rules]


def _try_rule(rule: AutomationRule, settings: AutomationSettings, moments: Sequence[PastMoment]) -> RuleTrial:
    trial, acted, last = RuleTrial(rule), deque[datetime](), dict[int, datetime]()
    for one in _fitting(rule, moments):
        while acted and acted[0] <= one.at - HOUR:
            acted.popleft()
        why = held_back(settings, one.at, len(acted), last.get(one.ticket.id))
        if why is None:
            trial.tickets.append(one.ticket)
            acted.append(one.at)
            last[one.ticket.id] = one.at
        trial.resting += why is HeldBack.RESTING
        trial.limited += why is HeldBack.LIMIT
    return trial


def _fitting(rule: AutomationRule, moments: Sequence[PastMoment]) -> Iterator[PastMoment]:
    for one in moments:
        if fits(rule, occasions(one.events, one.ticket.intake), one.ticket, one.labels):
            yield one
