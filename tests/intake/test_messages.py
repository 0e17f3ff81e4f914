"""Every door reads all of a message, by a person or by an app."""

import json

import pytest

from bot.services.phases import phases
from domain.intake.chatter import asked_verb
from tests.support.bot import BotWorkspace
from tests.support.control import eventually
from tests.support.oncall import changed

ROWS = [["Employee", "Amount"], ["4711", "0.00"]]


def phase(slack: BotWorkspace, **more: object) -> None:
    first = slack.settings.phase
    assert first
    phases.apply_settings(slack.application.context, changed(first, intake=more))


def everything(slack: BotWorkspace) -> str:
    """What the team reads: cards and their threads."""
    cards = slack.triage.messages()
    return json.dumps([m.words for card in cards for m in (card, *card.thread())])


def test_an_alert_of_another_app_is_reported_with_its_words(slack: BotWorkspace) -> None:
    alert = {
        "name": "Monitor",
        "title": "Queue is stuck",
        "fields": [["Host", "pay-2"]],
        "title_link": "https://m.example/7",
    }
    ts = slack.control.post("app_message", channel="payroll-help", **alert)["ts"]
    slack.control.post("shortcut", user="maria", callback_id="report_message", channel="payroll-help", ts=ts)
    modal = slack.person("maria").modal()
    assert "Queue is stuck" in modal.words
    assert modal.fills(severity="high").submits() == {"closed": True}
    card = slack.triage.expects("Queue is stuck")
    card.shows("Host: pay-2")
    card.shows("https://m.example/7")


def test_an_emoji_on_an_alert_reports_it_in_ones_own_name(slack: BotWorkspace) -> None:
    slack.control.post("app_message", channel="payroll-help", name="Monitor", text="Disk of pay-2 is full")
    alert = slack.channel("payroll-help").expects("Disk of pay-2")
    slack.person("tom").reacts(alert, "sos")
    card = slack.triage.expects("Disk of pay-2 is full")
    assert "Reported by Tom Brandt" in card.words


@pytest.mark.core
def test_what_is_forwarded_and_pasted_reaches_the_team_from_every_door(slack: BotWorkspace) -> None:
    maria = slack.person("maria")
    told = slack.person("tom").says("The rate of Sweden is wrong", "payroll-help")
    where = {"user": "maria", "from_channel": "payroll-help", "ts": told}
    slack.control.post("forward", **where, channel="@hypercare")
    question = maria.dm.expects("Do you want to report")
    assert "The rate of Sweden" in json.dumps(question.raw["blocks"]) or "Tom Brandt" in question.words
    maria.presses(question, "High")
    card = slack.triage.expects("The rate of Sweden is wrong")
    root = next(m for m in maria.dm.messages() if m.raw.get("attachments"))
    root.expects_reply("Your report is *PAY-1*")
    slack.control.post("table", user="maria", channel="@hypercare", thread_ts=root.ts, rows=ROWS)
    card.expects_reply("4711 | 0.00")
    slack.control.post("forward", **where, channel="@hypercare", thread_ts=root.ts, text="the same again")
    card.expects_reply("the same again")
    slack.control.post("message", user="maria", channel="@hypercare", thread_ts=root.ts, text="waits for it", me=True)
    card.expects_reply("waits for it")


def test_posts_of_apps_open_no_ticket_unless_the_phase_takes_them(slack: BotWorkspace) -> None:
    channel = slack.control.post("channels", name="reports", members=["maria", "hypercare"])["channel"]["id"]
    phase(slack, auto_intake=(channel,))
    slack.control.post("app_message", channel="reports", name="Monitor", title="Nightly export failed")
    slack.control.post("app_message", channel="payroll-help", name="Monitor", text="@hypercare the export failed")
    slack.person("maria").says("The export of June is empty", "reports")
    slack.triage.expects("The export of June")
    slack.quiet()
    assert len(slack.triage.messages()) == 1
    phase(slack, auto_intake=(channel,), app_posts=True)
    slack.control.post("app_message", channel="reports", name="Form", text="A *request* for access", workflow=True)
    slack.triage.expects("A request for access")
    slack.control.post("app_message", channel="reports", name="Monitor", title="Weekly export failed")
    slack.triage.expects("Weekly export failed")
    slack.control.post("app_message", channel="payroll-help", name="Monitor", text="@hypercare the import failed")
    slack.triage.expects("the import failed")
    slack.quiet()
    assert len(slack.triage.messages()) == 4


def test_me_messages_are_reports_where_every_message_is_one(slack: BotWorkspace) -> None:
    channel = slack.control.post("channels", name="reports", members=["maria", "hypercare"])["channel"]["id"]
    phase(slack, auto_intake=(channel,))
    slack.control.post("message", user="maria", channel="reports", text="cannot print any payslip", me=True)
    slack.triage.expects("cannot print any payslip")
    eventually(lambda: "cannot print" in everything(slack), "the card")


def test_two_problems_of_one_person_in_a_row_are_two_tickets(slack: BotWorkspace) -> None:
    channel = slack.control.post("channels", name="reports", members=["maria", "hypercare"])["channel"]["id"]
    phase(slack, auto_intake=(channel,))
    maria = slack.person("maria")
    maria.says("Bank export stops at page two", "reports")
    card = slack.triage.expects("Bank export")
    maria.says("and only in Berlin", "reports")
    card.expects_reply("only in Berlin")
    maria.says("Holidays of the warehouse are missing", "reports")
    slack.triage.expects("Holidays of the warehouse")
    slack.quiet()
    assert len(slack.triage.messages()) == 2


ANSWERED = {
    "help": "/hypercare report", "help!": "/hypercare report", "list": "There are no open tickets",
    "mine": "You haven't reported anything", "thank you!": "You're welcome", "hello": "Tell me here what's wrong",
    "who is on call?": "There is no rota", "Who’s on call": "There is no rota", "any news?": "Do you want to report",
}  # fmt: skip


def test_what_is_no_report_is_answered_and_opens_no_ticket(slack: BotWorkspace) -> None:
    maria = slack.person("maria")
    for text, words in ANSWERED.items():
        before = len(maria.whispers("payroll-help"))
        maria.says(f"@hypercare {text}", "payroll-help")
        eventually(lambda n=before: maria.whispers("payroll-help")[n:], f"an answer to {text}")
        answer = maria.whispers("payroll-help")[-1]
        assert words.casefold() in answer.casefold(), (text, answer)
    slack.quiet()
    assert slack.triage.messages() == []
    maria.says("@hypercare list of employees is empty", "payroll-help")
    slack.triage.expects("list of employees is empty")


def test_a_question_is_reported_with_its_one_button(slack: BotWorkspace) -> None:
    maria = slack.person("maria")
    maria.says("@hypercare why is my payslip empty?", "payroll-help")
    question = slack.channel("payroll-help")
    question.reader = "maria"
    asked = question.expects("Do you want to report")
    assert asked.buttons == ["Open form"]
    maria.presses(asked, "Open form")
    assert maria.modal().fills(severity="high").submits() == {"closed": True}
    slack.triage.expects("why is my payslip empty?")


@pytest.mark.parametrize(
    ("text", "asked"),
    [("help", ("help", "")), ("List open critical", ("list", "open critical")), ("show PAY-1", ("show", "pay-1")),
     ("PAY–1?", ("show", "pay-1")), ("who's on call now?", ("oncall", "")), ("my reports", ("mine", "")),
     ("help, the till is down", None), ("list of employees is empty", None), ("show payslip fails", None),
     ("who is on call does not show", None), ("", None)],
)  # fmt: skip
def test_only_a_whole_command_is_one(text: str, asked: tuple[str, str] | None) -> None:
    assert asked_verb(text) == asked


def test_a_report_in_a_group_direct_message_is_answered_there_in_both_ways(slack: BotWorkspace) -> None:
    group = slack.control.post("together", user="maria", others=["tom", "hypercare"])["channel"]["id"]
    maria = slack.person("maria")
    ts = maria.says("@hypercare No payslip for March", group)
    card = slack.triage.expects("No payslip for March")
    slack.person("jo").replies(card, ">> Which month?")
    said = next(m for m in slack.messages(group, user="maria") if m.ts == ts)
    said.expects_reply("Which month?")
    slack.person("tom").says("March and April", group, ts)
    card.expects_reply("March and April")
