"""The main job: a person reports, a lead acknowledges and resolves, and the reporter is told at every step."""

import pytest

from tests.support.bot import BotWorkspace
from tests.support.people import Channel


@pytest.mark.core
def test_a_report_becomes_a_thread_and_an_answer(slack: BotWorkspace) -> None:
    maria, jo = slack.person("maria"), slack.person("jo")
    maria.reports("The payslip page stays empty", "high", happened="I open May and see nothing")

    card = slack.triage.expects("The payslip page stays empty")
    assert card.buttons[:2] == ["Acknowledge", "Take"]
    thanks = maria.dm.expects("Thank you. Your report is *PAY-1*")
    assert "app_redirect" in thanks.words

    jo.presses(card, "Acknowledge")
    card.shows("Acknowledged")
    thanks.expects_reply(f"<@{jo.id}> is looking into *PAY-1*")

    jo.presses(card, "Resolve")
    jo.modal().fills(
        fix="root_cause", test="Tried", explanation="We restarted the renderer", workaround="Use the PDF"
    ).submits()
    question = thanks.expects_reply("Is this fixed?")
    assert "We restarted the renderer" in question.words
    assert "Use the PDF" in question.words

    maria.presses(question, "Yes, fixed")
    card.shows("Confirmed fixed")
    card.expects_reply("confirmed that *PAY-1* is fixed")
    thanks.expects_reply("is confirmed fixed")


def test_where_the_command_was_typed_its_person_alone_reads_where_to_look(slack: BotWorkspace) -> None:
    maria, jo = slack.person("maria"), slack.person("jo")
    jo.reports("The printer is on fire", behalf=maria.id)
    Channel(slack, "payroll-help", "jo").expects(f"You reported *PAY-1* for <@{maria.id}>, who gets the replies")
    maria.reports("The export is empty")
    there = Channel(slack, "payroll-help", "maria").expects("Your report is *PAY-2*")
    assert f"We'll reply in your messages with <@{slack.application.context.bot_user}>" in there.words
    assert not slack.messages("payroll-help", user="tom")


def test_text_behind_the_command_is_in_the_form_already(slack: BotWorkspace) -> None:
    modal = slack.person("maria").opens("/hypercare report the till prints nothing")
    assert modal.fills(severity="low").submits() == {"closed": True}
    slack.triage.expects("the till prints nothing")


def test_more_details_unfolds_without_losing_input(slack: BotWorkspace) -> None:
    modal = slack.person("maria").opens("/hypercare report")
    assert modal.fields == ["summary", "severity", "happened"]
    more = modal.fills(summary="Empty page", severity="low", happened="It was there yesterday").presses("more_details")
    assert "environment" in more.fields
    assert "files" in more.fields
    more.values = {"environment": "Firefox", "module": "Payslips", "type": "usability"}
    assert more.submits() == {"closed": True}
    card = slack.triage.expects("Empty page")
    assert "It was there yesterday" in card.words
    assert "Payslips" in card.words


def test_an_empty_summary_is_refused_under_its_field_and_nothing_is_lost(slack: BotWorkspace) -> None:
    maria = slack.person("maria")
    modal = maria.opens("/hypercare report").fills(summary="\u200b", severity="high", happened="a long story")
    assert modal.submits()["errors"] == {"summary": "The summary is empty. Say in a few words what's wrong."}
    again = maria.modal().fills(summary="Till", severity="high")
    assert again.submits() == {"closed": True}
    assert "a long story" in slack.triage.expects("Till").words


@pytest.mark.core
def test_a_critical_is_paged_at_once_with_a_link_to_the_card(slack: BotWorkspace) -> None:
    slack.person("tom").reports("Nobody can log in", "critical")
    lena = slack.person("lena")
    page = slack.channel("hypercare-oncall").expects("Nobody can log in")
    assert f"<@{lena.id}>" in page.words
    card = slack.triage.expects("Nobody can log in")
    assert f"/archives/{slack.channel_id('hypercare-desk')}/p{card.ts.replace('.', '')}|PAY-1>" in page.words
    slack.person("tom").dm.expects("We're paging the people on call")
    slack.person("sam").presses(page, "Acknowledge")
    page.shows("Acknowledged")
    assert "Acknowledge" not in page.now().buttons


def test_a_ticket_that_becomes_critical_is_paged_too(slack: BotWorkspace) -> None:
    slack.person("tom").reports("Export is slow", "low")
    card = slack.triage.expects("Export is slow")
    lena = slack.person("lena")
    lena.presses(card, "more:severity")
    lena.modal().fills(severity="critical", why="it stopped now").submits()
    slack.channel("hypercare-oncall").expects("Export is slow")
    card.expects_reply("changed the severity from low to *critical*. it stopped now")
    card.shows("Critical · PAY-1")


@pytest.mark.core
def test_not_fixed_reopens_it_and_tells_the_one_who_had_it(slack: BotWorkspace) -> None:
    maria, jo = slack.person("maria"), slack.person("jo")
    maria.reports("Wrong tax code")
    card = slack.triage.expects("Wrong tax code")
    jo.presses(card, "Take")
    jo.presses(card, "Resolve")
    jo.modal().fills(fix="root_cause", test="Tried", explanation="Corrected the table").submits()
    question = maria.dm.expects("Thank you").expects_reply("Is this fixed?")
    maria.presses(question, "Still broken")
    modal = maria.modal()
    assert modal.fills(why="\u200b").submits()["errors"] == {"why": "The reason is empty. Say what still doesn't work."}
    modal.fills(why="Still the old code").submits()
    card.expects_reply(f"<@{jo.id}>, *PAY-1* is still broken")
    card.shows("Under investigation")
    maria.dm.expects("Thank you").expects_reply("was reopened")


def test_waiting_returns_to_where_it_was_when_the_reporter_answers(slack: BotWorkspace) -> None:
    maria, jo = slack.person("maria"), slack.person("jo")
    maria.reports("Cannot print")
    card = slack.triage.expects("Cannot print")
    jo.presses(card, "Acknowledge")
    jo.presses(card, "more:status")
    jo.modal().fills(status="fixing").submits()
    thanks = maria.dm.expects("Thank you")
    thanks.expects_reply("being fixed")
    jo.presses(card, "more:waiting")
    jo.modal().fills(question="Which printer?").submits()
    asked = thanks.expects_reply("waiting on your answer")
    assert "Which printer?" in asked.words
    card.shows("Waiting on the reporter")
    maria.replies(thanks, "The one on floor 2")
    card.expects_reply("The one on floor 2")
    card.shows("Fix in progress")


def test_deferring_says_why_and_until_when(slack: BotWorkspace) -> None:
    maria, lena = slack.person("maria"), slack.person("lena")
    maria.reports("Logo is too small", "low")
    card = slack.triage.expects("Logo is too small")
    lena.presses(card, "more:defer")
    modal = lena.modal()
    assert "date" in modal.fills(reason="low_impact").submits()["errors"]["text"]
    modal.fills(text="After the audit", date="2099-05-01").submits()
    line = maria.dm.expects("Thank you").expects_reply("deferred until 1 May 2099: low impact")
    assert "After the audit" in line.words
    card.shows("Deferred until 1 May 2099* (low impact)")
    assert "Deferred until 1 May 2099" in str(maria.types("/hypercare mine")["blocks"])


def test_the_second_to_acknowledge_reads_who_was_first(slack: BotWorkspace) -> None:
    slack.person("maria").reports("Slow")
    card = slack.triage.expects("Slow")
    jo, ravi = slack.person("jo"), slack.person("ravi")
    assert "acknowledged" in jo.types("/hypercare ack PAY-1")["text"]
    assert f"<@{jo.id}> is looking" in ravi.types("/hypercare ack PAY-1")["text"]
    card.shows(f"owner <@{jo.id}>")


def test_a_reporter_can_withdraw_and_nothing_else_goes_on(slack: BotWorkspace) -> None:
    maria = slack.person("maria")
    maria.reports("Never mind")
    thanks = maria.dm.expects("Thank you")
    maria.presses(thanks, "Withdraw")
    thanks.expects_reply("You withdrew")
    card = slack.triage.expects("Never mind").shows("Withdrawn")
    assert card.buttons == ["Reopen", "Reply", "Show everything"]
    assert "withdrawn" in slack.person("jo").types("/hypercare ack 1")["text"]


def test_details_can_be_added_later(slack: BotWorkspace) -> None:
    maria = slack.person("maria")
    maria.reports("Empty page", "low")
    maria.presses(maria.dm.expects("Thank you"), "Add details")
    modal = maria.modal()
    assert modal.title == "Add details"
    assert modal.fills(impact="Nobody gets paid", severity="high").submits() == {"closed": True}
    card = slack.triage.expects("Empty page").shows("Nobody gets paid")
    assert "High · PAY-1" in card.words
    card.expects_reply("added details")


@pytest.mark.core
def test_two_people_add_details_at_once_and_both_stay(slack: BotWorkspace) -> None:
    maria, jo, lena = slack.person("maria"), slack.person("jo"), slack.person("lena")
    maria.reports("Empty page", "medium")
    card = slack.triage.expects("Empty page")
    maria.presses(maria.dm.expects("Thank you"), "Add details")
    jo.presses(card, "Show everything")
    jo.modal().presses("details")
    lena.presses(card, "more:severity")
    lena.modal().fills(severity="critical", why="many").submits()
    jo.modal().fills(steps="First this").submits()
    assert maria.modal().fills(impact="Nobody gets paid").submits() == {"closed": True}
    slack.quiet()
    with slack.application.store.read() as tx:
        (ticket,) = tx.tickets.list_open([1])
    assert (ticket.report.steps, ticket.report.impact, ticket.severity) == (
        "First this",
        "Nobody gets paid",
        "critical",
    )


def test_a_critical_that_calms_down_and_comes_back(slack: BotWorkspace) -> None:
    slack.person("tom").reports("Nobody can log in", "critical")
    card = slack.triage.expects("Nobody can log in")
    page = slack.channel("hypercare-oncall").expects("Nobody can log in")
    lena = slack.person("lena")
    for severity, seen in (("low", "no longer critical"), ("critical", "*Critical*")):
        lena.presses(card, "more:severity")
        lena.modal().fills(severity=severity).submits()
        page.shows(seen)
    page.expects_reply("is critical again")


def test_only_responders_can_own_a_ticket(slack: BotWorkspace) -> None:
    maria, lena = slack.person("maria"), slack.person("lena")
    maria.reports("Slow page")
    card = slack.triage.expects("Slow page")
    lena.presses(card, "more:assign")
    errors = lena.modal().fills(owner=slack.user_id("gil")).submits()["errors"]
    assert "Only responders and leads" in errors["owner"]
    assert lena.modal().fills(owner=lena.id).submits() == {"closed": True}
    card.shows(f"owner <@{lena.id}>")
    maria.dm.expects("Thank you").expects_reply("is looking")
    slack.quiet()
    assert len(maria.dm.expects("Thank you").thread()) == 1


def test_words_full_of_signs_fit_everywhere(slack: BotWorkspace) -> None:
    maria, jo = slack.person("maria"), slack.person("jo")
    maria.reports("&" * 150)
    card = slack.triage.expects("PAY-1")
    jo.presses(card, "Resolve")
    jo.modal().fills(fix="root_cause", test="Tried", explanation="&" * 3000, workaround="<" * 3000).submits()
    card.shows("Resolved")
    jo.presses(card, "Show everything")
    assert "Timeline" in jo.modal().words
