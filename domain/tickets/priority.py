"""Priority: which ticket matters most, and why, from severity, reach, consequence, urgency and frequency.

Impact combines severity, reach and business consequence, frequency lets the common small fault outrank the rare large
one, effort only orders equals. Criticals come first.
"""

import math
from dataclasses import dataclass
from enum import StrEnum

from domain.tickets.ticket import Severity

SEVERITY = {Severity.CRITICAL: 1.0, Severity.HIGH: 0.7, Severity.MEDIUM: 0.4, Severity.LOW: 0.15}
OFTEN = 20.0  # occurrences a day that count in full
FEW_USERS = 20  # assumed when the phase does not say how many people use the system


class Urgency(StrEnum):
    NOW = "now"
    SOON = "soon"
    LATER = "later"

    @property
    def label(self) -> str:
        return {"now": "It can't wait", "soon": "Within days", "later": "It can wait"}[self.value]


class Consequence(StrEnum):
    """The cost to the business, in money or reputation."""

    NONE = "none"
    SOME = "some"
    SERIOUS = "serious"

    @property
    def label(self) -> str:
        return {"none": "Little or none", "some": "Some cost or annoyance",
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
    """Return the share of users affected, on a logarithmic scale from 0 to 1."""
    all_users = max(users, FEW_USERS)
    return min(1.0, math.log1p(max(affected, 0)) / math.log1p(all_users))


def impact(given: PriorityInputs) -> float:
    """Return severity, reach and business consequence combined, from 0 to 1."""
    unharmed = (1 - SEVERITY[given.severity]) * (1 - 0.6 * given.reach) * (1 - 0.6 * given.business)
    return 1 - unharmed


def frequency(rate: float) -> float:
    """Return the frequency from 0 to 1, which is reached at twenty occurrences a day."""
    return min(1.0, math.log1p(max(rate, 0.0)) / math.log1p(OFTEN))


def score(given: PriorityInputs) -> float:
    """Return the priority score, from 0 to 100."""
    return 100 * (0.5 * impact(given) + 0.2 * given.urgency + 0.3 * frequency(given.rate))


@dataclass(frozen=True, slots=True)
class Rank:
    """`priority` is the score from 0 to 100, `place` orders lists, highest first."""

    priority: float
    place: float


def rank(given: PriorityInputs, effort: str = "", *, is_deferred: bool = False) -> Rank:
    """Rank criticals first and deferred tickets last; among equals the smaller effort comes first."""
    points = score(given)
    size = Effort(effort).rank if effort else UNKNOWN_EFFORT
    above = (CRITICALS_FIRST if given.severity is Severity.CRITICAL else 0) - (DEFERRED_LAST if is_deferred else 0)
    return Rank(points, round(points, 4) + above - size * AMONG_EQUALS)


def parts(given: PriorityInputs) -> dict[str, float]:
    """Return the points of each input, largest first; they add up to the score.

    The points of severity, reach and business consequence are divided in proportion to what each gives alone.
    """
    alone = {
        "severity": SEVERITY[given.severity], "people affected": 0.6 * given.reach,
        "business consequence": 0.6 * given.business,
    }  # fmt: skip
    total = sum(alone.values())
    points = {name: 50 * impact(given) * share / total for name, share in alone.items()}
    points |= {"urgency": 20 * given.urgency, "frequency": 30 * frequency(given.rate)}
    return dict(sorted(points.items(), key=lambda item: -item[1]))
