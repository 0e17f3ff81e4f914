"""API governance: tickets and measures rolled up to policies, and which gaps are systemic."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from domain.gateways.call import Outcome
from domain.gateways.paths import path_of
from domain.gateways.targets import Attainment
from domain.gateways.traffic import OTHER
from domain.statistics.intervals import wilson_interval
from domain.tables import check_complete
from domain.tickets.types import TicketType

SYSTEMIC_FROM = 3  # APIs or endpoints; fewer is a local problem
TOO_MANY = 0.05  # of an endpoint's requests, at the lower bound
VERSION = re.compile(r"/v(\d+)(?=[./]|$)")


class ApiPolicy(StrEnum):
    """What API governance is about."""

    DESIGN = "design"
    ACCESS = "access"
    VERSIONING = "versioning"
    DOCUMENTATION = "documentation"
    PERFORMANCE = "performance"

    @property
    def label(self) -> str:
        return LABELS[self]


LABELS = {
    ApiPolicy.DESIGN: "Design standards", ApiPolicy.ACCESS: "Access control",
    ApiPolicy.VERSIONING: "Versioning and deprecation", ApiPolicy.DOCUMENTATION: "Discovery and documentation",
    ApiPolicy.PERFORMANCE: "Performance and availability",
}  # fmt: skip
check_complete(ApiPolicy, LABELS)
POLICY_OF = {
    TicketType.API_DESIGN: ApiPolicy.DESIGN, TicketType.GATEWAY_MANAGEMENT: ApiPolicy.DESIGN,
    TicketType.GATEWAY_ROUTING: ApiPolicy.DESIGN, TicketType.API_ACCESS: ApiPolicy.ACCESS,
    TicketType.GATEWAY_SECURITY: ApiPolicy.ACCESS, TicketType.API_VERSIONING: ApiPolicy.VERSIONING,
    TicketType.API_DOCUMENTATION: ApiPolicy.DOCUMENTATION, TicketType.GATEWAY_PERFORMANCE: ApiPolicy.PERFORMANCE,
    TicketType.PERFORMANCE: ApiPolicy.PERFORMANCE,
}  # fmt: skip
SUBJECTS = ("api", "endpoint")  # fields that say which API a ticket is about


@dataclass(frozen=True, slots=True)
class GovernanceTicket:
    """A ticket about an API: its type, which API or endpoint it names or "", and whether it is open."""

    type: TicketType
    subject: str
    is_open: bool


@dataclass(frozen=True, slots=True)
class PolicyAudit:
    """What is known of one policy: tickets, and the APIs and endpoints of which a ticket or a measure says so."""

    policy: ApiPolicy
    tickets: int
    open_tickets: int
    measured: Sequence[str]  # endpoints whose figures break the policy
    named: Sequence[str]  # APIs and endpoints that tickets name

    @property
    def subjects(self) -> int:
        return len({*self.measured, *self.named})

    @property
    def is_systemic(self) -> bool:
        return self.subjects >= SYSTEMIC_FROM


@dataclass(frozen=True, slots=True)
class ApiReport:
    """What a report says of APIs: policies, the busiest endpoints with their requests, and how far targets are met.

    It is of the last 28 days.
    """

    policies: Sequence[PolicyAudit]
    endpoints: Sequence[tuple[str, Counter[Outcome]]]
    targets: Sequence[Attainment]


def audit(
    tickets: Iterable[GovernanceTicket], outcomes: Mapping[str, Counter[Outcome]], targets: Iterable[Attainment]
) -> list[PolicyAudit]:
    """Return each policy with what is known of it, the widest gap first."""
    by_policy: dict[ApiPolicy, list[GovernanceTicket]] = {policy: [] for policy in ApiPolicy}
    for ticket in tickets:
        # Performance is about an API only where an endpoint is named.
        if ticket.type in POLICY_OF and (ticket.subject or ticket.type is not TicketType.PERFORMANCE):
            by_policy[POLICY_OF[ticket.type]].append(ticket)
    known = {name: found for name, found in outcomes.items() if name != OTHER}
    measured = {
        ApiPolicy.DESIGN: (),
        ApiPolicy.ACCESS: _with_many(known, Outcome.AUTH_FAILED),
        ApiPolicy.VERSIONING: _superseded(known),
        ApiPolicy.DOCUMENTATION: _with_many(known, Outcome.REFUSED),
        ApiPolicy.PERFORMANCE: sorted({one.goal.endpoint for one in targets if one.is_met is False}),
    }
    check_complete(ApiPolicy, measured)
    found = [_policy(policy, mine, measured[policy]) for policy, mine in by_policy.items()]
    return sorted(found, key=lambda one: (-one.subjects, -one.tickets))


def _policy(policy: ApiPolicy, tickets: Sequence[GovernanceTicket], measured: Sequence[str]) -> PolicyAudit:
    named = sorted({ticket.subject for ticket in tickets if ticket.subject})
    return PolicyAudit(policy, len(tickets), sum(ticket.is_open for ticket in tickets), measured, named)


def _with_many(outcomes: Mapping[str, Counter[Outcome]], which: Outcome) -> Sequence[str]:
    """Return the endpoints at which too many requests end so, by the lower bound of their share."""
    return sorted(name for name, found in outcomes.items()
                  if wilson_interval(found[which], found.total()).low >= TOO_MANY)  # fmt: skip


def _superseded(endpoints: Iterable[str]) -> Sequence[str]:
    """Return the endpoints that are still called although a newer version of the same path is called too."""
    newest: dict[str, int] = {}
    versions = [(name, VERSION.search(path_of(name))) for name in endpoints]
    numbered = [(name, VERSION.sub("/v", name, count=1), int(found[1])) for name, found in versions if found]
    for _, path, number in numbered:
        newest[path] = max(number, newest.get(path, number))
    return sorted(name for name, path, number in numbered if number < newest[path])
