"""Requests added up by endpoint and by consumer, in slots of five minutes."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from domain.gateways.call import DOWN, GatewayCall, Outcome
from domain.gateways.latency import LatencySketch

SLOT = timedelta(minutes=5)
LATE, EARLY = timedelta(days=1), timedelta(minutes=5)  # a clock that is further off is wrong
OTHER = "(other)"  # endpoints and consumers past the limit
MAX_NAMES = 400  # endpoints of a phase, and consumers of a phase
NOT_FOUND_SHARE = 4  # one in so many of them may have had no answer but 404, as scanners get


class TrafficBy(StrEnum):
    """What requests are added up by."""

    ENDPOINT = "endpoint"
    CONSUMER = "consumer"


@dataclass(slots=True)
class TrafficSums:
    """Requests that were added up: how they ended, their status codes, and their response times in milliseconds."""

    outcomes: Counter[Outcome] = field(default_factory=Counter)
    codes: Counter[int] = field(default_factory=Counter)
    latency: LatencySketch = field(default_factory=LatencySketch)

    @property
    def requests(self) -> int:
        return self.outcomes.total()

    @property
    def down(self) -> int:
        """How many requests count against availability."""
        return sum(self.outcomes[one] for one in DOWN)

    @property
    def errors(self) -> int:
        return self.requests - self.outcomes[Outcome.OK]

    @property
    def average(self) -> float | None:
        """The average response time in milliseconds; None where no time is known."""
        return self.latency.avg if self.latency.count else None

    @property
    def is_not_found(self) -> bool:
        """Whether nothing but 404 was ever answered."""
        return self.codes.keys() <= {404}

    @classmethod
    def of(cls, calls: Sequence[GatewayCall]) -> "TrafficSums":
        """Return the sum of requests."""
        latency = LatencySketch.of([call.ms for call in calls if call.ms is not None])
        return cls(Counter([call.outcome for call in calls]), Counter([call.status for call in calls]), latency)

    def merge(self, other: "TrafficSums") -> None:
        self.outcomes.update(other.outcomes)
        self.codes.update(other.codes)
        self.latency.merge(other.latency)


@dataclass(frozen=True, slots=True)
class TrafficKey:
    """What a sum is about: an endpoint or a consumer, and the beginning of five minutes."""

    by: TrafficBy
    name: str
    at: datetime


Traffic = dict[TrafficKey, TrafficSums]


def slot_of(at: datetime) -> datetime:
    """Return the beginning of the five minutes that a time is in."""
    return at - timedelta(minutes=at.minute % 5, seconds=at.second, microseconds=at.microsecond)


def add_up(pieces: Iterable[Iterable[GatewayCall]], now: datetime) -> Traffic:
    """Add requests up by endpoint and by consumer. A time that can't be right counts as now."""
    by_endpoint = defaultdict[tuple[str, datetime], list[GatewayCall]](list)
    by_consumer = defaultdict[tuple[str, datetime], list[GatewayCall]](list)
    slots: dict[datetime | None, datetime] = {}
    for piece in pieces:
        for call in piece:
            at, _, endpoint, _, _, _, consumer = call
            slot = slots.get(at)
            if slot is None:
                slot = slots[at] = _slot_of_call(at, now)
            by_endpoint[endpoint, slot].append(call)
            if consumer:
                by_consumer[consumer, slot].append(call)
    alike = ((TrafficBy.ENDPOINT, by_endpoint), (TrafficBy.CONSUMER, by_consumer))
    return {TrafficKey(by, *key): TrafficSums.of(calls) for by, groups in alike for key, calls in groups.items()}


def _slot_of_call(at: datetime | None, now: datetime) -> datetime:
    """Return the five minutes that a request counts in."""
    is_right = at is not None and now - LATE <= at <= now + EARLY
    return min(slot_of(at), slot_of(now)) if is_right and at else slot_of(now)


def merged(parts: Iterable[TrafficSums]) -> TrafficSums:
    """Return the sum of sums."""
    total = TrafficSums()
    for one in parts:
        total.merge(one)
    return total


def names_to_keep(wanted: Mapping[str, bool], known: Mapping[str, bool], limit: int = MAX_NAMES) -> dict[str, str]:
    """Return under which name each wanted one is kept: its own, or `(other)` once there are too many.

    Both map a name to whether nothing but 404 was answered for it. Known names stay.
    """
    room = limit - len(known)
    room_not_found = min(room, limit // NOT_FOUND_SHARE - sum(known.values()))
    kept = {}
    for name in sorted(wanted, key=lambda one: (wanted[one], one)):
        is_new = name not in known and name != OTHER
        fits = not is_new or (room_not_found > 0 if wanted[name] else room > 0)
        kept[name] = name if fits else OTHER
        room -= is_new and fits
        room_not_found = min(room, room_not_found - (is_new and fits and wanted[name]))
    return kept
