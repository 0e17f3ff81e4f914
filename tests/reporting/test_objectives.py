"""Business objectives: their values, the tickets linked to them, and the evidence for each aspect of success."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from bot.context import AppContext
from bot.report_page.page import page
from bot.services.csv_files import InvalidFile
from bot.services.intake import intake
from bot.services.phases import phases
from bot.services.registry import FEATURES
from bot.services.reporting import phase_report, readings
from domain.errors import Refused
from domain.phases.permissions import Person
from domain.phases.settings import PhaseSettings
from domain.reporting.impact import Aspect
from domain.reporting.objectives import Objective, ObjectiveResult
from domain.statistics.intervals import Interval
from domain.tickets.ticket import Intake, Report, Severity
from storage.store import Store
from tests.conftest import Clock

LENA, MARIA = Person("U0LENA0"), Person("U0MARIA")
ORDERS = Objective(name="orders", label="Orders a day", baseline=90, target=120, modules=("Checkout",))
TIMES = Objective(name="minutes", label="Minutes an order", target=5, unit="min", lower_is_better=True)
CLOCK = Clock()


@pytest.fixture
def app(store: Store) -> AppContext:
    found = AppContext(features=FEATURES, store=store, now=lambda: CLOCK.at)
    phases.apply_settings(found, PhaseSettings(
        key="PAY", name="Payday", triage_channel="C0DESK00", oncall_channel="C0ONCALL", leads=(LENA.id,),
        reporting={"objectives": (ORDERS, TIMES)}, intake={"modules": ("Checkout", "Bank")},
    ))  # fmt: skip
    return found


def test_an_objective_has_its_value_its_tickets_and_a_verdict(app: AppContext, tmp_path: Path) -> None:
    for module in ("Checkout", "Bank", "Checkout"):
        report = Report(summary=f"{module} is slow", severity=Severity.HIGH, module=module)
        intake.open_ticket(app, report, person=MARIA, intake=Intake.COMMAND)
    assert "Orders of Payday" in readings.record(app, LENA, "C0DESK00", (), "orders", "118", request="typed")
    assert readings.receive(app, "PAY", {"metric": "minutes", "value": 4.5}, "sent")
    CLOCK.forward(minutes=5)
    found = phase_report.report(app, "PAY")
    assert [(one.actual, one.tickets, one.open_tickets) for one in found.objectives] == [(118, 2, 2), (4.5, 0, 0)]
    evidence = {row.aspect: row.evidence for row in found.impact}
    assert evidence[Aspect.VALUE].startswith("1 of 2 business objectives met.")
    assert all(evidence.values()), "each cell says what it is, or why it is empty"
    assert "two whole weeks are needed" in evidence[Aspect.STABILITY]
    readings.record(app, LENA, "C0DESK00", (), "adoption", "70", request="use")
    [use] = [row.evidence for row in phase_report.report(app, "PAY").impact if row.aspect is Aspect.ADOPTION]
    assert use == "70 % use the system, measured once", "one value is no change"
    html = page(found)
    assert "<td>Orders a day</td><td>90</td><td>118 on" in html
    assert "<td>missed</td>" in html
    tomorrow = (CLOCK.at + timedelta(days=1)).date()
    (tmp_path / "future.csv").write_text(f"metric,day,value\norders,{tomorrow},1\n", encoding="utf-8")
    with pytest.raises(InvalidFile, match="is in the future"):
        readings.read_file(app, "PAY", tmp_path / "future.csv")
    with pytest.raises(Refused, match="orders, minutes"):
        readings.record(app, LENA, "C0DESK00", (), "sales", "1", request="unknown")
    with pytest.raises(Refused, match="must be a daily count or number"):
        readings.record(app, LENA, "C0DESK00", (), "orders", "nan", request="nan")


def test_an_old_value_says_nothing_about_a_target() -> None:
    today = date(2026, 3, 20)
    result = ObjectiveResult(objective=ORDERS, actual=130, on=today - timedelta(days=14), tickets=0, open_tickets=0)
    assert result.is_met(today) is True
    assert result.is_met(today + timedelta(days=1)) is None
    assert ObjectiveResult(objective=TIMES, actual=6, on=today, tickets=0, open_tickets=0).is_met(today) is False
    with pytest.raises(ValidationError, match="needs another name"):
        Objective(name="uptime", label="Uptime", target=1)


def test_satisfaction_and_adoption_are_one_picture(app: AppContext) -> None:
    found, day = phase_report.report(app, "PAY"), date(2026, 3, 2)
    waves = [(day, Interval(60, 50, 70)), (day + timedelta(days=14), Interval(80, 70, 90))]
    adoption = [(day + timedelta(days=n), 40.0 + n) for n in range(20)]
    html = page(replace(found, satisfaction=waves, readings={"adoption": adoption}))
    assert html.count("<h3>Satisfaction and adoption, in %") == 1
    assert "Adoption, in %</h3>" not in html
    assert "<td>80 % (70 to 90 %)</td>" in html
