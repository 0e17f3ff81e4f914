"""Trackers: an hour's changes sent to a Jira and to a ServiceNow that take only so many requests."""

import asyncio
import json
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from bench.databases import PHASE, app_on, new_database
from bench.envelopes import REPORTER
from bench.processes import Bot
from bench.rows import Row, ms
from bench.slack import Slack
from bot.context import AppContext
from bot.services.connectors import incoming
from bot.services.intake import intake
from bot.services.phases import phases
from bot.services.tickets import work
from connectors.faults import TrackerLimit
from connectors.jira import fake as jira
from connectors.jira.client import JiraClient
from connectors.servicenow import fake as servicenow
from connectors.servicenow.client import ServiceNowClient
from domain.connectors.issue import NewIssue
from domain.connectors.merging import ours
from domain.connectors.settings import Connection
from domain.phases.permissions import Person
from domain.tickets.ticket import Intake, Report, Severity

CHANGES, EVENTS = 250, 10_000
TAKEN, WINDOW = 100, 10  # requests in so many seconds
AN_HOUR, LONGEST = 1_000, 1_200  # changes, and seconds after which it is given up
RESPONDER, PAUSE = Person("U0BENCHRESP"), 0.5
Fake = jira.FakeJira | servicenow.FakeInstance


def measure(folder: Path) -> list[Row]:
    return [*asyncio.run(_measure(folder, "jira", jira.FakeJira())),
            *asyncio.run(_measure(folder, "servicenow", servicenow.FakeInstance())), *_weekend(folder)]  # fmt: skip


async def _measure(folder: Path, system: str, fake: Fake) -> list[Row]:
    database = new_database(folder, system)
    await fake.start()
    names = await _filled(fake)
    with app_on(database) as app:
        for ticket_id in _linked(app, system, names):  # what is to be sent waits in the outbox
            work.take(app, ticket_id, RESPONDER)
    fake.calls.clear()
    fake.limit = TrackerLimit(TAKEN, WINDOW)
    async with Slack() as slack:
        bot = Bot(slack, system, database, more=_settings(system, fake))
        try:
            await bot.link()
            began = time.perf_counter()
            while (left := CHANGES - _arrived(fake)) and time.perf_counter() - began < LONGEST:
                await asyncio.sleep(PAUSE)
            took = time.perf_counter() - began
        finally:
            await asyncio.to_thread(bot.stop)
            await fake.stop()
    detail = f"{len(fake.calls) / CHANGES:.1f} requests a change, {fake.limit.refused:,} more answered with 429"
    return [
        Row(goal="trackers", what=f"changes an hour to {system} at {TAKEN // WINDOW} requests a second", at_least=True,
            measured=(CHANGES - left) / took * 3600, limit=AN_HOUR, detail=detail, why="see the log"),
        Row(goal="trackers", what="changes of these that were lost or sent twice", limit=0,
            measured=left + abs(_sent(fake) - CHANGES), detail=system, why="see the log"),
    ]  # fmt: skip


async def _filled(fake: Fake) -> list[tuple[str, str]]:
    """Make issues, and return the id and the key of each."""
    user, token, project, kind = (
        (jira.BOT, jira.TOKEN, "OPS", JiraClient) if isinstance(fake, jira.FakeJira)
        else (servicenow.USER, servicenow.PASSWORD, "Payroll", ServiceNowClient)
    )  # fmt: skip
    client = kind(fake.url, user, token)
    try:
        new = (NewIssue(project=project, issue_type="Bug", summary=f"Total {number} is wrong", text="",
                        label=f"hypercare-PAY-{number}") for number in range(1, CHANGES + 1))  # fmt: skip
        made = [await client.create(one) for one in new]
    finally:
        await client.close()
    return [(one, fake.issues[one].key if isinstance(fake, jira.FakeJira) else fake.incidents[one]["number"])
            for one in made]  # fmt: skip


def _weekend(folder: Path) -> list[Row]:
    """Webhooks that come at once, ten about each issue; processor time, as others use the machine too."""
    with app_on(new_database(folder, "weekend")) as app:
        names = [(str(10_000 + number), f"OPS-{number}") for number in range(CHANGES)]
        began = time.process_time()
        tickets = list(_linked(app, "jira", names))
        report, began = (time.process_time() - began) / len(tickets), time.process_time()
        for number in range(EVENTS):
            incoming.note_news(app, "jira", names[number % CHANGES][0], f"tracker:jira:{number}")
        webhook = (time.process_time() - began) / EVENTS
        with app.store.read() as tx:
            waiting = tx.message_archive.count_waiting_to("jira")
    return [
        Row(goal="trackers", what=f"a webhook of {EVENTS:,} after a weekend, to a report and its link", limit=1,
            measured=webhook / report, detail=f"{ms(webhook)} to {ms(report)} of processor", why="see the log"),
        Row(goal="trackers", what="calls that wait then, besides one for each issue", limit=0,
            measured=abs(waiting - CHANGES), detail=f"{CHANGES:,} issues", why="see the log"),
    ]  # fmt: skip


def _linked(app: AppContext, system: str, names: Sequence[tuple[str, str]]) -> Iterator[int]:
    """Make tickets that have these issues, and yield their ids."""
    is_jira, connection = system == "jira", Connection.model_validate(_connection(system))
    phase = phases.get_phase(app, "PAY").settings
    phases.apply_settings(app, phase.model_copy(update={"connections": (connection,)}))
    there = {"status": "To Do" if is_jira else "New", "owner": "", "severity": "Medium" if is_jira else "3/3"}
    for issue_id, key in names:
        report = Report(summary=f"{key}: a total is wrong", severity=Severity.MEDIUM)
        ticket = intake.open_ticket(app, report, person=Person(REPORTER), intake=Intake.COMMAND)
        with app.store.begin() as tx:
            tx.issue_links.insert(system, ticket.id, ours(ticket))
            link = tx.issue_links.find(system, ticket.id)
            assert link
            tx.issue_links.update(link.id, issue_id=issue_id, key=key, theirs=there)
        yield ticket.id


def _connection(system: str) -> dict[str, Any]:
    is_jira = system == "jira"
    return {"system": system, "project": "OPS" if is_jira else "Payroll",
            "severities": {} if is_jira else {"medium": "3/3"}}  # fmt: skip


def _settings(system: str, fake: Fake) -> dict[str, str]:
    name, is_jira = f"HYPERCARE_{system.upper()}", isinstance(fake, jira.FakeJira)
    return {f"{name}_URL": fake.url, f"{name}_USER": jira.BOT if is_jira else servicenow.USER,
            f"{name}_TOKEN": jira.TOKEN if is_jira else servicenow.PASSWORD,
            "HYPERCARE_PHASE": json.dumps(PHASE | {"connections": [_connection(system)]})}  # fmt: skip


def _arrived(fake: Fake) -> int:
    if isinstance(fake, jira.FakeJira):
        return sum(one.fields["status"]["name"] == "In Progress" for one in fake.issues.values())
    return sum(one["state"] == "2" for one in fake.incidents.values())


def _sent(fake: Fake) -> int:
    """How many changes were sent, those that were sent again too."""
    is_jira = isinstance(fake, jira.FakeJira)
    return sum(
        one.startswith("POST ") and one.endswith("/transitions") if is_jira else one.startswith("PATCH ")
        for one in fake.calls
    )
