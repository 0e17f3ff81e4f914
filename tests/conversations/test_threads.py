"""The two threads: what opens a ticket, what is copied to the other thread, and what stays internal."""

import pytest

from tests.support.bot import BotWorkspace
from tests.support.control import eventually


@pytest.mark.core
def test_a_mention_makes_a_ticket_and_answers_in_that_thread(slack: BotWorkspace) -> None:
    maria = slack.person("maria")
    ts = maria.says("@hypercare the till is <broken> & @channel is waiting\nsince nine", "payroll-help")
    card = slack.triage.expects("PAY-1")
    assert "since nine" in card.words
    assert "original message" in card.words
    assert "<!channel>" not in card.words
    message = next(m for m in slack.channel("payroll-help").messages() if m.ts == ts)
    thanks = message.expects_reply("Thank you. Your report is *PAY-1*")
    assert "Severity: Medium" in thanks.words
    slack.person("jo").presses(card, "Acknowledge")
    message.expects_reply("is looking")


def test_a_mention_without_words_explains_itself(slack: BotWorkspace) -> None:
    maria = slack.person("maria")
    maria.says("@hypercare", "payroll-help")

    eventually(lambda: any("/hypercare report" in w for w in maria.whispers("payroll-help")), "the help")
    assert slack.triage.messages() == []


@pytest.mark.core
def test_the_message_shortcut_copies_text_files_and_thread(slack: BotWorkspace) -> None:
    tom, maria = slack.person("tom"), slack.person("maria")
    ts = tom.says("The export has no IBAN column", "payroll-help", files=[{"name": "export.csv", "content": "a;b"}])
    slack.control.post("shortcut", user="maria", callback_id="report_message", channel="payroll-help", ts=ts)
    modal = maria.modal()
    assert "The export has no IBAN column" in modal.words
    modal.fills(severity="high").submits()
    card = slack.triage.expects("The export has no IBAN column")
    assert "export.csv" in card.words
    message = next(m for m in slack.channel("payroll-help").messages() if m.ts == ts)
    message.expects_reply("PAY-1")


def test_the_global_shortcut_opens_the_form(slack: BotWorkspace) -> None:
    maria = slack.person("maria")
    slack.control.post("shortcut", user="maria", callback_id="report")
    maria.modal().fills(summary="From the shortcut", severity="low").submits()
    slack.triage.expects("From the shortcut")


def test_eyes_acknowledge(slack: BotWorkspace) -> None:
    slack.person("maria").reports("Slow page")
    card = slack.triage.expects("Slow page")
    slack.person("tom").reacts(card, "eyes")
    slack.person("jo").reacts(card, "eyes")
    card.shows(f"owner <@{slack.person('jo').id}>")


def test_a_check_mark_asks_for_the_explanation(slack: BotWorkspace) -> None:
    slack.person("maria").reports("Slow page")
    card = slack.triage.expects("Slow page")
    jo = slack.person("jo")
    jo.reacts(card, "white_check_mark")

    eventually(lambda: any("say what was done" in w for w in jo.whispers("hypercare-desk")), "the offer")


def test_the_first_reply_acknowledges_and_stays_internal(slack: BotWorkspace) -> None:
    maria, jo = slack.person("maria"), slack.person("jo")
    maria.reports("Slow page")
    card = slack.triage.expects("Slow page")
    slack.person("tom").replies(card, "me too")
    jo.replies(card, "this is the cache again, what a mess")
    card.shows("Acknowledged")
    thanks = maria.dm.expects("Thank you")
    thanks.expects_reply("is looking")
    slack.quiet()
    assert not any("mess" in m.words or "me too" in m.words for m in thanks.thread())


def test_a_line_with_two_arrows_goes_to_the_reporter(slack: BotWorkspace) -> None:
    maria, jo = slack.person("maria"), slack.person("jo")
    maria.reports("Slow page")
    card = slack.triage.expects("Slow page")
    ts = jo.replies(card, ">> Could you try again now?")
    thanks = maria.dm.expects("Thank you")
    line = thanks.expects_reply("Could you try again now?")
    assert "wrote about *PAY-1*" in line.words
    jo.edits("hypercare-desk", ts, ">> Could you try again at noon?")
    thanks.expects_reply("Could you try again at noon?")
    assert len([m for m in thanks.thread() if "Could you try" in m.words]) == 1


def test_reply_to_reporter_by_button(slack: BotWorkspace) -> None:
    maria, jo = slack.person("maria"), slack.person("jo")
    maria.reports("Slow page")
    card = slack.triage.expects("Slow page")
    jo.presses(card, "Reply")
    jo.modal().fills(text="We are on it").submits()
    maria.dm.expects("Thank you").expects_reply("We are on it")
    card.expects_reply("wrote to the reporter")


@pytest.mark.core
def test_what_the_reporter_writes_edits_deletes_and_attaches_reaches_the_team(slack: BotWorkspace) -> None:
    maria = slack.person("maria")
    maria.reports("Slow page")
    card = slack.triage.expects("Slow page")
    thanks = maria.dm.expects("Thank you")
    ts = maria.replies(thanks, "It is worse now", files=[{"name": "screen.png", "content": "x"}])
    said = card.expects_reply("It is worse now")
    assert "screen.png" in said.words
    card.shows("screen.png")
    maria.edits("@hypercare", ts, "It is much worse now")
    card.expects_reply("It is much worse now")
    maria.deletes("@hypercare", ts)
    card.expects_reply("deleted this message")
    assert len([m for m in card.thread() if "in the reporter thread" in m.words]) == 0


def test_files_in_the_teams_thread_are_listed_for_the_team_and_those_sent_on_for_everybody(slack: BotWorkspace) -> None:
    maria, jo = slack.person("maria"), slack.person("jo")
    maria.reports("Slow page")
    card = slack.triage.expects("Slow page")
    jo.replies(card, "Look at this", files=[{"name": "salaries.csv", "content": "x"}])
    card.shows("salaries.csv")
    jo.replies(card, ">> Here is how", files=[{"name": "guide.pdf", "content": "x"}])
    card.shows("guide.pdf")
    for name, seen in (("maria", False), ("jo", True)):
        eventually(lambda who=name: "PAY-1" in slack.person(who).home(), "the Home")
        slack.control.post("action", user=name, home=True, action_id="show:1", value="1")
        shown = slack.person(name).modal().words
        assert ("salaries.csv" in shown) == seen
        assert "guide.pdf" in shown


def test_a_responder_may_answer_in_the_reporters_own_thread(slack: BotWorkspace) -> None:
    maria, jo = slack.person("maria"), slack.person("jo")
    ts = maria.says("@hypercare no payslip", "payroll-help")
    card = slack.triage.expects("no payslip")
    message = next(m for m in slack.channel("payroll-help").messages() if m.ts == ts)
    message.expects_reply("Thank you")
    jo.replies(message, "Which month?")
    card.expects_reply("Which month?")
    card.shows("Acknowledged")


def test_a_mention_inside_a_tickets_thread_makes_no_second_ticket(slack: BotWorkspace) -> None:
    maria = slack.person("maria")
    ts = maria.says("@hypercare no payslip", "payroll-help")
    message = next(m for m in slack.channel("payroll-help").messages() if m.ts == ts)
    message.expects_reply("Thank you")
    maria.replies(message, "@hypercare any news?")
    slack.triage.expects("no payslip").expects_reply("any news?")
    assert len(slack.triage.messages()) == 1


def test_a_very_long_reply_is_split_and_whole(slack: BotWorkspace) -> None:
    maria = slack.person("maria")
    maria.reports("Slow page")
    thanks = maria.dm.expects("Thank you")
    words = " ".join(f"word{i}" for i in range(2500))
    maria.replies(thanks, words)
    card = slack.triage.expects("Slow page")
    card.expects_reply("word2499")
    said = " ".join(m.words for m in card.thread())
    assert all(f"word{i}" in said for i in range(0, 2500, 50))


def test_threads_without_a_ticket_are_left_alone(slack: BotWorkspace) -> None:
    ts = slack.person("tom").says("lunch?", "payroll-help")
    slack.person("jo").says(">> yes", "payroll-help", ts)
    slack.person("maria").reports("Slow page")
    slack.triage.expects("Slow page")
    slack.quiet()
    assert len(slack.channel("payroll-help").messages()) == 1


def test_only_the_lines_with_arrows_leave_the_team(slack: BotWorkspace) -> None:
    maria, jo = slack.person("maria"), slack.person("jo")
    maria.reports("Slow page")
    card = slack.triage.expects("Slow page")
    thanks = maria.dm.expects("Thank you")
    ts = jo.replies(card, ">> We look at it\nINTERNAL what a mess")
    line = thanks.expects_reply("We look at it")
    assert "INTERNAL" not in line.words
    jo.edits("hypercare-desk", ts, "INTERNAL these people")
    thanks.expects_reply("deleted this message")
    late = jo.replies(card, "Please clear the cache")
    jo.edits("hypercare-desk", late, ">> Please clear the cache")
    thanks.expects_reply("Please clear the cache")
    slack.quiet()
    assert not any("INTERNAL" in m.words for m in thanks.thread())


def test_a_long_message_is_edited_and_deleted_whole(slack: BotWorkspace) -> None:
    maria = slack.person("maria")
    maria.reports("Slow page")
    card = slack.triage.expects("Slow page")
    thanks = maria.dm.expects("Thank you")
    ts = maria.replies(thanks, "short")
    card.expects_reply("short")
    maria.edits("@hypercare", ts, " ".join(f"word{i}" for i in range(2000)))
    card.expects_reply("word1999")
    maria.deletes("@hypercare", ts)

    eventually(lambda: all("deleted this message" in m.words for m in card.thread()), "every piece gone")


@pytest.mark.core
def test_messages_keep_their_order(slack: BotWorkspace) -> None:
    maria = slack.person("maria")
    maria.reports("Slow page")
    thanks = maria.dm.expects("Thank you")
    card = slack.triage.expects("Slow page")
    for i in range(12):
        maria.replies(thanks, f"line {i:02}")
    card.expects_reply("line 11")
    slack.quiet()
    said = [m.raw["text"][-2:] for m in card.thread()]
    assert said == [f"{i:02}" for i in range(12)]


def test_a_report_from_a_tickets_thread_leaves_that_ticket_alone(slack: BotWorkspace) -> None:
    slack.person("maria").reports("Slow page")
    card = slack.triage.expects("Slow page")
    slack.quiet()
    tom = slack.person("tom")
    slack.control.post("shortcut", user="tom", callback_id="report_message", channel="hypercare-desk", ts=card.ts)
    tom.modal().fills(summary="Something else", severity="low").submits()
    tom.dm.expects("Thank you. Your report is *PAY-2*")
    slack.person("jo").replies(card, "internal words")
    card.shows("Acknowledged")
    assert "unassigned" in slack.triage.expects("Something else").words


def test_a_direct_message_outside_a_thread_gets_instructions(slack: BotWorkspace) -> None:

    maria = slack.person("maria")
    maria.says("hello?", "@hypercare")
    eventually(lambda: any("Tell me here what's wrong" in w for w in maria.whispers("@hypercare")), "instructions")
