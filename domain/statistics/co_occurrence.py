"""Which types of reports come at the same time as each other more often than by chance.

Types that come by the clock, or that all become fewer after a go-live, would seem to go together. So one of the two has
its days shuffled within each week, working days among themselves: the hours of the day, the week and the trend stay as
they are, and only what the two have to do with each other is lost (a restricted permutation test; Good 2005).
"""

from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from itertools import combinations
from random import Random

from domain.statistics.concentration import benjamini_hochberg

SLOT_HOURS = 2  # of a slot, in which two reports count as at the same time
MIN_SHARED_SLOTS = 3  # slots with both; fewer say nothing
MAX_PERMUTATIONS = 1999  # so that the smallest chance can hold among two hundred pairs
MAX_EXCEEDANCES = 40  # shuffles as good as what happened, after which nothing can come of it any more
FIRST_WEEKEND_DAY = 5  # the weekday with which it begins


@dataclass(frozen=True, slots=True)
class TypePair:
    """Two types that came in the same two hours `count` times, where `expected` would be usual."""

    one: str
    other: str
    count: int
    expected: float
    chance: float


def co_occurring_types(reports: Iterable[tuple[datetime, str]], days: Sequence[date]) -> list[TypePair]:
    """Types that go together, of (local time, type) a report, the most surprising first; only those days count."""
    place, slots = {on: n for n, on in enumerate(days)}, dict[str, list[int]]()
    for at, kind in reports:
        if (n := place.get(at.date())) is not None:
            slots.setdefault(kind, [0] * len(days))[n] |= 1 << at.hour // SLOT_HOURS  # a bit for each part of a day
    tried = [pair for one, other in combinations(sorted(slots), 2)
             if (pair := _test_pair((one, other), slots, tuple(days)))]  # fmt: skip
    found = benjamini_hochberg(tried, [pair.chance for pair in tried])
    return sorted(found, key=lambda pair: (pair.chance, -pair.count, pair.one, pair.other))


def _test_pair(names: tuple[str, str], slots: Mapping[str, Sequence[int]], days: tuple[date, ...]) -> TypePair | None:
    """None when they met too rarely to say anything."""
    mine, theirs = (slots[name] for name in names)
    count = sum((a & b).bit_count() for a, b in zip(mine, theirs, strict=True))
    if count < MIN_SHARED_SLOTS:
        return None
    common = [(a & b).bit_count() for a in mine for b in theirs]  # of each day with each other, row by row
    expected = sum(sum(common[a * len(days) + b] for a in some for b in some) / len(some) for some in _strata(days))
    as_good = shuffles = 0
    for order in _permutations(days):
        if as_good == MAX_EXCEEDANCES:
            break
        shuffles += 1
        as_good += sum(map(common.__getitem__, order)) >= count
    return TypePair(*names, count, expected, (1 + as_good) / (1 + shuffles))


def _strata(days: Sequence[date]) -> list[list[int]]:
    """Days that may take each other's place: working days of a week, and its weekend."""
    found: dict[tuple[int, int, bool], list[int]] = {}
    for n, on in enumerate(days):
        year, week, _ = on.isocalendar()
        found.setdefault((year, week, on.weekday() >= FIRST_WEEKEND_DAY), []).append(n)
    return [*found.values()]


@lru_cache(maxsize=1)
def _permutations(days: tuple[date, ...]) -> list["array[int]"]:
    """Where each day's partner stands in a table of days by days, for each shuffle; the same for all pairs."""
    strata, chance = _strata(days), Random(1)  # noqa: S311 - the same data give the same answer
    return [array("H", (a * len(days) + b for some in strata
                        for a, b in zip(some, chance.sample(some, len(some)), strict=True)))
            for _ in range(MAX_PERMUTATIONS)]  # fmt: skip
