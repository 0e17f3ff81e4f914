"""Prism holds our client and the fake Jira against Atlassian's own description of REST v3, request by request."""

import asyncio
import socket
import subprocess
import time
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.jira.client import JiraClient
from connectors.jira.fake import BOT, TOKEN, FakeJira
from connectors.tracker import TrackerError
from domain.connectors.issue import Category, Issue, IssueChange, NewIssue, StatusWish
from domain.connectors.settings import Connection
from tests.judges import node
from tests.support.bot import free_port

DESCRIPTION = Path(__file__).parents[1] / "connectors" / "contracts" / "jira-cloud-v3.json"
PATIENCE = 120  # seconds for Prism to read the description
NEW = NewIssue(project="OPS", issue_type="Bug", summary="PAY-1: Totals are wrong", text="*The sum* is off",
               label="hypercare-PAY-1", priority="High")  # fmt: skip
CONNECTION = Connection(system="jira", project="OPS", fields={"customfield_1": "Payroll"})


@contextmanager
def prism(upstream: str, log: Path) -> Iterator[str]:
    """A proxy that answers 422 to a request, and 500 to an answer, that is not as the description says."""
    port, command = free_port(), node.packages() / "node_modules" / ".bin" / "prism"
    wanted = ["proxy", str(DESCRIPTION), upstream, "--errors", "--host", "127.0.0.1", "--port", str(port)]
    with log.open("w") as output:
        started = subprocess.Popen(["node", str(command), *wanted], stdout=output, stderr=output)
        try:
            wait_for(port, started, log)
            yield f"http://127.0.0.1:{port}"
        finally:
            started.terminate()
            started.wait()


def wait_for(port: int, started: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + PATIENCE
    while True:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        assert started.poll() is None, log.read_text()
        assert time.monotonic() < until, log.read_text()
        time.sleep(0.1)


async def _is_refused(call: Awaitable[Any], reason: str) -> bool:
    with pytest.raises(TrackerError) as refused:
        await call
    return refused.value.failure.reason == reason


async def _play(fake: FakeJira, client: JiraClient) -> None:
    """Everything but files, whose form the description calls a list, and the paths that our copy of it leaves out."""
    id_ = await client.create(NEW)
    fake.person_comments("OPS-1", "It is the cable")
    issue = await client.read(id_)
    assert issue
    assert [one.text for one in issue.comments] == ["It is the cable"]
    assert await client.find(NEW.label, timedelta(days=1)) == id_
    assert await client.changed("OPS", timedelta(hours=1)) == [id_]
    assert await client.find_account("sam@example.com") == "acc-sam"
    change = IssueChange(priority="Low", assignee="acc-sam", status=StatusWish(category=Category.DONE))
    await client.update(issue, change)
    await client.transition(issue, change)
    await client.comment(issue, "We *look*\n• one", public=True)
    now = await client.read(id_)
    assert now
    assert (now.priority, now.assignee and now.assignee.id, now.category) == ("Low", "acc-sam", Category.DONE)
    assert len(now.comments) == 2
    assert await client._missing_fields(CONNECTION, "1") == []
    assert await client._missing_transitions(CONNECTION) == []
    assert await client.read("10999") is None


async def _is_judged(fake: FakeJira, client: JiraClient, issue: Issue) -> None:
    """Prism sees what is wrong on either side, so what it lets pass was looked at."""
    assert await _is_refused(client._call("POST", f"{client._api}/issue", json=["an issue"]), "http_422")
    fake.issues[issue.id].comments[0]["author"] = "Dana"
    assert await _is_refused(client.read(issue.id), "http_500")


@pytest.mark.long
def test_client_and_fake_keep_to_atlassians_description(tmp_path: Path) -> None:
    async def run() -> None:
        fake = FakeJira()
        fake.addresses = {"acc-sam": "sam@example.com"}
        await fake.start()
        opened = prism(fake.url, tmp_path / "prism.log")
        client = JiraClient(await asyncio.to_thread(opened.__enter__), BOT, TOKEN)
        try:
            await _play(fake, client)
            issue = await client.read("OPS-1")
            assert issue
            await _is_judged(fake, client, issue)
        finally:
            await client.close()
            await asyncio.to_thread(opened.__exit__, None, None, None)
            await fake.stop()

    asyncio.run(run())
