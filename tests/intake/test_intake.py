"""Every way of saying something gives the same ticket: a reaction, a direct message, a channel that is all reports."""

import json

import pytest

from bot.services.phases import phases
from domain.intake.chatter import is_report
from tests.support.bot import BotWorkspace
from tests.support.oncall import changed
from tests.support.people import Channel


def phase(slack: BotWorkspace, **more: object) -> None:
    first = slack.settings.phase
    assert first
    phases.apply_settings(slack.application.context, changed(first, intake=more))


@pytest.mark.core
def test_the_report_emoji_files_a_message_for_its_author(slack: BotWorkspace) -> None:
    ts = slack.person("maria").says("The tax page is empty\nsince this morning", "payroll-help")
    message = next(m for m in slack.messages("payroll-help") if m.ts == ts)
    slack.person("tom").reacts(message, "sos")
    card = slack.triage.expects("The tax page is empty")
    slack.person("ann").reacts(message, "sos")
    assert "Reported by Maria Keller" in card.words
    message.expects_reply("Your report is *PAY-1*")
    slack.quiet()
    assert "PAY-1" in slack.person("maria").types("/hypercare mine")["text"]
    slack.person("jo").presses(card, "Show everything")
    assert f"written by <@{slack.user_id('tom')}>" in slack.person("jo").modal().words
    assert len([m for m in slack.triage.messages() if "tax page" in m.words]) == 1
    slack.person("tom").reacts(message, "tada")


def test_a_reply_can_be_reported_with_a_reaction_too(slack: BotWorkspace) -> None:
    root = slack.person("maria").says("Lunch?", "payroll-help")
    reply = slack.person("tom").says("Yes, once the pay run goes through again", "payroll-help", root)
    there = next(m for m in slack.messages("payroll-help", root) if m.ts == reply)
    slack.person("tom").reacts(there, "sos")
    slack.triage.expects("once the pay run goes through")


def test_a_direct_message_becomes_a_report_with_one_click(slack: BotWorkspace) -> None:
    maria = slack.person("maria")
    maria.says("Hello", "@hypercare")
    maria.dm.expects("Tell me here what's wrong")
    maria.says("My payslip has no number on it", "@hypercare")
    question = maria.dm.expects("Do you want to report")
    assert [*question.buttons] == ["Critical", "High", "Medium", "Low", "Don't report"]
    maria.presses(question, "High")
    slack.triage.expects("My payslip has no number on it").shows("High · PAY-1")
    root = next(m for m in maria.dm.messages() if m.words.startswith("My payslip"))
    root.expects_reply("Your report is *PAY-1*")
    maria.replies(root, "It is the one of March")
    slack.triage.expects("My payslip has no number").expects_reply("It is the one of March")


def test_no_is_an_answer_too(slack: BotWorkspace) -> None:
    maria = slack.person("maria")
    maria.says("Where is the manual kept?", "@hypercare")
    maria.presses(maria.dm.expects("Do you want to report"), "Don't report")
    maria.dm.expects("I won't report it")
    slack.quiet()
    assert slack.triage.messages() == []


def test_in_a_channel_of_reports_every_message_is_one_unless_it_says_otherwise(slack: BotWorkspace) -> None:
    channel = slack.control.post("channels", name="reports", members=["maria", "tom", "hypercare"])["channel"]["id"]
    phase(slack, auto_intake=(channel,))
    maria, tom = slack.person("maria"), slack.person("tom")
    maria.says("Thanks everybody!", "reports")
    maria.says("// this is only for you, Tom", "reports")
    first = maria.says("Bank export stops at page two", "reports")
    slack.triage.expects("Bank export stops at page two")
    more = maria.says("It also says error 17", "reports")
    card = slack.triage.expects("Bank export stops at page two")
    card.expects_reply("It also says error 17")
    maria.edits("reports", more, "It also says error 71")
    card.expects_reply("It also says error 71")
    tom.says("Holidays of the warehouse are missing", "reports")
    slack.triage.expects("Holidays of the warehouse")
    slack.quiet()
    assert len(slack.triage.messages()) == 2
    there = next(m for m in slack.messages("reports") if m.ts == first)
    there.expects_reply("Severity: Medium. If that's wrong")
    assert 'source:\\"channel message\\"' not in json.dumps(maria.types("/hypercare mine"))
    found = slack.person("jo").types('/hypercare list source:"channel message"')["text"]
    assert found.endswith("PAY-1, PAY-2")


@pytest.mark.parametrize(("text", "report"), [
    ("Thanks!", False), ("Good morning all :wave:", False), ("ok", False), (":tada:", False), ("Thank you!!", False),
    ("// no ticket please", False), ("The thing is broken", True), ("Danke", False), ("login fails", True),
])  # fmt: skip
def test_thanks_and_greetings_are_no_reports(text: str, report: bool) -> None:
    assert is_report(text) is report


def test_raising_a_hand_on_a_card_is_me_too(slack: BotWorkspace) -> None:
    slack.person("maria").reports("The till is slow")
    card = slack.triage.expects("The till is slow")
    slack.person("ravi").reacts(card, "raising_hand")
    card.shows("2 people affected")


@pytest.mark.core
def test_kinds_unfold_their_own_fields_and_a_breach_is_critical_and_private(slack: BotWorkspace) -> None:
    phase(slack, templates=("api", "ai"))
    modal = slack.person("maria").opens("/hypercare report").fills(summary="Everybody reads salaries", severity="low")
    modal = modal.presses("more_details")
    slack.control.post("action", user="maria", view=True, action_id="type", value="ai_accuracy")
    assert {"own_prompt", "own_output", "own_model"} <= set(slack.person("maria").modal().fields)
    slack.control.post("action", user="maria", view=True, action_id="type", value="api_access")
    modal = slack.person("maria").modal()
    assert {"own_api", "own_direction"} <= set(modal.fields)
    assert "own_prompt" not in modal.fields
    modal.fills(summary="Everybody reads salaries", severity="low", own_api="Pay v2",
                own_direction="Too open: people can do what they shouldn't")  # fmt: skip
    assert modal.submits() == {"closed": True}
    slack.quiet()
    assert slack.triage.messages() == []
    card = slack.person("lena").dm.expects("Everybody reads salaries")
    assert "Critical · PAY-1" in card.words
    slack.person("lena").presses(card, "Show everything")
    assert "Pay v2" in slack.person("lena").modal().words


def test_a_phase_decides_what_its_form_asks(slack: BotWorkspace) -> None:
    site = {"id": "site", "label": "Site", "options": ("Berlin", "Malmö"), "required": True}
    asked = {"happened": "off", "impact": "required", "environment": "off"}
    phase(slack, fields=asked, processes=("Month end",), custom_fields=(site,))
    modal = slack.person("maria").opens("/hypercare report")
    assert modal.fields == ["summary", "severity", "own_site", "impact"]
    answer = modal.fills(summary="Late", severity="low").submits()
    assert set(answer["errors"]) == {"own_site", "impact"}
    modal = modal.fills(own_site="Malmö", impact="Nobody is paid").presses("more_details")
    assert {"process", "urgency"} <= set(modal.fields)
    assert not {"happened", "environment"} & set(modal.fields)
    assert modal.fills(process="Month end", urgency="now", people=40, business="serious").submits() == {"closed": True}
    card = slack.triage.expects("Late")
    card.shows("Month end")
    assert "people affected" in card.words


@pytest.mark.core
def test_an_anonymous_report_is_answered_without_revealing_the_reporter(slack: BotWorkspace) -> None:
    modal = slack.person("maria").opens("/hypercare report").fills(summary="My boss reads my chats", severity="high")
    modal = modal.presses("more_details")
    assert modal.fills(anonymous="yes").submits() == {"closed": True}
    Channel(slack, "payroll-help", "maria").expects("Your report is *PAY-1*, without your name")
    card = slack.triage.expects("My boss reads my chats")
    slack.person("jo").presses(card, "Reply")
    slack.person("jo").modal().fills(text="Since when?").submits()
    root = slack.person("maria").dm.expects("Your report is *PAY-1*")
    root.expects_reply("Since when?")
    slack.person("maria").replies(root, "Since Monday")
    card.expects_reply("Since Monday")
    slack.person("jo").presses(card, "Show everything")
    seen = [card.now().words, slack.person("jo").modal().words, *(m.words for m in card.thread())]
    assert not [words for words in seen if slack.user_id("maria") in words or "maria" in words]
    assert "No tickets match" in slack.person("jo").types("/hypercare list by:@maria")["text"]
