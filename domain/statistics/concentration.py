"""Where reports gather, and where there are none: parts of the system, groups of people, and both together.

A cell of a table stands out by its adjusted residual (Haberman 1973); of many cells those are told which hold at a
false discovery rate of 10 % (Benjamini and Hochberg 1995).
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist
from typing import TypeVar

from domain.statistics.distributions import binomial_at_least, poisson_at_most
from domain.tickets.types import TicketType

T = TypeVar("T")
FALSE_DISCOVERY_RATE = 0.1  # of false discoveries
MIN_EXPECTED = 3.0  # expected in a cell, or of a group; less says nothing
SIGNIFICANCE = 0.05
TRAINING_TYPES = frozenset(
    {TicketType.TRAINING_GAP, TicketType.QUESTION, TicketType.USABILITY}
)  # kinds that somebody could be shown how to do


@dataclass(frozen=True, slots=True)
class ModuleShare:
    """A part with more than its share: how many it has, how many it would have, and how likely that is by chance."""

    name: str
    count: int
    expected: float
    chance: float


@dataclass(frozen=True, slots=True)
class Hotspot:
    """A module and a group that go together more than others do; `learning` when training would help."""

    module: str
    group: str
    count: int
    expected: float
    residual: float
    learning: bool = False


@dataclass(frozen=True, slots=True)
class QuietGroup:
    """A group of so many people that should have reported so often, and did `count` times."""

    name: str
    people: int
    expected: float
    count: int
    chance: float


def overrepresented_modules(counts: Mapping[str, int]) -> list[ModuleShare]:
    """Parts with disproportionately many, against an equal share of all; the most surprising first."""
    total, parts = sum(counts.values()), len(counts)
    if parts < 2 or total / parts < MIN_EXPECTED:
        return []
    share = 1 / parts
    found = [ModuleShare(name, n, total * share, binomial_at_least(n, total, share)) for name, n in counts.items()]
    return sorted(benjamini_hochberg(found, [one.chance for one in found]), key=lambda one: (one.chance, one.name))


def adjusted_residuals(table: Mapping[tuple[str, str], int]) -> dict[tuple[str, str], float]:
    """The adjusted residual of each cell of which enough is expected."""
    rows, columns, total = _margins(table)
    found = {}
    for row in rows:
        for column in columns:
            expected = rows[row] * columns[column] / total
            spread = (1 - rows[row] / total) * (1 - columns[column] / total)
            if expected >= MIN_EXPECTED and spread > 0:
                found[row, column] = (table.get((row, column), 0) - expected) / sqrt(expected * spread)
    return found


def hotspots(reports: Iterable[tuple[str, str, TicketType]]) -> list[Hotspot]:
    """Modules that one group reports more than others do, of (module, group, type) a report."""
    every = [*reports]
    table = Counter((module, group) for module, group, _ in every)
    if not table:
        return []
    rows, columns, total = _margins(table)
    cells = adjusted_residuals(table)
    chances = [2 * (1 - NormalDist().cdf(abs(z))) for z in cells.values()]
    found = []
    for (module, group), z in benjamini_hochberg([*cells.items()], chances):
        kinds = [type_ for m, g, type_ in every if (m, g) == (module, group)]
        to_learn = sum(kind in TRAINING_TYPES for kind in kinds) * 2 > len(kinds)
        expected = rows[module] * columns[group] / total
        if z > 0:
            found.append(Hotspot(module, group, table[module, group], expected, z, to_learn))
    return sorted(found, key=lambda cell: (-cell.residual, cell.module, cell.group))


def quiet_groups(reports: Mapping[str, int], people: Mapping[str, int]) -> list[QuietGroup]:
    """Groups that report surprisingly little, by the rate of all the others; no news is not good news."""
    found = []
    for name, size in people.items():
        others = sum(n for other, n in people.items() if other != name)
        said = sum(reports.get(other, 0) for other in people if other != name)
        expected = said / others * size if others else 0.0
        count, chance = reports.get(name, 0), 1.0
        if expected >= MIN_EXPECTED and count < expected:
            chance = poisson_at_most(count, expected)
        if chance < SIGNIFICANCE:
            found.append(QuietGroup(name, size, expected, count, chance))
    return sorted(found, key=lambda one: (one.chance, one.name))


def benjamini_hochberg(found: Sequence[T], chances: Sequence[float], rate: float = FALSE_DISCOVERY_RATE) -> list[T]:
    """Those that hold when so many were looked at."""
    order = sorted(range(len(found)), key=lambda i: chances[i])
    last = max((n for n, i in enumerate(order, 1) if chances[i] <= rate * n / len(found)), default=0)
    return [found[i] for i in sorted(order[:last])]


def _margins(table: Mapping[tuple[str, str], int]) -> tuple[Counter[str], Counter[str], int]:
    rows, columns = Counter[str](), Counter[str]()
    for (row, column), count in table.items():
        rows[row] += count
        columns[column] += count
    return rows, columns, sum(rows.values())
