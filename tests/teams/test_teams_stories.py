"""A channel of Teams reads digests and what becomes of critical tickets, once each."""

from collections.abc import Iterator

import pytest
from pydantic import SecretStr

from bot.workers import webhook_sender
from connectors.teams.fake import FakeTeams
from domain.reporting.settings import Digest
from domain.teams.settings import TeamsChannel
from tests.support.bot import BotWorkspace
from tests.support.control import eventually
from tests.support.days import passes, to_monday
from tests.support.oncall import applied

OPS = TeamsChannel(name="ops", digests=("daily",))


@pytest.fixture
def teams(slack: BotWorkspace, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeTeams]:
    monkeypatch.setattr(webhook_sender, "PAUSE", 1)
    made = FakeTeams()
    slack.loop.run(made.start())
    slack.stop_bot()
    slack.settings = slack.settings.model_copy(update={"teams": {"ops": SecretStr(made.address("ops"))}})
    slack.start_bot()
    applied(slack, teams_channels=(OPS,), reporting={"digests": (Digest(name="daily"),)})
    yield made
    slack.loop.run(made.stop())


def about(teams: FakeTeams, ticket: str) -> list[str]:
    return [one for one in teams.words("ops") if one.startswith(ticket)]


def test_teams_reads_digests_and_the_course_of_critical_tickets(slack: BotWorkspace, teams: FakeTeams) -> None:
    to_monday(slack, "10:00")
    maria, jo = slack.person("maria"), slack.person("jo")
    maria.reports("I can see all salaries", "critical", type="security")
    maria.reports("A colleague deletes entries", "critical", anonymous="yes")
    maria.reports("The font is odd", "low")
    teams.broken, teams.retry_after = [503, 429], "1"
    maria.reports("Payslips are blank", "critical")
    eventually(lambda: about(teams, "PAY-4"), "the critical ticket", instead=lambda: "\n".join(slack.coming()))
    jo.opens("/hypercare resolve PAY-4").fills(test="Tried", fix="root_cause", explanation="Restarted it").submits()
    eventually(lambda: len(about(teams, "PAY-4")) == 2, "its resolution", instead=lambda: str(teams.words("ops")))
    passes(slack, hours=23)
    slack.quiet()
    opened, resolved = about(teams, "PAY-4")
    assert opened.startswith("PAY-4: a critical problem was reported\nPayslips are blank\nReported Mon")
    assert resolved.startswith("PAY-4 is resolved\nPayslips are blank")
    assert any("Open, by severity" in one and "New: " in one for one in about(teams, "Payday"))
    assert not any(words in str(teams.posted) for words in ("salaries", "deletes entries", "The font is odd"))
    assert "<@" not in str(teams.posted)
    assert not any("PAY-" in one for one in about(teams, "Payday"))


def test_a_refused_card_is_told_to_a_lead_and_the_next_one_is_posted(slack: BotWorkspace, teams: FakeTeams) -> None:
    to_monday(slack, "10:00")
    teams.broken = [400]
    slack.person("maria").reports("Payslips are blank", "critical")
    slack.person("lena").dm.expects("refuses what it is sent (`http_400`)")
    slack.person("maria").reports("Nobody can log in", "critical")
    eventually(lambda: about(teams, "PAY-2"), "the second ticket", instead=lambda: "\n".join(slack.coming()))
    assert about(teams, "PAY-1") == []
