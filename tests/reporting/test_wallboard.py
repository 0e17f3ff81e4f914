"""The wallboard as a page: whose words it quotes, and what it draws without data."""

from datetime import UTC, datetime, timedelta

from bot.services.phases import phases
from bot.views.reporting.wallboard import Wallboard, page
from domain.reporting.figures import Backlog
from domain.statistics.intervals import wilson_interval
from domain.tickets.ticket import Intake, Report, Severity, Ticket
from tests.support.actions import PHASE

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


def ticket(number: int, *, anonymous: bool = False) -> Ticket:
    return Ticket(id=number, phase_id=1, key="PAY", number=number, reporter="U0MARIA", anonymous=anonymous,
                  intake=Intake.COMMAND,
                  report=Report(summary=f"Words of {number}", severity=Severity.CRITICAL),
                  opened_at=NOW - timedelta(hours=3))  # fmt: skip


def board(**more: object) -> str:
    empty = Wallboard(phase=phases.to_phase(PHASE), at=NOW, critical=(), critical_count=0, backlog=Backlog(),
                      open_by_day=(), targets_met=None, on_call=())  # fmt: skip
    return page(type(empty)(**{**{name: getattr(empty, name) for name in empty.__slots__}, **more}))  # type: ignore[arg-type]


def test_an_anonymous_reporter_is_not_quoted() -> None:
    said = board(critical=(ticket(1), ticket(2, anonymous=True)), critical_count=9)
    assert "PAY-1 Words of 1" in said
    assert "PAY-2 <span" in said
    assert "Words of 2" not in said
    assert "… and 7 more" in said


def test_a_board_without_data_says_so_and_one_with_data_has_its_numbers_as_text() -> None:
    said = board()
    for sentence in (
        "No critical ticket is open",
        "No target was met or missed yet",
        "from the second day on",
        "No one",
    ):
        assert sentence in said
    said = board(open_by_day=(9, 7, 4), targets_met=wilson_interval(45, 50), on_call=(("Days", "Jo <b>"),))
    assert 'aria-label="9, 7, 4"' in said
    assert "90 % (95 % between 79 and 96 %)" in said
    assert "Days: Jo &lt;b&gt;" in said
