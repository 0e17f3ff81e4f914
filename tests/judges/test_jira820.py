"""A Jira Data Center 8.20 that others wrote takes what our client sends, and our client reads what it answers."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from functools import cache
from hashlib import sha256
from pathlib import Path

import aiohttp
import pytest

from connectors.jira.client import JiraClient
from domain.connectors.issue import Category, Issue, IssueChange, NewIssue, StatusWish
from tests.judges.node import one_at_a_time
from tests.judges.test_prism import wait_for
from tests.support.bot import free_port

NEEDED = Path(__file__).parent / "jira820.txt"
INSTALL_SECONDS = 240
NEW = NewIssue(project="PAY", issue_type="Bug", summary="PAY-42: Totals are wrong", text="*The sum* is `off`",
               label="hypercare-PAY-42", priority="High")  # fmt: skip


@cache
def installed() -> Path | str:
    """The folder with its own Python, kept between runs; why there is none where that can't be had."""
    caches = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "hypercare-judges"
    folder = caches / f"jira820-{sha256(NEEDED.read_bytes()).hexdigest()[:16]}"
    folder.mkdir(parents=True, exist_ok=True)
    with one_at_a_time(folder / "lock"):
        if (folder / "ready").exists():
            return folder
        try:
            subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True, timeout=INSTALL_SECONDS)
            wanted = [folder / "bin" / "pip", "install", "--quiet", "--no-deps", "--requirement", NEEDED]
            subprocess.run(wanted, check=True, timeout=INSTALL_SECONDS, capture_output=True)
        except (OSError, subprocess.SubprocessError) as error:
            return f"jira820 can't be installed: {type(error).__name__}"
        (folder / "ready").touch()
        return folder


@contextmanager
def jira820(log: Path) -> Iterator[str]:
    found = installed()
    if isinstance(found, str):
        pytest.skip(found)
    port = free_port()
    given = {"PATH": os.environ["PATH"], "JIRA820_PORT": str(port), "JIRA820_PROJECT_KEY": "PAY"}
    with log.open("w") as output:
        started = subprocess.Popen([found / "bin" / "jira820"], env=given, cwd=log.parent, stdout=output, stderr=output)
        try:
            wait_for(port, started, log)
            yield f"http://127.0.0.1:{port}"
        finally:
            started.terminate()
            started.wait()


async def _key_of(url: str, id_: str) -> str:
    """Return the key of an issue: this Jira knows none by its id, which a real one does and we use."""
    asked = {"jql": f'labels = "{NEW.label}"', "fields": "summary"}
    async with aiohttp.ClientSession() as session, session.get(f"{url}/rest/api/2/search", params=asked) as answer:
        return next(str(one["key"]) for one in (await answer.json())["issues"] if str(one["id"]) == id_)


async def _play(url: str, client: JiraClient) -> None:
    id_ = await client.create(NEW)
    assert await client.find(NEW.label, timedelta(days=1)) == id_
    assert id_ in await client.changed("PAY", timedelta(hours=1))
    key = await _key_of(url, id_)
    issue = replace(await _read(client, key), id=key)
    assert (issue.priority, issue.category) == ("High", Category.OPEN)
    await client.update(issue, IssueChange(priority="Low", assignee="admin"))
    await client.transition(issue, IssueChange(status=StatusWish(category=Category.STARTED)))
    text = "*We* look at <https://w.example/a_b|the list>:\n• one\n• two"
    comment = await client.comment(issue, text, public=True)
    file = await client.attach(issue, "Screen shot März.png", b"a picture")
    now = await _read(client, key)
    assert (now.priority, now.category, now.assignee and now.assignee.id) == ("Low", Category.STARTED, "admin")
    (said,) = await client._comments(key)
    assert (said["id"], client._read(said["body"])) == (comment, client.as_read(issue, text))
    assert [(one.id, one.name, one.size) for one in now.files] == [(file, "Screen shot März.png", 9)]
    assert await client.content(file, 100) == b"a picture"
    assert await client.find_account("nobody@example.com") == ""
    assert await client.read("PAY-99999") is None


async def _read(client: JiraClient, key: str) -> Issue:
    found = await client.read(key)
    assert found
    return found


def test_a_data_center_of_others_takes_what_we_send(tmp_path: Path) -> None:
    async def run(url: str) -> None:
        client = JiraClient(url, "", "a personal access token")
        try:
            await _play(url, client)
        finally:
            await client.close()

    with jira820(tmp_path / "jira820.log") as url:
        asyncio.run(run(url))
