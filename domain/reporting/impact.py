"""What a hypercare phase contributes to: the seven aspects of success, and which kinds of reports speak of which."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from domain.reporting.figures import Cohort
from domain.tickets.types import TicketType


class Aspect(StrEnum):
    STABILITY = "Stability"
    ADOPTION = "Adoption"
    EFFICIENCY = "Efficiency"
    SECURITY = "Security and compliance"
    COST = "Cost"
    VALUE = "Business value"
    FUTURE = "Future projects"


A = Aspect
ASPECTS: Mapping[TicketType, tuple[Aspect, ...]] = {
    TicketType.BUG: (A.STABILITY, A.COST),
    TicketType.PERFORMANCE: (A.STABILITY, A.EFFICIENCY),
    TicketType.USABILITY: (A.ADOPTION, A.EFFICIENCY),
    TicketType.TRAINING_GAP: (A.ADOPTION, A.FUTURE),
    TicketType.FEATURE_REQUEST: (A.VALUE, A.FUTURE),
    TicketType.SECURITY: (A.SECURITY,),
    TicketType.QUESTION: (A.ADOPTION,),
    TicketType.PRAISE: (A.ADOPTION, A.VALUE),
    TicketType.GATEWAY_PERFORMANCE: (A.STABILITY, A.EFFICIENCY),
    TicketType.GATEWAY_SECURITY: (A.SECURITY,),
    TicketType.GATEWAY_ROUTING: (A.STABILITY,),
    TicketType.GATEWAY_MANAGEMENT: (A.EFFICIENCY,),
    TicketType.AI_ACCURACY: (A.VALUE, A.ADOPTION),
    TicketType.AI_COST: (A.COST, A.EFFICIENCY),
    TicketType.AI_PROMPTS: (A.VALUE, A.FUTURE),
    TicketType.AI_SECURITY: (A.SECURITY,),
    TicketType.AI_INTEGRATION: (A.STABILITY,),
    TicketType.API_DESIGN: (A.EFFICIENCY, A.FUTURE),
    TicketType.API_ACCESS: (A.SECURITY,),
    TicketType.API_VERSIONING: (A.STABILITY, A.FUTURE),
    TicketType.API_DOCUMENTATION: (A.ADOPTION, A.FUTURE),
}


@dataclass(frozen=True, slots=True)
class ImpactRow:
    """An aspect: how many reports spoke of it, how many of them are resolved, and a figure that shows it."""

    aspect: Aspect
    reports: int
    resolved: int
    evidence: str


def impact_rows(by_type: Mapping[str, Cohort], praise: int, evidence: Mapping[Aspect, str]) -> list[ImpactRow]:
    """All seven, in their order. A report may speak of several."""
    found = []
    for aspect in Aspect:
        kinds = [kind for kind, aspects in ASPECTS.items() if aspect in aspects]
        cohorts = [by_type[kind.value] for kind in kinds if kind.value in by_type]
        thanked = praise if TicketType.PRAISE in kinds else 0
        reports = sum(one.opened for one in cohorts) + thanked
        resolved = sum(sum(one.resolved.values()) for one in cohorts)
        found.append(ImpactRow(aspect, reports, resolved, evidence.get(aspect, "")))
    return found
