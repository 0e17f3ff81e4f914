"""Test whether more reports arrive after marked events, such as deployments, than by chance.

Reports have a daily rhythm, and so have most events. So all events are shifted together around the whole period
(circular shift test), which keeps both rhythms.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate

BIN = timedelta(minutes=10)
WINDOW_BINS = 24  # four hours, in which a report counts as after an event
MIN_EVENTS = 3  # events, and reports after them; fewer show nothing
MIN_BINS = 288  # two days, so that there are enough ways to shift the events


@dataclass(frozen=True, slots=True)
class EventEffect:
    """`count` reports arrived within four hours after `events` events of a kind, where `expected` would by chance."""

    kind: str
    events: int
    count: int
    expected: float
    p_value: float


def reports_after_events(
    kind: str, events: Sequence[datetime], reports: Sequence[datetime], begins: datetime, ends: datetime
) -> EventEffect | None:
    """Compare the reports after the events with those after every shift of the events; None when there are too few."""
    bins = int((ends - begins) / BIN)
    places = sorted({place for at in events if 0 <= (place := int((at - begins) / BIN)) < bins and at >= begins})
    if len(places) < MIN_EVENTS or bins < MIN_BINS:
        return None
    counts = [0] * bins
    for at in reports:
        if at >= begins and (place := int((at - begins) / BIN)) < bins:
            counts[place] += 1
    sums = [0, *accumulate(counts + counts)]  # twice, so that a window may wrap around
    windows = _windows(places, bins)
    count = sum(sums[min(end, bins)] - sums[start] for start, end in windows)
    if count < MIN_EVENTS:
        return None
    shifted = [sum(sums[(start + shift) % bins + end - start] - sums[(start + shift) % bins] for start, end in windows)
             for shift in range(bins)]  # fmt: skip
    return EventEffect(kind, len(places), count, sum(shifted) / bins, sum(one >= count for one in shifted) / bins)


def _windows(places: Sequence[int], bins: int) -> list[tuple[int, int]]:
    """The bins after each event as (start, end), merged where they overlap, so that no report counts twice.

    The last window may wrap around, up to the first event.
    """
    found: list[tuple[int, int]] = []
    for place in places:
        if found and place <= found[-1][1]:
            found[-1] = (found[-1][0], place + WINDOW_BINS)
        else:
            found.append((place, place + WINDOW_BINS))
    start, end = found[-1]
    return [*found[:-1], (start, min(end, bins + places[0]))]
