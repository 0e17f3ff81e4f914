"""How often each of many strangers may ask: a bucket of tokens each, in this process only."""

from collections import OrderedDict
from datetime import datetime

from domain.delivery.rate_limits import Bucket, Rate


class Pace:
    """The same rate for each name. The names that asked longest ago are forgotten when there are `most`."""

    def __init__(self, rate: Rate, most: int = 10_000) -> None:
        self._rate, self._most = rate, most
        self._buckets: OrderedDict[str, Bucket] = OrderedDict()

    def wait(self, name: str, now: datetime) -> int:
        """Take a token and return 0, or return in how many seconds there is one."""
        bucket = self._buckets.pop(name, Bucket(self._rate, now))
        free = bucket.tokens(now) != 0
        self._buckets[name] = bucket.land(1, now) if free else bucket
        if len(self._buckets) > self._most:
            self._buckets.popitem(last=False)
        return 0 if free else max(1, -int((now - bucket.free_at(now)).total_seconds() // 1))
