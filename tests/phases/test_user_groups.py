"""Leads and responders by user group: who is in one is as Slack says, and follows it."""

from collections.abc import Sequence

import pytest

from bot.services.operations import erasure
from bot.services.phases import phases
from domain.errors import Refused
from domain.phases.phase import Phase
from tests.support.bot import BotWorkspace
from tests.support.control import eventually


def group(slack: BotWorkspace, handle: str, users: Sequence[str], **more: object) -> str:
    return str(slack.control.post("groups", handle=handle, users=list(users), **more)["group"]["id"])


def name_group(slack: BotWorkspace, group_id: str) -> None:
    """The group responds, as an operator would write it into the phase's file while the bot is running."""
    file = phases.get_phase(slack.application.context, "PAY").model_copy(update={"responders": (group_id,)}).settings
    slack.settings = slack.settings.model_copy(update={"phase": file})  # for the next start
    phases.apply_settings(slack.application.context, file)
    slack.application.context.refresh_groups()


def pay(slack: BotWorkspace) -> Phase:
    return phases.get_phase(slack.application.context, "PAY")


def responding(slack: BotWorkspace, *names: str) -> None:
    wanted = {slack.user_id(name) for name in names} | set(pay(slack).lead_people)
    eventually(lambda: set(pay(slack).responder_people) == wanted, f"{names} respond")


@pytest.mark.core
def test_only_members_of_the_responding_user_group_may_work(slack: BotWorkspace) -> None:
    name_group(slack, group(slack, "payroll-team", ["jo", "tom"]))
    responding(slack, "jo", "tom")
    slack.person("maria").reports("Slow page")
    card = slack.triage.expects("Slow page")
    slack.person("ravi").presses(card, "Acknowledge")
    assert any("The responders of" in said for said in slack.person("ravi").whispers("hypercare-desk"))
    slack.person("tom").presses(card, "Acknowledge")
    card.shows("Acknowledged")


def test_coming_and_going_is_followed_at_once(slack: BotWorkspace) -> None:
    name_group(slack, group(slack, "payroll-team", ["jo"]))
    responding(slack, "jo")
    group(slack, "payroll-team", ["jo", "ravi"])
    responding(slack, "jo", "ravi")
    group(slack, "payroll-team", ["ravi"])
    responding(slack, "ravi")
    group(slack, "payroll-team", ["ravi"], disabled=True)
    responding(slack)


def test_a_group_is_found_out_at_the_start_and_kept_while_slack_does_not_answer(slack: BotWorkspace) -> None:
    name_group(slack, group(slack, "payroll-team", ["jo"]))
    responding(slack, "jo")
    slack.stop_bot()
    group(slack, "payroll-team", ["jo", "tom"])
    slack.fails("usergroups.users.list", status=500, times=1)
    slack.start_bot()
    eventually(lambda: not slack.control.get("faults")["faults"], "the call that fails")
    assert slack.user_id("jo") in pay(slack).responder_people
    responding(slack, "jo", "tom")
    group(slack, "payroll-team", ["jo", "ravi"])
    responding(slack, "jo", "ravi")


def test_the_form_can_choose_people_only_and_leaves_groups_alone(slack: BotWorkspace) -> None:
    mine = group(slack, "payroll-team", ["jo"])
    name_group(slack, mine)
    modal = slack.person("lena").opens("/hypercare setup PAY")
    assert f"<!subteam^{mine}> stay as they are" in modal.words
    assert "is saved" in str(modal.fills(responders=[slack.user_id("sam")]).submits())
    assert pay(slack).responders == (slack.user_id("sam"), mine)
    responding(slack, "sam", "jo")


def test_a_person_in_a_group_of_a_phase_is_not_forgotten_and_in_an_old_group_they_are(slack: BotWorkspace) -> None:
    name_group(slack, group(slack, "payroll-team", ["tom"]))
    responding(slack, "tom")
    with pytest.raises(Refused, match="settings or user groups of PAY"):
        erasure.erase(slack.application.context, slack.user_id("tom"))
    phases.apply_settings(slack.application.context, pay(slack).model_copy(update={"responders": ()}).settings)
    erasure.erase(slack.application.context, slack.user_id("tom"))
