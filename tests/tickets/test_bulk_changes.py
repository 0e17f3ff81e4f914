"""Many tickets are changed at one moment, and what a change reads of a log it sums up once."""

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest

from bot.context import AppContext
from bot.services.intake import intake
from bot.services.phases import phases
from bot.services.registry import FEATURES
from bot.services.tickets import bulk_changes
from domain.phases.permissions import Person
from domain.phases.settings import PhaseSettings
from domain.ticket_log import NO_LOG, summarize
from domain.tickets.event import Event
from domain.tickets.ticket import Intake, Report, Severity
from storage.store import Store
from storage.tickets import logs

LENA, MARIA = Person("U0LENA0001"), Person("U0MARIA001")
PHASE = PhaseSettings(
    key="PAY", name="Pay", triage_channel="C0TRIAGE01", oncall_channel="C0ONCALL01", leads=(LENA.id,)
)  # fmt: skip


@pytest.fixture
def app(store: Store) -> AppContext:
    """The app with a clock that is a second later each time it is read."""
    start, read = datetime(2026, 11, 28, 12, tzinfo=UTC), count()
    made = AppContext(features=FEATURES, store=store, now=lambda: start + timedelta(seconds=next(read)))
    phases.apply_settings(made, PHASE)
    return made


def opened(app: AppContext, summary: str) -> int:
    report = Report(summary=summary, severity=Severity.MEDIUM)
    return intake.open_ticket(app, report, person=MARIA, phase_key="PAY", intake=Intake.COMMAND).id


def test_all_tickets_of_a_bulk_change_are_changed_at_one_moment(app: AppContext) -> None:
    ids = [opened(app, f"Number {number}") for number in range(3)]
    bulk_changes.set_severity_all(app, ids, LENA, Severity.HIGH, "bulk")
    with app.store.read() as tx:
        assert len({tx.tickets.list_events(ticket)[-1].at for ticket in ids}) == 1


def test_a_change_sums_up_each_event_of_the_log_once(app: AppContext, monkeypatch: pytest.MonkeyPatch) -> None:
    ticket, summed = opened(app, "The till is down"), list[Event]()

    def noted(events: Any, rules: Any, before: Any = NO_LOG) -> Any:
        new = [*events]
        summed.extend(new)
        return summarize(new, rules, before)

    monkeypatch.setattr(logs, "summarize", noted)
    bulk_changes.set_severity_all(app, [ticket], LENA, Severity.HIGH, "one")
    assert len(summed) > 1
    assert len(summed) == len({id(event) for event in summed})
