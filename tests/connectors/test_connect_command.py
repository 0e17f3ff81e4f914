"""`hypercare connect check jira` tries what the settings name, and the sandbox brings a small Jira along."""

import asyncio
from typing import Any
from urllib.request import urlopen

import pytest

from bot.commands.sandbox import with_jira
from connectors.jira.client import JiraClient
from connectors.jira.fake import BOT, TOKEN, FakeJira
from domain.connectors.settings import Connection
from tests.support.bot import BotWorkspace


def checked(token: str = TOKEN, *, is_cloud: bool = True, **settings: Any) -> list[str]:
    async def check() -> list[str]:
        jira = FakeJira(is_cloud=is_cloud)
        await jira.start()
        client = JiraClient(jira.url, BOT if is_cloud else "", token)
        try:
            usual = {"system": "jira", "project": "OPS"}
            return await client.check(Connection.model_validate(usual | settings))
        finally:
            await client.close()
            await jira.stop()

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
