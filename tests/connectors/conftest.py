"""A bot that is connected to a fake Jira, and people on both sides."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from bot.services.phases import phases
from bot.workers import issue_sender
from connectors import calls
from connectors.jira.fake import BOT, CLIENT, TOKEN, FakeJira
from connectors.servicenow.fake import FakeInstance
from domain.connectors.settings import Connection
from domain.delivery.message import MessageState
from domain.tickets.ticket import Severity, Ticket
from tests.support.bot import BotWorkspace
from tests.support.control import eventually
from tests.support.people import Message

SECRET = "a secret of the webhooks"
SAM, DEV = "acc-sam", "acc-dev"


FORMATTED = "*We* look at <https://w.example/a_b?x=1|the list> and `SUM(a_b)`:\n• _one_\n• two"


def notes_failure(slack: BotWorkspace, system: str) -> None:
    """Wait until the bot has noted that a tracker fails."""

    def noted() -> bool:
        with slack.application.context.transaction() as tx:
            return tx.issue_links.get_state(system).failing_since is not None

    eventually(noted, f"that {system} fails")


def rests(slack: BotWorkspace, tracker: FakeJira | FakeInstance) -> None:
    """Wait until both sides have said everything; what a tracker was to get counts too."""

    def calm() -> bool:
        with slack.application.store.read() as tx:
            unsent = tx.message_archive.list_newest([MessageState.WAITING, MessageState.SENDING])
        return not unsent and not tracker._tasks

    eventually(calm, "quiet", instead=lambda: "\n".join(slack.coming()))


class Tracked:
    """A workspace with the bot, and a Jira that knows its webhooks."""

    def __init__(self, slack: BotWorkspace, use: Callable[[str], None] = lambda _url: None, **jira: Any) -> None:
        """Start both; `use` gets the address of Jira before the bot starts."""
        self.slack = slack
        self.jira = FakeJira(secret=SECRET, now=slack.box.clock.now, **jira)
        slack.loop.run(self.jira.start())
        use(self.jira.url)
        slack.stop_bot()
        user = BOT if self.jira.is_cloud and not self.jira.site else ""
        oauth = {"jira_oauth_client": CLIENT, "jira_cloud_id": self.jira.site} if self.jira.site else {}
        given = {"monitor_port": 0, "jira_url": self.jira.url, "jira_user": user, "jira_token": TOKEN,
                 "jira_webhook_secret": SECRET, **oauth}  # fmt: skip
        slack.settings = type(slack.settings)(**{**dict(slack.settings), **given})
        slack.start_bot()
        self.follows()
        self.hears()

    def hears(self) -> None:
        self.jira.webhook_url = f"http://127.0.0.1:{self.slack.application.monitor.port}/trackers/jira"

    def restarts(self) -> None:
        self.slack.stop_bot()
        self.slack.start_bot()
        self.follows()
        self.hears()

    def follows(self, **settings: Any) -> None:
        """Change the connection of the phase."""
        people = {self.slack.person("sam").id: SAM}
        usual = {"system": "jira", "project": "OPS", "people": people, "create": [*Severity]}
        app = self.slack.application.context
        with app.store.read() as tx:
            phase = tx.phases.list_phases()[0].settings
        connection = Connection.model_validate(usual | settings)
        phases.apply_settings(app, phase.model_copy(update={"connections": (connection,)}))

    def reported(self, summary: str = "Totals are wrong", severity: str = "medium", **more: Any) -> Message:
        """Maria reports a problem; the card of its ticket."""
        maria = self.slack.person("maria")
        maria.opens("/hypercare report").fills(summary=summary, severity=severity, **more).submits()
        return self.slack.channel("hypercare-desk").expects(summary)

    def ticket(self, number: int = 1) -> Ticket:
        with self.slack.application.store.read() as tx:
            found = tx.tickets.find_by_name("PAY", number)
        assert found
        return found

    def issue(self, number: int = 1) -> dict[str, Any]:
        """The fields of the only issue of a ticket, once it is there and linked."""
        label = f"hypercare-PAY-{number}"

        def known() -> str | None:
            with self.slack.application.store.read() as tx:
                link = tx.issue_links.find("jira", self.ticket(number).id)
            return link.key if link and link.issue_id else None

        key = eventually(known, f"an issue for PAY-{number}", instead=self.coming)
        found = [one for one in self.jira.issues.values() if label in one.fields["labels"] or one.key == key]
        assert len(found) == 1
        return {**found[0].fields, "key": found[0].key}

    def shows(self, wanted: Callable[[dict[str, Any]], object], number: int = 1) -> None:
        """Wait until the issue is like that."""
        eventually(
            lambda: wanted(self.issue(number)),
            "the issue",
            instead=lambda: f"{self.issue(number)['status']}\n{self.thread(number)}",
        )

    def becomes(self, wanted: Callable[[Ticket], object], number: int = 1) -> None:
        """Wait until the ticket is like that."""
        eventually(lambda: wanted(self.ticket(number)), "the ticket", instead=lambda: self.thread(number))

    def thread(self, number: int) -> str:
        """What the ticket is, and what its team has read."""
        ticket = self.ticket(number)
        card = self.slack.channel("hypercare-desk").expects(ticket.summary)
        return "\n".join(
            [f"{ticket.status} {ticket.severity} {ticket.owner}", *(one.raw["text"] for one in card.thread())]
        )

    def coming(self) -> str:
        return "\n".join(self.slack.coming())

    def quiet(self) -> None:
        """Wait until both sides have said everything."""
        rests(self.slack, self.jira)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses that take less time than those of real trackers."""
    monkeypatch.setattr(calls, "OUTAGE_PAUSE", 1)
    monkeypatch.setattr(calls, "LIMIT_PAUSE", 1)
    monkeypatch.setattr(calls, "TOKEN_PAUSE", 1)
    monkeypatch.setattr(issue_sender, "LOST_PAUSE", 1)
    monkeypatch.setattr(issue_sender, "SLACK_PAUSE", 1)
    monkeypatch.setattr(issue_sender.IssueReader, "every", 0.3)


@pytest.fixture
def tracked(slack: BotWorkspace, quick: None, request: pytest.FixtureRequest) -> Iterator[Tracked]:
    made = Tracked(slack, **getattr(request, "param", {}))
    yield made
    slack.loop.run(made.jira.stop())
