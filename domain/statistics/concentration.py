"""Find modules and user groups with disproportionately many or few reports.

Cells of the module-by-group table are tested by their adjusted residual (Haberman 1973). Of several findings those are
kept that hold at a false discovery rate of 10 % (Benjamini and Hochberg 1995).
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
FALSE_DISCOVERY_RATE = 0.1
MIN_EXPECTED = 3.0  # reports expected in a cell or of a group; with fewer nothing can be shown
SIGNIFICANCE = 0.05
TRAINING_TYPES = frozenset(
    {TicketType.TRAINING_GAP, TicketType.QUESTION, TicketType.USABILITY}
)  # types that training reduces


@dataclass(frozen=True, slots=True)
class ModuleShare:
    """A module with more reports than an equal share would give it."""

    name: str
    count: int
    expected: float
    p_value: float


@dataclass(frozen=True, slots=True)
class Hotspot:
    """A module that one user group reports more than the others do; `training_helps` when most of it is questions."""

    module: str
    group: str
    count: int
    expected: float
    residual: float
    training_helps: bool = False


@dataclass(frozen=True, slots=True)
class QuietGroup:
    """A user group that reported `count` times where `expected` would follow from its size and the other groups."""

    name: str
    people: int
    expected: float
    count: int
    p_value: float


def overrepresented_modules(counts: Mapping[str, int]) -> list[ModuleShare]:
    """Return the modules with more than an equal share of the reports (exact binomial test), lowest p-value first."""
    total, parts = sum(counts.values()), len(counts)
    if parts < 2 or total / parts < MIN_EXPECTED:
        return []
    share = 1 / parts
    found = [ModuleShare(name, n, total * share, binomial_at_least(n, total, share)) for name, n in counts.items()]
    return sorted(benjamini_hochberg(found, [one.p_value for one in found]), key=lambda one: (one.p_value, one.name))


def adjusted_residuals(table: Mapping[tuple[str, str], int]) -> dict[tuple[str, str], float]:
    """Return the adjusted residual (a standard normal score) of each cell with enough expected reports."""
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
    """Return the modules that one group reports more than others do, from (module, group, type) of each report."""
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
        trainable = sum(kind in TRAINING_TYPES for kind in kinds) * 2 > len(kinds)
        expected = rows[module] * columns[group] / total
        if z > 0:
            found.append(Hotspot(module, group, table[module, group], expected, z, trainable))
    return sorted(found, key=lambda cell: (-cell.residual, cell.module, cell.group))


def quiet_groups(reports: Mapping[str, int], people: Mapping[str, int]) -> list[QuietGroup]:
    """Return the groups that report less than the rate of the others makes likely (Poisson, 5 %)."""
    found = []
    for name, size in people.items():
        others = sum(n for other, n in people.items() if other != name)
        reported = sum(reports.get(other, 0) for other in people if other != name)
        expected = reported / others * size if others else 0.0
        count, chance = reports.get(name, 0), 1.0
        if expected >= MIN_EXPECTED and count < expected:
            chance = poisson_at_most(count, expected)
        if chance < SIGNIFICANCE:
            found.append(QuietGroup(name, size, expected, count, chance))
    return sorted(found, key=lambda one: (one.p_value, one.name))


def benjamini_hochberg(found: Sequence[T], chances: Sequence[float], rate: float = FALSE_DISCOVERY_RATE) -> list[T]:
    """Return those of `found` whose p-value holds at that false discovery rate, in their order."""
    order = sorted(range(len(found)), key=lambda i: chances[i])
    last = max((n for n, i in enumerate(order, 1) if chances[i] <= rate * n / len(found)), default=0)
    return [found[i] for i in sorted(order[:last])]


def _margins(table: Mapping[tuple[str, str], int]) -> tuple[Counter[str], Counter[str], int]:
    rows, columns = Counter[str](), Counter[str]()
    for (row, column), count in table.items():
        rows[row] += count
        columns[column] += count
    return rows, columns, sum(rows.values())
