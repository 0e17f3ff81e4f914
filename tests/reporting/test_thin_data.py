"""Thin data: every page of every area says in words what is missing, and shows no number that is not earned."""

import inspect
import pkgutil
import re
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

import bot.services
from bot.context import AppContext
from bot.database import open_store
from bot.services.exit.readiness import readiness
from bot.services.intake import intake
from bot.services.phases import phases
from bot.services.registry import FEATURES
from bot.services.reporting import phase_report, wallboard
from bot.views.reporting.metrics import verdict
from domain.errors import Refused
from domain.exit.readiness import Measure
from domain.people.profile import Organization
from domain.phases.phase import Phase
from domain.phases.settings import PhaseSettings
from domain.reporting.kpis import KpiTarget
from domain.tickets.ticket import Intake, Report, Severity
from domain.tickets.types import TicketType
from storage.delivery.tables import messages  # noqa: F401 - all tables are known
from tests.conftest import Clock
from tests.support.actions import JO, LENA, MARIA
from tests.support.ready import sqlite

CLOCK = Clock()
TODAY = CLOCK.at.date()
WRONG = re.compile(r"(?<![\w.])(nan|inf|None|-0)(?![\w.])")
Prepare = Callable[[AppContext, Phase], None]


def pages() -> dict[str, Callable[..., Any]]:
    """Return each service that draws a page of a phase from (app, person, channel, words), by its module."""
    found = {}
    for one in pkgutil.walk_packages(bot.services.__path__, "bot.services."):
        page = getattr(import_module(one.name), "page", None)
        if page and [*inspect.signature(page).parameters][:4] == ["app", "person", "channel", "words"]:
            found[one.name] = page
    return found


def texts(drawn: Any) -> Iterator[str]:
    """Yield every text and number in a message."""
    if isinstance(drawn, str | float):
        yield str(drawn)
    for one in drawn.values() if isinstance(drawn, dict) else drawn if isinstance(drawn, list) else ():
        yield from texts(one)


def settings(**more: Any) -> PhaseSettings:
    return PhaseSettings(key="PAY", name="Payday", triage_channel="C0DESK00", oncall_channel="C0ONCALL",
                         leads=(LENA.id,), responders=(JO.id,), **more)  # fmt: skip


def three_tickets(app: AppContext, _phase: Phase) -> None:
    for n in range(3):
        report = Report(summary=f"Sum {n} is wrong", severity=Severity.CRITICAL, type=TicketType.BUG)
        intake.open_ticket(app, report, person=MARIA, intake=Intake.COMMAND, quiet=True)


def gaps(app: AppContext, phase: Phase) -> None:
    """Readings of some days only, and an objective that was measured a month ago."""
    three_tickets(app, phase)
    with app.transaction() as tx:
        for metric, ago, value in (
            ("uptime", 3, 99.0),
            ("adoption", 9, 40.0),
            ("adoption", 2, 50.0),
            ("orders", 30, 7),
        ):
            tx.readings.replace(phase.id, metric, [(TODAY - timedelta(days=ago), value)], "signal", app.now())


ORDERS = {"objectives": ({"name": "orders", "label": "Orders a day", "target": 9},)}
CASES: dict[str, tuple[dict[str, Any], Prepare]] = {
    "nothing": ({}, lambda _app, _phase: None),
    "three tickets": ({"go_live": TODAY - timedelta(days=20)}, three_tickets),
    "gaps": ({"go_live": TODAY - timedelta(days=20), "reporting": ORDERS}, gaps),
    "a go-live to come": ({"go_live": TODAY + timedelta(days=9), "planned_end": TODAY + timedelta(days=30)},
                          three_tickets),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_each_page_says_what_is_missing_and_shows_no_number_for_it(case: str, tmp_path: Path) -> None:
    given, prepare = CASES[case]
    with closing(open_store(sqlite(tmp_path / "bot.db"))) as store:
        app = AppContext(features=FEATURES, store=store, now=lambda: CLOCK.at, home=Organization(("T0HOME",)))
        phase = phases.apply_settings(app, settings(**given))
        prepare(app, phase)
        assert len(pages()) > 8
        for name, page in pages().items():
            try:
                told = " ".join(texts(page(app, LENA, "", ["PAY"])))
            except Refused as no:
                told = no.text
            assert told
            assert not WRONG.search(told), (name, told)
        assert not WRONG.search(re.sub(r"<[^>]*>", " ", wallboard.draw(app, phase)))
        _exit_is_refused(app, phase)
        report = phase_report.report(app, "PAY")
        assert all(row.evidence for row in report.impact), "each cell says what it is, or why it is empty"
        today = phase.local_date(app.now())
        assert all(one.is_met(today) is None for one in report.objectives), "a value of a month ago is no verdict"
        unknown = {one.kpi.value for one in report.kpis if one.value is None}
        if case == "gaps":
            [said] = [verdict(one)[0] for one in report.kpis if one.kpi is KpiTarget.UPTIME]
            assert said == "99 % (5 days of the week have no reading)", "a mean of one day is no mean of the week"
        assert {"satisfaction", "error_rate", *(() if case == "gaps" else ("uptime",))} <= unknown


def _exit_is_refused(app: AppContext, phase: Phase) -> None:
    """Every measure but what people decide is missing with its reason, so there is no score and no forecast."""
    with app.store.read() as tx:
        found, forecast, _ = readiness(tx, phase, app.now())
    assert found.score is None
    assert {*found.missing} | {*found.measures} == {*Measure}
    assert all(found.missing.values())
    assert {Measure.REMAINING, Measure.SATISFACTION, Measure.FIXES, Measure.KNOWLEDGE} <= {*found.missing}
    assert not hasattr(forecast.fit, "goel_okumoto")
    assert not forecast.exposure.is_use, "the use of a day is unknown, so days are counted"
