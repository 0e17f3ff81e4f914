"""Which types of reports come at the same time as each other more often than by chance.

Types that come by the clock, or that all become fewer after a go-live, would seem to go together. So one of the two has
its days shuffled within each week, working days among themselves: the hours of the day, the week and the trend stay as
they are, and only what the two have to do with each other is lost (a restricted permutation test; Good 2005).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import combinations
from random import Random

from domain.concentration import discoveries

HOURS = 2  # of a slot, in which two reports count as at the same time
FEWEST = 3  # slots with both; fewer say nothing
SHUFFLES = 999
WEEKEND = 5  # the weekday with which it begins

Slots = Mapping[date, frozenset[int]]  # in which parts of each day there was any


@dataclass(frozen=True, slots=True)
class Pair:
    """Two types that came in the same two hours `count` times, where `expected` would be usual."""

    one: str
    other: str
    count: int
    expected: float
    chance: float


def together(reports: Iterable[tuple[datetime, str]], days: Sequence[date]) -> list[Pair]:
    """Types that go together, of (local time, type) a report, the most surprising first; only those days count."""
    there, known = dict[str, dict[date, set[int]]](), frozenset(days)
    for at, kind in reports:
        if at.date() in known:
            there.setdefault(kind, {}).setdefault(at.date(), set()).add(at.hour // HOURS)
    slots = {kind: {on: frozenset(some) for on, some in found.items()} for kind, found in there.items()}
    tried = [pair for one, other in combinations(sorted(slots), 2) if (pair := _pair(one, other, slots, days))]
    found = discoveries(tried, [pair.chance for pair in tried])
    return sorted(found, key=lambda pair: (pair.chance, -pair.count, pair.one, pair.other))


def _pair(one: str, other: str, slots: Mapping[str, Slots], days: Sequence[date]) -> Pair | None:
    """None when they met too rarely to say anything."""
    mine, theirs = slots[one], slots[other]
    common = {(a, b): len(mine[a] & theirs[b]) for a in mine for b in theirs}
    count = sum(common.get((on, on), 0) for on in days)
    if count < FEWEST:
        return None
    strata, chance = _strata(days), Random(f"{one} {other}")  # noqa: S311 - the same data give the same answer
    met = [sum(common.get(pair, 0) for pair in _shuffled(strata, chance)) for _ in range(SHUFFLES)]
    return Pair(one, other, count, sum(met) / SHUFFLES, (1 + sum(n >= count for n in met)) / (1 + SHUFFLES))


def _strata(days: Sequence[date]) -> list[list[date]]:
    """Days that may take each other's place: working days of a week, and its weekend."""
    found: dict[tuple[int, int, bool], list[date]] = {}
    for on in days:
        year, week, _ = on.isocalendar()
        found.setdefault((year, week, on.weekday() >= WEEKEND), []).append(on)
    return [*found.values()]


def _shuffled(strata: Sequence[Sequence[date]], chance: Random) -> Iterable[tuple[date, date]]:
    for some in strata:
        yield from zip(some, chance.sample(some, len(some)), strict=True)
