"""A lead changes everything about a phase in Slack: what changes is shown first, and confirmed when it is saved."""

from datetime import date

import pytest

from bot.services.phases import phases
from bot.views.phases.sections import SECTIONS, changes, find_section, put_values
from domain.oncall import paging
from domain.oncall.settings import EscalationPolicy, EscalationStep, Layer, OnCallSettings, Rota
from domain.phases.phase import Phase
from domain.phases.settings import PhaseSettings, PhaseState
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


def test_a_phase_is_ended_after_a_question_and_takes_no_reports(slack: BotWorkspace) -> None:
    slack.person("maria").reports("Slow page")
    slack.triage.expects("Slow page")
    form = opened(slack, "End phase")
    assert "1 ticket is still open" in form.words
    form.submits()
    assert phases.get_phase(slack.application.context, "PAY").state is PhaseState.EXITED
    assert "No phase is active" in slack.person("maria").types("/hypercare report")["text"]


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
