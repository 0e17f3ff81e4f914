"""The fifth report of one fault is one click for its reporter; what was reported twice is followed up once."""

import pytest

from tests.support.bot import BotWorkspace
from tests.support.control import eventually
from tests.support.people import Modal

KNOWN = "The payslip page stays blank for cost centre 4100"


def known(slack: BotWorkspace) -> None:
    # Before the model is there, only words that are the same count.
    eventually(lambda: not slack.application.is_loading, "the model of language")
    slack.person("maria").reports(KNOWN, "high", happened="White page after opening the payslip of three people")
    for summary in ("Bank export misses the last line", "Cannot log in after lunch", "Holiday balance is wrong"):
        slack.person("ann").reports(summary, "low")
    slack.triage.expects("Holiday balance")


def typing(slack: BotWorkspace, name: str, words: str) -> Modal:
    """Opens the form and types the summary, one character at a time."""
    slack.person(name).opens("/hypercare report")
    slack.control.post("action", user=name, view=True, action_id="summary", value=words, values={"summary": words})
    return slack.person(name).modal()


@pytest.mark.core
def test_one_click_in_the_open_form_adds_an_affected_person(slack: BotWorkspace) -> None:
    known(slack)
    modal = typing(slack, "tom", "Payslips are white, nothing is shown")
    assert "Is it one of these?" in modal.words
    assert "PAY-1" in modal.words
    assert "PAY-3" not in modal.words
    slack.control.post("action", user="tom", view=True, label="Same problem")
    assert "now listed as affected by PAY-1" in slack.person("tom").modal().words
    slack.person("tom").dm.expects("You're affected by *PAY-1*")
    card = slack.triage.expects(KNOWN)
    card.shows("2 people affected")
    card.expects_reply("is affected too: 2 people so far")


def test_suggestions_come_and_go_with_the_words_and_nothing_typed_is_lost(slack: BotWorkspace) -> None:
    known(slack)
    modal = typing(slack, "tom", "Payslip page blank")
    assert "PAY-1" in modal.words
    modal = modal.fills(summary="Payslip page blank", severity="low").presses("more_details")
    assert "PAY-1" in modal.words
    assert modal.fills(module="Payslips").submits() == {"closed": True}
    slack.triage.expects("Payslip page blank")
    assert "Is it one of these?" not in typing(slack, "ann", "The coffee machine is cold").words


def test_affected_people_get_updates_and_are_asked_about_the_fix(slack: BotWorkspace) -> None:
    known(slack)
    assert "You're now listed" in slack.person("tom").types("/hypercare metoo PAY-1")["text"]
    assert "already listed" in slack.person("tom").types("/hypercare metoo PAY-1")["text"]
    jo = slack.person("jo")
    card = slack.triage.expects(KNOWN)
    jo.presses(card, "Resolve")
    assert jo.modal().fills(fix="root_cause", test="Tried", explanation="The template was missing").submits() == {
        "closed": True
    }
    said = slack.person("tom").dm.expects("You're affected").expects_reply("The template was missing")
    assert "Is this fixed?" in said.words
    slack.person("tom").presses(said, "Yes, fixed")
    slack.person("tom").dm.expects("You're affected").expects_reply("noted that it's fixed for you")
    assert "Resolved" in card.now().words, "it is its reporter's to confirm"


@pytest.mark.core
def test_merging_moves_followers_and_tells_each_once(slack: BotWorkspace) -> None:
    known(slack)
    slack.person("tom").reports("Payslips open as a white page")
    slack.person("ravi").types("/hypercare metoo PAY-5")
    answer = slack.person("lena").types("/hypercare merge PAY-5 into PAY-1", "hypercare-desk")
    assert "PAY-5 is merged into PAY-1" in answer["text"]
    slack.quiet()
    card = slack.triage.expects(KNOWN)
    card.shows("3 people affected")
    card.expects_reply("merged *PAY-5*")
    for name in ("tom", "ravi"):
        told = [
            m for root in slack.person(name).dm.messages() for m in root.thread() if "is the same problem as" in m.words
        ]
        assert len(told) == 1
    slack.triage.expects("Payslips open as a white page").shows("Merged")
    slack.person("lena").types("/hypercare unmerge PAY-5")
    slack.quiet()
    slack.triage.expects("Payslips open as a white page").shows("Received")
    slack.triage.expects(KNOWN).shows("Priority")
    assert "3 people affected" not in slack.triage.expects(KNOWN).words


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("merge PAY-1 PAY-1", "into itself"),
        ("merge PAY-1 PAY-99", "There is no PAY-99"),
        ("unmerge PAY-1", "isn't merged"),
    ],
)
def test_what_cannot_be_merged_is_said_in_words(slack: BotWorkspace, text: str, why: str) -> None:
    known(slack)
    assert why in slack.person("lena").types(f"/hypercare {text}")["text"]


def test_only_those_who_may_can_merge(slack: BotWorkspace) -> None:
    known(slack)
    assert "Only a lead can merge this ticket" in slack.person("tom").types("/hypercare merge PAY-1 PAY-2")["text"]


def test_what_is_private_is_never_suggested(slack: BotWorkspace) -> None:
    modal = slack.person("maria").opens("/hypercare report").fills(summary="Salaries of everybody are visible")
    modal = modal.fills(severity="high").presses("more_details")
    assert modal.fills(type="security").submits() == {"closed": True}
    slack.quiet()
    assert "Is it one of these?" not in typing(slack, "tom", "Salaries of everybody are visible").words


def test_type_and_module_are_suggested_and_taken_over_with_one_click(slack: BotWorkspace) -> None:
    modal = typing(slack, "tom", "The bank export is slow and loading takes forever")
    assert "Suggested from your words" in modal.words
    slack.control.post("action", user="tom", view=True, action_id="use_suggestion")
    after = slack.person("tom").modal().fills(summary="The bank export is slow", severity="low")
    assert after.submits() == {"closed": True}
    card = slack.triage.expects("The bank export is slow")
    assert "Performance · Bank export" in card.words
