"""Whether reports come after marked events, such as deployments, more often than by chance.

Reports that gather by the clock would seem to follow anything that happens by the clock; so the marks are moved around
the whole span together (circular shifts), which keeps both patterns as they are.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate

BIN = timedelta(minutes=10)
AFTER = 24  # bins, four hours, in which something is thought to follow
MIN_EVENTS = 3  # marks, and reports after them; fewer say nothing
MIN_BINS = 288  # bins, two days, at least: so that there are enough ways to move the marks


@dataclass(frozen=True, slots=True)
class EventEffect:
    """Within hours after marks of a kind came `count` reports, where `expected` would by chance."""

    kind: str
    marks: int
    count: int
    expected: float
    chance: float


def reports_after_events(
    kind: str, marks: Sequence[datetime], reports: Sequence[datetime], begins: datetime, ends: datetime
) -> EventEffect | None:
    """What came after marks, against every other place to which they could be moved; None when they are too few."""
    bins = int((ends - begins) / BIN)
    places = sorted({place for at in marks if 0 <= (place := int((at - begins) / BIN)) < bins and at >= begins})
    if len(places) < MIN_EVENTS or bins < MIN_BINS:
        return None
    counts = [0] * bins
    for at in reports:
        if at >= begins and (place := int((at - begins) / BIN)) < bins:
            counts[place] += 1
    sums = [0, *accumulate(counts + counts)]  # twice, so that a window may go round
    windows = _windows(places)
    count = sum(sums[min(end, bins)] - sums[start] for start, end in windows)
    if count < MIN_EVENTS:
        return None
    moved = [sum(sums[(start + shift) % bins + end - start] - sums[(start + shift) % bins] for start, end in windows)
             for shift in range(bins)]  # fmt: skip
    return EventEffect(kind, len(places), count, sum(moved) / bins, sum(one >= count for one in moved) / bins)


def _windows(places: Sequence[int]) -> list[tuple[int, int]]:
    """The time after each mark, joined where marks are close together, so that nothing counts twice."""
    found: list[tuple[int, int]] = []
    for place in places:
        if found and place <= found[-1][1]:
            found[-1] = (found[-1][0], place + AFTER)
        else:
            found.append((place, place + AFTER))
    return found
