"""Slack's timestamps in order, and the pages of what lies between two of them."""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass

MICROS = 1_000_000


def micros(ts: str) -> int:
    """ValueError when it is not a timestamp."""
    seconds, _, rest = ts.partition(".")
    if not (seconds + rest).isdecimal():
        raise ValueError(ts)
    return int(seconds or "0") * MICROS + int(rest.ljust(6, "0")[:6])


@dataclass(frozen=True)
class Span:
    """The places `low` to `high` (without `high`) of timestamps that are in order; never a copy of them."""

    stamps: list[str]
    low: int
    high: int

    def newest(self, limit: int, upto: int | None) -> tuple[list[str], int | None]:
        """A page from the end (or from `upto` micros) back, newest first, and where the next one goes on."""
        high = self.high if upto is None else min(self.high, bisect_right(self.stamps, upto, key=micros))
        start = max(self.low, high - limit)
        return self.stamps[start:high][::-1], micros(self.stamps[start - 1]) if start > self.low else None

    def oldest(self, limit: int, since: int | None) -> tuple[list[str], int | None]:
        """A page from the start (or from `since` micros) on, oldest first, and where the next one goes on."""
        low = self.low if since is None else max(self.low, bisect_left(self.stamps, since, key=micros))
        end = min(self.high, low + limit)
        return self.stamps[low:end], micros(self.stamps[end]) if end < self.high else None


def between(stamps: list[str], oldest: int, latest: int, *, inclusive: bool) -> Span:
    """What is after `oldest` and before `latest`; with `inclusive` also at them."""
    at_low, at_high = (bisect_left, bisect_right) if inclusive else (bisect_right, bisect_left)
    low = at_low(stamps, oldest, key=micros)
    return Span(stamps, low, max(low, at_high(stamps, latest, key=micros)))
