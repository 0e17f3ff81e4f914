"""What a hypercare phase contributes to: the seven aspects of success, and which kinds of reports speak of which."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from domain.reporting.figures import Cohort
from domain.tickets.types import Type


class Aspect(StrEnum):
    STABILITY = "Stability"
    ADOPTION = "Adoption"
    EFFICIENCY = "Efficiency"
    SECURITY = "Security and compliance"
    COST = "Cost"
    VALUE = "Business value"
    FUTURE = "Future projects"


A = Aspect
ASPECTS: Mapping[Type, tuple[Aspect, ...]] = {
    Type.BUG: (A.STABILITY, A.COST), Type.PERFORMANCE: (A.STABILITY, A.EFFICIENCY),
    Type.USABILITY: (A.ADOPTION, A.EFFICIENCY), Type.TRAINING_GAP: (A.ADOPTION, A.FUTURE),
    Type.FEATURE_REQUEST: (A.VALUE, A.FUTURE), Type.SECURITY: (A.SECURITY,), Type.QUESTION: (A.ADOPTION,),
    Type.PRAISE: (A.ADOPTION, A.VALUE), Type.GATEWAY_PERFORMANCE: (A.STABILITY, A.EFFICIENCY),
    Type.GATEWAY_SECURITY: (A.SECURITY,), Type.GATEWAY_ROUTING: (A.STABILITY,),
    Type.GATEWAY_MANAGEMENT: (A.EFFICIENCY,), Type.AI_ACCURACY: (A.VALUE, A.ADOPTION),
    Type.AI_COST: (A.COST, A.EFFICIENCY), Type.AI_PROMPTS: (A.VALUE, A.FUTURE), Type.AI_SECURITY: (A.SECURITY,),
    Type.AI_INTEGRATION: (A.STABILITY,), Type.API_DESIGN: (A.EFFICIENCY, A.FUTURE), Type.API_ACCESS: (A.SECURITY,),
    Type.API_VERSIONING: (A.STABILITY, A.FUTURE), Type.API_DOCUMENTATION: (A.ADOPTION, A.FUTURE),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """An aspect: how many reports spoke of it, how many of them are resolved, and a figure that shows it."""

    aspect: Aspect
    reports: int
    resolved: int
    evidence: str


def rows(by_type: Mapping[str, Cohort], praise: int, evidence: Mapping[Aspect, str]) -> list[Row]:
    """All seven, in their order. A report may speak of several."""
    found = []
    for aspect in Aspect:
        kinds = [kind for kind, aspects in ASPECTS.items() if aspect in aspects]
        cohorts = [by_type[kind.value] for kind in kinds if kind.value in by_type]
        thanked = praise if Type.PRAISE in kinds else 0
        reports = sum(one.opened for one in cohorts) + thanked
        resolved = sum(sum(one.resolved.values()) for one in cohorts)
        found.append(Row(aspect, reports, resolved, evidence.get(aspect, "")))
    return found
