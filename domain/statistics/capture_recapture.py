"""Estimate how many defects are still unreported, from how often users and testers reported the same ones.

Chapman's estimator for capture-recapture (1951), which is nearly unbiased, with the standard error of Seber (1970).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from math import sqrt

MIN_FOUND_BY_BOTH = 3  # with fewer the estimate is not reliable


@dataclass(frozen=True, slots=True)
class UndetectedDefects:
    """The estimated number of defects in `total`, with its standard error, and how many each side reported."""

    users: int
    testers: int
    both: int
    total: float
    standard_error: float

    @property
    def known(self) -> int:
        return self.users + self.testers - self.both

    @property
    def undetected(self) -> float:
        return max(0.0, self.total - self.known)


def chapman(users: int, testers: int, both: int) -> UndetectedDefects | None:
    """Estimate the number of defects from how many each side and both found; None when both found too few."""
    if both < MIN_FOUND_BY_BOTH:
        return None
    total = (users + 1) * (testers + 1) / (both + 1) - 1
    variance = (users + 1) * (testers + 1) * (users - both) * (testers - both) / ((both + 1) ** 2 * (both + 2))
    return UndetectedDefects(users, testers, both, total, sqrt(variance))


def estimate_undetected(found: Iterable[Iterable[str]], testers: Iterable[str]) -> UndetectedDefects | None:
    """The same from the people who reported each defect; everyone who is not a tester counts as a user."""
    sides, known = [], frozenset(testers)
    for people in found:
        reporters = frozenset(people)
        sides.append((bool(reporters - known), bool(reporters & known)))
    return chapman(sum(user for user, _ in sides), sum(tester for _, tester in sides), sum(a and b for a, b in sides))
