"""Find types of reports that occur at the same time more often than by chance.

A restricted permutation test (Good 2005). Types that follow the time of day, or that all decline after a go-live, would
seem to be related. So the days of one type are shuffled within each week, working days and weekends apart: the daily
rhythm, the week and the trend stay, and only the relation between the two types is lost.
"""

from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from itertools import combinations
from random import Random

from domain.statistics.concentration import benjamini_hochberg

SLOT_HOURS = 2  # two reports in the same slot count as simultaneous
MIN_SHARED_SLOTS = 3  # slots with both types; fewer show nothing
MAX_PERMUTATIONS = 1999  # so that the smallest p-value can stand among two hundred pairs
MAX_EXCEEDANCES = 40  # permutations at least as extreme, after which the pair cannot become significant
FIRST_WEEKEND_DAY = 5  # Saturday; Monday is 0


@dataclass(frozen=True, slots=True)
class TypePair:
    """Two types that shared a two-hour slot `count` times where `expected` would be by chance."""

    one: str
    other: str
    count: int
    expected: float
    p_value: float


def co_occurring_types(reports: Iterable[tuple[datetime, str]], days: Sequence[date]) -> list[TypePair]:
    """Return the types that co-occur, lowest p-value first, from (local time, type) of each report on `days`."""
    place, slots = {on: n for n, on in enumerate(days)}, dict[str, list[int]]()
    for at, kind in reports:
        if (n := place.get(at.date())) is not None:
            slots.setdefault(kind, [0] * len(days))[n] |= 1 << at.hour // SLOT_HOURS  # one bit for each slot of a day
    tried = [pair for one, other in combinations(sorted(slots), 2)
             if (pair := _test_pair((one, other), slots, tuple(days)))]  # fmt: skip
    found = benjamini_hochberg(tried, [pair.p_value for pair in tried])
    return sorted(found, key=lambda pair: (pair.p_value, -pair.count, pair.one, pair.other))


def _test_pair(names: tuple[str, str], slots: Mapping[str, Sequence[int]], days: tuple[date, ...]) -> TypePair | None:
    """None when the two share too few slots."""
    mine, theirs = (slots[name] for name in names)
    count = sum((a & b).bit_count() for a, b in zip(mine, theirs, strict=True))
    if count < MIN_SHARED_SLOTS:
        return None
    common = [(a & b).bit_count() for a in mine for b in theirs]  # of each day with each other day, row by row
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
    """For each permutation, the index of each day's partner in a table of days by days; the same for all pairs."""
    strata, random = _strata(days), Random(1)  # noqa: S311 - a fixed seed, so that the same data give the same answer
    return [array("H", (a * len(days) + b for some in strata
                        for a, b in zip(some, random.sample(some, len(some)), strict=True)))
            for _ in range(MAX_PERMUTATIONS)]  # fmt: skip
