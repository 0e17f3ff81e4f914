"""The forecast of new defects of a phase."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from bot.services.reporting import figures
from domain.exit.forecast import DefectForecast, exposure_since, forecast_defects
from domain.phases.phase import Phase
from domain.reporting.readings import Reading
from storage.transaction import Transaction


def forecast(tx: Transaction, phase: Phase, now: datetime) -> DefectForecast:
    """Return the forecast from the go-live, or from the first report if there is no go-live date."""
    start = phase.start_of_day(phase.go_live) if phase.go_live else figures.start_of(tx, phase, now)
    days = _days(phase, start, now)
    use = dict(tx.readings.list_values(phase.id, Reading.ADOPTION.value, days[0], days[-1])) if days else {}
    found = tx.exits.list_defects(phase.id, start, now)
    unconfirmed = tx.exits.count_unconfirmed(phase.id)
    return forecast_defects(found, exposure_since(start, days, use), now, phase.exit.defect_rate, unconfirmed)


def _days(phase: Phase, start: datetime, now: datetime) -> Sequence[date]:
    """Return the whole days since the start."""
    first, today = phase.local_date(start), phase.local_date(now)
    return [first + timedelta(days=n) for n in range(max(0, (today - first).days))]
