"""Play the whole week of a go-live: every way to report except the operator's import, and no request is refused.

Each day another kind of workspace has its turn; HYPERCARE_TEST_STORY names one of WORKSPACES instead.
"""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.sentiment import tone
from domain.tickets.ticket import Intake, Ticket
from sandbox.story import play
from tests.judges import story
from tests.support import ready
from tests.support.bot import BotWorkspace, running

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
