"""What a report lacks can be listed, and reports are found by their channel and by answers to fields of their type."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.context import AppContext
from bot.services.intake import intake
from bot.services.phases import phases
from bot.services.registry import FEATURES
from bot.services.reporting import digest
from bot.services.tickets import search, work
from domain.phases.permissions import Person
from domain.phases.settings import PhaseSettings
from domain.tickets.ticket import Intake, Origin, Report, Severity
from domain.tickets.types import TicketType
from storage.store import Store
from tests.conftest import Clock
from tests.support.bot import BotWorkspace

MARIA, LENA = Person("U0MARIA000"), Person("U0LENA0000")
HELP = "C0HELP0000"
PHASE = PhaseSettings(key="PAY", name="Pay", triage_channel="C0TRIAGE01", oncall_channel="C0ONCALL01", leads=(LENA.id,),
                      intake={"modules": ("Bank",)}, intake_channels=(HELP,))  # fmt: skip


@pytest.fixture
def app(store: Store, clock: Clock) -> AppContext:
    made = AppContext(features=FEATURES, store=store, now=clock, bot_user="U0BOT00000", secret=b"a secret, long enough")
    phases.apply_settings(made, PHASE)
    return made


def said(app: AppContext, text: str, channel: str = "", origin: Origin | None = None, *, anonymous: bool = False,
         **more: object) -> int:  # fmt: skip
    report = Report(summary=text, severity=Severity.LOW, **more)  # type: ignore[arg-type]
    return intake.open_ticket(app, report, person=MARIA, phase_key="PAY", intake=Intake.COMMAND, channel=channel,
                              origin=origin, anonymous=anonymous).id  # fmt: skip


def listed(app: AppContext, text: str) -> list[int]:
    return sorted(one.id for one in search.page(app, LENA, text, "", skip=0, limit=20)[0])


def test_what_is_missing_can_be_listed(app: AppContext) -> None:
    bare = said(app, "Something is odd")
    sorted_ = said(app, "The bank export fails", type=TicketType.BUG, module="Bank", business="serious")
    work.take(app, sorted_, LENA)
    for asked in ("type:none", "module:none", "owner:none", "priority:none", "unsorted", "process:none type:none"):
        assert listed(app, asked) == [bare], asked
    assert listed(app, "process:none") == [bare, sorted_]


def test_every_report_is_found_by_the_channel_it_came_from(app: AppContext) -> None:
    typed = said(app, "By command", HELP)
    written = said(app, "By message", origin=Origin(HELP, "1.2"))
    said(app, "Elsewhere", "C0OTHER000")
    said(app, "Who knows", HELP, anonymous=True)
    assert listed(app, f"channel:{HELP}") == [typed, written], "an anonymous report must not tell where it was typed"


def test_answers_to_the_fields_of_a_type_are_filtered_and_searched(app: AppContext) -> None:
    slow = said(app, "The gateway is slow", type=TicketType.GATEWAY_PERFORMANCE, extra={"endpoint": "GET /pay/{id}"})
    said(app, "The gateway is slow too", type=TicketType.GATEWAY_PERFORMANCE, extra={"endpoint": "GET /time"})
    assert listed(app, "endpoint:/PAY") == [slow]
    assert [one.id for one in search.find(app, LENA, "pay id", "", 5)] == [slow]


def test_the_digest_names_what_is_not_sorted_for_a_day(app: AppContext, clock: Clock) -> None:
    said(app, "Something is odd")
    with app.store.read() as tx:
        phase = tx.phases.list_phases()[0]
    for days, expected in ((0, 0), (2, 1)):
        clock.at += timedelta(days=days)
        with app.store.read() as tx:
            data = digest.digest_data(tx, phase, phase.digest_schedules[0], clock.at, clock.at)
        assert data.unsorted[1] == expected
    assert clock.at > datetime(2026, 3, 3, tzinfo=UTC)


def test_a_command_keeps_its_channel_and_a_list_takes_a_channels_name(slack: BotWorkspace) -> None:
    maria, lena = slack.person("maria"), slack.person("lena")
    modal = maria.opens("/hypercare report", "payroll-help").fills(summary="Slow page", severity="low")
    modal.submits()
    card = slack.triage.expects("Slow page")
    assert "Bug" not in card.words, "no one has said that it is a bug"
    assert "Slow page" in str(lena.types("/hypercare list channel:#payroll-help"))
    assert "No tickets match" in str(lena.types("/hypercare list channel:#general"))
