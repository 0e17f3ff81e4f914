"""What follows from an alert: the first rule of the phase that fits, or else its severity."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from domain.signals.alert import Alert
from domain.signals.components import AlertSubject, subject_of
from domain.signals.settings import SignalAction, SignalRule, SignalSettings
from domain.text import fits_pattern
from domain.tickets.ticket import Report, Severity

TITLE = "title"  # in the labels of a rule: the title of the alert


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalDecision:
    """What to do with an alert; `lasting` is how long it has to fire first, `rule` the name of the rule or "".

    `quiet_until` is when the quiet hours end in which the alert is only noted.
    """

    action: SignalAction
    severity: Severity
    subject: AlertSubject
    module: str = ""
    owner: str | None = None
    lasting: timedelta = timedelta(0)
    rule: str = ""
    quiet_until: datetime | None = None

    def opens_at(self, since: datetime) -> datetime | None:
        """Return when an alert that fires since then gets its ticket, if it still fires; None when it gets none."""
        if self.action is not SignalAction.OPEN and self.quiet_until is None:
            return None
        lasted = since + self.lasting
        return max(lasted, self.quiet_until) if self.quiet_until else lasted


def decide(alert: Alert, settings: SignalSettings, now: datetime, timezone: str, modules: Sequence[str] = ()) -> (
    SignalDecision
):  # fmt: skip
    """Return what the settings say about an alert. `modules` are the phase's, of which a label may name one."""
    severity = alert.severity or settings.severity
    subject, module = subject_of(alert.title, alert.labels), _module(alert, modules)
    rule = next((one for one in settings.rules if fits(one, alert, severity)), None)
    if rule is None:
        opens = severity.rank <= settings.open_from.rank
        action = SignalAction.OPEN if opens else SignalAction.NOTE
        return SignalDecision(action=action, severity=severity, subject=subject, module=module)
    is_quiet = rule.do is SignalAction.OPEN and rule.quiet_hours is not None
    quiet_until = end_of_hours(rule.quiet_hours, now, timezone) if is_quiet and rule.quiet_hours else None
    return SignalDecision(
        action=SignalAction.NOTE if quiet_until else rule.do, quiet_until=quiet_until,
        severity=rule.severity or severity,
        subject=replace(subject, endpoint=rule.endpoint) if rule.endpoint else subject, module=rule.module or module,
        owner=rule.owner, lasting=span(rule.lasting) if rule.lasting else timedelta(0), rule=rule.name,
    )  # fmt: skip


def fits(rule: SignalRule, alert: Alert, severity: Severity) -> bool:
    """Return whether a rule is for that alert."""
    named = {**alert.labels, TITLE: alert.title}
    return (
        (not rule.kinds or alert.source in rule.kinds)
        and (not rule.severities or severity in rule.severities)
        and all(fits_pattern(named.get(name, ""), pattern) for name, pattern in rule.labels.items())
    )


def end_of_hours(hours: str, now: datetime, timezone: str) -> datetime | None:
    """Return when these hours end, which may go past midnight; None when it is not within them now."""
    begin, _, end = hours.partition("-")
    local = now.astimezone(ZoneInfo(timezone))
    at = local.strftime("%H:%M")
    if not (begin <= at < end if begin < end else at >= begin or at < end):
        return None
    day = local.date() if at < end else local.date() + timedelta(days=1)
    return datetime.combine(day, time.fromisoformat(end), ZoneInfo(timezone)).astimezone(now.tzinfo)


def span(duration: str) -> timedelta:
    """Return a duration of the settings, such as `1h30m`; zero for `none`."""
    hours, _, rest = duration.rpartition("h")
    return timedelta(hours=int(hours or 0), minutes=int(rest.removesuffix("m") or 0)) if duration != "none" else (
        timedelta(0)
    )  # fmt: skip


def _module(alert: Alert, modules: Sequence[str]) -> str:
    """Return the module of the phase that a label names."""
    known = {module.casefold(): module for module in modules}
    said = (alert.labels.get(name, "").casefold() for name in ("module", "service", "app", "application", "component"))
    return next((known[name] for name in said if name in known), "")


def report_of(alert: Alert, decision: SignalDecision) -> Report:
    """Return the report of a ticket about an alert."""
    subject = decision.subject
    extra = {
        "endpoint": subject.endpoint,
        "component": subject.component.label if subject.component else "",
    }
    return Report(
        summary=alert.title, severity=decision.severity, type=subject.type, module=decision.module,
        happened=alert.text, environment=", ".join(f"{name}={text}" for name, text in alert.labels.items())[:1000],
        extra={name: text for name, text in extra.items() if text},
    )  # fmt: skip
