"""The proposal of an exit and its sign-off, from the figures of a phase that has calmed down."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from bot.context import AppContext
from bot.services.exit import daily, decisions
from bot.services.followup import verification
from bot.services.intake import intake
from bot.services.phases import phases
from bot.services.registry import FEATURES
from bot.services.tickets import work
from domain.errors import Refused
from domain.exit.readiness import Gate
from domain.exit.record import HANDOVER, RecordKind
from domain.phases.permissions import Person
from domain.phases.settings import PhaseSettings
from domain.tickets.closing import Solution
from domain.tickets.ticket import Fix, Intake, Report, Severity
from domain.tickets.types import TicketType
from storage.delivery.tables import messages
from storage.operations.timers import Timer
from storage.store import Store

MONDAY = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)
MARIA, JO, ANN, LENA, TOM = (Person(f"U0{name}0000") for name in ("MARIA", "JO", "ANN", "LENA", "TOM"))
PAY = PhaseSettings(
    key="PAY", name="Payday", triage_channel="C0DESK0000", oncall_channel="C0ONCALL00", leads=(LENA.id,),
    responders=(JO.id,), go_live=date(2026, 3, 2),
    exit={"run_owners": (JO.id,), "business_owners": (ANN.id, JO.id)},
)  # fmt: skip
HOURS = (1, 2, 3, 4, 5, 6, 8, 10, 13, 16, 20, 26, 34, 46, 60, 80, 110, 150)  # after which a defect is found


class Phase:
    """A phase at a time that the test sets."""

    def __init__(self, store: Store) -> None:
        self.now = MONDAY
        self.app = AppContext(store=store, now=lambda: self.now, features=FEATURES, bot_user="U0BOT00000")
        self.id = phases.apply_settings(self.app, PAY).id

    def report(self, hours: float, severity: Severity = Severity.LOW, *, fixed: bool = True) -> int:
        """A defect is found so many hours after the go-live; it is acknowledged at once, and fixed."""
        self.now = MONDAY + timedelta(hours=hours)
        said = Report(summary=f"Sum {hours} is wrong", severity=severity, type=TicketType.BUG, happened="Wrong")
        ticket = intake.open_ticket(self.app, said, person=MARIA, phase_key="PAY", intake=Intake.COMMAND, quiet=True)
        work.take(self.app, ticket.id, JO)
        if fixed:
            done = Solution(explanation="Corrected", fix=Fix.ROOT_CAUSE, test="Summed again")
            verification.resolve(self.app, ticket.id, JO, done)
        return ticket.id

    def calms_down(self) -> None:
        """Two weeks in which defects become fewer, and everyone uses the system."""
        for hours in HOURS:
            self.report(hours)
        with self.app.store.begin() as tx:
            use = [(MONDAY.date() + timedelta(days=n), 92.0) for n in range(20)]
            tx.readings.replace(self.id, "adoption", use, LENA.id, MONDAY)
        decisions.decide(self.app, JO, "PAY", (RecordKind.ACCEPTED, HANDOVER), "Walked through", "handover")

    def morning(self, on: date) -> None:
        """The check of that morning."""
        self.now = datetime.combine(on, daily.CHECK_TIME, UTC)
        with self.app.store.begin() as tx:
            key = f"{daily.KIND}:{self.id}:daily"
            data = tx.timers.find_data(key) or {}
            daily.check(self.app, tx, Timer(id=0, key=key, kind=daily.KIND, next_at=self.now, pending=on, data=data))

    def mornings(self, count: int, since: date = date(2026, 3, 12)) -> None:
        for n in range(count):
            self.morning(since + timedelta(days=n))

    def posts(self) -> str:
        with self.app.store.read() as tx:
            return "\n".join(str(row.payload) for row in tx.connection.execute(select(messages.c.payload)))

    def may_sign(self) -> list[str]:
        """Where the button to sign is."""
        with self.app.store.read() as tx:
            asked = tx.offers.list_in(f"exit:{self.id}", ["exit_sign"])
        return sorted(one.lane.channel for one in asked if "exit_sign" in str(one.payload))

    def sign(self, person: Person) -> str:
        return decisions.sign(self.app, person, "", ["PAY"], f"sign {person.id} {self.now}")

    def page(self, person: Person = LENA) -> dict[str, Any]:
        return decisions.page(self.app, person, "", ["PAY"])


@pytest.fixture
def phase(store: Store) -> Phase:
    return Phase(store)


def test_an_exit_is_proposed_after_three_good_days_and_signed_by_two(phase: Phase) -> None:
    phase.calms_down()
    phase.mornings(2)
    assert "is proposed" not in phase.posts(), phase.page()
    with pytest.raises(Refused, match="is not proposed yet"):
        phase.sign(ANN)
    phase.mornings(3, date(2026, 3, 14))
    assert "is proposed: all gates passed on three working days in a row" in phase.posts(), str(phase.page())
    assert "The exit of Payday is proposed" in str(phase.page())
    with pytest.raises(Refused, match="Only run owners and business owners"):
        phase.sign(TOM)
    assert phase.sign(JO) == "You signed for the run organization. The business still has to sign."
    phase.now += timedelta(minutes=1)
    with pytest.raises(Refused, match="already signed"):
        phase.sign(JO)
    assert phase.may_sign() == ["C0DESK0000", ANN.id], "who has signed is not asked any more"
    assert "signed off" in phase.sign(ANN)
    assert phase.may_sign() == []
    assert "Nothing was waived" in phase.posts()
    assert "The exit of Payday is signed off" in str(phase.page())


def test_a_new_critical_ticket_withdraws_the_proposal_and_its_signatures(phase: Phase) -> None:
    phase.calms_down()
    phase.mornings(5)
    phase.sign(JO)
    phase.report(24 * 14 + 9, Severity.CRITICAL, fixed=False)
    with pytest.raises(Refused, match="can't be signed now: “No open critical ticket"):
        phase.sign(ANN)
    phase.morning(date(2026, 3, 17))
    assert phase.may_sign() == []
    assert "is no longer proposed. “No open critical ticket" in phase.posts()
    with pytest.raises(Refused, match="is not proposed yet"):
        phase.sign(JO)


def test_a_waiver_lets_a_gate_pass_and_is_printed(phase: Phase) -> None:
    phase.calms_down()
    said = Report(summary="A wish", severity=Severity.LOW, type=TicketType.FEATURE_REQUEST, happened="Nicer")
    intake.open_ticket(phase.app, said, person=MARIA, phase_key="PAY", intake=Intake.COMMAND, quiet=True)
    phase.now += timedelta(minutes=1)
    choice = (RecordKind.WAIVED, f"gate:{Gate.OWNERS}")
    with pytest.raises(Refused, match="someone else decides it"):
        decisions.decide(phase.app, JO, "PAY", choice, "A wish", "waive by jo")
    decisions.decide(phase.app, LENA, "PAY", choice, "It is a wish for next year", "waive")
    phase.mornings(5)
    phase.sign(JO)
    phase.sign(ANN)
    assert "Every open ticket has an owner: It is a wish for next year" in phase.posts()


def test_every_figure_of_the_page_has_its_bound_or_the_reason_why_it_is_missing(phase: Phase) -> None:
    phase.calms_down()
    phase.now = MONDAY + timedelta(days=14)
    page = str(phase.page())
    assert "18 confirmed defects without duplicates, over days of use" in page
    assert "more expected in all" in page
    assert "no pulse with visible results has asked about it" in page
    assert "What would raise it most" in page
    phase.report(24 * 14, Severity.LOW, fixed=False)
    stranger = replace(TOM, kind=type(TOM.kind).STRANGER)
    with pytest.raises(Refused, match="Only people of this workspace"):
        phase.page(stranger)
