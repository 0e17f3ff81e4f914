"""Slack's rate limits as token buckets, each stored as one timestamp.

Slack's page: https://docs.slack.dev/apis/web-api/rate-limits (tiers, and one a second for posting).
The arithmetic is the generic cell rate algorithm, ITU-T I.371: a bucket is the moment at which it is full again.
A call counts when Slack gets it, which is somewhere between its leaving and its answer. So one that is on its way
occupies a token until its answer, and is counted as having arrived as late as it can have: at the answer.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from domain.address import is_mail, is_teams

SECOND = timedelta(seconds=1)
ANSWER_TIMEOUT = timedelta(seconds=20)  # no call takes longer, nor does it take longer to miss a process that died


@dataclass(frozen=True, slots=True)
class Rate:
    """`burst` at once from a full bucket, and one more every `interval`."""

    burst: int
    interval: timedelta


def tier(per_minute: int) -> Rate:
    """Return the rate of a tier; the burst is 3/5 of a minute's calls, since Slack doesn't document the window."""
    return Rate(per_minute * 3 // 5, timedelta(minutes=1) / per_minute)


UNLIMITED = Rate(1, timedelta(0))  # no pace of its own: open, unless Slack asked us to wait
# Slack lets short bursts pass; two tokens are kept back, for clocks that do not run quite alike.
RATES = {
    "post": Rate(8, SECOND),
    "update": tier(50),
    "publish": tier(100),
    "look": tier(50),
    "group": tier(20),
    "people": tier(20),
    "hook": tier(100),
    "react": tier(20),
    "step": tier(50),
    "channel": tier(20),  # the slowest of its methods
    "file": tier(50),  # of its three methods the slowest is tier 4; a copy is deleted by one of tier 3
}


MAILS = Rate(20, timedelta(minutes=3))  # to one address, so that two programs that answer each other end in a trickle
TEAMS_CHAT = Rate(5, SECOND)  # Teams takes 7 messages a second in a chat, and 60 in half a minute


def bucket_keys(verb: str, place: str) -> tuple[str, ...]:
    """Return the buckets a message needs a token of: per channel for posts, per method for other calls."""
    return (f"{verb} {place}",) if verb == "post" else (f"{verb} {place}", verb)


def rate_for(key: str) -> Rate:
    verb, _, place = key.partition(" ")
    if verb == "post" and is_mail(place):
        return MAILS
    if verb == "post" and is_teams(place):
        return TEAMS_CHAT
    return UNLIMITED if place and verb != "post" else RATES[verb]


@dataclass(frozen=True, slots=True)
class Bucket:
    """`full_at` is when it is full again without further calls; `flying` calls aren't answered yet."""

    rate: Rate
    full_at: datetime
    flying: int = 0

    def free_at(self, now: datetime) -> datetime:
        """When there is a token, if nothing is answered until then. Without any, answers are waited for a while."""
        if self.flying >= self.rate.burst and self.rate.interval:
            return max(self.full_at, now + ANSWER_TIMEOUT)
        return self.full_at - self._needed(self.rate.burst - 1 - self.flying)

    def tokens(self, now: datetime) -> int | None:
        """How many may be taken now; None when there is no limit."""
        if not self.rate.interval:
            return 0 if self.full_at > now else None
        used = -(-max(self.full_at - now, timedelta(0)) // self.rate.interval)
        return max(0, self.rate.burst - used - self.flying)

    def send(self, count: int) -> "Bucket":
        """That many more are on their way."""
        return replace(self, flying=self.flying + count)

    def land(self, count: int, now: datetime) -> "Bucket":
        """That many arrived, at the latest now; they do not fly any more."""
        return replace(self, full_at=max(self.full_at, now) + self._needed(count))

    def hold(self, until: datetime) -> "Bucket":
        """Slack said Retry-After: nothing before that moment, and one token then."""
        return replace(self, full_at=max(self.full_at, until + self._needed(self.rate.burst - 1)))

    def _needed(self, count: int) -> timedelta:
        """How long so many tokens take to come back."""
        return self.rate.interval * count
