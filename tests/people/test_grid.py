"""An Enterprise Grid organization and a channel shared with another company, in the sandbox's Slack."""

import pytest

from tests.support.bot import BotWorkspace
from tests.support.control import eventually


def test_people_of_both_workspaces_of_an_organization_work_together(grid: BotWorkspace) -> None:
    tom, lena, ravi = (grid.person(name) for name in ("tom", "lena", "ravi"))  # all of the second workspace
    tom.reports("Slow page")
    card = grid.triage.expects("Slow page")
    assert "Slow page" in str(lena.types("/hypercare show PAY-1"))
    ravi.presses(card, "Acknowledge")
    card.shows("Acknowledged")
    ravi.replies(card, ">> We are on it")
    thanks = tom.dm.expects("Thank you")
    thanks.expects_reply("We are on it")
    tom.replies(thanks, "It is the second page")
    card.expects_reply("It is the second page")
    lena.presses(card, "more:assign")
    assert lena.modal().fills(owner=grid.user_id("jo")).submits() == {"closed": True}
    card.shows("owner")
    eventually(lambda: "Slow page" in tom.home(), "their report in their App Home")


def test_the_user_groups_and_surveys_of_an_organization_are_read(grid: BotWorkspace) -> None:
    from tests.phases.test_user_groups import group, name_group, responding

    name_group(grid, group(grid, "payroll-team", ["jo", "tom"]))
    responding(grid, "jo", "tom")


@pytest.mark.parametrize("name", ["vera", "gus"])
def test_a_guest_or_stranger_reports_and_is_told_of_nothing_else(connect: BotWorkspace, name: str) -> None:
    outsider, maria = connect.person(name), connect.person("maria")
    ts = maria.says("@hypercare no payslip", "payroll-help")
    card = connect.triage.expects("no payslip")
    said = next(m for m in connect.channel("payroll-help").messages() if m.ts == ts)
    thanks = said.expects_reply("Thank you")
    for emoji in ("raising_hand", "eyes", "sos"):
        outsider.reacts(said, emoji)
        outsider.reacts(thanks, emoji)
    outsider.reports("The door is locked")
    connect.triage.expects("The door is locked")
    connect.quiet()
    assert "affected" not in " ".join(m.words for m in card.thread())
    assert "Only people of this workspace" in outsider.types("/hypercare metrics")["text"]
    assert "There is no PAY-1 that you can see" in outsider.types("/hypercare show PAY-1")["text"]
    assert len(connect.triage.messages()) == 2


def test_what_another_apps_bot_does_is_no_act_of_a_person(connect: BotWorkspace) -> None:
    connect.person("maria").reports("Slow page")
    card = connect.triage.expects("Slow page")
    bot = connect.person("deploybot")
    bot.reacts(card, "raising_hand")
    bot.reacts(card, "eyes")
    connect.quiet()
    assert "Received" in card.now().words


def test_a_person_who_is_not_known_is_trusted_again_as_soon_as_slack_answers(connect: BotWorkspace) -> None:
    connect.person("maria").reports("Slow page")
    card = connect.triage.expects("Slow page")
    connect.fails("users.info", error="internal_error", times=1)
    connect.person("jo").presses(card, "Acknowledge")  # named in the settings, so not asked to wait
    card.shows("Acknowledged")


def test_the_name_of_a_person_follows_slack(connect: BotWorkspace) -> None:
    connect.person("maria").reports("Slow page")
    connect.triage.expects("Slow page")
    app = connect.application.context

    def name() -> str:
        with app.store.read() as tx:
            return tx.profiles.find_name(connect.user_id("maria"))

    assert name() == "Maria Keller"
    connect.control.post("person", user="maria", real_name="Maria Neu")
    eventually(lambda: name() == "Maria Neu", "the new name")


@pytest.mark.parametrize("name", ["gil", "vera", "gus"])
def test_people_outside_report_by_a_mention_and_hear_in_its_thread(grid: BotWorkspace, name: str) -> None:
    outsider = grid.person(name)
    ts = outsider.says("@hypercare the password rules lock us out", "payroll-help")
    card = grid.triage.expects("the password rules lock us out")
    said = next(m for m in grid.channel("payroll-help").messages() if m.ts == ts)
    thanks = said.expects_reply("Thank you")
    grid.person("jo").replies(card, ">> We changed the rule")
    said.expects_reply("We changed the rule")
    outsider.replies(said, "Perfect")
    card.expects_reply("Perfect")
    outsider.edits("payroll-help", ts, "@hypercare the password rules lock three of us out")
    card.expects_reply("three of us")
    assert thanks
