"""`hypercare connect check jira` tries what the settings name, and the sandbox brings a small Jira along."""

import asyncio
from typing import Any
from urllib.request import urlopen

import pytest

from bot.commands.sandbox import with_jira
from connectors.jira.client import JiraClient
from connectors.jira.fake import BOT, TOKEN, FakeJira
from domain.connectors.issue import NewIssue
from domain.connectors.settings import Connection
from tests.support.bot import BotWorkspace


def checked(
    token: str = TOKEN, *, is_cloud: bool = True, jira: dict[str, Any] | None = None, **settings: Any
) -> list[str]:  # fmt: skip
    """What is missing in a Jira like that, which has one issue that is not begun and one that is."""

    async def check() -> list[str]:
        fake = FakeJira(is_cloud=is_cloud)
        await fake.start()
        client = JiraClient(fake.url, BOT if is_cloud else "", token)
        try:
            for label in ("one", "another"):
                await client.create(NewIssue(project="OPS", issue_type="Bug", summary="x", text="", label=label))
            fake.person_moves("OPS-1", "In Progress")
            for name, value in (jira or {}).items():
                setattr(fake, name, value)
            usual = {"system": "jira", "project": "OPS"}
            return await client.check(Connection.model_validate(usual | settings))
        finally:
            await client.close()
            await fake.stop()

    return asyncio.run(check())


@pytest.mark.parametrize("is_cloud", [True, False])
def test_a_check_prints_what_is_missing(is_cloud: bool) -> None:
    assert checked(is_cloud=is_cloud) == []
    assert checked(is_cloud=is_cloud, project="NONE") == ["There is no project NONE, or the account can't see it."]
    assert checked(is_cloud=is_cloud, subtask_type="Sub-task") == []
    assert checked(is_cloud=is_cloud, subtask_type="Bug") == ["OPS has no type Bug, which `subtask_type` names."]
    assert checked(is_cloud=is_cloud, issue_type="Epos") == ["OPS has no issue type Epos: Bug, Task."]
    found = checked(
        is_cloud=is_cloud,
        statuses={"fixing": ["Mending"]},
        severities={"low": "P5"},
        people={"U0LENA0": "gone"},
    )
    assert found == [
        "Bug has no status Mending, which `statuses` names.",
        "There is no priority P5, which `severities` names.",
        "There is no account gone, which `people` names for U0LENA0.",
    ]


@pytest.mark.parametrize("is_cloud", [True, False])
def test_a_check_tries_fields_transitions_and_rights(is_cloud: bool) -> None:
    usual = {"is_cloud": is_cloud, "transition_fields": {"resolution": "Fixed"}}
    assert checked(**usual, jira={"asks_for": {"resolution"}}, fields={"customfield_1": "Payroll"}) == []
    assert checked(
        is_cloud=is_cloud, fields={"customfield_9": "Payroll", "priority": "Huge"},
        jira={"unknown": {"labels"}, "needs": {"customfield_3"}, "asks_for": {"resolution"},
              "no_way_to": {"In Progress", "In Review"}, "lacks": {"ADD_COMMENTS", "USER_PICKER"}},
    ) == [
        "A new Bug has no field labels, which Hypercare fills.",
        "A new Bug has no field customfield_9, which `fields` names.",
        "priority of a new Bug can't be Huge, which `fields` gives.",
        "A new Bug needs Customfield_3. Give customfield_3 in `fields`.",
        "No transition leads to started from where the newest issue is. Name another status in `statuses`.",
        "The transition to Done asks for resolution. Give it in `transition_fields`.",
        "The account lacks the right ADD_COMMENTS.",
        "The account lacks the right USER_PICKER, so no assignee is found by an e-mail address.",
    ]  # fmt: skip
    assert checked(is_cloud=is_cloud, transition_fields={"resolution": "Mended"}) == [
        "resolution can't be Mended, which `transition_fields` gives."
    ]


def test_the_sandbox_brings_a_small_jira_along(slack: BotWorkspace) -> None:
    jira = FakeJira(secret="a secret of the webhooks", now=slack.box.clock.now)
    slack.loop.run(jira.start())
    slack.stop_bot()
    slack.settings = with_jira(slack.settings, slack.box, jira)
    slack.start_bot()
    slack.person("maria").reports("Totals are <wrong>")
    slack.channel("hypercare-desk").expects("Totals are").expects_reply("OPS-1")
    with urlopen(jira.url, timeout=10) as page:
        assert "PAY-1: Totals are &lt;wrong&gt;" in page.read().decode()
    with urlopen(f"{jira.url}/play/OPS-1/comment", b"value=On+it", timeout=10) as page:
        assert "Dana Developer: On it" in page.read().decode()
    slack.stop_bot()
    slack.start_bot()
    slack.channel("hypercare-desk").expects("Totals are").expects_reply("On it")
    slack.loop.run(jira.stop())
