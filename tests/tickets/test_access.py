"""Who may do what, asked on the server: hidden buttons, forged values, private tickets, guests."""

import pytest

from tests.support.bot import BotWorkspace
from tests.support.control import eventually
from tests.support.days import passes
from tests.support.people import Channel, Message, Person


def test_a_reporter_cannot_work_on_tickets(slack: BotWorkspace) -> None:
    maria = slack.person("maria")
    maria.reports("Slow page")
    card = slack.triage.expects("Slow page")
    maria.presses(card, "Acknowledge")
    eventually(lambda: any("You can't work on tickets" in w for w in maria.whispers("hypercare-desk")), "the refusal")
    assert "Received" in card.now().words
    assert "You can't" in maria.types("/hypercare resolve PAY-1")["text"]


def test_a_responder_cannot_defer_or_assign(slack: BotWorkspace) -> None:
    slack.person("maria").reports("Slow page")
    card, jo = slack.triage.expects("Slow page"), slack.person("jo")
    for name in ("defer", "assign"):
        jo.presses(card, f"more:{name}")
        eventually(lambda: any("Only a lead can" in w for w in jo.whispers("hypercare-desk")), "the refusal")
        assert jo.modals() == []


def test_the_right_is_asked_again_when_the_form_is_sent(slack: BotWorkspace) -> None:
    from bot.services.phases import phases
    from domain.phases.settings import PhaseSettings

    slack.person("maria").reports("Slow page")
    jo = slack.person("jo")
    jo.presses(slack.triage.expects("Slow page"), "Resolve")
    without_jo = slack.settings.phase
    assert without_jo
    left = tuple(r for r in without_jo.responders if r != jo.id)
    phases.apply_settings(slack.application.context, PhaseSettings(**{**without_jo.model_dump(), "responders": left}))
    errors = jo.modal().fills(fix="root_cause", test="Tried", explanation="done").submits()["errors"]
    assert "You can't" in errors["explanation"]


def test_what_is_wrong_names_people_in_plain_words_below_a_field(slack: BotWorkspace) -> None:
    slack.person("maria").reports("The till is down", "low")
    card = slack.triage.expects("The till is down")
    lena, jo = slack.person("lena"), slack.person("jo")
    lena.presses(card, "more:assign")
    form = lena.modal()
    jo.presses(card, "Take")
    errors = form.fills(owner=jo.id).submits()["errors"]
    assert errors == {"owner": "PAY-1 is already assigned to Jo Adler."}


def test_other_people_cannot_confirm_for_the_reporter(slack: BotWorkspace) -> None:
    maria, jo = slack.person("maria"), slack.person("jo")
    ts = maria.says("@hypercare no payslip", "payroll-help")
    card = slack.triage.expects("no payslip")
    jo.presses(card, "Resolve")
    jo.modal().fills(fix="root_cause", test="Tried", explanation="done").submits()
    message = next(m for m in slack.channel("payroll-help").messages() if m.ts == ts)
    question = message.expects_reply("Is this fixed?")
    tom = slack.person("tom")
    tom.presses(question, "Yes, fixed")
    eventually(lambda: any("You can't confirm" in w for w in tom.whispers("payroll-help")) or None, "the refusal")
    assert "Resolved" in card.now().words


@pytest.mark.core
def test_a_security_report_is_seen_by_its_reporter_and_the_leads_only(slack: BotWorkspace) -> None:
    maria = slack.person("maria")
    maria.reports("I can see all salaries", "critical", type="security")
    lena = slack.person("lena")
    lena.dm.expects("I can see all salaries")
    maria.dm.expects("Thank you")
    Channel(slack, "payroll-help", "maria").expects("Your report is *PAY-1*, and it's private")
    slack.quiet()
    assert slack.triage.messages() == []
    assert slack.channel("hypercare-oncall").messages() == []
    for name in ("jo", "tom"):
        assert "There is no PAY-1 that you can see" in slack.person(name).types("/hypercare show PAY-1")["text"]
        assert "no open tickets" in slack.person(name).types("/hypercare list")["text"]
    assert "salaries" in lena.types("/hypercare show PAY-1")["text"]


def test_a_guest_of_another_company_is_a_reporter_and_nothing_else(slack: BotWorkspace) -> None:
    gil = slack.person("gil")
    slack.person("maria").reports("Slow page")
    slack.triage.expects("Slow page")
    assert "There is no PAY-1 that you can see" in gil.types("/hypercare show PAY-1")["text"]
    assert "no open tickets" in gil.types("/hypercare list")["text"]
    gil.reports("I am a guest")
    slack.triage.expects("I am a guest")


def everything(person: Person) -> list[Message]:
    """Return the text of all direct messages to a person."""
    return [line for message in person.dm.messages() for line in (message, *message.thread())]


def test_a_guest_whose_report_is_merged_does_not_read_the_other_one(slack: BotWorkspace) -> None:
    gil = slack.person("gil")
    slack.person("maria").reports("Salaries of the board are wrong")
    gil.reports("Some salaries are wrong")
    slack.triage.expects("Some salaries")
    thanks = gil.dm.expects("Thank you")
    slack.person("lena").types("/hypercare merge PAY-2 PAY-1")
    thanks.expects_reply("is the same problem as another report")
    slack.person("jo").opens("/hypercare resolve PAY-1").fills(explanation="Rounded anew", fix="root_cause").submits()
    eventually(lambda: [m for m in everything(gil) if "Rounded anew" in m.words], "how it ended")
    passes(slack, days=3)
    eventually(lambda: len([m for m in everything(gil) if "Rounded anew" in m.words]) > 1, "the reminder")
    slack.person("maria").opens("/hypercare reopen PAY-1").fills(why="Still wrong").submits()
    slack.person("maria").reports("Bonus of the board is wrong")
    lena = slack.person("lena")
    slack.triage.expects("Bonus of the board")
    lena.types("/hypercare merge PAY-1 PAY-3")
    eventually(lambda: len([m for m in everything(gil) if "as another report" in m.words]) > 1, "the second merge")
    lena.opens("/hypercare close PAY-3").fills(reason="As agreed").submits()
    eventually(lambda: [m for m in everything(gil) if "As agreed" in m.words], "why it was closed")
    slack.quiet()
    assert not [m for m in everything(gil) if "board" in m.words]


def test_a_guest_does_not_read_of_which_report_the_other_was_withdrawn(slack: BotWorkspace) -> None:
    gil, maria = slack.person("gil"), slack.person("maria")
    maria.reports("Salaries of the board are wrong")
    gil.reports("Some salaries are wrong")
    slack.triage.expects("Some salaries")
    slack.person("lena").types("/hypercare merge PAY-2 PAY-1")
    maria.types("/hypercare withdraw PAY-1")
    eventually(lambda: [m for m in everything(gil) if "withdrew *PAY-1*" in m.words], "that it was withdrawn")
    slack.quiet()
    assert not [m for m in everything(gil) if "board" in m.words]


def test_a_private_critical_reaches_each_lead_once(slack: BotWorkspace) -> None:
    slack.person("maria").reports("I can see all salaries", "critical", type="security")
    lena = slack.person("lena")
    card = lena.dm.expects("I can see all salaries")
    slack.quiet()
    assert len(lena.dm.messages()) == 1
    lena.replies(card, ">> Thank you, we are closing it")
    slack.person("maria").dm.expects("Thank you. Your report").expects_reply("we are closing it")
    card.shows("Acknowledged")
