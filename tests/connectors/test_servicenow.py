"""ServiceNow as the connector reads and changes it, against a fake that is stricter than an instance."""

import asyncio
import json
import re
import shutil
import subprocess
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.faults import TrackerFault
from connectors.servicenow import webhooks
from connectors.servicenow.client import NO_JOURNAL, ServiceNowClient
from connectors.servicenow.fake import PASSWORD, USER, FakeInstance
from connectors.servicenow.text import read_plain, write_plain
from connectors.tracker import TrackerError
from domain.connectors.issue import Category, Issue, IssueChange, NewIssue, StatusWish
from domain.connectors.settings import Connection
from domain.delivery.message import FailureKind

NEW = NewIssue(project="Payroll", issue_type="", summary="PAY-1: Totals are wrong",
               text="*What happened*\nThe sum is off", label="hypercare-PAY-1", priority="2/1")  # fmt: skip
SEVERITIES = {"critical": "1/1", "high": "2/1", "medium": "2/2", "low": "3/3"}
CODE = {"close_code": "Solution provided"}
Play = Callable[[FakeInstance, ServiceNowClient], Awaitable[Any]]


def played(play: Play, **instance: Any) -> Any:
    async def run() -> Any:
        fake = FakeInstance(**instance)
        await fake.start()
        client = ServiceNowClient(fake.url, USER, PASSWORD)
        try:
            return await play(fake, client)
        finally:
            await client.close()
            await fake.stop()

    return asyncio.run(run())


async def made(client: ServiceNowClient) -> Issue:
    issue = await client.read(await client.create(NEW))
    assert issue
    return issue


def to(category: Category, *names: str, **values: str) -> IssueChange:
    return IssueChange(status=StatusWish(category=category, names=names, values=values))


async def refusal(what: Awaitable[Any]) -> str:
    with pytest.raises(TrackerError) as refused:
        await what
    assert refused.value.is_refusal
    return refused.value.detail


def test_an_incident_is_made_found_by_its_correlation_and_read() -> None:
    async def play(fake: FakeInstance, client: ServiceNowClient) -> None:
        assert await client.find("hypercare-PAY-1", timedelta(days=1)) is None
        issue = await made(client)
        fake.person_sets(issue.key, assignment_group="")
        assert await client.find("hypercare-PAY-1", timedelta(days=1)) == issue.id, "another group may have it by now"
        assert (issue.key, issue.status, issue.category, issue.priority) == ("INC0000001", "New", Category.OPEN, "2/1")
        assert (issue.has_customers, issue.assignee, issue.comments) == (True, None, ())
        by_number = await client.read("INC0000001")
        assert by_number == issue
        assert await client.read("INC0000001^ORactive=true") is None
        assert await client.read("f" * 32) is None
        (kept,) = fake.incidents.values()
        assert kept["description"] == "What happened\nThe sum is off"
        assert "priority" not in kept, "an incident's priority follows from impact and urgency"
        assert "There is no group Nobody" in await refusal(client.create(_with(NEW, project="Nobody")))
        assert "High is no impact and urgency" in await refusal(client.create(_with(NEW, priority="High")))
        assert len(fake.incidents) == 1

    played(play)


def _with(new: NewIssue, **changes: str) -> NewIssue:
    return NewIssue(**{name: changes.get(name, getattr(new, name)) for name in NewIssue.__dataclass_fields__})


def test_a_state_takes_along_what_it_requires_from_the_lists_of_the_instance() -> None:
    async def play(fake: FakeInstance, client: ServiceNowClient) -> None:
        issue = await made(client)
        assert "On Hold asks for hold_reason" in await refusal(
            client.transition(issue, to(Category.STARTED, "On Hold"))
        )
        await client.transition(issue, to(Category.STARTED, "Waiting", "On Hold", hold_reason="Awaiting Caller"))
        (kept,) = fake.incidents.values()
        assert (kept["state"], kept["hold_reason"]) == ("3", "1")
        assert "Resolved asks for close_code" in await refusal(client.transition(issue, to(Category.DONE)))
        unknown = to(Category.DONE, close_code="Solved (Permanently)")
        assert "is no close code" in await refusal(client.transition(issue, unknown))
        await client.transition(issue, to(Category.DONE, **CODE))
        assert (kept["state"], kept["close_notes"]) == ("6", "Resolved in Hypercare.")
        now = await client.read(issue.id)
        assert now
        assert (now.status, now.category) == ("Resolved", Category.DONE)
        before = len(fake.calls)
        await client.transition(now, to(Category.DONE))
        assert len(fake.calls) == before, "it is there already"
        assert "There is no state Parked" in await refusal(client.transition(issue, to(Category.STARTED, "Parked")))

    played(play)


def test_owner_and_priority_follow_and_people_are_known_by_user_name() -> None:
    async def play(fake: FakeInstance, client: ServiceNowClient) -> None:
        issue = await made(client)
        await client.update(issue, IssueChange(priority="1/1", assignee="sam.okafor"))
        now = await client.read(issue.id)
        assert now
        assert now.assignee
        assert (now.priority, now.assignee.id, now.assignee.name) == ("1/1", "sam.okafor", "Sam Okafor")
        await client.update(issue, IssueChange(assignee=""))
        now = await client.read(issue.id)
        assert now
        assert now.assignee is None
        assert "There is no user gone" in await refusal(client.update(issue, IssueChange(assignee="gone")))
        assert await client.attach(issue, "a b&c.txt", b"words")
        now = await client.read(issue.id)
        assert now
        assert [(one.name, one.author.is_us) for one in now.files] == [("a b&c.txt", True)]

    played(play)


talk = st.lists(
    st.tuples(st.booleans(), st.booleans(), st.sampled_from(["yes", "no", "*why* `not`", "> ja"])), max_size=8
)


@given(talk)
@settings(max_examples=8)
def test_comments_are_public_and_work_notes_never(talked: list[tuple[bool, bool, str]]) -> None:
    """Whoever writes them, in any order, and though the same words are written twice."""

    async def play(fake: FakeInstance, client: ServiceNowClient) -> None:
        issue, ids = await made(client), list[str]()
        for number, (is_ours, public, words) in enumerate(talked):
            if is_ours:
                ids.append(await client.comment(issue, words, public=public))
            else:
                fake.person_writes(issue.key, f"{number}: {words}", public=public)
        now = await client.read(issue.id)
        assert now
        assert [(one.is_public, one.author.is_us) for one in now.comments] == [(public, us) for us, public, _ in talked]
        assert {one.id for one in now.comments if one.author.is_us} == {*ids}
        written = [write_plain(words) for us, public, words in talked if us and public]
        assert [one for one in fake.entries(issue.key, "comments") if ": " not in one] == written

    played(play)


def test_changes_are_asked_for_with_overlap_also_of_incidents_that_moved_to_another_group() -> None:
    at = datetime(2026, 3, 2, 9, tzinfo=UTC)
    clock = [at]

    async def play(fake: FakeInstance, client: ServiceNowClient) -> None:
        issue = await made(client)
        assert await client.changed("Payroll", timedelta(minutes=5)) == [issue.id]
        clock[0] = at + timedelta(minutes=20)
        assert await client.changed("Payroll", timedelta(minutes=5)) == []
        fake.person_sets(issue.key, assignment_group="")
        assert await client.changed("Payroll", timedelta(minutes=5)) == [issue.id]

    played(play, now=lambda: clock[0])


@pytest.mark.parametrize(("fault", "reason", "wait"), [
    (TrackerFault(status=429, retry_after="7"), "http_429", 7),
    (TrackerFault(status=503), "http_503", None), (TrackerFault(lost=True), "no_answer", None),
])  # fmt: skip
def test_a_fault_says_when_to_try_again(fault: TrackerFault, reason: str, wait: int | None) -> None:
    async def play(fake: FakeInstance, client: ServiceNowClient) -> None:
        fake.fault = fault
        with pytest.raises(TrackerError) as failed:
            await client.create(NEW)
        assert failed.value.failure.reason == reason
        assert failed.value.failure.kind is not FailureKind.PERMANENT
        assert wait is None or failed.value.failure.retry_after == wait

    played(play)


def test_a_check_prints_what_is_missing() -> None:
    def checked(**given: Any) -> list[str]:
        hides = given.pop("hides_journal", False)
        usual = {"system": "servicenow", "project": "Payroll", "severities": SEVERITIES, "transition_fields": CODE}
        connection = Connection.model_validate(usual | given)
        found: list[str] = played(lambda _fake, client: client.check(connection), hides_journal=hides)
        return found

    assert checked() == []
    assert checked(
        project="Nobody", statuses={"waiting": ["Parked"]}, severities=SEVERITIES | {"low": "P5"},
        transition_fields={"hold_reason": "Lunch"}, people={"U0LENA0": "gone"}, hides_journal=True,
    ) == [
        "There is no group Nobody, or the account can't see it.",
        "An incident has no state Parked, which `statuses` names.",
        "P5 is no impact and urgency such as 2/1. Give one for low in `severities`.",
        "There is no hold_reason Lunch, which `transition_fields` names.",
        "`transition_fields` has no close_code, which a resolved incident needs.",
        "There is no user gone, which `people` names for U0LENA0.",
        NO_JOURNAL,
    ]  # fmt: skip


def test_a_check_notices_entries_that_are_left_out_without_a_word() -> None:
    async def play(fake: FakeInstance, client: ServiceNowClient) -> None:
        usual = {"system": "servicenow", "project": "Payroll", "severities": SEVERITIES, "transition_fields": CODE}
        connection = Connection.model_validate(usual)
        issue = await made(client)
        assert await client.check(connection) == [], "no one has written anything yet"
        fake.person_writes(issue.key, "It is the cable", public=False)
        assert await client.check(connection) == [NO_JOURNAL]
        fake.empties_journal = False
        assert await client.check(connection) == []

    played(play, empties_journal=True)


@pytest.mark.parametrize("hidden", ["hides_journal", "empties_journal"])
def test_comments_are_read_from_the_incident_where_their_table_is_hidden(hidden: str) -> None:
    """With the same ids as in the table, so that none is doubled when the right to read it comes or goes."""

    async def play(fake: FakeInstance, client: ServiceNowClient) -> None:
        issue = await made(client)
        ours = await client.comment(issue, "*We* look", public=True)
        fake.person_writes(issue.key, "yes", public=False)
        fake.person_writes(issue.key, "Look:\n\nStep 2 - restart (server)\nthen wait", public=True)
        fake.person_writes(issue.key, "yes", public=False)
        setattr(fake, hidden, False)
        shown = await client.read(issue.id)
        setattr(fake, hidden, True)
        now = await client.read(issue.id)
        assert shown
        assert now
        assert {(one.id, one.text, one.is_public, one.author.name, one.author.is_us) for one in now.comments} == {
            (one.id, one.text, one.is_public, one.author.name, one.author.is_us) for one in shown.comments
        }
        assert len({one.id for one in now.comments}) == 4
        assert [one.id for one in now.comments if one.author.is_us] == [ours]

    played(play, **{hidden: True})


def test_text_is_plain_and_keeps_its_addresses() -> None:
    written = write_plain("*Bold* <https://example.com|page>\n• one\n> said")
    assert written == "Bold page (https://example.com)\n• one\n> said"
    assert read_plain("Look [code]<b>here</b><br/>&amp; <a href='x'>there</a>[/code]") == "Look here\n& there"


def test_the_rule_of_the_docs_signs_what_we_accept() -> None:
    """It runs in Node, with ServiceNow's classes in a few lines."""
    if not shutil.which("node"):
        pytest.skip("Node is not installed")
    page = (Path(__file__).parents[2] / "docs" / "servicenow.md").read_text(encoding="utf-8")
    rule = re.findall(r"```js\n(.*?)```", page, re.DOTALL)[0]
    shims = """
const crypto = require("crypto");
const gs = { getProperty: () => "a secret of the rule", warn: console.error };
const GlideStringUtil = { base64Encode: (text) => Buffer.from(text).toString("base64") };
function GlideCertificateEncryption() {}
GlideCertificateEncryption.prototype.generateMac = (key, _name, data) =>
  crypto.createHmac("sha256", Buffer.from(key, "base64")).update(data).digest("base64");
const sent = { headers: {} };
const sn_ws = { RESTMessageV2: function () {} };
Object.assign(sn_ws.RESTMessageV2.prototype, {
  setEndpoint(url) { sent.url = url; }, setHttpMethod(name) { sent.method = name; },
  setRequestHeader(name, value) { sent.headers[name.toLowerCase()] = value; },
  setRequestBody(body) { sent.body = body; }, executeAsync() { console.log(JSON.stringify(sent)); },
});
const values = { sys_mod_count: "4", number: "INC0000001", sys_updated_by: "dana" };
const current = { getUniqueValue: () => "0".repeat(31) + "1", getValue: (name) => values[name] };
"""
    done = subprocess.run(["node", "-e", shims + rule], capture_output=True, text=True, timeout=30, check=True)
    sent = json.loads(done.stdout)
    body = sent["body"].encode()
    assert webhooks.is_signed("a secret of the rule", sent["headers"], body)
    assert not webhooks.is_signed("another secret of the rule", sent["headers"], body)
    assert not webhooks.is_signed("", sent["headers"], body)
    assert webhooks.issue_of(body) == "0" * 31 + "1"
    assert sent["headers"][webhooks.DELIVERY] == "0" * 31 + "1-4"
