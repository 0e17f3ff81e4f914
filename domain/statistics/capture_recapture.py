"""How many defects nobody has told of yet, from how often two independent kinds of people found the same ones.

Capture and recapture in Chapman's form (1951), which has next to no bias; its spread is Seber's (1970). When few are
found by both, nothing is said.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from math import sqrt

MIN_FOUND_BY_BOTH = 3  # found by both


@dataclass(frozen=True, slots=True)
class UndetectedDefects:
    """`total` defects there are about, give or take `spread` (a standard error); `seen` are known."""

    users: int
    testers: int
    both: int
    total: float
    spread: float

    @property
    def seen(self) -> int:
        return self.users + self.testers - self.both

    @property
    def hidden(self) -> float:
        return max(0.0, self.total - self.seen)


def chapman(users: int, testers: int, both: int) -> UndetectedDefects | None:
    """Of so many that users found, that testers found, and that both did; None when these are too few."""
    if both < MIN_FOUND_BY_BOTH:
        return None
    total = (users + 1) * (testers + 1) / (both + 1) - 1
    square = (users + 1) * (testers + 1) * (users - both) * (testers - both) / ((both + 1) ** 2 * (both + 2))
    return UndetectedDefects(users, testers, both, total, sqrt(square))


def estimate_undetected(found: Iterable[Iterable[str]], testers: Iterable[str]) -> UndetectedDefects | None:
    """From the people whom each defect concerns; everybody who is no tester is a user."""
    sides, known = [], frozenset(testers)
    for people in found:
        everybody = frozenset(people)
        sides.append((bool(everybody - known), bool(everybody & known)))
    return chapman(sum(user for user, _ in sides), sum(tester for _, tester in sides), sum(a and b for a, b in sides))
