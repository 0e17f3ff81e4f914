"""Whether a phase is ready to end: gates that must all pass, and a score of pessimistic bounds.

The upper bound of a rate from c events in w days is chi-square(0.95; 2c + 2) / 2w (Garwood 1936), which is the mean
at which c or fewer events have a probability of 5 %.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from domain.statistics.distributions import poisson_at_most

MIN_SCORE, FALL_BACK_SCORE = 80.0, 70.0
GOOD_DAYS = 3  # working days in a row before an exit is proposed
MIN_COVERAGE = 0.70  # share of the weights that must be measured
QUIET_DAYS = 5  # working days without an open critical ticket
HIGH_DAYS = 3  # working days that a high ticket may go without a workaround
PERCENT = 95


class Gate(StrEnum):
    """A condition of the exit. Each can be waived, with a reason that is printed."""

    CRITICALS = "criticals"
    CRITICAL_RATE = "critical_rate"
    FIRST_RUNS = "first_runs"
    HANDOVER = "handover"
    HIGHS = "highs"
    OWNERS = "owners"

    @property
    def label(self) -> str:
        return {
            Gate.CRITICALS: f"No open critical ticket for {QUIET_DAYS} working days",
            Gate.CRITICAL_RATE: "New critical tickets are rare",
            Gate.FIRST_RUNS: "First runs are accepted",
            Gate.HANDOVER: "The run organization accepted the handover",
            Gate.HIGHS: f"No high ticket without a workaround for more than {HIGH_DAYS} working days",
            Gate.OWNERS: "Every open ticket has an owner",
        }[self]


class Measure(StrEnum):
    """A part of the score."""

    REMAINING = "remaining"
    NET_FLOW = "net_flow"
    SLA = "sla"
    SATISFACTION = "satisfaction"
    FIXES = "fixes"
    ADOPTION = "adoption"
    KNOWLEDGE = "knowledge"
    TRANSFER = "transfer"

    @property
    def label(self) -> str:
        return {
            Measure.REMAINING: "New defects a day, by the more pessimistic model",
            Measure.NET_FLOW: "Share of closed tickets among opened and closed ones",
            Measure.SLA: "SLA targets met",
            Measure.SATISFACTION: "Satisfaction",
            Measure.FIXES: "Fixes that failed",
            Measure.ADOPTION: "Adoption",
            Measure.KNOWLEDGE: "Known issues with an article",
            Measure.TRANSFER: "First runs and handover accepted",
        }[self]

    @property
    def is_share(self) -> bool:
        return self is not Measure.REMAINING


@dataclass(frozen=True, slots=True)
class Scale:
    """The weight of a measure, the value that gives nothing, and the one that gives all of it."""

    weight: float
    bad: float
    good: float

    def score(self, value: float) -> float:
        """From 0 to 1."""
        return min(1.0, max(0.0, (value - self.bad) / (self.good - self.bad)))


def scales(defect_rate: float) -> Mapping[Measure, Scale]:
    """Return the scale of each measure; the bound of a measured share is compared with it, never the share itself."""
    return {
        Measure.REMAINING: Scale(0.20, 4 * defect_rate, defect_rate),
        Measure.NET_FLOW: Scale(0.15, 0.20, 0.40),
        Measure.SLA: Scale(0.15, 0.50, 0.85),
        Measure.SATISFACTION: Scale(0.15, 0.40, 0.70),
        Measure.FIXES: Scale(0.10, 0.40, 0.15),
        Measure.ADOPTION: Scale(0.10, 0.50, 0.90),
        Measure.KNOWLEDGE: Scale(0.05, 0.0, 0.80),
        Measure.TRANSFER: Scale(0.10, 0.0, 1.0),
    }


@dataclass(frozen=True, slots=True)
class GateResult:
    """Whether a gate holds, with the reason in words; `waiver` is the reason for which it was waived.

    `value` is what was counted: tickets or first runs in the way, the upper bound of the rate, or handovers left.
    """

    gate: Gate
    value: float
    holds: bool
    reason: str
    waiver: str = ""

    @property
    def passes(self) -> bool:
        return self.holds or bool(self.waiver)


@dataclass(frozen=True, slots=True, kw_only=True)
class Readiness:
    """The readiness of a phase on one day: gates, and the pessimistic bound of each measure that has data."""

    gates: Sequence[GateResult]
    measures: Mapping[Measure, float]
    scale: Mapping[Measure, Scale]
    missing: Mapping[Measure, str] = field(default_factory=dict)  # why a measure has no value, in words

    @property
    def coverage(self) -> float:
        """The share of the weights that is measured."""
        return sum(self.scale[one].weight for one in self.measures) / sum(s.weight for s in self.scale.values())

    @property
    def score(self) -> float | None:
        """From 0 to 100; None while too little is measured."""
        if self.coverage < MIN_COVERAGE - 1e-9:
            return None
        weight = sum(self.scale[one].weight for one in self.measures)
        return 100 * sum(self.scale[one].weight * self.scale[one].score(x) for one, x in self.measures.items()) / weight

    @property
    def passes(self) -> bool:
        return all(gate.passes for gate in self.gates)

    @property
    def most_helpful(self) -> tuple[Measure, float] | None:
        """Return the measure that would raise the score most, and by how many points; None if there is none."""
        weight = sum(self.scale[one].weight for one in self.measures)
        gains = {one: 100 * self.scale[one].weight * (1 - self.scale[one].score(value)) / weight
                 for one, value in self.measures.items()}  # fmt: skip
        best = max(gains, key=lambda one: (gains[one], one.value), default=None)
        return (best, gains[best]) if best and gains[best] > 0 else None


@dataclass(frozen=True, slots=True)
class ReadinessDay:
    """What is kept of a day: its score, or None while it was not measurable, and whether all gates passed."""

    on: date
    score: float | None
    passes: bool

    @property
    def is_good(self) -> bool:
        return self.passes and self.score is not None and self.score >= MIN_SCORE

    @property
    def is_bad(self) -> bool:
        return not self.passes or self.score is None or self.score < FALL_BACK_SCORE


def is_proposed(days: Sequence[ReadinessDay]) -> bool:
    """Return whether an exit is proposed after these working days, oldest first.

    It is proposed after three good days in a row, and until a bad one.
    """
    proposed, good = False, 0
    for one in days:
        good = good + 1 if one.is_good else 0
        proposed = good >= GOOD_DAYS or (proposed and not one.is_bad)
    return proposed


def upper_rate(count: int, days: float) -> float:
    """Return the one-sided 95 % upper bound of the daily rate of events that were counted in so many days."""
    low, high = 0.0, 3.0 + 2 * count + 20
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if poisson_at_most(count, middle) > 1 - PERCENT / 100 else (low, middle)
    return high / days
