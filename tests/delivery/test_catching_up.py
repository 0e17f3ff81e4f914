"""What people write while no process runs is read back at the next start, each once."""

import pytest

from bot.services.phases import phases
from tests.support.bot import BotWorkspace
from tests.support.oncall import changed


@pytest.mark.core
def test_what_was_written_while_nothing_ran_is_handled_once_at_the_start(slack: BotWorkspace) -> None:
    channel = slack.control.post("channels", name="reports", members=["maria", "tom", "hypercare"])["channel"]["id"]
    first = slack.settings.phase
    assert first
    settings = changed(first, intake={"auto_intake": (channel,)})
    slack.settings = slack.settings.model_copy(update={"phase": settings})
    phases.apply_settings(slack.application.context, settings)
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
