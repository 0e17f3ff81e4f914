"""AI gateways: calls of models are added up, prompts and answers are not kept, and budgets are told of."""

import json
import sys
from datetime import UTC, datetime, timedelta

import pytest
from google.protobuf.json_format import ParseDict
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from sqlalchemy import inspect, text

from bot.services.followup import verification
from bot.services.gateways.ai import overview
from bot.services.intake.intake import open_ticket
from bot.views.gateways import ai as views
from domain.gateways.ai_call import AiCall, AiOutcome
from domain.gateways.ai_usage import AiSums, AiUse, add_up_calls
from domain.gateways.latency import LONGEST
from domain.gateways.otlp import read_spans
from domain.gateways.prompts import PromptVerdict, comparisons, names_version
from domain.phases.permissions import Person
from domain.signals.alert import NotUnderstood, SignalRequest
from domain.signals.kinds import KINDS
from domain.tickets.closing import Solution
from domain.tickets.status import Status
from domain.tickets.ticket import Intake, Report, Severity
from domain.tickets.types import TicketType
from storage.gateways import ai_usage as storage
from tests.signals.conftest import LEAD, PAY, Senders, on_both, post
from tests.signals.samples import contract
from tests.support.bot import BotWorkspace

NOW = datetime(2026, 11, 28, 13, 7, tzinfo=UTC)
SECRETS = ("payslip ready", "payroll questions", "You answer", "When?", "127.0.0.1", "curl", "u-maria", "Traceback",
           "nosuch`", "litellm_proxy_master_key", "default_user_id")  # fmt: skip


def calls(name: str) -> list[AiCall]:
    return list(KINDS["ai"].read(contract("ai", name)).ai_calls)


def call(**more: object) -> dict[str, object]:
    return {"model": "gpt", "outcome": "ok", "cost": 0.5, "ms": 800, **more}


def test_calls_of_litellm_keep_model_team_prompt_cost_and_outcome() -> None:
    first, *others = calls("litellm-calls")
    assert (first.provider, first.model) == ("openai", "gpt-assistant")
    assert (first.consumer, first.prompt) == ("payroll-bot", "payslip-v7")
    assert (first.tokens_in, first.tokens_out, first.cost, first.outcome) == (10, 20, 0.0005, AiOutcome.OK)
    assert first.ms == pytest.approx(27.8, abs=0.1)
    outcomes = {one.outcome for one in (*others, *calls("litellm-refused"))}
    assert {AiOutcome.LIMITED, AiOutcome.AUTH, AiOutcome.FAILED} >= outcomes - {AiOutcome.OK}
    assert AiOutcome.FAILED in outcomes


def test_spans_of_opentelemetry_are_read_in_json_and_in_protobuf(monkeypatch: pytest.MonkeyPatch) -> None:
    given = contract("ai", "otlp")
    (span,) = KINDS["ai"].read(given).ai_calls
    assert (span.provider, span.model, span.consumer, span.outcome) == (
        "openai",
        "gpt-assistant",
        "litellm",
        AiOutcome.OK,
    )
    assert (span.tokens_in, span.tokens_out, span.cost) == (10, 20, pytest.approx(0.3))
    assert span.ms == pytest.approx(71.2, abs=0.1)
    raw = ParseDict(json.loads(given.body), ExportTraceServiceRequest()).SerializeToString()
    sent = SignalRequest({"content-type": "application/x-protobuf"}, raw)
    assert KINDS["ai"].read(sent).ai_calls == (span,)
    with pytest.raises(NotUnderstood, match="no trace request"):
        KINDS["ai"].read(SignalRequest(sent.headers, b"\x0a\xff"))
    for module in ("opentelemetry", "opentelemetry.proto"):
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(NotUnderstood, match="needs the extra otlp"):
        KINDS["ai"].read(sent)


@pytest.mark.parametrize(("attributes", "outcome"), [
    ({"error.type": "429"}, AiOutcome.LIMITED), ({"error.type": "RateLimitError"}, AiOutcome.LIMITED),
    ({"error.type": "openai.APITimeoutError"}, AiOutcome.TIMEOUT), ({"error.type": "BudgetExceeded"}, AiOutcome.QUOTA),
    ({"http.response.status_code": 401}, AiOutcome.AUTH), ({}, AiOutcome.FAILED),
])  # fmt: skip
def test_a_span_says_how_a_call_failed(attributes: dict[str, object], outcome: AiOutcome) -> None:
    named = {"gen_ai.request.model": "gpt", **attributes}
    values = [{"key": name, "value": {"stringValue": str(value)}} for name, value in named.items()]
    spans = [{"attributes": values, "status": {"code": 2}}, {"attributes": [], "name": "GET /"}, "no span"]
    (found,) = read_spans({"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]})
    assert (found.outcome, found.at, found.ms) == (outcome, None, None)


def test_no_prompt_answer_address_or_traceback_is_kept(senders: Senders, capfd: pytest.CaptureFixture[str]) -> None:
    for name in ("litellm-calls", "litellm-refused", "litellm-budget", "otlp", "plain"):
        assert senders.sends(contract("ai", name).body, "ai").said.startswith("Received"), name
    broken = json.dumps({"messages": [{"content": "When is my payslip ready?"}]}).encode()
    assert senders.sends(broken, "ai").said.startswith("Received, but not understood.")
    with senders.app.store.read() as tx:
        tables = inspect(tx.connection).get_table_names()
        kept = "\n".join(str(row) for name in tables for row in tx.connection.execute(text(f'SELECT * FROM "{name}"')))
    logged = "".join(capfd.readouterr())
    assert "payslip-v7" in kept
    assert [one for one in SECRETS if one in kept] == []
    assert [one for one in SECRETS if one in logged] == []


@on_both
def test_calls_are_added_up_and_past_the_limit_share_a_row(senders: Senders, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage, "MAX_USES", 3)
    for _ in range(2):
        senders.sends([call(team=f"team {n}") for n in range(6)], "ai")
    with senders.app.store.read() as tx:
        found = overview(tx, senders.phase, "24h", senders.app.now())
    assert {name: sums.calls for name, sums in found.teams.items()} == {
        "team 0": 2, "team 1": 2, "team 2": 2, "(other)": 6}  # fmt: skip
    assert (found.total.calls, found.total.cost, found.total.latency.count) == (12, 6.0, 12)


def test_a_log_of_apipark_counts_at_the_door_of_the_gateway_too(senders: Senders) -> None:
    row = {"request_uri": "/v1/chat", "request_method": "POST", "status": "200", "request_time": "900",
           "ai_provider": "openai", "ai_model": "gpt", "ai_model_input_token": "12", "ai_model_output_token": 30,
           "request_body": "When is my payslip ready?"}  # fmt: skip
    assert senders.sends([row], "gateway") == (200, "Received 1 line.")
    with senders.app.store.read() as tx:
        (sums,) = overview(tx, senders.phase, "24h", senders.app.now()).models.values()
    assert (sums.calls, sums.tokens_in, sums.tokens_out) == (1, 12, 30)


def budget(senders: Senders, **values: object) -> None:
    from bot.services.phases import phases

    given = type(PAY.gateways).model_validate({"ai_budgets": [{"name": "daily", "amount": 10, **values}]})
    senders.phase = phases.apply_settings(senders.app, PAY.model_copy(update={"gateways": given}))


@on_both
def test_a_budget_is_told_of_before_and_when_it_is_used_up_and_is_over_the_next_day(senders: Senders) -> None:
    budget(senders, team="payroll")
    senders.sends([call(cost=50, team="other"), call(cost=7.9, team="payroll")], "ai")
    with senders.app.store.read() as tx:
        assert tx.signal_alerts.list_newest(senders.phase.id, 5) == []

    def ticket() -> tuple[str, Severity, TicketType, Status]:
        with senders.app.store.read() as tx:
            (found,) = tx.signal_alerts.list_newest(senders.phase.id, 5)
            assert found.ticket_id
            one = tx.tickets.get_ticket(found.ticket_id)
            return found.title, one.severity, one.report.type, one.status

    senders.sends(call(cost=0.5, team="payroll"), "ai")
    assert ticket()[:3] == ("The AI budget daily is nearly used up", Severity.MEDIUM, TicketType.AI_COST)
    senders.sends(call(cost=5, team="payroll"), "ai")
    assert ticket()[:2] == ("The AI budget daily is used up", Severity.HIGH)
    senders.clock.forward(days=1)
    senders.sends(call(cost=1, team="payroll"), "ai")
    senders.later(minutes=6)
    assert ticket()[3] is Status.VERIFIED


def test_a_budget_of_litellm_that_is_crossed_again_is_the_same_ticket(senders: Senders) -> None:
    event = json.loads(contract("ai", "litellm-budget").body)

    def tells(**values: object) -> list[tuple[Severity, Status]]:
        senders.sends(event | values, "ai")
        with senders.app.store.read() as tx:
            found = {one.ticket_id for one in tx.signal_alerts.list_newest(senders.phase.id, 9) if one.ticket_id}
            return [(one.severity, one.status) for one in tx.tickets.list_by_ids(sorted(found))]

    assert tells(event="threshold_crossed", spend=8.5, max_budget=10) == [(Severity.MEDIUM, Status.RECEIVED)]
    assert tells(spend=10.2, max_budget=10) == [(Severity.HIGH, Status.RECEIVED)]
    verification.resolve(senders.app, 1, Person(LEAD), Solution(explanation="Raised it", test="Tried"))
    assert tells(spend=10.2, max_budget=10) == [(Severity.HIGH, Status.RESOLVED)], "told twice"
    assert tells(spend=10.4, max_budget=10) == [(Severity.HIGH, Status.INVESTIGATING)], "the next day"


def test_an_event_about_a_budget_is_an_alert_without_people() -> None:
    (alert,) = KINDS["ai"].read(contract("ai", "litellm-budget")).alerts
    assert (alert.title, alert.severity, alert.text) == (
        "The AI budget of key is used up", Severity.HIGH, "1 of 0 are spent.")  # fmt: skip


@pytest.mark.parametrize("ms", [1e308, float("inf"), 86_400_001])
def test_a_time_that_can_not_be_right_counts_as_a_day_and_breaks_no_sum(ms: float) -> None:
    ((_, sums),) = add_up_calls([[AiCall(NOW, "", "", "gpt", "", "", "", AiOutcome.OK, ms=ms)]], NOW).items()
    assert sums.ms_squares == LONGEST**2
    assert sums.calls == 1


def used(prompt: str, n: int, accepted: int, ms: float = 800, cost: float = 0.01) -> dict[AiUse, AiSums]:
    rows = [AiCall(NOW, "", "", "gpt", "", "", prompt, AiOutcome.OK, cost=cost + i % 2 / 1000, ms=ms + i % 3,
                   accepted=i < accepted) for i in range(n)]  # fmt: skip
    return {use: sums for (_, use), sums in add_up_calls([rows], NOW).items()}


def versions(*found: dict[AiUse, AiSums]) -> dict[str, AiSums]:
    return {use.prompt: sums for one in found for use, sums in one.items()}


def test_versions_of_a_prompt_are_compared_with_bounds_and_never_by_too_few() -> None:
    better = versions(used("payslip-v6", 80, 48), used("payslip-v7", 70, 56, ms=400), used("other", 9, 1))
    (found,) = comparisons(better)
    assert (found.newer, found.older) == ("payslip-v7", "payslip-v6")
    assert found.accepted.difference
    assert found.accepted.difference.value == pytest.approx(0.2)
    assert found.accepted.difference.low == pytest.approx(0.0524, abs=0.001), "Newcombe's published example"
    assert (found.accepted.verdict, found.time.verdict, found.cost.verdict) == (
        PromptVerdict.BETTER, PromptVerdict.BETTER, PromptVerdict.SAME)  # fmt: skip
    (few,) = comparisons(versions(used("a-2", 7, 7), used("a-10", 70, 1)))
    assert (few.newer, few.accepted.verdict, few.time.verdict) == ("a-10", PromptVerdict.TOO_FEW, PromptVerdict.TOO_FEW)
    assert "too few to say" in "\n".join(views.comparison_lines(few, {}))


def test_a_ticket_names_a_version_and_not_the_beginning_of_another() -> None:
    assert [names_version(text, "payslip-v1") for text in (
        "payslip-v1", "Payslip-V1: wrong", "payslip-v10", "payslip-v1.2", "xpayslip-v1")] == [
        True, True, False, False, False]  # fmt: skip


def test_tickets_that_name_a_version_are_listed_beside_it(senders: Senders) -> None:
    report = Report(summary="It invents a bonus", severity=Severity.LOW, type=TicketType.AI_ACCURACY,
                    extra={"prompt": "payslip-v7"})  # fmt: skip
    open_ticket(senders.app, report, person=Person("U0MARIA"), phase_key="PAY", intake=Intake.COMMAND)
    senders.sends([call(prompt="payslip-v6"), call(prompt="payslip-v7")], "ai")
    with senders.app.store.read() as tx:
        assert overview(tx, senders.phase, "24h", senders.app.now()).tickets == {
            "payslip-v6": [], "payslip-v7": ["PAY-1"]}  # fmt: skip


def test_figures_of_models_are_deleted_with_messages(senders: Senders) -> None:
    senders.sends(call(), "ai")
    with senders.app.transaction() as tx:
        tx.ai_usage.delete_older(senders.app.now() + timedelta(hours=1))
        assert not tx.ai_usage.has_any(senders.phase.id)


def test_the_team_sees_what_models_cost(watched: BotWorkspace) -> None:
    slack, lena = watched, watched.person("lena")
    assert "No AI gateway has sent its log" in lena.types("/hypercare ai", "hypercare-desk")["text"]
    said = lena.types("/hypercare signals add ai", "hypercare-desk")["text"]
    door = {"Authorization": said.split("Authorization: ")[1].split("`")[0]}
    post(slack, "ai", json.dumps([call(team="payroll", provider="openai"), call(outcome="timeout")]).encode(), door)
    assert post(slack, "ai/v1/traces", b"", door | {"Content-Type": "application/x-protobuf"}) == (200, "")
    page = str(lena.types("/hypercare ai 24h", "hypercare-desk"))
    assert "2 calls of models in the last 24 hours, for 1.00." in page
    assert "gpt (openai)" in page
    assert "Timed out: 1" in page
    assert "Only the team" in slack.person("maria").types("/hypercare ai", "hypercare-desk")["text"]
