"""Calls of models added up by the hour: calls, tokens, cost, times, and answers that were accepted."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from typing import NamedTuple

from domain.gateways.ai_call import AiCall, AiOutcome
from domain.gateways.latency import LatencySketch, as_kept
from domain.gateways.traffic import EARLY, LATE, OTHER

NEARLY = 0.8  # of a budget, at which it is told of
MAX_USES = 300  # of a phase in an hour; what comes then shares one for each model


class AiUse(NamedTuple):
    """Who calls which model with which prompt; "" where it is not known."""

    provider: str
    model: str
    team: str
    consumer: str
    prompt: str

    def shared(self) -> "AiUse":
        return AiUse(self.provider, self.model, OTHER, OTHER, OTHER)


@dataclass(slots=True)
class AiSums:
    """Calls that were added up. Squares are kept for the bounds of means; times are in milliseconds."""

    outcomes: Counter[AiOutcome] = field(default_factory=Counter)
    tokens_in: int = 0
    tokens_out: int = 0
    priced: int = 0  # calls whose cost is known
    cost: float = 0.0
    cost_squares: float = 0.0
    ms_squares: float = 0.0
    accepted: int = 0
    rejected: int = 0
    latency: LatencySketch = field(default_factory=LatencySketch)

    @property
    def calls(self) -> int:
        return self.outcomes.total()

    @property
    def failed(self) -> int:
        return self.calls - self.outcomes[AiOutcome.OK]

    def add(self, call: AiCall) -> None:
        if call.outcome is not None:
            self.outcomes[call.outcome] += 1
        self.tokens_in += call.tokens_in
        self.tokens_out += call.tokens_out
        if call.cost is not None and call.outcome is not None:
            self.priced += 1
            self.cost += call.cost
            self.cost_squares += call.cost**2
        if call.ms is not None and call.ms >= 0:
            ms = as_kept(call.ms)
            self.latency.add(ms)
            self.ms_squares += ms**2
        self.accepted += call.accepted is True
        self.rejected += call.accepted is False

    def merge(self, other: "AiSums") -> None:
        self.outcomes.update(other.outcomes)
        self.tokens_in += other.tokens_in
        self.tokens_out += other.tokens_out
        self.priced += other.priced
        self.cost += other.cost
        self.cost_squares += other.cost_squares
        self.ms_squares += other.ms_squares
        self.accepted += other.accepted
        self.rejected += other.rejected
        self.latency.merge(other.latency)


AiUsage = dict[tuple[datetime, AiUse], AiSums]


def add_up_calls(pieces: Iterable[Iterable[AiCall]], now: datetime) -> AiUsage:
    """Add calls up by the hour. A time that can't be right counts as now."""
    found: AiUsage = {}
    for call in chain.from_iterable(pieces):
        at = call.at if call.at and now - LATE <= call.at <= now + EARLY else now
        hour = min(at, now).replace(minute=0, second=0, microsecond=0)
        use = AiUse(call.provider, call.model, call.team, call.consumer, call.prompt)
        found.setdefault((hour, use), AiSums()).add(call)
    return found


def total_of(parts: Iterable[AiSums]) -> AiSums:
    """Return the sum of sums."""
    total = AiSums()
    for one in parts:
        total.merge(one)
    return total
