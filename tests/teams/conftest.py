"""A bot that people write to in Microsoft Teams."""

from collections.abc import Iterator
from typing import Any

import pytest

from connectors.teams.fake_chat import TENANT, FakeTeamsChats, FakeTeamsPerson
from domain.teams.settings import TeamsSettings
from domain.tickets.ticket import Ticket
from tests.support.bot import BotWorkspace
from tests.support.control import eventually
from tests.support.oncall import applied


class Chatting:
    """A workspace with the bot, and the chats of people with it in Teams."""

    def __init__(self, slack: BotWorkspace) -> None:
        self.slack, self.teams = slack, FakeTeamsChats()
        slack.loop.run(self.teams.start())
        slack.stop_bot()
        slack.settings = slack.settings.model_copy(
            update={"monitor_port": 0, "teams_local_url": self.teams.url, "teams_tenant": TENANT}
        )
        slack.start_bot()
        self.teams.bot_url = f"http://127.0.0.1:{slack.application.monitor.port}/teams/messages"
        applied(slack, teams=TeamsSettings(reports=True))

    def person(self, name: str, **given: Any) -> FakeTeamsPerson:
        return self.teams.person(name, **given)

    def writes(self, person: FakeTeamsPerson, text: str, **more: Any) -> None:
        """Write to the bot."""
        assert self.tells(self.teams.activity(person, text=text, **more))[0] == 200

    def presses(self, person: FakeTeamsPerson, words: str, label: str, **filled: str) -> None:
        """Press a button below the message with these words, after filling in its fields."""
        value = person.buttons(words)[label] | filled
        assert self.tells(self.teams.activity(person, value=value))[0] == 200

    def invokes(self, person: FakeTeamsPerson, name: str, data: dict[str, Any]) -> dict[str, Any]:
        """Open or send a dialog; what is shown."""
        return self.tells(self.teams.activity(person, "invoke", name=name, value={"data": data}))[1]

    def tells(self, activity: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        return self.slack.loop.run(self.teams.tell(activity))

    def reads(self, person: FakeTeamsPerson, words: str) -> str:
        """The newest text with these words in a person's chat, once it is there."""

        def found() -> str | None:
            return next((one for one in reversed(person.texts()) if words in one), None)

        return eventually(
            found, f"{words!r} in Teams", instead=lambda: "\n".join([*person.texts(), *self.slack.coming()])
        )

    def ticket(self, number: int = 1) -> Ticket | None:
        with self.slack.application.store.read() as tx:
            return tx.tickets.find_by_name("PAY", number)


@pytest.fixture
def chatting(slack: BotWorkspace) -> Iterator[Chatting]:
    made = Chatting(slack)
    yield made
    slack.loop.run(made.teams.stop())
