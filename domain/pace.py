"""Pace: how fast Slack lets an app speak, kept as token buckets that are one moment each.

Slack's page: https://docs.slack.dev/apis/web-api/rate-limits (tiers, and one a second for posting).
The arithmetic is the generic cell rate algorithm, ITU-T I.371: a bucket is the moment at which it is full again.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Rate:
    """`burst` at once from a full bucket, and one more every `interval`."""

    burst: int
    interval: timedelta

    @property
    def slack(self) -> timedelta:
        """How long before it is full a bucket holds its first token."""
        return self.interval * (self.burst - 1)


def tier(per_minute: int) -> Rate:
    """A tier's allowance; three fifths of a minute at once, since nobody says how Slack counts the minute."""
    return Rate(per_minute * 3 // 5, timedelta(minutes=1) / per_minute)


HELD = Rate(1, timedelta(0))  # no pace of its own: open, unless Slack asked us to wait
# Slack lets short bursts pass; two tokens are kept back, for what the network pushes together on its way.
RATES = {"post": Rate(8, SECOND), "update": tier(50), "publish": tier(100), "look": tier(50)}


def keys_of(verb: str, place: str) -> tuple[str, ...]:
    """The buckets a letter needs a token of. Posting is counted per channel, the others per method."""
    return (f"{verb} {place}",) if verb == "post" else (f"{verb} {place}", verb)


def rate_of(key: str) -> Rate:
    verb, _, place = key.partition(" ")
    return HELD if place and verb != "post" else RATES[verb]


@dataclass(frozen=True, slots=True)
class Bucket:
    """`full_at` is when it is full again if nobody takes anything."""

    rate: Rate
    full_at: datetime

    @property
    def free_at(self) -> datetime:
        """When there is a token."""
        return self.full_at - self.rate.slack

    def tokens(self, now: datetime) -> int | None:
        """How many may be taken now; None when there is no limit."""
        if self.free_at > now:
            return 0
        if not self.rate.interval:
            return None
        return self.rate.burst - -(-max(self.full_at - now, timedelta(0)) // self.rate.interval)

    def take(self, count: int, now: datetime) -> "Bucket":
        """With that many gone."""
        return Bucket(self.rate, max(self.full_at, now) + self.rate.interval * count)

    def hold(self, until: datetime) -> "Bucket":
        """Slack said Retry-After: nothing before that moment, and one token then."""
        return Bucket(self.rate, max(self.full_at, until + self.rate.slack))
