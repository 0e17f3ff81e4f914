"""Comments on an issue by anyone, in any order: the reporter reads what is public, the team everything."""

import asyncio

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from bot.context import AppContext
from bot.services.connectors import incoming
from bot.services.intake import intake
from bot.services.phases import phases
from bot.services.registry import FEATURES
from connectors.jira.client import JiraClient
from connectors.jira.fake import BOT, TOKEN, FakeJira
from domain.connectors.issue import Issue, NewIssue
from domain.connectors.merging import Accounts, ours, theirs
from domain.connectors.settings import Connection
from domain.tickets.ticket import Intake, Report, Severity, Ticket
from storage.delivery.tables import lanes, messages
from storage.store import Store
from tests.conftest import Clock
from tests.support.actions import MARIA, PHASE

DEVELOPER, REPORTER, US = "acc-dev", "acc-sam", "acc-bot"
NEW = NewIssue(project="OPS", issue_type="Bug", summary="Totals are wrong", text="", label="hypercare-PAY-1")
talks = st.lists(
    st.tuples(st.sampled_from([DEVELOPER, REPORTER, US]), st.booleans(), st.booleans()), min_size=1, max_size=6
)
Talk = list[tuple[str, bool, bool]]  # of each comment its author, and whether it is public or only for a group


def read(talk: Talk, *, is_desk: bool) -> Issue:
    """An issue with these comments, as our client reads it."""

    async def play() -> Issue:
        jira = FakeJira(is_desk=is_desk)
        await jira.start()
        client = JiraClient(jira.url, BOT, TOKEN)
        try:
            id_ = await client.create(NEW)
            for number, (author, public, for_group) in enumerate(talk):
                jira.person_comments("OPS-1", f"word{number}", by=author, public=public)
                if for_group:
                    jira.issues[id_].comments[-1]["visibility"] = {"type": "group", "value": "developers"}
            found = await client.read(id_)
        finally:
            await client.close()
            await jira.stop()
        assert found
        return found

    return asyncio.run(play())


def readers(app: AppContext, ticket: Ticket, words: str) -> set[str]:
    """Whose lanes have a message with these words."""
    asked = select(lanes.c.name, messages.c.payload).join(lanes).where(lanes.c.ticket_id == ticket.id)
    with app.store.read() as tx:
        return {row.name.partition(":")[0] for row in tx.connection.execute(asked) if words in str(row.payload)}


@pytest.mark.parametrize("is_desk", [True, False], ids=["desk", "project"])
@given(talk=talks)
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_public_comments_reach_the_reporter_and_no_other_ever_does(
    store: Store, clock: Clock, talk: Talk, is_desk: bool
) -> None:
    app = AppContext(features=FEATURES, store=store, now=clock, bot_user="U0BOT00")
    jira = Connection(system="jira", project="OPS")
    phases.apply_settings(app, PHASE.model_copy(update={"connections": (jira,)}))
    report = Report(summary="Totals are wrong", severity=Severity.LOW)
    ticket = intake.open_ticket(app, report, person=MARIA, intake=Intake.COMMAND)
    issue = read(talk, is_desk=is_desk)
    accounts = Accounts({MARIA.id: REPORTER}, ticket.owner)
    with app.transaction() as tx:
        tx.issue_links.insert("jira", ticket.id, ours(ticket))
        link = tx.issue_links.find("jira", ticket.id)
        assert link
        tx.issue_links.update(link.id, key=issue.key, theirs=theirs(issue))
    with app.transaction() as tx:
        link = tx.issue_links.find("jira", ticket.id)
        assert link
        assert incoming.take_in(app, tx, "Jira", link, issue, accounts)
    for number, (author, public, for_group) in enumerate(talk):
        told = is_desk and public and not for_group and author == DEVELOPER
        wanted = set() if author == US else {"team", "reporter"} if told else {"team"}
        assert readers(app, ticket, f"word{number}") == wanted, talk
