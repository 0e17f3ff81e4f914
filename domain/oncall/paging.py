"""Whom a step of an escalation pages: its targets, resolved to people, channels and other systems.

A target is `oncall` or `oncall:primary` (a rota), `leads`, `responders`, `owner`, the id of a person, a user group or a
channel, `webhook:name` (an address in the settings) or `pagerduty`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from domain.address import is_channel, is_group, is_person
from domain.oncall.escalation import DEFAULT_POLICY
from domain.oncall.rota import RotaSchedule, ShiftOverride
from domain.oncall.settings import EscalationPolicy, EscalationStep, OnCallSettings
from domain.sla.working_time import WorkCalendar
from domain.tickets.modules import under
from domain.tickets.status import Status
from domain.tickets.ticket import Severity, Ticket

WEBHOOK, PAGERDUTY = "webhook:", "pagerduty"
SYSTEMS = (WEBHOOK, PAGERDUTY)
OverridesByRota = Mapping[str, Sequence[ShiftOverride]]  # by the name of the rota


class PagingPhase(Protocol):
    """What paging needs of a phase: its on-call settings and its people."""

    @property
    def oncall(self) -> OnCallSettings: ...
    @property
    def is_active(self) -> bool: ...
    @property
    def timezone(self) -> str: ...
    @property
    def lead_people(self) -> tuple[str, ...]: ...
    @property
    def responder_people(self) -> tuple[str, ...]: ...
    @property
    def members(self) -> Mapping[str, tuple[str, ...]]: ...


@dataclass(frozen=True, slots=True)
class PageRecipients:
    """Whom a step pages. `empty` are targets without people at that moment; the leads are paged instead."""

    people: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    systems: tuple[str, ...] = ()
    empty: tuple[str, ...] = ()


def policy_for(phase: PagingPhase, ticket: Ticket, at: datetime) -> EscalationPolicy | None:
    """Return the first policy that fits a ticket; None when it must not page anyone."""
    is_waiting = ticket.status.is_open and ticket.status is not Status.DEFERRED
    if not (phase.is_active and is_waiting and ticket.report.type.is_work):
        return None
    return next((p for p in phase.oncall.policies or (DEFAULT_POLICY,) if _matches(p, phase, ticket, at)), None)


def manual_policy(phase: PagingPhase) -> EscalationPolicy:
    """Return the policy for an escalation that a person requests: that of critical tickets, or the first."""
    every = phase.oncall.policies or (DEFAULT_POLICY,)
    return next(
        (policy for policy in every if not policy.severities or Severity.CRITICAL in policy.severities), every[0]
    )


def applies_to(policy: EscalationPolicy, severity: Severity) -> bool:
    return not policy.severities or severity in policy.severities


def rota_schedule(phase: PagingPhase, name: str, overrides: OverridesByRota) -> RotaSchedule | None:
    """Return the rota with that name, or the first one for ""; None when there is none."""
    rota = next((rota for rota in phase.oncall.rotas if name in ("", rota.name)), None)
    if rota is None:
        return None
    return RotaSchedule(
        rota=rota, zone=phase.timezone, roster=phase.oncall.roster, overrides=tuple(overrides.get(rota.name, ()))
    )


def on_call(phase: PagingPhase, overrides: OverridesByRota, at: datetime) -> tuple[str, ...]:
    """Return everyone who is on call in any rota at that moment, without shadows."""
    found = (rota_schedule(phase, rota.name, overrides) for rota in phase.oncall.rotas)
    return tuple(dict.fromkeys(person for one in found if one and (person := one.at(at).person)))


def recipients(
    phase: PagingPhase, ticket: Ticket, step: EscalationStep, overrides: OverridesByRota, at: datetime
) -> PageRecipients:
    """Return whom a step pages, each once; for a private ticket only the leads and the owner."""
    people: dict[str, None] = {}
    empty = []
    for target in step.targets:
        if is_channel(target) or target.startswith(SYSTEMS):
            continue
        found = _people(phase, ticket, target, overrides, at)
        people |= dict.fromkeys(found)
        empty += [] if found or target == "owner" else [target]
    people |= dict.fromkeys(phase.lead_people if empty else ())
    if ticket.private:
        return PageRecipients(tuple(dict.fromkeys([*phase.lead_people, *filter(None, [ticket.owner])])))
    channels = tuple(filter(is_channel, step.targets))
    systems = tuple(t for t in step.targets if t.startswith(SYSTEMS))
    return PageRecipients(tuple(people), channels, systems, tuple(empty))


def _people(phase: PagingPhase, ticket: Ticket, target: str, overrides: OverridesByRota, at: datetime) -> Iterable[str]:
    kind, _, name = target.partition(":")
    if is_person(target):
        return (target,)
    if is_group(target):
        return phase.members.get(target, ())
    match kind:
        case "leads":
            return phase.lead_people
        case "responders":
            return phase.responder_people
        case "owner":
            return (ticket.owner,) if ticket.owner else ()
    on = rota_schedule(phase, name, overrides)
    who = on.at(at) if on else None
    return tuple(filter(None, (who.person, *who.shadows))) if who and who.person else ()


def _matches(policy: EscalationPolicy, phase: PagingPhase, ticket: Ticket, at: datetime) -> bool:
    module = ticket.report.module
    calendar = WorkCalendar.read(policy.days, policy.hours, policy.timezone or phase.timezone)
    return (
        applies_to(policy, ticket.severity)
        and (not policy.modules or any(under(module, wanted) for wanted in policy.modules))
        and calendar.includes(at)
    )
