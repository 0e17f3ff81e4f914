"""Whether reports come after marked events, such as deployments, more often than by chance.

Reports that gather by the clock would seem to follow anything that happens by the clock; so the marks are moved around
the whole span together (circular shifts), which keeps both patterns as they are.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

HOUR = timedelta(hours=1)
AFTER = 4  # hours in which something is thought to follow
FEWEST = 3  # marks, and reports after them; fewer say nothing
SPAN = 48  # hours at least, so that there are enough ways to move them


@dataclass(frozen=True, slots=True)
class Coincidence:
    """Within hours after marks of a kind came `count` reports, where `expected` would by chance."""

    kind: str
    marks: int
    count: int
    expected: float
    chance: float


def follows(kind: str, marks: Sequence[datetime], reports: Sequence[datetime], begins: datetime, ends: datetime) -> (
    Coincidence | None
):  # fmt: skip
    """What came after marks, against every other hour to which they could be moved; None when they are too few."""
    hours = int((ends - begins) / HOUR)
    inside = [int((at - begins) / HOUR) for at in marks if begins <= at < ends]
    inside = [hour for hour in inside if hour < hours]
    if len(inside) < FEWEST or hours < SPAN:
        return None
    counts = [0] * hours
    for at in reports:
        hour = int((at - begins) / HOUR)
        if at >= begins and hour < hours:
            counts[hour] += 1
    windows = {(hour + later) for hour in inside for later in range(AFTER)}
    if sum(counts[hour % hours] for hour in windows) < FEWEST:
        return None
    sums = [sum(counts[(hour + shift) % hours] for hour in windows) for shift in range(hours)]
    as_many = sum(one >= sums[0] for one in sums)
    return Coincidence(kind, len(inside), sums[0], sum(sums) / hours, as_many / hours)
