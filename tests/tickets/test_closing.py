"""How a ticket ends without a fix: withdrawn by its reporter, or closed by a lead with a reason, and reopened."""

from domain.tickets.status import Status
from tests.support.bot import BotWorkspace
from tests.support.days import passes, to_monday


def test_a_lead_closes_with_a_reason_and_the_reporter_can_reopen(slack: BotWorkspace) -> None:
    maria, lena, jo = (slack.person(name) for name in ("maria", "lena", "jo"))
    maria.reports("The menu is blue", "low")
    card = slack.triage.expects("The menu is blue")
    assert "Only its reporter can withdraw" in lena.types("/hypercare withdraw PAY-1")["text"]
    assert "Only a lead can close" in jo.types("/hypercare close PAY-1")["text"]
    form = lena.opens("/hypercare close PAY-1")
    assert "reason" in form.submits()["errors"]
    form.fills(reason="Blue is what was ordered").submits()
    told = maria.dm.expects("Thank you").expects_reply("closed *PAY-1*")
    assert "Blue is what was ordered" in told.words
    card.shows("closed it")
    maria.presses(told, "Reopen")
    maria.modal().fills(why="It was ordered in green").submits()
    card.shows("Received")
    again = card.expects_reply("It was ordered in green")
    assert "still broken" not in again.words, "it was never fixed"
    maria.dm.expects("Thank you").expects_reply("waiting for a person to take it")


def test_a_form_does_not_open_for_what_would_be_refused(slack: BotWorkspace) -> None:
    maria, jo = slack.person("maria"), slack.person("jo")
    maria.reports("The menu is blue", "low")
    slack.triage.expects("The menu is blue")
    assert "is still open, so there's nothing to reopen" in maria.types("/hypercare reopen PAY-1")["text"]
    assert "Only leads can change many" in jo.types("/hypercare bulk open")["text"]
    maria.types("/hypercare withdraw PAY-1")
    for verb in ("resolve", "promise", "escalate"):
        assert "PAY-1 is withdrawn" in jo.types(f"/hypercare {verb} PAY-1")["text"], verb
    assert not jo.modals()


def test_the_team_checks_where_no_one_else_can(slack: BotWorkspace) -> None:
    maria, jo = slack.person("maria"), slack.person("jo")
    maria.reports("The menu is blue", "low")
    card = slack.triage.expects("The menu is blue")
    jo.opens("/hypercare resolve PAY-1").fills(explanation="Painted", fix="root_cause").submits()
    asked = maria.dm.expects("Thank you").expects_reply("Is this fixed?")
    maria.presses(asked, "Can't check")
    maria.dm.expects("Thank you").expects_reply("The team checks the fix itself now")
    asks = card.expects_reply("no one who was asked can check")
    jo.presses(asks, "Yes, fixed")
    card.shows("Confirmed fixed")


def test_a_snooze_is_no_acknowledgement(slack: BotWorkspace) -> None:
    to_monday(slack)
    maria, lena = slack.person("maria"), slack.person("lena")
    maria.reports("Nobody can log in", "critical")
    card = slack.channel("hypercare-oncall").expects("Nobody can log in")
    lena.presses(card, "Snooze")
    card.shows("Snoozed by")
    assert "Acknowledge" in card.now().buttons
    with slack.application.store.read() as tx:
        ticket = tx.tickets.get_ticket(1)
    assert (ticket.status, ticket.owner) == (Status.RECEIVED, None)
    passes(slack, minutes=1)
    assert not any("looking into" in one.words for one in maria.dm.expects("Thank you").thread())
