"""SLA targets: warnings before they are missed, each sent once; stopped clocks; overdue tickets in the digest."""

import pytest

from bot.services.phases import phases
from domain.sla.clocks import SlaTarget
from domain.sla.settings import SlaCalendar
from domain.tickets.event import EventKind
from tests.support.bot import BotWorkspace
from tests.support.control import eventually
from tests.support.days import passes, to_monday
from tests.support.oncall import changed
from tests.support.people import Message


def told(card: Message) -> list[str]:
    """What the thread was told about promises, in order."""
    return [m.raw["text"] for m in card.thread() if "of the time for it" in m.words or "missed its" in m.words]


def reported(slack: BotWorkspace, severity: str = "high", text: str = "Slow page") -> Message:
    slack.person("maria").reports(text, severity)
    card = slack.triage.expects(text)
    slack.quiet()
    return card


@pytest.mark.core
def test_an_unacknowledged_critical_is_warned_of_at_night(slack: BotWorkspace) -> None:
    to_monday(slack, "02:00")
    card = reported(slack, "critical")
    assert "Acknowledge by" in card.now().words
    lena = f"<@{slack.user_id('lena')}>"
    for minutes, said in ((8, "Half of the time"), (4, "80 % of the time")):
        passes(slack, minutes=minutes)
        (one,) = told(card)
        assert one.startswith(f"{lena}: Acknowledge *PAY-1* by ")
        assert said in one
    passes(slack, minutes=4)
    (one,) = told(card)
    assert one.startswith(f"{lena}:")
    assert "*PAY-1* missed its acknowledge target" in one
    assert "its reporter is waiting for news" in one
    assert "Missed its acknowledge target" in card.now().words


def test_after_a_long_outage_only_the_last_warning_is_sent(slack: BotWorkspace) -> None:
    to_monday(slack)
    card = reported(slack)
    slack.stop_bot()
    slack.control.post("clock", advance=2 * 3600)
    slack.start_bot()
    eventually(lambda: told(card), "the reminder")
    slack.quiet()
    assert len(told(card)) == 1
    assert "*PAY-1* missed its acknowledge target" in told(card)[0]
    card.shows("Missed its acknowledge target")


def test_after_acknowledgement_the_update_target_is_next(slack: BotWorkspace) -> None:
    to_monday(slack)
    card = reported(slack)
    slack.person("jo").presses(card, "Acknowledge")
    card.shows("Update by")
    passes(slack, hours=1.5)
    assert told(card) == []
    passes(slack, hours=2)
    jo = f"<@{slack.user_id('jo')}>"
    assert told(card)[-1].startswith(f"{jo}: Send the reporter of *PAY-1* an update by ")
    slack.person("jo").replies(card, ">> We found the query that is slow")
    slack.person("maria").dm.expects("Thank you").expects_reply("the query that is slow")
    slack.quiet()
    passes(slack, hours=1)
    (one,) = told(card)
    assert "Resolve *PAY-1* by " in one
    assert "Send the reporter" not in one, "what was done is asked for no more"


@pytest.mark.core
def test_clocks_stop_while_waiting_on_the_reporter(slack: BotWorkspace) -> None:
    to_monday(slack)
    card = reported(slack)
    jo = slack.person("jo")
    jo.presses(card, "more:waiting")
    jo.modal().fills(question="Which page?").submits()
    card.shows("Waiting on the reporter")
    assert "Update by" not in card.now().words
    passes(slack, days=3)
    assert told(card) == []
    slack.person("maria").replies(slack.person("maria").dm.expects("Thank you"), "The payslip page")
    card.shows("Update by")


def test_overdue_tickets_are_listed_except_private_ones(slack: BotWorkspace) -> None:
    to_monday(slack)
    reported(slack)
    slack.person("maria").reports("I can see all salaries", "critical", type="security")
    slack.quiet()
    assert "PAY-1" not in slack.person("jo").types("/hypercare list late")["text"]
    passes(slack, hours=7)
    assert slack.person("jo").types("/hypercare list late")["text"].endswith(": PAY-1")
    slack.person("jo").opens("/hypercare resolve PAY-1").fills(
        fix="root_cause", explanation="It is quick again", test="Opened it ten times"
    ).submits()
    slack.triage.expects("Slow page").shows("Resolved")
    assert "PAY-1" not in slack.person("jo").types("/hypercare list late")["text"]


def test_a_phase_promises_what_it_says_in_the_hours_it_says(slack: BotWorkspace) -> None:
    before = phases.get_phase(slack.application.context, "PAY")
    early = SlaCalendar(severities=("low",), days="mon tue wed thu fri", hours="06:00-20:00")
    targets = {"low": {"acknowledge": "10m", "update": "none"}}
    phases.apply_settings(
        slack.application.context, changed(before.settings, sla={"targets": targets, "calendars": (early,)})
    )
    to_monday(slack, "05:00")
    card = reported(slack, "low")
    passes(slack, minutes=55)
    assert told(card) == []
    passes(slack, minutes=11)
    assert "Half of the time for it has passed." in told(card)[0]
    passes(slack, minutes=10)
    assert "missed its" in told(card)[-1]


def test_whatever_happens_meanwhile_the_reminder_is_not_lost(slack: BotWorkspace) -> None:
    """All targets of a ticket made critical are missed at once, while a person acts on it."""
    to_monday(slack)
    card = reported(slack, "low")
    passes(slack, hours=5)
    lena = slack.person("lena")
    lena.presses(card, "more:severity")
    lena.modal().fills(severity="critical").submits()

    def all_missed() -> list[str]:
        return [line for line in told(card) if line.count("missed its") == len(SlaTarget) - 1]

    (said,) = eventually(all_missed, "both targets that were missed, in one message")
    assert said.startswith(f"<@{lena.id}>:\n")


def test_what_a_phase_promises_anew_holds_for_what_is_open(slack: BotWorkspace) -> None:
    to_monday(slack)
    card = reported(slack, "low")
    before = card.now().words
    phase = phases.get_phase(slack.application.context, "PAY")
    fast = changed(phase.settings, sla={"targets": {"low": {"acknowledge": "10m"}}})
    phases.apply_settings(slack.application.context, fast)
    eventually(lambda: card.now().words != before, "another time on the card")
    passes(slack, minutes=6)
    assert "Half of the time for it has passed." in told(card)[-1]


def test_every_reminder_is_in_the_log_and_none_twice(slack: BotWorkspace) -> None:
    to_monday(slack)
    reported(slack, "critical")
    slack.person("jo").presses(slack.triage.expects("Slow page"), "Acknowledge")
    for _ in range(15):
        passes(slack, minutes=20)
    with slack.application.store.read() as tx:
        said = [
            (e.data["target"], e.data["share"]) for e in tx.tickets.list_events(1) if e.kind is EventKind.SLA_WARNING
        ]
    assert len(said) == len(set(said))
    assert {target for target, share in said if share == "1.0"} == {"update", "resolve"}
