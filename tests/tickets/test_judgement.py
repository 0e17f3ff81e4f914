"""As agreed, or a wish, and whose: judged once, working time by party, and the wishes for the sign-off."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from bot.context import AppContext
from bot.services.intake import intake
from bot.services.phases import phases
from bot.services.registry import FEATURES
from bot.services.tickets import judgement, work
from bot.views.exit.readiness import signed_off
from domain.errors import Refused
from domain.exit.readiness import Readiness, scales
from domain.exit.record import Decisions
from domain.reporting.parties import time_with_parties
from domain.sla.working_time import WorkCalendar
from domain.tickets.event import Event, EventKind
from domain.tickets.ticket import Intake, Judgement, Report, Severity
from domain.tickets.types import TicketType
from storage.store import Store
from tests.conftest import Clock
from tests.support.actions import JO, LENA, MARIA, PHASE, RAVI, TOM

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
OFFICE = WorkCalendar.read("mon tue wed thu fri", "09:00-17:00", "UTC", ())
DESK = "C0000001"


@pytest.fixture
def app(store: Store, clock: Clock) -> AppContext:
    app = AppContext(features=FEATURES, store=store, now=clock, bot_user="U0BOT00")
    phases.apply_settings(app, PHASE)
    return app


def taken(app: AppContext, summary: str = "Add a dark mode", **more: object) -> int:
    report = Report(summary=summary, severity=Severity.LOW, **more)  # type: ignore[arg-type]
    ticket = intake.open_ticket(app, report, person=MARIA, intake=Intake.COMMAND)
    work.take(app, ticket.id, LENA)
    return ticket.id


def event(kind: EventKind, hours: float, **data: str) -> Event:
    return Event(kind=kind, actor=JO.id, at=MONDAY + timedelta(hours=hours), data=data)


def hours(events: Sequence[Event], after: float) -> dict[str, float]:
    found = time_with_parties(events, OFFICE, MONDAY + timedelta(hours=after))
    return {party: spent / timedelta(hours=1) for party, spent in found.items()}


def test_time_counts_for_whose_it_is_while_it_waits_on_the_team() -> None:
    events = [
        event(EventKind.OPENED, 0, severity="low"), event(EventKind.ACKNOWLEDGED, 1),
        event(EventKind.JUDGED, 2, to="defect", party="Vendor"),
        event(EventKind.WAITING, 4), event(EventKind.ANSWERED, 6, to="acknowledged"),
        event(EventKind.JUDGED, 7, to="defect", party="Integrator"),
    ]  # fmt: skip
    assert hours(events, 8) == {"": 2, "Vendor": 3, "Integrator": 1}
    assert hours(events, 25)["Integrator"] == 2, "the night does not count"
    resolved = [*events, event(EventKind.RESOLVED, 7.5)]
    assert hours(resolved, 8) == {"": 2, "Vendor": 3, "Integrator": 0.5}
    assert hours([], 8) == {}


def test_a_ticket_is_judged_once_and_a_lead_may_correct_it(app: AppContext) -> None:
    ticket = taken(app)
    with pytest.raises(Refused, match="no longer in the list"):
        judgement.judge(app, ticket, JO, Judgement.WISH, "The moon")
    assert judgement.judge(app, ticket, JO, Judgement.WISH, "Business").party == "Business"
    with pytest.raises(Refused, match="Only a lead can change that"):
        judgement.judge(app, ticket, RAVI, Judgement.DEFECT, "Vendor")
    with pytest.raises(Refused, match="already judged that way"):
        judgement.judge(app, ticket, LENA, Judgement.WISH, "Business")
    assert judgement.judge(app, ticket, LENA, Judgement.DEFECT, "Vendor").judgement is Judgement.DEFECT
    new = intake.open_ticket(app, Report(summary="Slow", severity=Severity.LOW), person=MARIA, intake=Intake.COMMAND)
    with pytest.raises(Refused, match="Acknowledge it first"):
        judgement.judge(app, new.id, JO, Judgement.WISH, "Business")
    work.withdraw(app, new.id, MARIA)
    with pytest.raises(Refused, match=r"withdrawn, so it can't be judged\.$"):
        judgement.judge(app, new.id, JO, Judgement.WISH, "Business")


def test_the_page_has_parties_with_their_time_and_the_wishes(app: AppContext, clock: Clock) -> None:
    wish, fault = taken(app), taken(app, "Sums are wrong")
    hidden = taken(app, "I can see all salaries", type=TicketType.SECURITY)
    judgement.judge(app, wish, JO, Judgement.WISH, "Business")
    judgement.judge(app, fault, JO, Judgement.DEFECT, "Vendor")
    judgement.judge(app, hidden, LENA, Judgement.WISH, "Vendor")
    clock.forward(hours=3)
    page = str(judgement.parties(app, JO, DESK, ()))
    assert "Business: 1 open, 0 closed, working time 3 h 00 min" in page
    assert "Vendor: 1 open, 0 closed, working time 3 h 00 min" in page
    assert "Judged: defect 1 · wish 1." in page
    assert "*PAY-1* Add a dark mode" in page
    assert "salaries" not in page
    with pytest.raises(Refused, match="Only the team"):
        judgement.parties(app, TOM, DESK, ())
    with app.store.read() as tx:
        phase, wishes = tx.phases.list_phases()[0], tx.lists.list_wishes(1)
    ready = Readiness(gates=(), measures={}, scale=scales(0.5))
    assert "• *PAY-1* Add a dark mode" in str(signed_off(phase, ready, Decisions(()), (), "seal", wishes))
