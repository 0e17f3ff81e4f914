"""API governance: tickets and figures by policy, and which gaps are systemic."""

from collections import Counter

import pytest

from bot.report_page import apis
from bot.report_page.process import drawing
from bot.services.gateways.audit import audited
from bot.services.intake.intake import open_ticket
from bot.services.reporting import phase_report
from bot.views.gateways import audit as views
from domain.gateways.audit import ApiPolicy, GovernanceTicket, audit
from domain.gateways.call import Outcome
from domain.phases.permissions import Person
from domain.tickets.ticket import Intake, Report, Severity
from domain.tickets.types import TicketType
from tests.signals.conftest import Senders


def test_figures_and_tickets_are_rolled_up_to_policies() -> None:
    denied = Counter({Outcome.OK: 80, Outcome.AUTH_FAILED: 20})
    outcomes = dict.fromkeys(("GET /v1/pay", "GET /v2/pay", "POST /v2/runs"), denied)
    outcomes["GET /health"] = Counter({Outcome.OK: 9})
    tickets = [
        GovernanceTicket(TicketType.API_DESIGN, "Payslips v2", is_open=True),
        GovernanceTicket(TicketType.API_DESIGN, "Payslips v2", is_open=False),
        GovernanceTicket(TicketType.PERFORMANCE, "", is_open=True),
        GovernanceTicket(TicketType.BUG, "", is_open=True),
    ]
    first, *others = audit(tickets, outcomes, [])
    assert (first.policy, first.is_systemic, len(first.measured)) == (ApiPolicy.ACCESS, True, 3)
    by_policy = {one.policy: one for one in others}
    assert by_policy[ApiPolicy.VERSIONING].measured == ["GET /v1/pay"]
    design = by_policy[ApiPolicy.DESIGN]
    assert (design.tickets, design.open_tickets, design.named, design.is_systemic) == (2, 1, ["Payslips v2"], False)
    assert by_policy[ApiPolicy.PERFORMANCE].tickets == 0, "performance without an endpoint is not about an API"
    assert not any(one.is_systemic for one in others)


def test_the_audit_names_the_gap_and_no_private_ticket(senders: Senders) -> None:
    rows = [{"path": f"/v2/{name}", "method": "GET", "status": 422} for name in "abc" for _ in range(20)]
    senders.sends(rows, "gateway")
    unclear, private = (
        (TicketType.API_DOCUMENTATION, {"api": "Runs <v1>"}),
        (TicketType.GATEWAY_SECURITY, {"endpoint": "/x"}),
    )
    for kind, extra in (unclear, private):
        report = Report(summary="Unclear", severity=Severity.LOW, type=kind, extra=extra)
        open_ticket(senders.app, report, person=Person("U0MARIA"), phase_key="PAY", intake=Intake.COMMAND)
    with senders.app.store.read() as tx:
        found = audited(tx, senders.phase, senders.app.now())
    page = str(views.page(senders.phase, found))
    assert "the gaps in Discovery and documentation are systemic" in page
    assert (
        "1 ticket, 1 open. By its figures: GET /v2/a, GET /v2/b, GET /v2/c. Named in tickets: Runs &lt;v1&gt;" in page
    )
    assert "/x" not in page


def test_the_report_has_the_audit_and_figures_but_no_words_of_tickets(senders: Senders) -> None:
    assert phase_report.report(senders.app, "PAY").apis is None
    senders.agrees(endpoint="GET /v2/a", availability=99.5)
    rows = [{"path": f"/v2/{name}", "method": "GET", "status": 503, "consumer": "Shop"} for name in "abc"] * 20
    senders.sends(rows, "gateway")
    report = Report(summary="Odd", severity=Severity.LOW, type=TicketType.API_DESIGN, extra={"api": "What I call it"})
    open_ticket(senders.app, report, person=Person("U0MARIA"), phase_key="PAY", intake=Intake.COMMAND)
    with drawing() as other:  # in its own process, as the command does
        html = other.page(phase_report.report(senders.app, "PAY"))
    assert "APIs in the last 28 days" in html
    assert "GET /v2/a" in html
    policies, targets, endpoints = apis.tables(phase_report.report(senders.app, "PAY").apis or pytest.fail("none"))
    by_name = {row[0]: row[1:] for row in policies.rows}
    assert by_name["Design standards"] == ["not shown", 1, 1, 0, 1, "–"]
    assert by_name["Performance and availability"] == ["not shown", 0, 0, 1, 0, "GET /v2/a"]
    assert [*targets.rows] == [["GET /v2/a", "99.5 % available", "missed", "0.00", "0.00", "16.11", "20000"]]
    assert endpoints.rows[0][:3] == ["GET /v2/a", 20, "100.0"]
    assert "What I call it" not in html
    assert "Shop" not in html
