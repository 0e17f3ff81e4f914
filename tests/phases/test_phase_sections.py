"""A lead changes everything about a phase in Slack: what changes is shown first, and confirmed when it is saved."""

from datetime import date
from typing import Any

import pytest

from bot.services.phases import phases
from bot.views.phases.sections import SECTIONS, changes, find_section, put_values
from domain.oncall import paging
from domain.oncall.settings import EscalationPolicy, EscalationStep, Layer, OnCallSettings, Rota
from domain.phases.phase import Phase
from domain.phases.settings import PhaseSettings, PhaseState
from domain.reporting.kpis import KpiTarget
from tests.support.bot import BotWorkspace
from tests.support.people import Modal

BARE = PhaseSettings(key="PAY", name="Payday", triage_channel="C0DESK00", oncall_channel="C0CALL00",
                     leads=("U0LENA0",), responders=("U0JO000", "S0TEAM0"))  # fmt: skip


ON_CALL = OnCallSettings(
    rotas=(Rota(name="primary", layers=(Layer(people=("U0LENA0", "U0JO000"), since=date(2026, 1, 5)),)),),
    policies=(EscalationPolicy(name="nights", steps=(EscalationStep(targets=("oncall:primary", "U0SAM00")),)),
              EscalationPolicy(name="rest", steps=(EscalationStep(targets=("leads",)),))),
)  # fmt: skip
RULES = {"rules": [
    {"name": "late", "when": ["overdue"], "enabled": False, "page": True, "tell": ["C0DESK00", "U0LENA0", "S0TEAM0"]},
    {"name": "bank", "when": ["opened", "signal"], "severities": ["high"], "statuses": ["received"],
     "modules": ["Bank", "Till"], "labels": {"title": "*bank*", "env": "prod"}, "assign": "U0JO000",
     "severity": "critical", "module": "Bank", "ask": "Which bank?", "webhook": "ops"},
]}  # fmt: skip


@pytest.mark.parametrize("name", [*SECTIONS, "rota/primary", "policy/nights", "policy/rest", "rule/late", "rule/bank"])
def test_a_section_that_is_saved_as_it_stands_changes_nothing(name: str) -> None:
    phase = Phase.model_validate({**BARE.model_dump(), "oncall": ON_CALL, "automation": RULES})
    tree = phase.settings.model_dump(mode="json")
    section = find_section(name, phase)
    put_values(section, tree, {one.field.id: one.get(phase) for one in section.settings})
    after = Phase.model_validate(PhaseSettings.model_validate(tree).model_dump())
    assert changes(name, phase, after) == []
    assert after.responders == phase.responders


def opened(slack: BotWorkspace, section: str) -> Modal:
    lena = slack.person("lena")
    lena.types("/hypercare phase", "hypercare-desk")
    page = [m for m in slack.messages("hypercare-desk", user="lena") if m.raw.get("ephemeral_to")][-1]
    lena.presses(page, section)
    return lena.modal()


def saves(form: Modal, **values: object) -> str:
    """Fill a section's form, read what would change and save it; return what was shown."""
    form.fills(**values).submits()
    shown = form.person.modal()
    shown.submits()
    assert form.person.modal().title == "Saved"
    return shown.words


def test_dates_targets_and_digests_are_changed_without_a_file(slack: BotWorkspace) -> None:
    app = slack.application.context
    form = opened(slack, "Dates")
    assert (
        "after the go-live"
        in form.fills(go_live="2026-05-04", planned_end="2026-05-01").submits()["errors"]["planned_end"]
    )
    shown = saves(form, go_live="2026-05-04", planned_end="2026-06-01", risk="high")
    assert "*Planned end*: none → 1 Jun 2026" in shown
    assert "1h, 4h, 8h → 30m, 2h, 8h" in saves(opened(slack, "SLA targets"), sla_high="30m, 2h, 8h")
    saves(opened(slack, "KPI targets"), kpi_criticals="0", kpi_uptime="none")
    saves(opened(slack, "Digests"), at_team="08:15", every_stakeholders="week")
    saves(opened(slack, "Report form"), processes="Month end\nPay run")
    phase = phases.get_phase(app, "PAY")
    assert (str(phase.planned_end), phase.risk, phase.intake.processes) == (
        "2026-06-01",
        "high",
        ("Month end", "Pay run"),
    )
    assert phase.sla.targets["high"]["acknowledge"] == "30m"
    assert phase.reporting.kpi_targets == phase.reporting.kpi_targets | {"criticals": 0, "uptime": "none"}
    assert [(d.audience, d.every, d.at) for d in phase.reporting.digests] == [
        ("team", "day", "08:15"), ("stakeholders", "week", "09:00")]  # fmt: skip


def names_channels(slack: BotWorkspace, form: Modal) -> dict[str, Any]:
    """Fill the form for a new phase as its admin, and return what comes next."""
    for name in ("ledger-cards", "ledger-calls"):
        slack.control.post("channels", name=name, members=["admin", "hypercare"])
    ids = {c["name"]: c["id"] for c in slack.control.get("state")["channels"]}
    return form.fills(key="LED", name="Ledger", triage_channel=ids["ledger-cards"], oncall_channel=ids["ledger-calls"],
                      leads=[slack.user_id("lena")]).submits()  # fmt: skip


def test_a_new_phase_starts_once_its_dates_risk_and_targets_are_given(slack: BotWorkspace) -> None:
    app, admin = slack.application.context, slack.person("admin")
    names_channels(slack, admin.opens("/hypercare setup new"))
    form = admin.modal()
    assert form.title == "Start phase"
    assert phases.get_phase(app, "LED").state is PhaseState.PLANNED
    length = next(block["element"] for block in form.view["blocks"] if block.get("block_id") == "length")
    weeks = [option["text"]["text"] for option in length["options"]]
    assert weeks == ["2 weeks", "3 weeks", "4 weeks", "5 weeks", "6 weeks"]
    assert length["initial_option"]["text"]["text"] == "4 weeks"
    assert {*form.submits()["errors"]} == {"go_live", "risk"}
    errors = form.fills(go_live="2026-05-04", risk="high", kpi_uptime="much").submits()["errors"]
    assert "Enter one, or none" in errors["kpi_uptime"]
    form.fills(kpi_uptime="none", kpi_criticals="0", role_support=[slack.user_id("tom")]).submits()
    said = admin.modal().words
    for words in ("*Ledger* (LED) is active", "4 May 2026", "1 Jun 2026", "risk class high", slack.user_id("lena"),
                  "Uptime none", "These roles are empty: business", "/hypercare report"):  # fmt: skip
        assert words in said, words
    phase = phases.get_phase(app, "LED")
    assert (phase.state, str(phase.planned_end), phase.risk) == (PhaseState.ACTIVE, "2026-06-01", "high")
    assert {*phase.reporting.kpi_targets} == {*KpiTarget}
    assert phase.reporting.kpi_targets[KpiTarget.UPTIME] == "none"


def test_a_planned_phase_keeps_the_end_that_it_has(slack: BotWorkspace) -> None:
    app, admin = slack.application.context, slack.person("admin")
    names_channels(slack, admin.opens("/hypercare setup new"))
    slack.control.post("close", user="admin", all=True)
    planned = phases.get_phase(app, "LED").settings.model_dump()
    dates = {"go_live": date(2026, 5, 4), "planned_end": date(2026, 5, 29), "risk": "low"}
    phases.apply_settings(app, PhaseSettings.model_validate(planned | dates))
    assert "is planned" in str(admin.types("/hypercare phase LED"))
    shown = [m for m in slack.messages("payroll-help", user="admin") if m.raw.get("ephemeral_to")][-1]
    admin.presses(shown, "Start phase")
    assert "Until 29 May 2026" in admin.modal().words
    assert admin.modal().fills(go_live="2026-06-01").submits()["errors"].keys() == {"length"}
    admin.modal().fills(go_live="2026-05-05").submits()
    assert "29 May 2026" in admin.modal().words
    assert phases.get_phase(app, "LED").state is PhaseState.ACTIVE


def test_a_phase_is_ended_after_a_question_and_takes_no_reports(slack: BotWorkspace) -> None:
    slack.person("maria").reports("Slow page")
    slack.triage.expects("Slow page")
    form = opened(slack, "End phase")
    assert "1 ticket is still open" in form.words
    form.submits()
    assert phases.get_phase(slack.application.context, "PAY").state is PhaseState.EXITED
    assert "No phase is active" in slack.person("maria").types("/hypercare report")["text"]


def test_who_gives_feedback_and_who_reads_it_is_chosen_in_slack(slack: BotWorkspace) -> None:
    app, tom, lena = slack.application.context, slack.user_id("tom"), slack.user_id("lena")
    shown = saves(opened(slack, "Stakeholders"), providers_people=[tom], providers_names="Bank of the north",
                  consumers_people=[lena], consumers_names="Works council")  # fmt: skip
    assert "Others who give feedback*: none → Bank of the north" in shown
    saves(opened(slack, "Digests"), every_stakeholders="week")
    slack.person("maria").reports("Slow page")
    page = str(slack.person("lena").types("/hypercare phase", "hypercare-desk")["blocks"])
    for words in (f"*Feedback comes from:* <@{tom}>, Bank of the north", f"<@{lena}> (stakeholders)",
                  "Works council (no digest)", f"<#{slack.channel_id('payroll-help')}> (1)",
                  "*How reports came in:* command 1", "*No reports yet by:* shortcut, "):  # fmt: skip
        assert words in page, words
    reporting = phases.get_phase(app, "PAY").reporting
    assert (reporting.providers, reporting.consumers) == ((tom, "Bank of the north"), (lena, "Works council"))


def test_only_leads_see_what_is_set_up(slack: BotWorkspace) -> None:
    assert "Only admins and leads" in slack.person("tom").types("/hypercare phase")["text"]
    page = str(slack.person("lena").types("/hypercare phase")["blocks"])
    assert "How reports came in" in page
    assert "These roles are empty" in page


def on_call_now(slack: BotWorkspace) -> str:
    app = slack.application.context
    with app.store.read() as tx:
        phase = phases.get_phase(app, "PAY")
        (person,) = paging.on_call(phase, tx.overrides.list_agreed(phase.id, app.now()), app.now())
    return person


def test_a_rota_is_made_and_changed_in_slack_and_who_is_on_call_stays_so(slack: BotWorkspace) -> None:
    jo, sam, lena = (slack.person(name).id for name in ("jo", "sam", "lena"))
    start = slack.application.context.now().date().isoformat()
    made = {"name": "primary", "layers0_people": [jo], "layers0_since": "2026-01-05", "layers0_turn": "daily"}
    wrong = opened(slack, "Add rota").fills(**made, layers0_hand_over="noon").submits()
    assert [*wrong["errors"]] == ["layers0_hand_over"]
    assert "*Layer 1: people*: none → " in saves(opened(slack, "Add rota"), **made)
    before = on_call_now(slack)
    assert before == jo
    shown = saves(opened(slack, "Rota primary"), layers0_people=[sam, lena], layers0_since=start)
    assert f"<@{jo}> stays on call (primary) until" in shown, "no one is taken off call by a change of the plan"
    assert f"<@{jo}> → <@" in shown
    assert on_call_now(slack) == jo


def test_an_escalation_policy_is_made_in_slack_in_its_place_and_removed(slack: BotWorkspace) -> None:
    lena = slack.person("lena").id
    saves(opened(slack, "Add policy"), name="Rest", severities=["high"], steps0_targets=["leads"], steps0_wait="15m")
    assert "Only for severities" in saves(opened(slack, "Add policy"), name="First", severities=["critical"],
                                          steps0_people=[lena], place="1")  # fmt: skip
    policies = phases.get_phase(slack.application.context, "PAY").oncall.policies
    assert [(one.name, one.severities, one.steps[0].targets) for one in policies] == [
        ("First", ("critical",), (lena,)), ("Rest", ("high",), ("leads",))]  # fmt: skip
    assert policies[1].steps[0].wait == "15m"
    saves(opened(slack, "Policy First"), keep="remove")
    assert [one.name for one in phases.get_phase(slack.application.context, "PAY").oncall.policies] == ["Rest"]


def test_a_day_off_that_can_not_be_read_is_named(slack: BotWorkspace) -> None:
    form = opened(slack, "SLA targets").fills(holidays="2026-12-25\nEaster")
    assert "Easter" in form.submits()["errors"]["holidays"]
