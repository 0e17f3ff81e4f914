"""The ticket follows the message it was reported with: what somebody takes back is nowhere any more."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Text, cast, select

from bot.services.phases import phases
from bot.views.intake.report import from_message, report_from_message
from bot.views.intake.source import DELETED, Rewording, follow_message
from storage.database.metadata import metadata
from tests.support.bot import BotWorkspace
from tests.support.control import eventually
from tests.support.oncall import changed

IBAN = "DE89370400440532013000"
FIRST, SECOND = f"My IBAN {IBAN} is wrong", "the payslip shows another one"


def kept(slack: BotWorkspace, words: str) -> list[str]:
    """The columns of the database that hold these words."""
    found = []
    with slack.application.store.read() as tx:
        for table in metadata.sorted_tables:
            for column in table.c:
                where = cast(column, Text).contains(json.dumps(words)[1:-1], autoescape=True)
                if tx.connection.execute(select(table).where(where)).first():
                    found.append(f"{table.name}.{column.name}")
    return found


def shown(slack: BotWorkspace, words: str) -> list[str]:
    """The places in Slack where the bot shows these words."""
    found = []
    for channel in ("hypercare-desk", "hypercare-digest", "payroll-help", "@hypercare"):
        for name in ("maria", "jo", "lena", "tom"):
            ours = (m for m in slack.messages(channel, user=name) if m.raw.get("bot_id"))
            found += [f"{channel}: {m.words}" for m in ours if words in m.words and not m.raw.get("ephemeral_to")]
    return found


@pytest.mark.core
def test_what_is_deleted_leaves_card_search_lists_thread_and_database(slack: BotWorkspace) -> None:
    maria, jo = slack.person("maria"), slack.person("jo")
    ts = maria.says(f"@hypercare {FIRST}\n{SECOND}", "payroll-help")
    card = slack.triage.expects(IBAN)
    root = next(m for m in slack.messages("payroll-help") if m.ts == ts)
    root.expects_reply("Your report is *PAY-1*")
    jo.presses(card, "Acknowledge")
    root.expects_reply("is looking")
    assert "PAY-1" in json.dumps(jo.types(f"/hypercare find {IBAN}"))
    slack.control.post("message", user="tom", channel="payroll-help", thread_ts=ts, text="I have that too")
    card.expects_reply("I have that too")
    slack.quiet()
    maria.deletes("payroll-help", ts)
    card.expects_reply("The reported message was deleted")
    card.shows(DELETED)
    slack.quiet()
    assert kept(slack, IBAN) == []
    assert kept(slack, SECOND) == []
    eventually(lambda: not shown(slack, IBAN), "no IBAN", instead=lambda: str(shown(slack, IBAN)))
    assert "PAY-1" not in json.dumps(jo.types(f"/hypercare find {IBAN}"))
    slack.control.post("message", user="tom", channel="payroll-help", thread_ts=ts, text="Still wrong for me")
    card.expects_reply("Still wrong for me")


def test_what_is_edited_is_edited_on_the_card_and_said_once_in_the_thread(slack: BotWorkspace) -> None:
    maria = slack.person("maria")
    ts = maria.says(f"@hypercare {FIRST}\n{SECOND}", "payroll-help")
    card = slack.triage.expects(IBAN)
    slack.quiet()
    maria.edits("payroll-help", ts, f"@hypercare My account is wrong\n{SECOND}")
    card.shows("My account is wrong")
    card.expects_reply("It now says")
    maria.edits("payroll-help", ts, f"@hypercare My account is wrong since May\n{SECOND}")
    card.expects_reply("wrong since May")
    slack.quiet()
    assert len([m for m in card.thread() if "It now says" in m.words]) == 1
    assert SECOND in card.now().words
    assert kept(slack, IBAN) == []
    assert shown(slack, IBAN) == []


def test_a_message_with_a_form_in_between_loses_only_what_was_taken_back(slack: BotWorkspace) -> None:
    tom, maria = slack.person("tom"), slack.person("maria")
    ts = tom.says(f"{FIRST}\n{SECOND}", "payroll-help")
    slack.control.post("shortcut", user="maria", callback_id="report_message", channel="payroll-help", ts=ts)
    form = maria.modal().fills(summary="Wrong account", severity="low", happened=f"{FIRST}\nAsked by Maria\n{SECOND}")
    assert form.submits() == {"closed": True}
    card = slack.triage.expects("Wrong account")
    slack.quiet()
    tom.edits("payroll-help", ts, SECOND)
    card.expects_reply("edited the reported message")
    slack.quiet()
    assert "Asked by Maria" in card.now().words
    assert SECOND in card.now().words
    assert kept(slack, IBAN) == []


def test_an_edited_comment_is_forgotten_in_the_database_too(slack: BotWorkspace) -> None:
    maria = slack.person("maria")
    maria.reports("Slow page")
    card = slack.triage.expects("Slow page")
    thanks = maria.dm.expects("Thank you")
    ts = maria.replies(thanks, f"{FIRST}\n{SECOND}", files=[{"name": "screen.png", "content": "x"}])
    card.expects_reply(IBAN)
    card.shows("screen.png")
    slack.quiet()
    maria.edits("@hypercare", ts, "My account is wrong")
    card.expects_reply("My account is wrong")
    slack.quiet()
    assert kept(slack, IBAN) == []
    maria.deletes("@hypercare", ts)
    card.expects_reply("deleted this message")
    eventually(lambda: "screen.png" not in card.now().words, "no file on the card")
    assert kept(slack, "screen.png") == []


def test_answers_below_the_second_message_of_a_report_reach_the_team(slack: BotWorkspace) -> None:
    channel = slack.control.post("channels", name="reports", members=["maria", "tom", "hypercare"])["channel"]["id"]
    first = slack.settings.phase
    assert first
    phases.apply_settings(slack.application.context, changed(first, intake={"auto_intake": (channel,)}))
    maria, tom = slack.person("maria"), slack.person("tom")
    maria.says("Bank export stops at page two", "reports")
    card = slack.triage.expects("Bank export")
    second = maria.says("It also says error 17", "reports")
    card.expects_reply("error 17")
    tom.says("For me it is error 18", "reports", second)
    card.expects_reply("For me it is error 18")
    maria.deletes("reports", second)  # leaves a tombstone, since it has a reply
    card.expects_reply("deleted this message")
    slack.quiet()
    assert kept(slack, "error 17") == []


def test_a_link_preview_is_no_edit(slack: BotWorkspace) -> None:
    ts = slack.person("maria").says("@hypercare see https://pay.example/1", "payroll-help")
    card = slack.triage.expects("pay.example")
    slack.quiet()
    world = slack.box.world
    message = world.workspace.channels[slack.channel_id("payroll-help")].messages[ts]
    preview = [{"from_url": "https://pay.example/1", "title": "Pay", "text": "An advertisement"}]

    async def unfurl() -> None:
        world.workspace.edit(message, None, attachments=preview)

    slack.loop.run(unfurl())
    slack.person("jo").replies(card, ">> Thank you")
    card.shows("Acknowledged")
    slack.quiet()
    assert not [m for m in card.thread() if "reported message" in m.words]


WORDS = st.lists(st.sampled_from(["the till", "is down", "since nine", "my IBAN", "for all", "again"]), max_size=3)
MESSAGES = st.lists(WORDS.map(" ".join), min_size=1, max_size=4).map("\n".join).map(str.strip)


@given(MESSAGES, MESSAGES)
def test_a_report_that_nobody_changed_follows_as_a_whole(before: str, after: str) -> None:
    report = report_from_message(from_message(before), ())
    followed = follow_message(report, Rewording(before, after))
    wanted = report_from_message(from_message(after), ())
    assert followed.happened == wanted.happened
    assert followed.summary in (wanted.summary, DELETED)


@given(MESSAGES, st.sets(st.integers(0, 3)))
def test_no_line_that_was_taken_back_stays_and_no_other_goes(before: str, taken: set[int]) -> None:
    lines = before.split("\n")
    change = Rewording(before, "\n".join(line for i, line in enumerate(lines) if i not in taken))
    own = "what I wrote myself"
    report = replace(report_from_message(from_message("x"), ()), happened="\n".join([lines[0], own, *lines[1:]]))
    left = follow_message(report, change).happened.split("\n")
    assert own in left
    assert not [line for line in change.gone if line in left]
