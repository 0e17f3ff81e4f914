"""Response times as a sketch of bounded size, which can be merged with others and keeps quantiles within 2 %.

DDSketch: Masson, Rim and Lee, "DDSketch: a fast and fully-mergeable quantile sketch with relative-error guarantees",
VLDB 2019.
"""

from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from operator import add

from ddsketch import LogCollapsingLowestDenseDDSketch
from ddsketch.mapping import LogarithmicMapping

ACCURACY, MAX_BINS = 0.02, 640  # enough for all from a microsecond to a day
LONGEST, DIGITS = 86_400_000.0, 3  # of milliseconds
NO_BIN = -1_000_000  # far below the key of any time


MAPPING = LogarithmicMapping(ACCURACY)


@lru_cache(maxsize=8192)
def _bin_of(ms: float) -> int:
    """Return the key of the bin that a time is in, NO_BIN for zero. Gateways tell times in few different values."""
    return MAPPING.key(ms) if ms > MAPPING.min_possible else NO_BIN


def as_kept(ms: float) -> float:
    """Return a time as it is added up: nonsense of a sender can't make the others coarser."""
    return round(min(LONGEST, ms), DIGITS)


class LatencySketch(LogCollapsingLowestDenseDDSketch):
    """Response times in milliseconds."""

    def __init__(self) -> None:
        super().__init__(ACCURACY, MAX_BINS)

    def add(self, val: float, weight: float = 1.0) -> None:
        super().add(as_kept(val), weight)

    @classmethod
    def of(cls, times: Sequence[float]) -> "LatencySketch":
        """Return the sketch of times that are `as_kept`, in a fraction of the time that adding each takes."""
        counts = Counter(map(_bin_of, times))
        zeros = counts.pop(NO_BIN, 0)
        if not counts:
            return cls.from_bins(sum(times), [zeros, 0] if zeros else [])
        last = max(counts)
        first = max(min(counts), last - MAX_BINS + 1)
        bins = [0] * (last - first + 1)
        for key, count in counts.items():
            bins[max(key, first) - first] += count
        return cls.from_bins(sum(times), [zeros, first, *bins])

    @classmethod
    def from_bins(cls, total: float, bins: Sequence[int]) -> "LatencySketch":
        """Return the sketch that `bins` was made of; `total` is the sum of its values."""
        found = cls()
        if bins:
            zeros, first, *counts = bins
            store = found._store
            if counts:
                store.bins, store.offset, store.count = [*map(float, counts)], first, sum(counts)
                store.min_key, store.max_key = first, first + len(counts) - 1
            found._zero_count = zeros
            found._count = zeros + store.count
            found._sum = total
        return found

    @property
    def bins(self) -> list[int]:
        """The values at zero, the key of the first bin, and the values in each bin from there on; empty without any."""
        store = self._store
        if not self.count:
            return []
        if not store.count:
            return [int(self._zero_count), 0]
        counts = store.bins[store.min_key - store.offset : store.max_key - store.offset + 1]
        return [int(self._zero_count), int(store.min_key), *map(int, counts)]

    def quantile(self, share: float) -> float | None:
        """Return the time that this share of the requests does not exceed; None without requests."""
        return self.get_quantile_value(share)

    def count_within(self, limit: float) -> int:
        """Return how many requests took at most `limit` milliseconds (above 0), as exact as the bins are."""
        return within(self.bins, limit)


def merge_bins(one: Sequence[int], other: Sequence[int]) -> list[int]:
    """Return the bins of a sketch into which two sketches are merged, in a fraction of the time of building them."""
    if not one or not other:
        return [*(one or other)]
    parts = [(bins[1], bins[2:]) for bins in (one, other) if len(bins) > 2]
    if not parts:
        return [one[0] + other[0], 0]
    first = min(start for start, _ in parts)
    counts = [0] * (max(start + len(some) for start, some in parts) - first)
    for start, some in parts:
        place = slice(start - first, start - first + len(some))
        counts[place] = map(add, counts[place], some)
    if (over := len(counts) - MAX_BINS) > 0:
        counts[: over + 1] = [sum(counts[: over + 1])]
        first += over
    return [one[0] + other[0], first, *counts]


def within(bins: Sequence[int], limit: float) -> int:
    """Return how many of the times in the bins of a sketch are at most `limit` milliseconds."""
    zeros, first, *counts = bins or [0, 0]
    last = MAPPING.key(limit)  # of the bin that the limit is in, whose value is a little more or less
    return zeros + sum(counts[: max(0, last - first + (MAPPING.value(last) <= limit))])
