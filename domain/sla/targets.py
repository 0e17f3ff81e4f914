"""SLA targets: how fast each severity is acknowledged, updated and resolved, and in which working hours."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Protocol

from domain.sla.clocks import PolicyFor, SlaPolicy, SlaTarget
from domain.sla.settings import SlaCalendar, SlaSettings
from domain.sla.working_time import WorkCalendar, parse_duration, read_calendar
from domain.tickets.modules import under
from domain.tickets.ticket import Severity, Ticket
from domain.tickets.types import TicketType

DEFAULT_TARGETS = {
    Severity.CRITICAL: {SlaTarget.ACKNOWLEDGE: "15m", SlaTarget.UPDATE: "1h", SlaTarget.RESOLVE: "4h"},
    Severity.HIGH: {SlaTarget.ACKNOWLEDGE: "1h", SlaTarget.UPDATE: "4h", SlaTarget.RESOLVE: "8h"},
    Severity.MEDIUM: {SlaTarget.ACKNOWLEDGE: "4h", SlaTarget.UPDATE: "16h", SlaTarget.RESOLVE: "40h"},
    Severity.LOW: {SlaTarget.ACKNOWLEDGE: "8h", SlaTarget.UPDATE: "40h", SlaTarget.RESOLVE: "80h"},
}


class SlaPhase(Protocol):
    """What SLA rules need of a phase: its settings, its time zone, and who belongs to a user group."""

    @property
    def sla(self) -> SlaSettings: ...
    @property
    def timezone(self) -> str: ...
    def people(self, named: tuple[str, ...]) -> tuple[str, ...]: ...


def policy_for(phase: SlaPhase, module: str, kind: TicketType) -> PolicyFor:
    """Return the policy of a module's tickets of a type, by severity and owner; praise has no targets."""

    def policy(severity: Severity, owner: str) -> SlaPolicy:
        targets = _targets(phase, severity) if kind.is_work else {}
        return SlaPolicy(targets, _calendar(phase, severity, module, owner))

    return policy


def acknowledge_by(phase: SlaPhase, ticket: Ticket, opened_at: datetime) -> datetime | None:
    """When a new ticket has to be acknowledged, in UTC; None where the phase sets no target."""
    policy = policy_for(phase, ticket.report.module, ticket.report.type)(ticket.severity, ticket.owner or "")
    target = policy.targets.get(SlaTarget.ACKNOWLEDGE)
    return policy.calendar.add(opened_at, target) if target else None


def _targets(phase: SlaPhase, severity: Severity) -> Mapping[SlaTarget, timedelta]:
    durations = {**DEFAULT_TARGETS[severity], **phase.sla.targets.get(severity, {})}
    return {target: time for target in SlaTarget if (time := parse_duration(durations[target]))}


def _calendar(phase: SlaPhase, severity: Severity, module: str, owner: str) -> WorkCalendar:
    """Return the first calendar that fits, or the default: around the clock for criticals, else the phase's hours."""
    for one in phase.sla.calendars:
        of_module = not one.modules or any(under(module, wanted) for wanted in one.modules)
        of_team = not one.team or owner in phase.people(one.team)
        if of_module and of_team and (not one.severities or severity in one.severities):
            return _read(one, phase)
    if severity is Severity.CRITICAL:
        return WorkCalendar()
    return working_hours(phase)


def working_hours(phase: SlaPhase) -> WorkCalendar:
    """Return the working hours of the phase."""
    return read_calendar(phase.sla.work_days, phase.sla.work_hours, phase.timezone, tuple(phase.sla.holidays))


def _read(hours: SlaCalendar, phase: SlaPhase) -> WorkCalendar:
    free = phase.sla.holidays if hours.holidays else ()
    return read_calendar(hours.days, hours.hours, hours.timezone or phase.timezone, tuple(free))
