"""Nothing assumes one phase: channels decide, and where they cannot, the key is asked for."""

from bot.phase_file import PhaseFile
from bot.services import phases
from tests.support.bot import Desk


def second_phase(slack: Desk) -> None:
    first = slack.settings.phase
    assert first
    other = {"key": "TIME", "name": "Time clocks", "desk_channel": slack.channel_id("general"), "modules": (),
             "oncall_channel": slack.channel_id("general"), "digest_channel": "", "intake_channels": ()}  # fmt: skip
    phases.apply(slack.house.desk, PhaseFile(**{**first.model_dump(), **other}))


def test_the_channel_decides(slack: Desk) -> None:
    second_phase(slack)
    maria = slack.person("maria")
    maria.opens("/hypercare report", "general").fills(summary="Clock is late", severity="low").submits()
    slack.channel("general").expects("TIME-1")
    maria.reports("Slow page")
    slack.desk.expects("PAY-1")


def test_elsewhere_the_key_is_asked_for(slack: Desk) -> None:
    second_phase(slack)
    maria = slack.person("maria")
    answer = maria.types("/hypercare report the clock is late", "random")["text"]
    assert "Which phase do you mean?" in answer
    assert "TIME (Time clocks)" in answer
    modal = maria.opens("/hypercare report TIME the clock is late", "random")
    modal.fills(severity="low").submits()
    assert "the clock is late" in slack.channel("general").expects("TIME-1").words


def test_numbers_are_counted_in_each_phase(slack: Desk) -> None:
    second_phase(slack)
    maria, jo = slack.person("maria"), slack.person("jo")
    for channel in ("general", "payroll-help"):
        maria.opens("/hypercare report", channel).fills(summary=f"From {channel}", severity="low").submits()
    assert "From general" in jo.types("/hypercare show TIME-1")["text"]
    assert "From payroll-help" in jo.types("/hypercare show PAY-1")["text"]
    assert jo.types("/hypercare list", "general")["text"] == "Open, most urgent first: TIME-1"


def test_a_channel_belongs_to_one_phase(slack: Desk) -> None:
    import pytest

    from domain.errors import Refused

    first = slack.settings.phase
    assert first
    with pytest.raises(Refused, match="belongs to phase PAY"):
        phases.apply(slack.house.desk, PhaseFile(**{**first.model_dump(), "key": "TIME"}))
