"""Verified fixes: reporters and affected people are asked and reminded, and silence never confirms."""

from collections.abc import Sequence

import pytest
from sqlalchemy.exc import OperationalError

from bot.services.intake import duplicates
from domain.settings import Use
from domain.tickets.ticket import Ticket
from tests.support.bot import BotWorkspace
from tests.support.control import eventually
from tests.support.days import passes, to_monday
from tests.support.oncall import applied
from tests.support.people import Message

TEXT = "The payslip page is empty"


def resolved(slack: BotWorkspace, fix: str = "root_cause", others: tuple[str, ...] = (), text: str = TEXT) -> Message:
    """Maria's report, which Jo has resolved; the card."""
    slack.person("maria").reports(text)
    card = slack.triage.expects(text)
    for name in others:
        slack.person(name).types("/hypercare metoo PAY-1")
    jo = slack.person("jo")
    jo.presses(card, "Resolve")
    assert jo.modal().fills(explanation="We restarted it", fix=fix).submits() == {"closed": True}
    card.shows("Resolved")
    slack.quiet()
    return card


def question(slack: BotWorkspace, name: str) -> Message:
    first = "Thank you" if name == "maria" else "You're affected"
    return slack.person(name).dm.expects(first).expects_reply("Is this fixed?")


def asked(slack: BotWorkspace, name: str) -> int:
    """How often a person was asked whether the fix works."""
    return sum("Is this fixed?" in m.words for root in slack.person(name).dm.messages() for m in root.thread())


@pytest.mark.core
def test_the_form_asks_how_deep_the_fix_goes_and_the_reporter_reads_it_in_plain_words(slack: BotWorkspace) -> None:
    card = resolved(slack, "symptom")
    told = question(slack, "maria").words
    assert f"is resolved: {TEXT}" in told
    assert "It works again, but the problem may come back." in told
    assert "ymptom" not in told, "the team's own kind of fix"
    assert "Symptom" in card.now().words
    assert "resolved it (symptom)" in card.now().words


@pytest.mark.core
def test_a_no_reopens_the_ticket_and_tells_owner_and_followers(slack: BotWorkspace) -> None:
    card = resolved(slack, others=("tom",))
    tom = slack.person("tom")
    tom.presses(question(slack, "tom"), "Still broken")
    tom.modal().fills(why="Empty in Firefox").submits()
    card.expects_reply(f"<@{slack.user_id('jo')}>, *PAY-1* is still broken")
    card.shows("Under investigation")
    slack.person("maria").dm.expects("Thank you").expects_reply("was reopened")
    for name in ("maria", "tom"):
        assert question(slack, name).shows("PAY-1 is open again").buttons == []


def test_affected_people_confirm_once_the_reporter_cannot_check(slack: BotWorkspace) -> None:
    card = resolved(slack, others=("tom",))
    slack.person("maria").presses(question(slack, "maria"), "Can't check")
    slack.person("maria").dm.expects("Thank you").expects_reply("wait for the other affected people")
    assert "Resolved" in card.now().words
    assert question(slack, "maria").shows("You said that you can't check it").buttons == [], "she has answered"
    slack.person("tom").presses(question(slack, "tom"), "Yes, fixed")
    card.shows("Confirmed fixed")
    card.expects_reply("Tom Brandt confirmed")
    assert question(slack, "tom").shows("PAY-1 is confirmed fixed").buttons == []
    assert slack.person("maria").dm.expects("Thank you").buttons == ["Show PAY-1", "Add details"], "nothing to withdraw"


def test_silence_is_reminded_twice_and_then_stays_unconfirmed(slack: BotWorkspace) -> None:
    to_monday(slack, "10:00")
    card = resolved(slack, others=("tom",))
    slack.person("tom").presses(question(slack, "tom"), "Can't check")
    slack.person("lena").types("/hypercare follow PAY-1 resolution")
    assert asked(slack, "maria") == 1
    seen = []
    for _ in range(9):
        passes(slack, days=1)
        seen.append(asked(slack, "maria"))
    assert (seen[0], seen[1], seen[-1]) == (2, 2, 3), "reminded on the first and the third working day"
    assert asked(slack, "tom") == 1, "people who answered are not reminded"
    assert "Resolved, unconfirmed" in card.now().words
    assert "without confirmation" in slack.person("maria").dm.expects("Thank you").thread()[-1].words
    assert "You can still tell us" in slack.person("maria").dm.expects("Thank you").thread()[-1].words
    heard = [line.words for message in slack.person("lena").dm.messages() for line in message.thread()]
    assert len(heard) == 1
    assert "without confirmation" in heard[0]
    assert "You can still tell us" not in heard[0], "watchers are not asked"
    late = slack.person("maria").dm.expects("Thank you").expects_reply("without confirmation")
    slack.person("maria").presses(late, "Yes, fixed")
    card.shows("Confirmed fixed")


def test_reminders_wait_until_the_person_is_available(slack: BotWorkspace) -> None:
    to_monday(slack, "10:00")
    resolved(slack)
    slack.control.post("person", user="maria", quiet=27 * 3600)
    passes(slack, days=1, hours=1)
    assert asked(slack, "maria") == 1, "she does not want to be disturbed until one o'clock"
    passes(slack, hours=3)
    assert asked(slack, "maria") == 2


def test_where_the_phase_asks_for_tests_only_a_lead_resolves_without_one(slack: BotWorkspace) -> None:
    applied(slack, followup={"fix_tests": Use.REQUIRED})
    slack.person("maria").reports(TEXT)
    card = slack.triage.expects(TEXT)
    jo, lena = slack.person("jo"), slack.person("lena")
    jo.presses(card, "Resolve")
    form = jo.modal().fills(explanation="Done", fix="root_cause")
    assert "needs a test that passed" in form.submits()["errors"]["test"]
    assert "Only a lead" in form.fills(untested="No time").submits()["errors"]["untested"]
    assert form.fills(untested="", test="Pay run 7, three payslips").submits() == {"closed": True}
    card.shows("Pay run 7, three payslips")
    slack.person("maria").types("/hypercare reopen PAY-1")
    slack.person("maria").modal().fills(why="Still empty").submits()
    card.shows("Under investigation")
    lena.presses(card, "Resolve")
    assert lena.modal().fills(explanation="Done", fix="symptom", untested="The test system is down").submits() == {
        "closed": True
    }
    card.shows("Resolved")


def test_thanks_leave_it_closed_and_still_broken_offers_to_open_it(slack: BotWorkspace) -> None:
    card = resolved(slack)
    maria = slack.person("maria")
    thanks = maria.dm.expects("Thank you")
    maria.replies(thanks, "Thanks a lot!")
    card.expects_reply("Thanks a lot!")
    slack.quiet()
    assert not any("Do you want to reopen it" in m.words for m in thanks.thread())
    maria.replies(thanks, "Sorry, it is still empty for me")
    offer = thanks.expects_reply("Do you want to reopen it?")
    assert "Resolved" in card.now().words
    maria.presses(offer, "Reopen")
    maria.modal().fills(why="Still empty").submits()
    card.shows("Under investigation")


@pytest.mark.core
def test_after_a_symptom_fix_the_same_again_opens_it(slack: BotWorkspace) -> None:
    card = resolved(slack, "symptom")
    assert (
        "told the team that PAY-1 is happening again" not in slack.person("ann").types("/hypercare metoo PAY-1")["text"]
    )
    card.shows("Under investigation")
    slack.person("maria").dm.expects("Thank you").expects_reply("was reopened")


def test_after_the_cause_was_removed_the_same_again_asks_the_team(slack: BotWorkspace) -> None:
    card = resolved(slack)
    assert "told the team that PAY-1 is happening again" in slack.person("ann").types("/hypercare metoo PAY-1")["text"]
    offer = card.expects_reply("is happening again")
    assert "Resolved" in card.now().words
    slack.person("jo").presses(offer, "Reopen")
    slack.person("jo").modal().fills(why="It does happen again").submits()
    card.shows("Under investigation")


def test_what_could_not_be_compared_is_compared_when_the_database_is_back(
    slack: BotWorkspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolved(slack)
    real, tried = duplicates.propose_recurrences, list[int]()

    def compare(app: object, new: Sequence[Ticket]) -> None:
        tried.append(len(new))
        if len(tried) == 1:
            raise OperationalError("SELECT 1", {}, OSError("gone"))
        real(slack.application.context, new)

    monkeypatch.setattr(duplicates, "propose_recurrences", compare)
    slack.person("tom").reports("The payslip page is empty again")
    new = slack.triage.expects("empty again")
    eventually(lambda: tried == [1], "a comparison in vain")
    slack.application.wake()
    new.expects_reply("Is it back?")
    assert tried == [1, 1]


def test_a_like_report_proposes_to_reopen_and_merges(slack: BotWorkspace) -> None:
    card = resolved(slack, text="The payslip page is empty in Firefox")
    slack.person("tom").reports("Payslip page is empty in Firefox again")
    new = slack.triage.expects("in Firefox again")
    offer = new.expects_reply("Is it back?")
    assert "PAY-1" in offer.words
    slack.person("jo").presses(offer, "Reopen, merge")
    card.shows("Under investigation")
    new.shows("Merged")
    eventually(lambda: offer.now().buttons == ["Show PAY-1"], "the question without its button")
    eventually(lambda: "2 people affected" in card.now().words or "2 affected" in card.now().words, "tom counted")


def test_a_withdrawal_is_told_to_all_followers(slack: BotWorkspace) -> None:
    slack.person("maria").reports(TEXT)
    slack.triage.expects(TEXT)
    slack.person("tom").types("/hypercare metoo PAY-1")
    slack.person("maria").types("/hypercare withdraw PAY-1")
    slack.person("tom").dm.expects("You're affected").expects_reply("If you still have the problem")


def test_one_reminder_that_goes_wrong_leaves_the_others_alone(slack: BotWorkspace) -> None:
    to_monday(slack, "10:00")
    resolved(slack)
    with slack.application.store.begin() as tx:
        (ticket,) = tx.tickets.list_by_ids([1])
        tx.reminders.insert_reminder(ticket.id, slack.user_id("ann"), "nonsense", "", slack.application.context.now())
    passes(slack, days=1)
    assert asked(slack, "maria") == 2
    with slack.application.store.read() as tx:
        (bad,) = tx.reminders.list_due(slack.application.context.now().replace(year=2200), 5)
    assert bad.kind == "nonsense"
    assert bad.next_at > slack.application.context.now()


def test_after_a_long_outage_reporters_are_still_reminded_first(slack: BotWorkspace) -> None:
    to_monday(slack, "10:00")
    card = resolved(slack)
    slack.stop_bot()
    slack.control.post("clock", advance=9 * 24 * 3600)
    slack.start_bot()
    passes(slack, hours=1)
    assert "unconfirmed" not in card.now().words
    assert asked(slack, "maria") == 2
    passes(slack, days=1)
    assert asked(slack, "maria") == 3
    passes(slack, days=1)
    assert "Resolved, unconfirmed" in card.now().words
