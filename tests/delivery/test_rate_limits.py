"""Token buckets: never more than Slack allows in any window, and never much less when there is enough to say."""

import heapq
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.delivery.rate_limits import RATES, UNLIMITED, Bucket, Rate, bucket_keys, rate_for

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
steps = st.lists(st.tuples(st.integers(0, 5000), st.integers(1, 12)), max_size=60)


def test_a_full_bucket_gives_its_burst_and_then_one_at_a_time() -> None:
    bucket = Bucket(RATES["post"], NOW)
    assert bucket.tokens(NOW) == 8
    bucket = bucket.land(8, NOW)
    assert (bucket.tokens(NOW), bucket.free_at(NOW)) == (0, NOW + SECOND)
    assert bucket.tokens(NOW + SECOND) == 1
    assert bucket.tokens(NOW + 100 * SECOND) == 8


def test_retry_after_is_waited_for_in_full_and_gives_one() -> None:
    held = Bucket(RATES["post"], NOW).hold(NOW + 30 * SECOND)
    assert held.tokens(NOW + 30 * SECOND - timedelta(microseconds=1)) == 0
    assert held.tokens(NOW + 30 * SECOND) == 1


def test_a_place_without_a_pace_of_its_own_is_only_ever_held() -> None:
    bucket = Bucket(UNLIMITED, NOW)
    assert bucket.tokens(NOW) is None
    assert bucket.hold(NOW + SECOND).tokens(NOW) == 0
    assert bucket.hold(NOW + SECOND).tokens(NOW + SECOND) is None


def test_what_flies_occupies_a_token_until_its_answer_and_is_counted_then() -> None:
    bucket = Bucket(RATES["post"], NOW).send(8)
    late = NOW + 6 * SECOND
    assert bucket.tokens(late) == 0
    assert bucket.free_at(late) > late
    answered = Bucket(RATES["post"], bucket.full_at, flying=5).land(3, late)
    assert answered.tokens(late) == 0
    assert answered.free_at(late) == late + SECOND


@dataclass
class Way:
    """Calls on their way to Slack and back, each as long as it takes."""

    rate: Rate
    bucket: Bucket = field(init=False)
    now: datetime = NOW
    answers: list[datetime] = field(default_factory=list)
    arrivals: list[datetime] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.bucket = Bucket(self.rate, NOW)

    def forward(self, pause: timedelta) -> None:
        until = self.now + pause
        while self.answers and self.answers[0] <= until:
            answered = heapq.heappop(self.answers)
            self.bucket = replace(self.bucket, flying=self.bucket.flying - 1).land(1, answered)
        self.now = until

    def send(self, wanted: int, there: int, back: int) -> None:
        """`there` and `back` in milliseconds; whatever is sent together takes equally long."""
        count = min(wanted, self.bucket.tokens(self.now) or 0)
        self.bucket = self.bucket.send(count)
        for _ in range(count):
            arrival = self.now + timedelta(milliseconds=there)
            self.arrivals.append(arrival)
            heapq.heappush(self.answers, arrival + timedelta(milliseconds=back))


delays = st.one_of(st.integers(0, 300), st.integers(0, 9_000))
trips = st.lists(st.tuples(st.integers(0, 5_000), st.integers(1, 12), delays, delays), max_size=60)


@given(trips, st.sampled_from([*RATES.values()]))
def test_no_window_sees_more_arrive_than_the_rate_allows(trips: list[tuple[int, int, int, int]], rate: Rate) -> None:
    way = Way(rate)
    for pause, wanted, there, back in trips:
        way.forward(timedelta(milliseconds=pause))
        way.send(wanted, there, back)
    seen = sorted(way.arrivals)
    for i, start in enumerate(seen):
        for j in range(i, len(seen)):
            assert j - i + 1 <= rate.burst + (seen[j] - start) // rate.interval


@given(st.integers(0, 3_000))
def test_slow_answers_do_not_slow_a_channel_down(there: int) -> None:
    way = Way(RATES["post"])
    for _ in range(6_000):
        way.send(50, there, 0)
        way.forward(timedelta(milliseconds=10))
    assert len(way.arrivals) >= 60 + 8 - 4  # a minute's worth and the burst; the last are still on their way


@given(steps, st.integers(0, 120))
def test_a_held_bucket_opens_exactly_then(steps: list[tuple[int, int]], retry_after: int) -> None:
    bucket, now = Bucket(RATES["post"], NOW), NOW
    for pause, wanted in steps:
        now += timedelta(milliseconds=pause)
        bucket = bucket.land(min(wanted, bucket.tokens(now) or 0), now)
    until = now + retry_after * SECOND
    held = bucket.hold(until)
    assert held.free_at(now) >= until
    assert held.tokens(held.free_at(now)) == 1


@pytest.mark.parametrize(("verb", "keys"), [
    ("post", ("post C1",)), ("update", ("update C1", "update")), ("publish", ("publish C1", "publish")),
])  # fmt: skip
def test_posting_is_paced_per_channel_and_the_rest_per_method(verb: str, keys: tuple[str, ...]) -> None:
    assert bucket_keys(verb, "C1") == keys
    assert [rate_for(key) is UNLIMITED for key in keys] == ([False] if verb == "post" else [True, False])
