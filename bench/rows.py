"""What a measurement ends in: a row with its goal beside it, and the statistics that lead there."""

import json
import statistics
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

ROUNDS = 5  # A B A B …; a ratio is the median of the rounds' own ratios, so that slow minutes hit both sides
P99 = 0.99
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """`why` is the explanation that is shown when the goal is missed."""

    goal: str
    what: str
    measured: float
    limit: float
    at_least: bool = False
    unit: str = ""
    detail: str = ""
    why: str = ""

    @property
    def met(self) -> bool:
        return self.measured >= self.limit if self.at_least else self.measured <= self.limit

    def as_json(self) -> str:
        """Return the row as one line of JSON; a goal that is missed says why."""
        values = {"goal": self.goal, "what": self.what, "measured": round(self.measured, 4), "limit": self.limit,
                  "met": self.met, "sign": self.sign, "unit": self.unit.strip(), "detail": self.detail,
                  "why": "" if self.met else self.why}  # fmt: skip
        return json.dumps(values, ensure_ascii=False)

    @property
    def sign(self) -> str:
        return "≥" if self.at_least else "≤"


def median(values: Sequence[float]) -> float:
    return statistics.median(values)


def quantile(values: Sequence[float], q: float) -> float:
    """The value that a share of `q` does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(q * len(ordered)))]


def ratio(ours: Sequence[float], floor: Sequence[float]) -> float:
    """The median of the rounds' ratios."""
    return median([a / b for a, b in zip(ours, floor, strict=True)])


def ms(seconds: float) -> str:
    return f"{seconds * 1000:.2f} ms"


async def interleaved(*sides: Callable[[], Awaitable[T]], rounds: int = ROUNDS) -> list[list[T]]:
    """Each side's results, round by round: A B A B …"""
    results: list[list[T]] = [[] for _ in sides]
    for _ in range(rounds):
        for side, mine in zip(sides, results, strict=True):
            mine.append(await side())
    return results
