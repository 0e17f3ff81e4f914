"""SLA policies: targets and working hours by severity, module and team of the owner."""

from datetime import UTC, datetime, timedelta

from domain.phases.phase import Phase
from domain.sla.clocks import SlaTarget, sla_clocks
from domain.sla.settings import SlaCalendar
from domain.sla.targets import policy_for
from domain.tickets.event import Event, EventKind
from domain.tickets.ticket import Severity
from domain.tickets.types import TicketType

HOUR = timedelta(hours=1)
MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
TOKYO = SlaCalendar(
    team=("S0TOKYO", "U0000KEN"), days="mon tue wed thu fri", hours="09:00-17:00", timezone="Asia/Tokyo"
)
PHASE = Phase(
    key="PAY",
    name="Payday",
    system="",
    triage_channel="C000001",
    oncall_channel="C000002",
    leads=("U0000LENA",),
    sla={"calendars": (TOKYO,)},
    members={"S0TOKYO": ("U0000YUKI",)},
)


def test_the_first_calendar_that_fits_counts() -> None:
    banks = SlaCalendar(modules=("Bank",), hours="08:00-20:00")
    phase = Phase(
        key="PAY",
        name="Payday",
        system="",
        triage_channel="C000001",
        oncall_channel="C000002",
        leads=("U0000LENA",),
        sla={"calendars": (banks, TOKYO)},
    )
    assert policy_for(phase, "Bank / Export", TicketType.BUG)(Severity.LOW, "U0000KEN").calendar.opens == 8 * HOUR
    assert policy_for(phase, "Till", TicketType.BUG)(Severity.LOW, "U0000KEN").calendar.zone == "Asia/Tokyo"
    assert policy_for(phase, "Till", TicketType.BUG)(Severity.LOW, "U0000JO").calendar.zone == "UTC"
    assert policy_for(phase, "Till", TicketType.BUG)(Severity.CRITICAL, "U0000JO").calendar.is_always_open


def test_the_owner_decides_whose_working_hours_apply() -> None:
    """Of eight hours one is gone at ten, when Tokyo has gone home: the rest is their next day."""
    log = [Event(kind=EventKind.OPENED, actor="UMARIA", at=MONDAY, data={"severity": "high"})]

    def due(*events: Event) -> datetime | None:
        return sla_clocks([*log, *events], policy_for(PHASE, "", TicketType.BUG))[SlaTarget.RESOLVE].due

    def hands(hours: float, kind: EventKind, owner: str, by: str = "U0000JO") -> Event:
        return Event(kind=kind, actor=by, at=MONDAY + hours * HOUR, data={"owner": owner} if owner else {})

    assert due() == MONDAY + 8 * HOUR
    next_day = datetime(2026, 3, 3, 7, tzinfo=UTC)  # four in the afternoon there
    assert due(hands(1, EventKind.ASSIGNED, "U0000YUKI")) == next_day
    assert due(hands(1, EventKind.ACKNOWLEDGED, "", by="U0000KEN")) == next_day
    assert (
        due(hands(1, EventKind.CLAIMED, "U0000YUKI"), hands(2, EventKind.OWNER_SILENT, "U0000YUKI"))
        == MONDAY + 24 * HOUR + HOUR
    )
