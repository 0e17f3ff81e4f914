"""An Enterprise Grid organization, Slack Connect and a free plan in the sandbox, judged by slack_bolt where it can."""

import pytest
from slack_bolt.request import internals

from tests.sandbox.conftest import until
from tests.sandbox.test_web_api import error


@pytest.fixture
def grid(make_box):
    return make_box(grid=True, connect=True, rate_limits=False)


def payloads(box, kind):
    return [one["payload"] for one in box.get("deliveries")["deliveries"] if one["name"] == kind]


def test_bolt_reads_the_organization_from_every_payload(grid):
    org = grid.sandbox.world.workspace.organization
    who = grid.client.auth_test()
    assert (who["enterprise_id"], who["team_id"], who["is_enterprise_install"]) == (org.id, org.id, True)
    grid.post("message", user="tom", channel="payroll-help", text="hello")
    [body] = until(lambda: payloads(grid, "message"))
    assert internals.extract_is_enterprise_install(body)
    assert internals.extract_enterprise_id(body) == org.id
    assert body["event"]["user_team"] == org.id
    assert body["event"]["team"] == org.teams[1]
    ts = grid.get("messages", channel="payroll-help")["messages"][-1]["ts"]
    grid.post("reaction", user="tom", channel="payroll-help", ts=ts, name="eyes")
    [reaction] = until(lambda: payloads(grid, "reaction_added"))
    assert internals.extract_enterprise_id(reaction) == org.id
    assert not {"team", "user_team"} & reaction["event"].keys()


def test_interactions_name_the_organization_and_sometimes_no_workspace(grid):
    from sandbox.delivery import envelopes

    org, world = grid.sandbox.world.workspace.organization, grid.sandbox.world
    shortcut = envelopes.global_shortcut(world, grid.user("tom"), "report")
    assert shortcut["team"] is None
    assert internals.extract_team_id(shortcut) == org.id == shortcut["user"]["team_id"]
    assert internals.extract_enterprise_id(shortcut) == org.id
    typed = envelopes.command(world, grid.user("tom"), world.workspace.channel("payroll-help"), "/hypercare", "")
    assert (typed["team_id"], typed["enterprise_id"], typed["is_enterprise_install"]) == (org.teams[1], org.id, "true")
    stranger = envelopes.base(world, grid.user("vera"), "block_actions")
    assert stranger["enterprise"]["id"] not in ("", org.id)
    assert stranger["team"]["id"] not in org.teams


def test_people_are_what_users_info_says(grid):
    def user(name):
        return grid.client.users_info(user=grid.user(name))["user"]

    org = grid.sandbox.world.workspace.organization
    assert user("tom")["enterprise_user"]["enterprise_id"] == org.id
    assert user("gus")["is_restricted"]
    assert (user("deploybot")["is_bot"], user("dora")["deleted"]) == (True, True)
    assert not user("vera")["is_stranger"]  # while a channel is shared with the app
    grid.post("leave", user="vera", channel="payroll-help")
    assert user("vera")["is_stranger"]


def test_an_org_wide_token_has_to_name_a_workspace(grid):
    org, client = grid.sandbox.world.workspace.organization, grid.client
    assert [one["id"] for one in client.auth_teams_list()["teams"]] == [*org.teams]
    assert error(client.users_list)["error"] == "missing_argument"
    assert error(client.users_list, team_id="T0OTHER")["error"] == "team_access_not_granted"
    names = [{one["name"] for one in client.users_list(team_id=team)["members"]} for team in org.teams]
    assert "tom" in names[1] - names[0]


@pytest.mark.parametrize("limit", [0, 1000, -1])
def test_lists_of_conversations_take_fewer_than_a_thousand(shared_box, limit):
    client, channel = shared_box.client, shared_box.channel("general")
    for method, more in ((client.conversations_members, {"channel": channel}), (client.conversations_list, {}),
                         (client.conversations_history, {"channel": channel})):  # fmt: skip
        assert error(method, limit=limit, **more)["error"] == "invalid_limit"


def test_a_free_plan_has_no_user_groups(make_box):
    box = make_box(plan="free")
    made = box.post("groups", handle="team", users=["jo"])["group"]["id"]
    for method, more in ((box.client.usergroups_list, {}), (box.client.usergroups_users_list, {"usergroup": made}),
                         (box.client.usergroups_users_update, {"usergroup": made, "users": "U1"})):  # fmt: skip
        assert error(method, **more)["error"] == "plan_upgrade_required"
    box.post("plan", plan="paid")
    assert box.client.usergroups_users_list(usergroup=made)["users"] == [box.user("jo")]
