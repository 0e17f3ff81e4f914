"""The seven aspects of success, and which types of reports concern which aspect."""

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


ASPECTS: Mapping[TicketType, tuple[Aspect, ...]] = {
    TicketType.NONE: (Aspect.STABILITY,),
    TicketType.BUG: (Aspect.STABILITY, Aspect.COST),
    TicketType.PERFORMANCE: (Aspect.STABILITY, Aspect.EFFICIENCY),
    TicketType.USABILITY: (Aspect.ADOPTION, Aspect.EFFICIENCY),
    TicketType.TRAINING_GAP: (Aspect.ADOPTION, Aspect.FUTURE),
    TicketType.FEATURE_REQUEST: (Aspect.VALUE, Aspect.FUTURE),
    TicketType.SECURITY: (Aspect.SECURITY,),
    TicketType.QUESTION: (Aspect.ADOPTION,),
    TicketType.PRAISE: (Aspect.ADOPTION, Aspect.VALUE),
    TicketType.GATEWAY_PERFORMANCE: (Aspect.STABILITY, Aspect.EFFICIENCY),
    TicketType.GATEWAY_SECURITY: (Aspect.SECURITY,),
    TicketType.GATEWAY_ROUTING: (Aspect.STABILITY,),
    TicketType.GATEWAY_MANAGEMENT: (Aspect.EFFICIENCY,),
    TicketType.AI_ACCURACY: (Aspect.VALUE, Aspect.ADOPTION),
    TicketType.AI_COST: (Aspect.COST, Aspect.EFFICIENCY),
    TicketType.AI_PROMPTS: (Aspect.VALUE, Aspect.FUTURE),
    TicketType.AI_SECURITY: (Aspect.SECURITY,),
    TicketType.AI_INTEGRATION: (Aspect.STABILITY,),
    TicketType.API_DESIGN: (Aspect.EFFICIENCY, Aspect.FUTURE),
    TicketType.API_ACCESS: (Aspect.SECURITY,),
    TicketType.API_VERSIONING: (Aspect.STABILITY, Aspect.FUTURE),
    TicketType.API_DOCUMENTATION: (Aspect.ADOPTION, Aspect.FUTURE),
}


@dataclass(frozen=True, slots=True)
class ImpactRow:
    """An aspect: the number of reports about it, how many are resolved, and a figure as evidence."""

    aspect: Aspect
    reports: int
    resolved: int
    evidence: str


def impact_rows(by_type: Mapping[str, Cohort], praise: int, evidence: Mapping[Aspect, str]) -> list[ImpactRow]:
    """Return all seven aspects in their order. A report can concern several."""
    found = []
    for aspect in Aspect:
        kinds = [kind for kind, aspects in ASPECTS.items() if aspect in aspects]
        cohorts = [by_type[kind.value] for kind in kinds if kind.value in by_type]
        praise_count = praise if TicketType.PRAISE in kinds else 0
        reports = sum(one.opened for one in cohorts) + praise_count
        resolved = sum(sum(one.resolved_after.values()) for one in cohorts)
        found.append(ImpactRow(aspect, reports, resolved, evidence.get(aspect, "")))
    return found
