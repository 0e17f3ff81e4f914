"""Priority: which ticket matters most, and why, from what everybody has said about it.

Impact combines severity, reach and business consequence, frequency lets the common small fault outrank the rare large
one, effort only orders equals; a critical comes before everything that is not.
"""

import math
from dataclasses import dataclass
from enum import StrEnum

from domain.tickets.ticket import Severity

SEVERITY = {Severity.CRITICAL: 1.0, Severity.HIGH: 0.7, Severity.MEDIUM: 0.4, Severity.LOW: 0.15}
OFTEN = 20.0  # occurrences a day that count in full
FEW_USERS = 20  # a system of which nobody said how many people use it


class Urgency(StrEnum):
    NOW = "now"
    SOON = "soon"
    LATER = "later"

    @property
    def label(self) -> str:
        return {"now": "It cannot wait", "soon": "Within days", "later": "It can wait"}[self.value]


class Consequence(StrEnum):
    """What it costs the business, in money or in reputation."""

    NONE = "none"
    SOME = "some"
    SERIOUS = "serious"

    @property
    def label(self) -> str:
        return {"none": "None to speak of", "some": "Some cost or annoyance",
                "serious": "Serious: money, law or reputation"}[self.value]  # fmt: skip


class Effort(StrEnum):
    S = "S"
    M = "M"
    L = "L"
    XL = "XL"

    @property
    def label(self) -> str:
        return {"S": "S, hours", "M": "M, a day or two", "L": "L, a week", "XL": "XL, longer"}[self.value]

    @property
    def rank(self) -> int:
        return list(Effort).index(self)


URGENCY = {Urgency.NOW: 1.0, Urgency.SOON: 0.5, Urgency.LATER: 0.0}
CONSEQUENCE = {Consequence.SERIOUS: 1.0, Consequence.SOME: 0.5, Consequence.NONE: 0.0}
UNKNOWN_EFFORT = 1.5  # between M and L
CRITICALS_FIRST, DEFERRED_LAST, AMONG_EQUALS = 1000, 5000, 1e-5


@dataclass(frozen=True, slots=True, kw_only=True)
class PriorityInputs:
    """`reach`, `business` and `urgency` from 0 to 1; `rate` in occurrences a day."""

    severity: Severity
    reach: float = 0.0
    business: float = 0.0
    urgency: float = 0.0
    rate: float = 0.0


def reach(affected: int, users: int) -> float:
    """The share of the users affected, on a logarithmic scale; 1 at the most."""
    everybody = max(users, FEW_USERS)
    return min(1.0, math.log1p(max(affected, 0)) / math.log1p(everybody))


def impact(given: PriorityInputs) -> float:
    """From 0 to 1: what is left out by none of severity, reach and business consequence."""
    unhurt = (1 - SEVERITY[given.severity]) * (1 - 0.6 * given.reach) * (1 - 0.6 * given.business)
    return 1 - unhurt


def frequency(rate: float) -> float:
    """From 0 to 1, at twenty a day."""
    return min(1.0, math.log1p(max(rate, 0.0)) / math.log1p(OFTEN))


def score(given: PriorityInputs) -> float:
    """From 0 to 100."""
    return 100 * (0.5 * impact(given) + 0.2 * given.urgency + 0.3 * frequency(given.rate))


@dataclass(frozen=True, slots=True)
class Rank:
    """`priority` is the score from 0 to 100, `place` what lists are ordered by, the highest first."""

    priority: float
    place: float


def rank(given: PriorityInputs, effort: str = "", *, is_deferred: bool = False) -> Rank:
    """Rank criticals first and deferred tickets last; among equals the smaller effort comes first."""
    points = score(given)
    size = Effort(effort).rank if effort else UNKNOWN_EFFORT
    above = (CRITICALS_FIRST if given.severity is Severity.CRITICAL else 0) - (DEFERRED_LAST if is_deferred else 0)
    return Rank(points, round(points, 4) + above - size * AMONG_EQUALS)


def parts(given: PriorityInputs) -> dict[str, float]:
    """The points that each input brought, largest first; together they are the score.

    What severity, reach and business bring together is shared out by what each brings alone.
    """
    alone = {
        "severity": SEVERITY[given.severity], "people affected": 0.6 * given.reach,
        "business consequence": 0.6 * given.business,
    }  # fmt: skip
    total = sum(alone.values())
    points = {name: 50 * impact(given) * share / total for name, share in alone.items()}
    points |= {"urgency": 20 * given.urgency, "frequency": 30 * frequency(given.rate)}
    return dict(sorted(points.items(), key=lambda item: -item[1]))
