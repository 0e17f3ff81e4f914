"""Targets of a phase: how fast each severity is acknowledged, heard of and resolved, and in whose hours."""

from collections.abc import Mapping
from datetime import timedelta

from domain.phases.phase import Hours, Phase, under
from domain.sla.clocks import PolicyFor, SlaPolicy, SlaTarget
from domain.sla.working_time import WorkCalendar, parse_duration
from domain.tickets.ticket import Severity

DEFAULT_TARGETS = {
    Severity.CRITICAL: {"acknowledge": "15m", "news": "1h", "resolve": "4h"},
    Severity.HIGH: {"acknowledge": "1h", "news": "4h", "resolve": "8h"},
    Severity.MEDIUM: {"acknowledge": "4h", "news": "16h", "resolve": "40h"},
    Severity.LOW: {"acknowledge": "8h", "news": "40h", "resolve": "80h"},
}


def policy_for(phase: Phase, module: str) -> PolicyFor:
    """What tickets of that module are promised, by severity and whoever has them."""

    def level(severity: Severity, owner: str) -> SlaPolicy:
        return SlaPolicy(_targets(phase, severity), _calendar(phase, severity, module, owner))

    return level


def _targets(phase: Phase, severity: Severity) -> Mapping[SlaTarget, timedelta]:
    said = {**DEFAULT_TARGETS[severity], **phase.targets.get(severity, {})}
    return {goal: time for goal in SlaTarget if (time := parse_duration(said[goal]))}


def _calendar(phase: Phase, severity: Severity, module: str, owner: str) -> WorkCalendar:
    """That of the first entry that fits; else criticals are everybody's at any hour, and the rest keeps the phase's."""
    for one in phase.calendars:
        of_module = not one.modules or any(under(module, wanted) for wanted in one.modules)
        of_team = not one.team or owner in phase.people(one.team)
        if of_module and of_team and (not one.severities or severity in one.severities):
            return _read(one, phase)
    if severity is Severity.CRITICAL:
        return WorkCalendar()
    return working_hours(phase)


def working_hours(phase: Phase) -> WorkCalendar:
    """The phase's own."""
    return WorkCalendar.read(phase.work_days, phase.work_hours, phase.timezone, phase.holidays)


def _read(hours: Hours, phase: Phase) -> WorkCalendar:
    free = phase.holidays if hours.holidays else ()
    return WorkCalendar.read(hours.days, hours.hours, hours.timezone or phase.timezone, free)
