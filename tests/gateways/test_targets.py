"""Targets of endpoints: how far they are met, when their budget burns too fast, and the ticket that follows."""

import threading
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from sqlalchemy import event

from bot.services.gateways.targets import attainments, burns
from bot.services.operations import timers
from bot.services.signals import targets
from bot.views.gateways import targets as views
from domain.gateways.call import GatewayCall, Outcome
from domain.gateways.latency import LatencySketch
from domain.gateways.settings import GatewayTarget
from domain.gateways.targets import BURNS, ApiGoal, ApiMeasure, Attainment, BurnAlert, GoodAndBad, goals_of, is_due
from domain.gateways.traffic import SLOT, TrafficBy, TrafficKey, TrafficSums, slot_of
from domain.tickets.status import Status
from domain.tickets.ticket import Severity, Ticket
from domain.tickets.types import TicketType
from storage.operations.timers import Timer
from tests.signals.conftest import Senders, on_both

NOW = datetime(2026, 12, 7, 9, 2, tzinfo=UTC)
AVAILABLE = ApiGoal("GET /pay", ApiMeasure.AVAILABILITY, 0.99)
LETTERS = "abcdefghijkl"
FAST = ApiGoal("GET /pay", ApiMeasure.P95, 0.95, 500)


def sums(good: int, bad: int, ms: float = 40) -> TrafficSums:
    ok = GatewayCall(None, "", "GET /pay", 200, Outcome.OK, ms)
    return TrafficSums.of([*[ok] * good, *[ok._replace(status=503, outcome=Outcome.UNREACHABLE)] * bad])


def history(*parts: tuple[int, TrafficSums], goal: ApiGoal = AVAILABLE) -> list[tuple[datetime, GoodAndBad]]:
    """What counts for a goal, by how many minutes ago it came."""
    return [(NOW.replace(minute=0) - timedelta(minutes=ago), goal.count(one)) for ago, one in parts]


def burning(goal: ApiGoal, counted: Sequence[tuple[datetime, GoodAndBad]], now: datetime) -> BurnAlert | None:
    return next((one for one in BURNS if is_due(one, goal, counted, now)), None)


def test_a_budget_that_burns_over_both_windows_is_told() -> None:
    usual = [(ago, sums(100, 0)) for ago in range(5, 360, 5)]
    assert burning(AVAILABLE, history((0, sums(100, 0)), *usual), NOW) is None
    fast = burning(AVAILABLE, history(*((ago, sums(60, 40)) for ago in range(0, 40, 5))), NOW)
    assert fast
    assert (fast.windows.rate, fast.severity) == (14.4, Severity.HIGH)
    slow = burning(AVAILABLE, history(*((ago, sums(90, 10)) for ago in range(0, 360, 5))), NOW)
    assert slow
    assert (slow.windows.rate, slow.severity) == (6.0, Severity.MEDIUM)


def test_a_budget_that_burned_and_no_longer_does_is_not_told() -> None:
    over = [(ago, sums(60, 40)) for ago in range(40, 60, 5)]
    assert burning(AVAILABLE, history((0, sums(100, 0)), (5, sums(100, 0)), *over), NOW) is None
    assert burning(AVAILABLE, history((0, sums(0, 4))), NOW) is None, "four requests may be chance"


def test_a_slow_endpoint_burns_its_budget_of_five_percent() -> None:
    assert burning(FAST, history((0, sums(20, 0, ms=900)), (5, sums(20, 0, ms=900)), goal=FAST), NOW)
    assert burning(FAST, history((0, sums(20, 0)), (5, sums(20, 0)), goal=FAST), NOW) is None
    assert FAST.burn_rate(GoodAndBad(100, 72)) == pytest.approx(14.4)


def test_attainment_says_what_the_bounds_allow() -> None:
    met, missed, unclear = (Attainment(AVAILABLE, GoodAndBad(*n)) for n in ((10_000, 10), (1_000, 40), (100, 1)))
    assert [one.is_met for one in (met, missed, unclear)] == [True, False, None]
    assert missed.budget_used == pytest.approx(4)
    assert "*missed* with 96.00 % (94.60–97.05)" in views.line(missed)
    assert "no requests yet" in views.line(Attainment(AVAILABLE, GoodAndBad()))


def test_the_first_target_that_fits_counts() -> None:
    targets = (GatewayTarget(endpoint="GET /v2/*", p95=300), GatewayTarget(endpoint="*", availability=99.5))
    assert goals_of(targets, ["GET /v2/pay", "POST /v1"]) == [
        ApiGoal("GET /v2/pay", ApiMeasure.P95, 0.95, 300),
        ApiGoal("POST /v1", ApiMeasure.AVAILABILITY, 0.995),
    ]
    with pytest.raises(ValidationError, match="a target needs availability, p95 or both"):
        GatewayTarget(endpoint="*")


def only(senders: Senders) -> Ticket:
    with senders.app.store.read() as tx:
        found = tx.signal_alerts.list_newest(senders.phase.id, 5)
        (ticket_id,) = {one.ticket_id for one in found}
        assert ticket_id
        return tx.tickets.get_ticket(ticket_id)


@on_both
def test_a_breach_is_one_ticket_until_the_budget_burns_slowly_again(senders: Senders) -> None:
    senders.agrees(endpoint="GET /v2/*", availability=99.5)
    down, fine = (
        {"path": "/v2/pay", "method": "GET", "status": 503},
        {"path": "/v2/pay", "method": "GET", "status": 200},
    )
    for _ in range(3):
        senders.sends([down] * 20, "gateway")
        senders.later(minutes=1)
    ticket = only(senders)
    assert (ticket.summary, ticket.severity) == ("GET /v2/pay is less available than agreed", Severity.HIGH)
    assert ticket.report.type is TicketType.PERFORMANCE
    assert ticket.report.extra == {"endpoint": "GET /v2/pay", "component": "Error rate"}
    with senders.app.store.read() as tx:
        (found,) = attainments(tx, senders.phase, senders.app.now())
    assert (found.is_met, found.found) == (False, GoodAndBad(60, 60))
    senders.sends([fine] * 20, "gateway")
    for _ in range(int(timedelta(hours=7) / SLOT)):
        senders.later(minutes=5)
    assert only(senders).status is Status.VERIFIED, "it ends without any more traffic, too"


def test_an_endpoint_that_is_away_and_slow_is_one_ticket(senders: Senders) -> None:
    senders.agrees(endpoint="*", availability=99.5, p95=500)
    down, slow = (
        {"path": "/v2/pay", "method": "GET", "status": status, "ms": ms} for status, ms in ((503, 9), (200, 900))
    )
    senders.sends([down] * 20, "gateway")
    senders.later(minutes=1)
    assert only(senders).summary == "GET /v2/pay is less available than agreed"
    senders.sends([slow] * 40, "gateway")
    senders.later(minutes=1)
    only(senders)
    with senders.app.store.read() as tx:
        (alert,) = tx.signal_alerts.list_newest(senders.phase.id, 5)
    assert alert.title == "GET /v2/pay is less available and slower than agreed"
    assert alert.text.count("Agreed:") == 2


def test_a_check_reads_the_hours_before_only_of_what_burns(senders: Senders, monkeypatch: pytest.MonkeyPatch) -> None:
    senders.agrees(endpoint="*", availability=99.5, p95=500)
    now = senders.app.now()
    usual, slow = sums(20, 0), sums(20, 0, ms=900)
    traffic = {
        TrafficKey(TrafficBy.ENDPOINT, name, slot_of(now) - number * SLOT): slow if name == "GET /slow" else usual
        for name in ("GET /pay", "GET /runs", "GET /slow")
        for number in range(72)
    }
    with senders.app.transaction() as tx:
        tx.gateway_traffic.add(senders.phase.id, traffic, now)
    read: list[Sequence[int]] = []
    count = ApiGoal.count_timed

    def counted(goal: ApiGoal, bins: Sequence[int]) -> GoodAndBad:
        read.append(bins)
        return count(goal, bins)

    monkeypatch.setattr(ApiGoal, "count_timed", counted)
    with senders.app.store.read() as tx:
        found = burns(tx, senders.phase, now)
    assert [goal.endpoint for goal, due in found if due] == ["GET /slow"]
    assert 13 <= len(read) <= 3 * 8 + 14, "half an hour of each endpoint, and an hour of the one that burns fast"
    run: list[str] = []
    event.listen(senders.app.store.engine, "before_cursor_execute", lambda *call: run.append(call[2]))
    with senders.app.transaction() as tx:
        targets.check(senders.app, tx, Timer(id=0, key="", kind="", next_at=now, data={"phase": senders.phase.id}))
    updates = sum("signal_alerts" in one and one.startswith("UPDATE") for one in run)
    assert updates <= 1, "endpoints that never burned have nothing that is over"


@on_both
def test_hours_of_traffic_are_read_while_others_write(senders: Senders, monkeypatch: pytest.MonkeyPatch) -> None:
    senders.agrees(endpoint="*", availability=99.5)
    senders.sends([{"path": "/v2/pay", "method": "GET", "status": 503}] * 20, "gateway")
    senders.clock.forward(minutes=1)
    wrote: list[bool] = []

    def beside(*call: Any) -> Any:
        """Another delivery comes while the traffic is read."""
        other = threading.Thread(target=senders.sends, args=([{"path": "/v2/runs", "status": 200}], "gateway"))
        other.start()
        other.join(5)
        wrote.append(not other.is_alive())
        return burns(*call)

    monkeypatch.setattr(targets, "burns", beside)
    timers.run_due(senders.app)
    assert wrote == [True]
    assert only(senders).severity is Severity.HIGH


def test_endpoints_that_burn_on_are_told_again_with_few_statements(senders: Senders) -> None:
    def statements(endpoints: int) -> int:
        """Those of the second check, which finds what the first has told."""
        rows = [{"path": f"/{letter}", "method": "GET", "status": 503} for letter in LETTERS[:endpoints]]
        before: list[int] = []
        for _ in range(2):
            senders.sends([one for one in rows for _ in range(20)], "gateway")
            senders.clock.forward(minutes=1)
            before.append(len(run))
            with senders.app.transaction() as tx:
                timer = Timer(id=0, key="", kind="", next_at=senders.app.now(), data={"phase": senders.phase.id})
                targets.check(senders.app, tx, timer)
        return len(run) - before[1]

    run: list[str] = []
    event.listen(senders.app.store.engine, "before_cursor_execute", lambda *call: run.append(call[2]))
    senders.agrees(endpoint="*", availability=99.5)
    few = statements(4)
    assert statements(len(LETTERS)) <= few + 2


@given(st.lists(st.floats(0.01, 5_000), max_size=50), st.integers(1, 5_000))
@settings(max_examples=50)
def test_requests_within_a_limit_are_those_of_the_bins_up_to_it(times: list[float], limit: int) -> None:
    sketch = LatencySketch()
    for one in (*times, 0.0):
        sketch.add(one)
    counted = sketch.count_within(limit)
    assert (
        sum(one <= limit / 1.05 for one in (*times, 0.0)) <= counted <= sum(one <= limit * 1.05 for one in (*times, 0))
    )


def test_a_name_is_kept_for_as_long_as_it_has_sums(senders: Senders) -> None:
    """It is noted once a day, and a day's later sums are younger than that."""
    first = datetime(2026, 3, 2, 1, tzinfo=UTC)

    def names_after(before: datetime) -> list[str]:
        with senders.app.transaction() as tx:
            tx.gateway_traffic.delete_older(before)
            return tx.gateway_traffic.list_names(senders.phase.id, TrafficBy.ENDPOINT)

    with senders.app.transaction() as tx:
        for at in (first, first + timedelta(hours=9)):
            tx.gateway_traffic.add(
                senders.phase.id, {TrafficKey(TrafficBy.ENDPOINT, "GET /pay", slot_of(at)): sums(20, 0)}, at
            )
    assert names_after(first + timedelta(hours=2)) == ["GET /pay"]
    assert names_after(first + timedelta(hours=10)) == []
