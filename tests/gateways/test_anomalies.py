"""What stands out at a gateway, compared with the same hours of the weeks before, is proposed and opens no ticket."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from bot.services.gateways.overview import overview
from domain.gateways.anomalies import Oddity, anomalies, hours_before
from tests.gateways.test_targets import sums
from tests.signals.conftest import Senders, post
from tests.support.bot import BotWorkspace


def found(now: tuple[int, int, float], before: tuple[int, int, float], hours: int = 4) -> list[Oddity]:
    given = anomalies({"GET /pay": sums(*now)}, {"GET /pay": sums(*before)}, hours)
    return [one.oddity for one in given]


def test_only_what_the_bounds_show_stands_out() -> None:
    usual = (380, 20, 40)
    assert found((95, 5, 40), usual) == []
    assert found((60, 40, 40), usual) == [Oddity.ERRORS]
    assert found((95, 5, 4000), usual) == [Oddity.SLOW]
    assert found((300, 10, 40), usual) == [Oddity.MANY]
    assert found((20, 0, 40), usual) == [Oddity.FEW]
    assert found((1, 2, 40), (6, 0, 40)) == [], "too few events"
    assert found((60, 40, 40), usual, hours=0) == []


def test_the_ratio_of_errors_is_that_of_the_formula() -> None:
    (one,) = anomalies({"a": sums(0, 0)} | {"GET /pay": sums(70, 30)}, {"GET /pay": sums(188, 12)}, 4)
    assert one.ratio.value == pytest.approx(5.0)
    assert (one.ratio.low, one.ratio.high) == (pytest.approx(2.49, abs=0.01), pytest.approx(10.72, abs=0.01))
    assert hours_before(datetime(2026, 12, 29, tzinfo=UTC))[-1] == datetime(2026, 12, 1, tzinfo=UTC)


def test_the_same_hour_of_the_weeks_before_is_compared_and_no_other(senders: Senders) -> None:
    def rows(bad: int) -> list[dict[str, object]]:
        return [{"path": "/pay", "method": "GET", "status": 503 if n < bad else 200} for n in range(100)]

    senders.sends(rows(2), "gateway")
    senders.later(days=6)
    senders.sends(rows(80), "gateway")  # another weekday
    senders.later(days=1)
    senders.sends(rows(40), "gateway")
    with senders.app.store.read() as tx:
        (one,) = overview(tx, senders.phase, "1h", senders.app.now()).anomalies
        tickets = tx.tickets.list_by_ids([1])
    assert (one.endpoint, one.oddity, one.ratio.value) == ("GET /pay", Oddity.ERRORS, pytest.approx(20))
    assert tickets == [], "it is a proposal"
    senders.later(days=3)
    senders.sends(rows(90), "gateway")
    with senders.app.store.read() as tx:
        assert overview(tx, senders.phase, "1h", senders.app.now()).anomalies == [], "no such hour is known"


def test_what_stands_out_is_proposed_with_a_button(watched: BotWorkspace) -> None:
    slack, lena = watched, watched.person("lena")
    said = lena.types("/hypercare signals add gateway", "hypercare-desk")["text"]
    door = {"Authorization": said.split("Authorization: ")[1].split("`")[0]}
    row = {"path": "/pay", "method": "GET"}
    before = slack.application.context.now() - timedelta(days=7)
    with slack.application.store.begin() as tx:
        from domain.gateways.call import GatewayCall, Outcome
        from domain.gateways.traffic import add_up

        calls = [GatewayCall(None, "", "GET /pay", 200, Outcome.OK)] * 100
        tx.gateway_traffic.add(tx.phases.list_phases()[0].id, add_up([calls], before), before)
    post(slack, "gateway", json.dumps([row | {"status": 503 if n < 40 else 200} for n in range(100)]).encode(), door)
    assert "GET /pay fails " in str(lena.types("/hypercare api", "hypercare-desk"))
    page = [m for m in slack.messages("hypercare-desk", user="lena") if m.raw.get("ephemeral_to")][-1]
    lena.presses(page, "Report")
    assert "GET /pay fails more often than before" in str(lena.modal().view)
