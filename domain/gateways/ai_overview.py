"""What the page of an AI gateway shows: calls, cost and times by model and by team, budgets, and prompts compared."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from domain.gateways.ai_usage import AiSums, total_of
from domain.gateways.prompts import PromptComparison
from domain.gateways.settings import AiBudget

PERIODS = {"24h": timedelta(hours=24), "7d": timedelta(days=7), "28d": timedelta(days=28)}
USUAL_PERIOD = "7d"


@dataclass(frozen=True, slots=True, kw_only=True)
class AiOverview:
    """The calls of a period. `tickets` are the names of tickets about a version of a prompt."""

    phase: str
    key: str
    period: str
    models: Mapping[str, AiSums]
    teams: Mapping[str, AiSums]
    comparisons: Sequence[PromptComparison]
    tickets: Mapping[str, Sequence[str]]
    days: Mapping[date, AiSums]
    budgets: Sequence[tuple[AiBudget, float]]
    has_calls: bool

    @property
    def total(self) -> AiSums:
        return total_of(self.models.values())
