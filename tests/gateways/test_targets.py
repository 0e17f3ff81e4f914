"""Targets of endpoints: how far they are met, when their budget burns too fast, and the ticket that follows."""

from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from bot.services.gateways.targets import attainments
from bot.views.gateways import targets as views
from domain.gateways.call import GatewayCall, Outcome
from domain.gateways.settings import GatewayTarget
from domain.gateways.targets import ApiGoal, ApiMeasure, Attainment, GoodAndBad, burning, goals_of
from domain.gateways.traffic import SLOT, TrafficSums
from domain.tickets.status import Status
from domain.tickets.ticket import Severity, Ticket
from domain.tickets.types import TicketType
from tests.signals.conftest import Senders, on_both

NOW = datetime(2026, 12, 7, 9, 2, tzinfo=UTC)
AVAILABLE = ApiGoal("GET /pay", ApiMeasure.AVAILABILITY, 0.99)
FAST = ApiGoal("GET /pay", ApiMeasure.P95, 0.95, 500)


def sums(good: int, bad: int, ms: float = 40) -> TrafficSums:
    made = TrafficSums()
    for outcome, status, count in ((Outcome.OK, 200, good), (Outcome.UNREACHABLE, 503, bad)):
        for _ in range(count):
            made.add(GatewayCall(None, "", "GET /pay", status, outcome, ms))
    return made


def history(*parts: tuple[int, TrafficSums]) -> list[tuple[datetime, TrafficSums]]:
    """Traffic by how many minutes ago it came."""
    return [(NOW.replace(minute=0) - timedelta(minutes=ago), one) for ago, one in parts]


def test_a_budget_that_burns_over_both_windows_is_told() -> None:
    usual = [(ago, sums(100, 0)) for ago in range(5, 360, 5)]
    assert burning(AVAILABLE, history((0, sums(100, 0)), *usual), NOW) is None
    fast = burning(AVAILABLE, history(*((ago, sums(60, 40)) for ago in range(0, 40, 5))), NOW)
    assert fast
    assert (fast.rate, fast.severity) == (14.4, Severity.HIGH)
    slow = burning(AVAILABLE, history(*((ago, sums(90, 10)) for ago in range(0, 360, 5))), NOW)
    assert slow
    assert (slow.rate, slow.severity) == (6.0, Severity.MEDIUM)


def test_a_budget_that_burned_and_no_longer_does_is_not_told() -> None:
    over = [(ago, sums(60, 40)) for ago in range(40, 60, 5)]
    assert burning(AVAILABLE, history((0, sums(100, 0)), (5, sums(100, 0)), *over), NOW) is None
    assert burning(AVAILABLE, history((0, sums(0, 4))), NOW) is None, "four requests may be chance"


def test_a_slow_endpoint_burns_its_budget_of_five_percent() -> None:
    assert burning(FAST, history((0, sums(20, 0, ms=900)), (5, sums(20, 0, ms=900))), NOW)
    assert burning(FAST, history((0, sums(20, 0)), (5, sums(20, 0))), NOW) is None
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
