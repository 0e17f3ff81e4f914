"""Play the whole week of a go-live: every way to report except the operator's import, and no request is refused.

Each day another kind of workspace has its turn; HYPERCARE_TEST_STORY names one of WORKSPACES instead.
"""

import os
from collections.abc import Iterator
from datetime import UTC, date, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from bot.commands.sandbox import with_jira, with_mail
from bot.sentiment import tone
from bot.services.phases import phases
from connectors.jira.fake import FakeJira
from connectors.mail.fake import FakeMailbox
from domain.tickets.ticket import Intake, Ticket
from sandbox.story import play, player
from sandbox.story.script import Script, read_script
from tests.judges import story
from tests.support import ready
from tests.support.bot import BotWorkspace, running
from tests.support.control import eventually

WAYS_IN = {"command", "shortcut", "message shortcut", "mention", "app home", "reaction", "direct message",
           "channel message", "monitoring"}  # fmt: skip
AFFECTED = {"Every": 4, "Searching": 2, "Sick": 2}  # people, by the first word of what they report
NEW_BLOCKS = ["table", "data_table", "data_visualization"]
WORKSPACES: dict[str, dict[str, Any] | None] = {
    "usual": None, "grid": {"grid": True}, "connect": {"connect": True}, "free": {"plan": "free"},
    "rollout": {"refuse": NEW_BLOCKS},
}  # fmt: skip
TODAY = os.environ.get("HYPERCARE_TEST_STORY") or [*WORKSPACES][datetime.now(UTC).toordinal() % len(WORKSPACES)]


@pytest.mark.long
@pytest.mark.parametrize("workspace", [TODAY])
def test_the_week_is_played_and_every_scene_works(workspace: str, tmp_path: Path, tmp_path_factory) -> None:
    with running(ready.sqlite(tmp_path / "hypercare.db"), cast=WORKSPACES[workspace], monitor_port=0) as slack:
        _is_played(slack, tmp_path_factory)
        if workspace == "rollout":
            said = str(slack.control.get("messages", channel="hypercare-digest", user="lena"))
            assert "Open:" in said
            assert not any(f"'type': '{kind}'" in said for kind in NEW_BLOCKS)


def words_of(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    return " ".join(body.get_content().split()) if body else ""


@pytest.fixture
def beside(slack: BotWorkspace) -> Iterator[tuple[FakeJira, FakeMailbox]]:
    """A small Jira and a mailbox, to which the phase is connected as by `hypercare sandbox --jira --mail`."""
    jira = FakeJira(secret="a secret of the webhooks", now=slack.box.clock.now)
    mailbox = FakeMailbox("payday@hypercare.example", now=slack.box.clock.now)
    slack.loop.run(jira.start())
    slack.loop.run(mailbox.start())
    slack.stop_bot()
    slack.settings = with_mail(with_jira(slack.settings, slack.box, jira), mailbox)
    slack.start_bot()
    phases.apply_settings(slack.application.context, slack.settings.phase)
    jira.webhook_url = f"http://127.0.0.1:{slack.application.monitor.port}/trackers/jira"
    mailbox.lmtp_port = slack.application.lmtp.port
    yield jira, mailbox
    slack.loop.run(jira.stop())
    slack.loop.run(mailbox.stop())


def test_people_of_a_tracker_and_of_a_mailbox_take_part_in_the_story(
    slack: BotWorkspace, beside: tuple[FakeJira, FakeMailbox], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only the tickets that they work on are played here."""
    jira, mailbox = beside

    def some(monday: date, **given: Any) -> Script:
        whole = read_script(monday, **given)
        wanted = {scene.ticket for scene in whole.beside}
        return Script(
            whole.people, {name: one for name, one in whole.tickets.items() if name in wanted}, [], whole.beside
        )  # fmt: skip

    monkeypatch.setattr(player, "read_script", some)
    said, addresses = list[str](), {"jira": jira.url, "mail": mailbox.url}
    done = slack.loop.run(
        play(slack.box.url, progress=said.append, present=slack.box.clock.now(), beside=addresses), 200
    )
    assert [line for line in said if not line.startswith("Playing")] == []
    assert (done.tickets, done.failed) == (2, 0)
    issue = next(one for one in jira.issues.values() if one.fields["summary"].startswith("PAY-1:"))
    eventually(lambda: issue.fields["status"]["name"] == "Done", "that the issue follows its ticket")
    eventually(lambda: [one for one in mailbox.sink.received if "view of contractors" in words_of(one)], "her mail")


def _is_played(slack: BotWorkspace, tmp_path_factory: pytest.TempPathFactory) -> None:
    tone("Good")  # its library loads scipy where that is installed, for seconds in which the database is busy
    said: list[str] = []
    story.set_up(slack)
    with story.playing(tmp_path_factory) as file:
        done = slack.loop.run(play(slack.box.url, progress=said.append, present=slack.box.clock.now()), 400)
        story.keep(slack, file)
    assert [line for line in said if not line.startswith("Playing")] == []
    assert (done.tickets, done.failed) == (61, 0)
    with slack.application.store.read() as tx:
        tickets = tx.tickets.list_by_ids(range(1, 62))
        (wave,) = (one for one in tx.waves.list_of_phase(1) if one.result)
    assert wave.result
    assert wave.result.answered == 10
    assert {t.intake.value for t in tickets} == WAYS_IN
    assert sum(t.filed_by is not None for t in tickets) == 4
    assert sum(t.anonymous for t in tickets) == 1
    assert {t.summary.split()[0]: t.affected for t in tickets if t.affected > 1} == AFFECTED
    _is_seen_first(tickets)
    _is_planned(slack)


def _is_planned(slack: BotWorkspace) -> None:
    """Actions, decisions, problems, articles and what people do together are there too."""
    lena = slack.person("lena")
    digests = str(slack.control.get("messages", channel="hypercare-digest", user="lena"))
    assert "Agenda of" in digests
    assert "2 of 2 answered" in digests
    assert "1 of 2 answered" not in digests
    assert "*Timeline*" in str(slack.control.get("messages", channel="hypercare-desk", user="lena"))
    assert "Train the deputies" in str(lena.types("/hypercare actions"))
    assert "The cost report" in str(lena.types("/hypercare decisions"))
    assert "1 ticket · whys: 3 of 3 · process" in str(lena.types("/hypercare problems"))
    assert "Time sheets of a shift" in str(lena.types("/hypercare sessions"))
    assert "Where hours of last week are" in str(lena.types("/hypercare contacts"))
    assert "bank" in str(lena.types("/hypercare rules"))
    assert "yellow triangle" in str(slack.person("maria").types("/hypercare articles"))


def _is_seen_first(tickets: list[Ticket]) -> None:
    """The gateway's ticket is older than that of the first person, whose card shows what the gateway saw."""
    seen = next(one for one in tickets if one.intake is Intake.SIGNAL)
    reported = next(one for one in tickets if one.report.summary.startswith("Every page takes"))
    assert seen.report.summary == "GET /v2/payslips/{id} is less available than agreed"
    assert seen.opened_at < reported.opened_at
