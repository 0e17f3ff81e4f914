"""Nothing assumes one phase: channels decide, and where they cannot, the key is asked for."""

from datetime import UTC, datetime

import pytest

from bot.context import AppContext
from bot.services.phases import phases
from bot.services.registry import FEATURES
from domain.errors import Refused
from domain.phases.permissions import Person
from domain.phases.settings import PhaseSettings, PhaseState
from handlers.request import Reply, Request
from handlers.routes import COMMANDS
from storage.store import Store
from tests.support.bot import BotWorkspace
from tests.support.people import Channel


def second_phase(slack: BotWorkspace) -> None:
    first = slack.settings.phase
    assert first
    other = {"key": "TIME", "name": "Time clocks", "triage_channel": slack.channel_id("general"), "intake": {},
             "oncall_channel": slack.channel_id("general"), "digest_channel": "", "intake_channels": ()}  # fmt: skip
    phases.apply_settings(slack.application.context, PhaseSettings(**{**first.model_dump(), **other}))


def test_the_channel_decides(slack: BotWorkspace) -> None:
    second_phase(slack)
    maria = slack.person("maria")
    maria.opens("/hypercare report", "general").fills(summary="Clock is late", severity="low").submits()
    slack.channel("general").expects("TIME-1")
    maria.reports("Slow page")
    slack.triage.expects("PAY-1")


def test_elsewhere_the_form_asks_and_nothing_that_was_typed_is_lost(slack: BotWorkspace) -> None:
    second_phase(slack)
    maria = slack.person("maria")
    modal = maria.opens("/hypercare report the clock is late", "random")
    assert modal.fields[0] == "phase"
    assert "Time clocks" in modal.words
    assert list(modal.fills(severity="low").submits()["errors"]) == ["phase"]
    assert modal.fills(phase="TIME").submits() == {"closed": True}
    assert "the clock is late" in slack.channel("general").expects("TIME-1").words


def test_the_chosen_phase_has_its_own_fields(slack: BotWorkspace) -> None:
    second_phase(slack)
    maria = slack.person("maria")
    slack.control.post("shortcut", user="maria", callback_id="report")
    modal = maria.modal().fills(summary="Payslip is blank", severity="low")
    slack.control.post("action", user="maria", view=True, action_id="phase", value="PAY", values=modal.values)
    modal = maria.modal().presses("more_details")
    assert "Payslips" in modal.words
    assert modal.fills(phase="PAY", summary="Payslip is blank", severity="low", module="Payslips").submits()["closed"]
    assert "Payslips" in slack.triage.expects("PAY-1").words


def test_with_the_key_in_front_nothing_has_to_be_asked(slack: BotWorkspace) -> None:
    second_phase(slack)
    modal = slack.person("maria").opens("/hypercare report TIME the clock is late", "random")
    assert "phase" not in modal.fields
    modal.fills(severity="low").submits()
    assert "the clock is late" in slack.channel("general").expects("TIME-1").words


def test_a_direct_message_and_a_mention_lead_to_the_form_that_asks(slack: BotWorkspace) -> None:
    second_phase(slack)
    maria = slack.person("maria")
    slack.control.post("channels", name="lobby", members=["maria", "hypercare"])
    for number, (channel, text) in enumerate(
        (("@hypercare", "the clock is late"), ("lobby", "@hypercare the lights are out")), 1
    ):
        maria.says(text, channel)
        asked = Channel(slack, channel, "maria").expects("choose what it's about")
        maria.presses(asked, "Open form")
        modal = maria.modal()
        assert modal.fields[0] == "phase"
        assert modal.fills(phase="TIME", severity="low").submits() == {"closed": True}
        slack.channel("general").expects(f"TIME-{number}")
    with slack.application.store.read() as tx:
        assert [tx.tickets.get_ticket(i).intake for i in (1, 2)] == ["direct message", "mention"]


def test_numbers_are_counted_in_each_phase(slack: BotWorkspace) -> None:
    second_phase(slack)
    maria, jo = slack.person("maria"), slack.person("jo")
    for channel in ("general", "payroll-help"):
        maria.opens("/hypercare report", channel).fills(summary=f"From {channel}", severity="low").submits()
    assert "From general" in jo.types("/hypercare show TIME-1")["text"]
    assert "From payroll-help" in jo.types("/hypercare show PAY-1")["text"]
    assert jo.types("/hypercare list", "general")["text"] == "Open tickets, most urgent first: TIME-1"


def test_a_channel_belongs_to_one_phase(slack: BotWorkspace) -> None:

    from domain.errors import Refused

    first = slack.settings.phase
    assert first
    with pytest.raises(Refused, match="belongs to phase PAY"):
        phases.apply_settings(slack.application.context, PhaseSettings(**{**first.model_dump(), "key": "TIME"}))


def test_a_restart_does_not_open_an_archived_phase_again(slack: BotWorkspace) -> None:
    file = phases.get_phase(slack.application.context, "PAY").settings
    phases.archive(slack.application.context, "PAY")
    slack.stop_bot()
    slack.settings = type(slack.settings)(**{**dict(slack.settings), "phase": file})
    slack.start_bot()
    assert phases.get_phase(slack.application.context, "PAY").state is PhaseState.EXITED
    assert phases.apply_settings(slack.application.context, file).state is PhaseState.ACTIVE


def test_without_a_phase_every_command_about_one_leads_to_its_setup(store: Store) -> None:
    app = AppContext(features=FEATURES, store=store, now=lambda: datetime(2026, 3, 2, 9, tzinfo=UTC))
    about_phases = 0
    for verb, handler in COMMANDS.items():
        try:
            given = handler(app, Request(person=Person("U0MARIA000"), request=f"command:{verb}", channel="C0HELP0000"))
        except Refused as no:
            given = Reply({"text": no.text})
        said = str(given.message["text"]) if isinstance(given, Reply) else ""
        assert "`hypercare " not in said, f"{verb} points to the command line"
        if "phase" in said:
            about_phases += 1
            assert "/hypercare setup" in said or "ask an admin" in said.lower(), (verb, said)
    assert about_phases > 20
