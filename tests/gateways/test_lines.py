"""Lines of access logs: what each gateway writes is read alike, and what identifies people is not kept."""

import gzip
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.gateways.body import MAX_LINES, TOGETHER, UnreadableBodyError, rows_of
from domain.gateways.call import GatewayCall, Outcome
from domain.gateways.latency import LatencySketch, as_kept, merge_bins
from domain.gateways.log_formats import read_call
from domain.gateways.paths import A_PERSON, consumer_of, endpoint_of
from domain.gateways.traffic import OTHER, TrafficBy, TrafficKey, add_up, names_to_keep
from domain.signals.kinds import KINDS
from tests.signals.samples import contract

NAMES = st.dictionaries(st.integers(0, 60).map(str), st.booleans())
NOW = datetime(2026, 11, 28, 13, 7, tzinfo=UTC)


def calls(name: str) -> list[GatewayCall]:
    return list(KINDS["gateway"].read(contract("gateway", name)).calls)


@pytest.mark.parametrize(
    ("name", "outcomes"),
    [
        ("nginx", "ok ok limited limited unreachable auth_failed"),
        ("envoy", "ok unreachable unreachable ok limited limited"),
        ("kong", "ok limited"),
        ("apisix", "unreachable"),
        ("apipark", "limited ok"),
        ("aws", "unreachable ok"),
        ("plain", "limited"),
    ],
)
def test_every_gateway_says_how_requests_ended(name: str, outcomes: str) -> None:
    assert [one.outcome.value for one in calls(name)] == outcomes.split()


@pytest.mark.parametrize("name", ["kong", "apipark", "aws", "plain"])
def test_lines_of_one_request_are_read_alike(name: str) -> None:
    first = calls(name)[0]
    assert (first.endpoint, first.at and first.at.date()) == ("GET /v2/payslips/{id}", NOW.date())
    assert first.consumer in ("payroll-ui", "batch")
    assert first.id


def test_times_are_in_milliseconds_whatever_a_gateway_uses() -> None:
    assert [calls(name)[0].ms for name in ("nginx", "envoy", "kong", "apisix", "apipark", "aws")] == [
        6.0, 8.0, 41.0, 12.5, 3.0, 29_000.0]  # fmt: skip


@pytest.mark.parametrize(
    ("path", "endpoint"),
    [
        ("/v2/payslips/4711?month=11#x", "/v2/payslips/{id}"),
        ("/users/3f2b8c1e-9d1a-4c55-8a55-0d6f5b0b7a11/", "/users/{id}"),
        ("/runs/2026-11/maria.lopez@example.com", "/runs/{id}/{id}"),
        ("https://api.example:8443/v1.2/health", "/v1.2/health"),
        ("/files/Gehalt%20M%C3%BCller.pdf", "/files/{id}"),
        ("/employees/E1002934", "/employees/{id}"),
        ("/oauth2/token", "/oauth2/token"),
        ("/", "/"),
        ("/a/b/c/d/e/f/g/h/i/j", "/a/b/c/d/e/f/g/h/…"),
    ],
)
def test_ids_in_paths_are_folded(path: str, endpoint: str) -> None:
    assert endpoint_of("get", path) == f"GET {endpoint}"
    assert endpoint_of("", path) == endpoint


def test_a_consumer_is_an_application_and_no_person() -> None:
    assert [consumer_of(name) for name in ("payroll-ui", "maria@example.com", "10.0.0.7", "fe80::1", "-", "")] == [
        "payroll-ui", A_PERSON, A_PERSON, A_PERSON, "", ""]  # fmt: skip


def test_lines_come_as_an_object_an_array_one_a_line_and_behind_a_syslog_prefix() -> None:
    row = {"status": 200, "path": "/pay"}
    line = json.dumps(row)
    for body, count in ((line, 1), (f"[{line},{line}]", 2), (f"{line}\n{line}\n", 2),
                        (f"<190>Nov 28 12:48:12 vm gw: {line}", 1)):  # fmt: skip
        assert rows(body) == [row] * count
    assert rows(f"{line}\nnonsense\n") == [row, None]
    assert rows(f"{line}, {line}\n{line}\n") == [None, row], "a line is one object"
    assert rows(f"{line}\n" * 450) == [row] * 450


def rows(body: str) -> list[Any]:
    return rows_of(body.encode(), lambda: None)


@given(
    st.lists(st.sampled_from(["[", "]", ",", '{"a": [1, 2]}', '"x"', " ", "\n", "NaN", "1"]), max_size=6).map("".join)
)
def test_an_array_is_read_element_by_element_as_json_is(inner: str) -> None:
    body = f"[{inner}]"
    try:
        wanted = json.loads(body)
    except ValueError:
        with pytest.raises(UnreadableBodyError):
            rows(body)
    else:
        assert repr(rows(body)) == repr(wanted)


def test_people_may_go_first_between_the_elements_of_an_array() -> None:
    pauses: list[None] = []
    assert len(rows_of(json.dumps([1] * 3 * TOGETHER).encode(), lambda: pauses.append(None))) == 3 * TOGETHER
    assert len(pauses) == 3
    assert len(rows(json.dumps([1] * 2 * MAX_LINES))) == MAX_LINES


def test_a_wrong_clock_counts_as_now() -> None:
    def at(when: datetime | None) -> datetime:
        (key,) = add_up([[GatewayCall(when, "", "GET /pay", 200, Outcome.OK)]], NOW)
        return key.at

    now = NOW.replace(minute=5)
    for when in (None, NOW + timedelta(days=300), NOW - timedelta(days=3), NOW + timedelta(minutes=4)):
        assert at(when) == now
    assert at(NOW - timedelta(minutes=30)) == now - timedelta(minutes=30)


@settings(max_examples=30)
@given(st.lists(st.floats(0, 86_000_000), min_size=1, max_size=200), st.integers(0, 200))
def test_sketches_that_are_kept_and_merged_give_the_same_percentiles(values: list[float], cut: int) -> None:
    one, two, whole = LatencySketch(), LatencySketch(), LatencySketch()
    for at, value in enumerate(values):
        (one if at < cut else two).add(value)
        whole.add(value)
    at_once = LatencySketch.of([as_kept(value) for value in values])
    assert (at_once.bins, at_once.count, at_once.sum) == (whole.bins, whole.count, pytest.approx(whole.sum))
    kept = LatencySketch.from_bins(one.sum, one.bins)
    kept.merge(LatencySketch.from_bins(two.sum, two.bins))
    assert kept.count == len(values)
    assert kept.sum == pytest.approx(sum(values), abs=0.2)
    assert [kept.quantile(q) for q in (0.5, 0.95, 0.99)] == [whole.quantile(q) for q in (0.5, 0.95, 0.99)]
    exact = sorted(values)[int(0.95 * (len(values) - 1))]
    assert kept.quantile(0.95) == pytest.approx(exact, rel=0.021, abs=0.001)


@settings(max_examples=30)
@given(st.lists(st.floats(0, 86_400_000), max_size=20), st.lists(st.floats(0, 86_400_000), max_size=20))
def test_bins_that_are_merged_are_those_of_the_merged_sketch(ones: list[float], others: list[float]) -> None:
    one, other = (LatencySketch.of([as_kept(value) for value in values]) for values in (ones, others))
    merged = merge_bins(one.bins, other.bins)
    one.merge(other)
    assert merged == one.bins


def test_how_many_took_at_most_so_long_is_read_from_the_sketch() -> None:
    sketch = LatencySketch()
    for value in (0.0, *range(1, 101)):
        sketch.add(value)
    assert sketch.count_within(50) == pytest.approx(51, abs=2)
    assert LatencySketch().count_within(50) == 0


@given(NAMES, NAMES)
@settings(max_examples=50)
def test_names_past_the_limit_share_one_and_known_ones_stay(wanted: dict[str, bool], known: dict[str, bool]) -> None:
    limit = max(20, len(known))
    kept = names_to_keep(wanted, known, limit)
    new = {name for name in kept.values() if name not in known and name != OTHER}
    assert len(known) + len(new) <= limit
    assert all(kept[name] == name for name in wanted if name in known)
    assert sum(wanted[name] for name in new) <= max(0, limit // 4 - sum(known.values()))
    if any(place == OTHER and not wanted[name] for name, place in kept.items()):
        assert len(known) + len(new) == limit, "a name that was answered is left out only when there is no room"


def test_requests_are_added_up_by_endpoint_and_by_consumer() -> None:
    found = add_up([calls("nginx")], NOW)
    slot = datetime(2026, 11, 28, 12, 45, tzinfo=UTC)
    limited = found[TrafficKey(TrafficBy.ENDPOINT, "GET /limited", slot)]
    assert (limited.requests, limited.errors, limited.codes) == (3, 2, {200: 1, 429: 2})
    assert found[TrafficKey(TrafficBy.CONSUMER, "payroll-ui", slot)].requests == 6


@pytest.mark.parametrize("row", [None, 1, "x", [], {}, {"status": "x", "path": "/"}, {"status": 200, "path": 1},
                                 {"status": 10**30, "path": "/"}, {"request": 1, "response": 2, "latencies": 3},
                                 {"status": 200, "path": "/", "ms": "NaN", "at": {}}])  # fmt: skip
def test_lines_that_make_no_sense_break_nothing(row: object) -> None:
    found = read_call(row)
    assert found is None or (found.ms is None and found.at is None)


def test_five_mebibytes_of_gzip_are_unpacked_by_the_server() -> None:
    assert len(gzip.compress(b"x" * KINDS["gateway"].max_bytes)) < 10_000, "so the limit has to hold after unpacking"
