"""Token buckets: never more than Slack allows in any window, and never much less when there is enough to say."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.pace import HELD, RATES, Bucket, Rate, keys_of, rate_of

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
steps = st.lists(st.tuples(st.integers(0, 5000), st.integers(1, 12)), max_size=60)


def test_a_full_bucket_gives_its_burst_and_then_one_at_a_time() -> None:
    bucket = Bucket(RATES["post"], NOW)
    assert bucket.tokens(NOW) == 8
    bucket = bucket.take(8, NOW)
    assert (bucket.tokens(NOW), bucket.free_at) == (0, NOW + SECOND)
    assert bucket.tokens(NOW + SECOND) == 1
    assert bucket.tokens(NOW + 100 * SECOND) == 8


def test_retry_after_is_waited_for_in_full_and_gives_one() -> None:
    held = Bucket(RATES["post"], NOW).hold(NOW + 30 * SECOND)
    assert held.tokens(NOW + 30 * SECOND - timedelta(microseconds=1)) == 0
    assert held.tokens(NOW + 30 * SECOND) == 1


def test_a_place_without_a_pace_of_its_own_is_only_ever_held() -> None:
    bucket = Bucket(HELD, NOW)
    assert bucket.tokens(NOW) is None
    assert bucket.hold(NOW + SECOND).tokens(NOW) == 0
    assert bucket.hold(NOW + SECOND).tokens(NOW + SECOND) is None


@given(steps, st.sampled_from([*RATES.values()]))
def test_no_window_holds_more_than_the_rate_allows(steps: list[tuple[int, int]], rate: Rate) -> None:
    bucket, now, taken = Bucket(rate, NOW), NOW, []
    for pause, wanted in steps:
        now += timedelta(milliseconds=pause)
        count = min(wanted, bucket.tokens(now) or 0)
        bucket = bucket.take(count, now) if count else bucket
        taken += [now] * count
    for i, start in enumerate(taken):
        for j in range(i, len(taken)):
            allowed = rate.burst + (taken[j] - start) // rate.interval
            assert j - i + 1 <= allowed


@given(steps, st.integers(0, 120))
def test_a_held_bucket_opens_exactly_then(steps: list[tuple[int, int]], retry_after: int) -> None:
    bucket, now = Bucket(RATES["post"], NOW), NOW
    for pause, wanted in steps:
        now += timedelta(milliseconds=pause)
        bucket = bucket.take(min(wanted, bucket.tokens(now) or 0), now)
    until = now + retry_after * SECOND
    held = bucket.hold(until)
    assert held.free_at >= until
    assert held.tokens(held.free_at) == 1


@pytest.mark.parametrize(("verb", "keys"), [
    ("post", ("post C1",)), ("update", ("update C1", "update")), ("publish", ("publish C1", "publish")),
])  # fmt: skip
def test_posting_is_paced_per_channel_and_the_rest_per_method(verb: str, keys: tuple[str, ...]) -> None:
    assert keys_of(verb, "C1") == keys
    assert [rate_of(key) is HELD for key in keys] == ([False] if verb == "post" else [True, False])
