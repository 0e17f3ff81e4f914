"""What people write while no request can be taken is read back afterwards, each once."""

import asyncio
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine

from bot.context import AppContext
from bot.services.operations.catching_up import OVERLAP, Gap
from bot.services.phases import phases
from bot.services.registry import FEATURES
from bot.workers.gap_watch import GapWatch
from storage.store import Store
from tests.conftest import Clock
from tests.support import ready
from tests.support.bot import BotWorkspace
from tests.support.control import eventually
from tests.support.oncall import changed
from tests.trust.world import PAY


def with_channel_of_reports(slack: BotWorkspace) -> None:
    """Make a channel in which every message is a report."""
    channel = slack.control.post("channels", name="reports", members=["maria", "tom", "hypercare"])["channel"]["id"]
    first = slack.settings.phase
    assert first
    settings = changed(first, intake={"auto_intake": (channel,)})
    slack.settings = slack.settings.model_copy(update={"phase": settings})
    phases.apply_settings(slack.application.context, settings)


@pytest.mark.core
def test_what_was_written_while_nothing_ran_is_handled_once_at_the_start(slack: BotWorkspace) -> None:
    with_channel_of_reports(slack)
    maria, tom = slack.person("maria"), slack.person("tom")
    maria.says("The till in Kiel is down", "reports")
    card = slack.triage.expects("The till in Kiel")
    slack.quiet()
    slack.control.post("clock", advance=60)
    slack.stop_bot()
    tom.says("The door in Bonn is stuck", "reports")
    slack.person("jo").replies(card, ">> Which one?")
    maria.says("I cannot open my payslip", "payroll-help")
    tom.reacts(slack.channel("payroll-help").expects("cannot open my payslip"), "sos")
    slack.control.post("clock", advance=5400)  # longer than Slack delivers again
    slack.start_bot()
    slack.triage.expects("The door in Bonn")
    slack.triage.expects("cannot open my payslip")
    card.expects_reply("Which one?")
    slack.person("lena").dm.expects("Hypercare did not answer since")
    slack.quiet()
    assert len(slack.triage.messages()) == 3, [message.words for message in slack.triage.messages()]


def test_what_goes_on_with_a_report_is_told_by_when_it_was_written_not_by_when_it_is_read_back(
    slack: BotWorkspace,
) -> None:
    with_channel_of_reports(slack)
    maria, tom = slack.person("maria"), slack.person("tom")
    maria.says("The till in Kiel is down", "reports")
    card = slack.triage.expects("The till in Kiel")
    slack.quiet()
    slack.control.post("clock", advance=60)
    slack.stop_bot()
    maria.says("It shows error E17", "reports")  # a minute after the report
    tom.says("The door in Bonn is stuck", "reports")
    slack.control.post("clock", advance=1200)
    tom.says("The door in Bonn was open all night", "reports")  # of another day, as far as anyone knows
    slack.control.post("clock", advance=5400)
    slack.start_bot()
    slack.triage.expects("open all night")
    card.expects_reply("It shows error E17")
    slack.quiet()
    assert len(slack.triage.messages()) == 3, [message.words for message in slack.triage.messages()]


def test_a_process_that_ends_while_it_reads_back_loses_nothing(slack: BotWorkspace) -> None:
    """What it has read by then is newer than the rest, which the next one reads."""
    with_channel_of_reports(slack)
    maria, tom = slack.person("maria"), slack.person("tom")
    maria.says("The till in Kiel is down", "reports")
    slack.triage.expects("The till in Kiel")
    slack.quiet()
    slack.control.post("clock", advance=60)
    slack.stop_bot()
    tom.says("The door in Bonn is stuck", "reports")
    maria.says("I cannot open my payslip", "payroll-help")
    tom.reacts(slack.channel("payroll-help").expects("cannot open my payslip"), "sos")
    slack.control.post("clock", advance=5400)
    slack.fails("conversations.history", times=-1, channel=slack.channel_id("payroll-help"), error="internal_error")
    slack.start_bot()
    slack.triage.expects("The door in Bonn")
    slack.stop_bot()
    slack.control.delete("faults")
    slack.start_bot()
    slack.triage.expects("cannot open my payslip")
    slack.person("lena").dm.expects("2 messages that were written")
    slack.quiet()
    assert len(slack.triage.messages()) == 3, [message.words for message in slack.triage.messages()]


@pytest.mark.shape("socket")
def test_what_was_written_while_the_connection_was_lost_is_handled_once(slack: BotWorkspace) -> None:
    with_channel_of_reports(slack)
    maria = slack.person("maria")
    maria.says("The till in Kiel is down", "reports")
    slack.triage.expects("The till in Kiel")
    slack.quiet()
    slack.fails("apps.connections.open", times=-1, error="internal_error")
    slack.control.post("disconnect", reason="abort")
    eventually(lambda: not slack.application._is_linked(), "a lost connection")
    maria.says("The door in Bonn is stuck", "reports")
    slack.control.post("clock", advance=1200)  # longer than Slack delivers again
    slack.control.delete("faults")
    slack.triage.expects("The door in Bonn")
    slack.person("lena").dm.expects("1 message that was written")
    slack.quiet()
    assert len(slack.triage.messages()) == 2


@pytest.mark.shape("http")
def test_what_could_not_be_saved_is_read_back_when_the_database_answers(
    slack: BotWorkspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_channel_of_reports(slack)
    store, maria = slack.application.store, slack.person("maria")
    with monkeypatch.context() as away:
        away.setattr(store, "engine", create_engine("sqlite:////nowhere/at/all"))
        maria.says("The door in Bonn is stuck", "reports")
        sent = lambda: slack.control.get("deliveries", since=0)["deliveries"]  # noqa: E731
        eventually(
            lambda: slack.application.workers.gaps._since and sent()[-1]["retry"], "the second delivery"
        )  # the next is later
        slack.control.post("clock", advance=1200)
    slack.triage.expects("The door in Bonn")
    slack.person("lena").dm.expects("1 message that was written")
    slack.quiet()
    assert len(slack.triage.messages()) == 1


def test_what_slack_kept_back_as_too_many_events_is_read_back(slack: BotWorkspace) -> None:
    with_channel_of_reports(slack)
    maria = slack.person("maria")
    slack.control.post("limits", enabled=True, events=True)
    maria.says("The door in Bonn is stuck", "reports")
    maria.says("The till in Kiel is down", "reports")
    told = [one for one in slack.control.get("deliveries", since=0)["deliveries"] if one["name"] == "app_rate_limited"]
    assert len(told) == 1, "once a minute"
    slack.control.post("limits", enabled=True)
    slack.control.post("clock", advance=120)
    slack.triage.expects("The door in Bonn")
    slack.triage.expects("The till in Kiel")
    slack.quiet()
    assert len(slack.triage.messages()) == 2


def test_a_late_event_of_a_silent_time_shows_that_others_were_lost(tmp_path: Path, clock: Clock) -> None:
    """In HTTP mode a proxy in front may be away, of which only Slack's further deliveries tell."""
    found = list[Gap]()

    async def read_back(gap: Gap) -> bool:
        found.append(gap)
        return True

    async def read(work: Callable[[], Any]) -> Any:
        return work()

    async def play(retry: int, ago: int) -> None:
        watch = GapWatch(app, read, lambda: True, read_back)
        clock.forward(minutes=30)
        watch.note_event(retry, int(clock().timestamp()) - ago)
        await watch._look()

    began = clock()
    with closing(Store(ready.sqlite(tmp_path / "bot.db"))) as store:
        app = AppContext(features=FEATURES, store=store, now=clock)
        phases.apply_settings(app, PAY)
        asyncio.run(play(0, 300))  # an event as any other after a quiet time
        asyncio.run(play(2, 3600))  # late, but of a time in which others came
        assert not found
        asyncio.run(play(3, 300))
    assert found[0].since == began + timedelta(minutes=60) - OVERLAP
