"""People of a tracker and of Slack are one by their e-mail address, else as the settings name them, else by name."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.connectors.conftest import DEV, SAM, Tracked

SAMS, LENAS, MARIAS = (f"{name}@sandbox.example" for name in ("sam", "lena", "maria"))


def assigned_to(account: str) -> Callable[[dict[str, Any]], bool]:
    return lambda issue: account in (issue["assignee"] or {}).values()


@pytest.mark.parametrize("tracked", [{}, {"is_cloud": False}], indirect=True, ids=["cloud", "data center"])
def test_owner_and_assignee_are_one_person_by_their_address(tracked: Tracked) -> None:
    tracked.follows(people={})
    tracked.jira.addresses = {SAM: SAMS, DEV: LENAS.upper()}
    card = tracked.reported()
    tracked.issue()
    tracked.slack.person("sam").presses(card, "Take")
    tracked.shows(assigned_to(SAM))
    tracked.quiet()
    tracked.jira.person_sets("OPS-1", assignee=DEV)
    tracked.becomes(lambda ticket: ticket.owner == tracked.slack.user_id("lena"))
    tracked.quiet()
    assert assigned_to(DEV)(tracked.issue()), "what came from there does not go back"


def test_a_person_whose_address_is_hidden_is_known_by_the_settings_or_by_name(tracked: Tracked) -> None:
    tracked.follows(people={})
    card, sam = tracked.reported(), tracked.slack.person("sam")
    tracked.issue()
    sam.presses(card, "Take")
    tracked.shows(lambda issue: issue["status"]["name"] == "In Progress")
    tracked.quiet()
    assert tracked.issue()["assignee"] is None
    tracked.jira.person_sets("OPS-1", assignee=DEV)
    card.expects_reply("It is assigned to Dana Developer now.")
    assert tracked.ticket().owner == sam.id
    tracked.follows(people={tracked.slack.user_id("lena"): SAM, sam.id: DEV})
    tracked.jira.addresses = {SAM: SAMS}
    tracked.jira.person_sets("OPS-1", assignee=SAM)
    tracked.becomes(lambda ticket: ticket.owner == tracked.slack.user_id("lena"))


@pytest.mark.parametrize("tracked", [{"is_desk": True}], indirect=True, ids=["desk"])
def test_what_the_reporter_writes_there_does_not_come_back_to_them(tracked: Tracked) -> None:
    tracked.jira.addresses = {DEV: MARIAS}
    card = tracked.reported()
    tracked.issue()
    tracked.jira.person_comments("OPS-1", "I wrote this in the portal", public=True)
    card.expects_reply("I wrote this in the portal")
    tracked.quiet()
    asked = tracked.slack.person("maria").dm.expects("PAY-1")
    assert not [one for one in asked.thread() if "in the portal" in one.words]


def test_an_owner_is_sent_though_slack_does_not_answer_for_a_while(tracked: Tracked) -> None:
    tracked.follows(people={})
    tracked.jira.addresses = {SAM: SAMS}
    card = tracked.reported()
    tracked.issue()
    tracked.slack.fails("users.info", status=503, times=2)
    tracked.slack.person("sam").presses(card, "Take")
    tracked.shows(assigned_to(SAM))
