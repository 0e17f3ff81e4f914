"""Real counterparts: Debian's nginx and Envoy under a small load, with limits and a dead upstream."""

from pathlib import Path

import pytest
from sqlalchemy import select

from bot.services.gateways.knowledge import hint
from bot.services.intake.intake import open_ticket
from bot.views.gateways.knowledge import in_form
from domain.gateways.call import Outcome
from domain.gateways.traffic import TrafficBy
from domain.phases.permissions import Person
from domain.tickets.ticket import Intake, Report, Severity
from storage.delivery.tables import messages
from tests.gateways.counterparts import COUNTERPARTS
from tests.signals.conftest import Senders
from tests.support.control import eventually


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.skipif(not found, reason=f"not installed: {name}; .ci/run installs it"))
        for name, (found, _) in COUNTERPARTS.items()
    ],
)
def test_a_real_gateway_tells_of_limits_dead_upstreams_and_failed_authentication(
    name: str, senders: Senders, tmp_path: Path
) -> None:
    with COUNTERPARTS[name][1](tmp_path) as gateway:
        eventually(lambda: gateway.is_ready, name)
        assert gateway.asked("/v2/payslips/4711?month=11", 20) == [200] * 20
        assert gateway.asked("/v2/limited", 5) == [200, *[429] * 4]
        down = gateway.asked("/v2/down", 3)
        assert set(down) <= {502, 503}
        assert gateway.asked("/v2/secret", 2) == [401, 401]
        eventually(lambda: len(gateway.lines()) >= 31, "the lines of the log")
        lines = gateway.lines()
    assert senders.sends("\n".join(lines).encode(), "gateway") == (200, f"Received {len(lines)} lines.")
    now = senders.app.now()
    with senders.app.store.read() as tx:
        found = tx.gateway_traffic.sum_by_name(senders.phase.id, TrafficBy.ENDPOINT, now.min.replace(tzinfo=now.tzinfo),
                                               now.max.replace(tzinfo=now.tzinfo))  # fmt: skip
        consumers = tx.gateway_traffic.list_names(senders.phase.id, TrafficBy.CONSUMER)
    assert consumers == ["payroll-ui"]
    assert found["GET /v2/payslips/{id}"] == {Outcome.OK: len(lines) - 10}
    assert found["GET /v2/limited"] == {Outcome.OK: 1, Outcome.LIMITED: 4}
    assert found["GET /v2/down"] == {Outcome.UNREACHABLE: 3}
    assert found["GET /v2/secret"] == {Outcome.AUTH_FAILED: 2}
    assert hinted(senders, "404 for /v2/secret") == "The API gateway: GET /v2/secret had 2 requests, 100.0 % went wrong"
    assert hinted(senders, "/v2/limited says 429") == (
        "The API gateway has seen this too: GET /v2/limited had 5 requests, 80.0 % went wrong"
    )
    seen = "GET /v2/down had 3 requests, 100.0 % went wrong"
    assert hinted(senders, "I get a server error") == f"The API gateway has seen this too: {seen}"
    report = Report(summary="I get a server error", severity=Severity.MEDIUM)
    open_ticket(senders.app, report, person=Person("U0MARIA"), phase_key="PAY", intake=Intake.COMMAND)
    with senders.app.store.read() as tx:
        shown = str(list(tx.connection.execute(select(messages.c.payload)).scalars()))
    assert f"• {seen}" in shown


def hinted(senders: Senders, words: str) -> str:
    """What the form says while these words are typed, without codes and times."""
    return in_form(hint(senders.app, senders.phase, words)).partition(" (")[0]
