"""What a phase promises: in whose hours, by severity, module and the team of whoever has it."""

from datetime import UTC, datetime, timedelta

from domain.phases.phase import Hours, Phase
from domain.sla.clocks import SlaTarget, sla_clocks
from domain.sla.targets import policy_for
from domain.tickets.event import Event, EventKind
from domain.tickets.ticket import Severity

HOUR = timedelta(hours=1)
MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
TOKYO = Hours(team=("S0TOKYO", "UKEN"), days="mon tue wed thu fri", hours="09:00-17:00", timezone="Asia/Tokyo")
PHASE = Phase(key="PAY", name="Payday", system="", triage_channel="C1", oncall_channel="C2", calendars=(TOKYO,),
              members={"S0TOKYO": ("UYUKI",)})  # fmt: skip


def test_the_first_calendar_that_fits_counts() -> None:
    banks = Hours(modules=("Bank",), hours="08:00-20:00")
    phase = Phase(key="PAY", name="", system="", triage_channel="C1", oncall_channel="C2", calendars=(banks, TOKYO))
    assert policy_for(phase, "Bank / Export")(Severity.LOW, "UKEN").calendar.opens == 8 * HOUR
    assert policy_for(phase, "Till")(Severity.LOW, "UKEN").calendar.zone == "Asia/Tokyo"
    assert policy_for(phase, "Till")(Severity.LOW, "UJO").calendar.zone == "UTC"
    assert policy_for(phase, "Till")(Severity.CRITICAL, "UJO").calendar.is_always_open


def test_whoever_takes_it_works_in_the_hours_of_their_team() -> None:
    """Of eight hours one is gone at ten, when Tokyo has gone home: the rest is their next day."""
    log = [Event(kind=EventKind.OPENED, actor="UMARIA", at=MONDAY, data={"severity": "high"})]

    def due(*events: Event) -> datetime | None:
        return sla_clocks([*log, *events], policy_for(PHASE, ""))[SlaTarget.RESOLVE].due

    def hands(hours: float, kind: EventKind, owner: str, by: str = "UJO") -> Event:
        return Event(kind=kind, actor=by, at=MONDAY + hours * HOUR, data={"owner": owner} if owner else {})

    assert due() == MONDAY + 8 * HOUR
    next_day = datetime(2026, 3, 3, 7, tzinfo=UTC)  # four in the afternoon there
    assert due(hands(1, EventKind.OWNED, "UYUKI")) == next_day
    assert due(hands(1, EventKind.ACKNOWLEDGED, "", by="UKEN")) == next_day
    assert due(hands(1, EventKind.CLAIMED, "UYUKI"), hands(2, EventKind.LAPSED, "UYUKI")) == MONDAY + 24 * HOUR + HOUR
