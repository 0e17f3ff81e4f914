"""What a gateway knows of a report: in the form while it is written, and on its card."""

import json
from dataclasses import replace

import pytest

from bot.services.gateways.knowledge import about
from bot.services.intake.intake import open_ticket
from bot.services.tickets.session import lock_ticket
from domain.gateways.knowledge import Symptom, endpoints_named, paths_in, symptom_of
from domain.phases.permissions import Person
from domain.tickets.event import EventKind
from domain.tickets.ticket import Intake, Report, Severity
from tests.gateways.test_targets import sums
from tests.signals.conftest import Senders, on_both, post
from tests.support.bot import BotWorkspace
from tests.trust.budgets import counted

ENDPOINTS = ["GET /v2/payslips", "GET /v2/payslips/{id}", "POST /v2/runs", "GET /health"]


@pytest.mark.parametrize(
    ("text", "symptom"),
    [
        ("The payslip page is slow", Symptom.SLOW),
        ("I get a 404 for feature X", Symptom.NOT_FOUND),
        ("Page not found", Symptom.NOT_FOUND),
        ("403 since this morning", Symptom.DENIED),
        ("429 Too Many Requests", Symptom.LIMITED),
        ("It says 502 Bad Gateway", Symptom.FAILING),
        ("Invoice 4042 has the wrong total", None),
        ("The till is down", None),
    ],
)
def test_a_report_says_what_a_gateway_would_see(text: str, symptom: Symptom | None) -> None:
    assert symptom_of(text) is symptom


def test_endpoints_are_found_by_their_path() -> None:
    assert paths_in("GET https://x.example/v2/payslips/4711?x=1 fails, and/or /v2/runs.") == {"/v2/runs"}
    assert paths_in("See /v2/payslips/4711.") == {"/v2/payslips/{id}"}
    assert endpoints_named({"/v2/payslips"}, ENDPOINTS) == ENDPOINTS[:2]
    assert endpoints_named({"/v2/pay"}, ENDPOINTS) == []


def test_without_an_endpoint_those_with_most_of_the_symptom_are_shown(senders: Senders) -> None:
    rows = [{"path": "/v2/payslips", "method": "GET", "status": 404}] * 5
    rows += [{"path": "/v2/runs", "method": "GET", "status": 200, "ms": 4000}] * 9
    senders.sends(rows, "gateway")
    with senders.app.store.read() as tx:

        def shown(text: str, minutes: int = 0) -> list[tuple[str, bool]]:
            senders.clock.forward(minutes=minutes)
            return [(one.endpoint, one.is_seen) for one in about(tx, senders.phase, text, senders.app.now())]

        assert shown("I get a 404 for feature X") == [("GET /v2/payslips", True)]
        assert shown("It is slow") == [("GET /v2/runs", True)]
        assert shown("403 for /v2/runs") == [("GET /v2/runs", False)]
        assert shown("429 today") == shown("404 at /v9/other") == shown("The totals are wrong") == []
        assert shown("It is slow", minutes=45) == []


@on_both
def test_what_the_gateway_saw_is_looked_up_until_all_of_it_has_come(senders: Senders) -> None:
    slow = {"path": "/v2/runs", "method": "GET", "status": 200, "ms": 4000}
    senders.sends([slow] * 9, "gateway")
    report = Report(summary="Runs are slow", severity=Severity.LOW)
    ticket = open_ticket(senders.app, report, person=Person("U0MARIA"), phase_key="PAY", intake=Intake.COMMAND)

    def changes(minutes: int, traffic: int = 0, summary: str = report.summary) -> tuple[int, int]:
        """The requests that the card shows after a change then, and the statements about traffic that it took."""
        if traffic:
            senders.sends([slow] * traffic, "gateway")
        senders.clock.forward(minutes=minutes)
        with counted(senders.app.store) as seen, senders.app.transaction() as tx:
            session = lock_ticket(senders.app, tx, ticket.id)
            assert session
            session.ticket = replace(session.ticket, report=replace(session.ticket.report, summary=summary))
            session.log(EventKind.DETAILS)
            session.finish()
        (shown,) = session.card.gateway
        return shown.sums.requests, sum("gateway_slots" in one for one in seen)

    assert changes(0, traffic=1) == (9, 0), "in the same minute"
    assert changes(3, traffic=1) == (11, 2)
    assert changes(15, traffic=1) == (12, 2)
    assert changes(60, traffic=1) == (12, 0), "what comes later is not about the report"
    assert changes(0, summary="/v2/runs is slow") == (12, 2), "other words are looked up"


def test_the_form_and_the_card_show_what_the_gateway_saw(watched: BotWorkspace) -> None:
    slack, maria = watched, watched.person("maria")
    said = slack.person("lena").types("/hypercare signals add gateway", "hypercare-desk")["text"]
    door = {"Authorization": said.split("Authorization: ")[1].split("`")[0]}
    rows = [
        {"path": f"/v2/payslips/{n}", "method": "GET", "status": 404 if n % 2 else 200, "ms": 40} for n in range(40)
    ]
    post(slack, "gateway", json.dumps(rows).encode(), door)
    maria.types("/hypercare report 404 for /v2/payslips/<4711>")
    seen = "GET /v2/payslips/{id} had 40 requests, 50.0 % went wrong (20 × 404), 95 % within 40 ms"
    assert f"The API gateway has seen this too: {seen}." in str(maria.modal().view)
    maria.modal().fills(summary="I get a 404 for /v2/payslips/4711", severity="medium").submits()
    card = slack.channel("hypercare-desk").expects("I get a 404")
    assert f"• {seen}" in card.words


def test_an_endpoint_without_errors_says_so() -> None:
    from bot.views.gateways.knowledge import in_form
    from domain.gateways.knowledge import known_of

    found = known_of("GET /<pay>", sums(1, 0), Symptom.SLOW)
    assert in_form([found]) == "The API gateway: GET /&lt;pay&gt; had 1 request, all answered, 95 % within 40 ms."
