"""A lead makes, changes, pauses and removes rules in Slack, and sees first what a rule would have done."""

from typing import Any

from bot.services.phases import phases
from domain.automation.settings import AutomationRule
from tests.support.bot import BotWorkspace
from tests.support.people import Message


def rules(slack: BotWorkspace) -> tuple[AutomationRule, ...]:
    return phases.get_phase(slack.application.context, "PAY").automation.rules


def page(slack: BotWorkspace, person: str = "lena") -> Message:
    slack.person(person).types("/hypercare rules PAY", "hypercare-desk")
    return [one for one in slack.messages("hypercare-desk", user=person) if one.raw.get("ephemeral_to")][-1]


def saved(slack: BotWorkspace, **values: Any) -> str:
    """Fill the form of a rule, which is open, and confirm it; return what was shown before it was saved."""
    lena = slack.person("lena")
    answer = lena.modal().fills(**values).submits()
    assert "errors" not in answer, answer
    shown = lena.modal().words
    lena.modal().submits()
    assert lena.modal().title == "Saved"
    return shown


def test_a_lead_makes_a_rule_sees_what_it_would_have_done_and_pauses_and_removes_it(slack: BotWorkspace) -> None:
    lena, channel = slack.person("lena"), slack.channel_id("payroll-help")
    slack.person("maria").reports("The bank export fails", "high")
    slack.triage.expects("The bank export fails")
    lena.presses(page(slack), "Add rule")
    empty = {"name": "bank", "when": ["opened"], "labels": "title = *bank*"}
    assert "does nothing yet" in lena.modal().fills(**empty).submits()["errors"]["tell"]
    assert "I can't read" in lena.modal().fills(labels="bank").submits()["errors"]["labels"]
    shown = saved(slack, **empty, tell=[channel], tell_people=[slack.user_id("sam")], assign=[slack.user_id("tom")])
    assert "*bank* would have acted once: PAY-1" in shown
    assert "isn't in the team of Payday" in shown
    (rule,) = rules(slack)
    assert (rule.labels, rule.tell) == ({"title": "*bank*"}, (channel, slack.user_id("sam")))
    slack.person("maria").reports("The Bank is closed")
    slack.channel("payroll-help").expects("because of the rule `bank`")
    lena.chooses(page(slack), "phase_section:rule", "rule/bank:PAY")
    assert "*Acts (No pauses it)*: yes → no" in saved(slack, enabled="no", ask="Which bank?")
    assert not rules(slack)[0].enabled
    lena.chooses(page(slack), "phase_section:rule", "rule/bank:PAY")
    assert "would have acted" not in saved(slack, keep="remove")
    assert rules(slack) == ()
    jo = slack.person("jo")
    shown = page(slack, "jo")
    assert "Add rule" not in shown.buttons, "only leads change rules"
    jo.presses(shown, "Show log")
    assert "PAY-2 · told people" in jo.whispers("hypercare-desk")[-1], "the log outlives its rule"
