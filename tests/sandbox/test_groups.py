"""User groups in the sandbox: made by the control API, read and changed by the app, mentioned by people."""

import pytest

from tests.sandbox.conftest import AnsweredError
from tests.sandbox.test_web_api import error


@pytest.fixture
def team(shared_box):
    return shared_box.post("groups", handle="pay-team", name="Payroll team", users=["jo", "ravi"])["group"]


def test_a_group_has_its_people_and_can_be_switched_off(shared_box, team):
    client = shared_box.client
    jo, ravi = shared_box.user("jo"), shared_box.user("ravi")
    assert client.usergroups_users_list(usergroup=team["id"])["users"] == [jo, ravi]
    [listed] = [one for one in client.usergroups_list(include_users=True)["usergroups"] if one["id"] == team["id"]]
    assert (listed["handle"], listed["name"], listed["users"]) == ("pay-team", "Payroll team", [jo, ravi])
    shared_box.post("groups", handle="pay-team", users=["jo"], disabled=True)
    assert error(client.usergroups_users_list, usergroup=team["id"])["error"] == "no_such_subteam"
    assert team["id"] not in [one["id"] for one in client.usergroups_list()["usergroups"]]
    shared_box.post("groups", handle="pay-team", users=["jo"])
    assert client.usergroups_users_list(usergroup=team["id"])["users"] == [jo]


def test_a_group_that_is_mentioned_is_stored_by_its_id(shared_box, team):
    ts = shared_box.post("message", user="maria", channel="general", text="Dear @pay-team, help")["ts"]
    [said] = [m for m in shared_box.get("messages", channel="general")["messages"] if m["ts"] == ts]
    assert said["text"] == f"Dear <!subteam^{team['id']}>, help"
    assert team["handle"] in [one["handle"] for one in shared_box.get("state")["groups"]]


def test_a_group_needs_a_handle_and_people_who_are_there(shared_box):
    with pytest.raises(AnsweredError, match=r"400: .*needs a handle"):
        shared_box.post("groups", handle="@")
    with pytest.raises(AnsweredError, match=r"404: .*no person called zoe"):
        shared_box.post("groups", handle="x", users=["zoe"])
