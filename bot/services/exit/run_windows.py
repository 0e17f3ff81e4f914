"""The reports that came in while a first run was watched, beside those of the same weekdays before the go-live."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from bot.services.reporting.comparison import BASELINE_PERIOD
from domain.exit.first_runs import RunStatus, RunWindow, last_day
from domain.exit.settings import FirstRun
from domain.phases.phase import Phase
from domain.reporting.readings import Reading
from domain.statistics.comparison import compare_daily_counts
from storage.transaction import Transaction

DAY = timedelta(days=1)


def windows(tx: Transaction, phase: Phase, runs: Sequence[RunStatus], now: datetime) -> dict[str, RunWindow]:
    """Return what came in so far in the watched days of each run that has begun, by its name."""
    begun = [one.run for one in runs if phase.start_of_day(one.run.on) < now]
    baseline = _baseline(tx, phase) if begun else []
    return {run.name: _window(tx, phase, run, baseline, now) for run in begun}


def _window(
    tx: Transaction, phase: Phase, run: FirstRun, baseline: Sequence[tuple[date, float]], now: datetime
) -> RunWindow:
    days = [run.on + n * DAY for n in range(run.watch_days)]
    spans = [(phase.start_of_day(on), phase.start_of_day(on + DAY)) for on in days]
    counts = tx.milestones.count_spans(phase.id, spans)
    is_over = phase.local_date(now) > last_day(run)
    mine = [(on, float(count.opened)) for on, count in zip(days, counts, strict=True)]
    return RunWindow(
        begins=spans[0][0], ends=spans[-1][1], reports=sum(count.opened for count in counts),
        critical=sum(count.critical for count in counts), has_baseline=bool(baseline),
        compared=compare_daily_counts(mine, baseline) if is_over and baseline else None,
    )  # fmt: skip


def _baseline(tx: Transaction, phase: Phase) -> Sequence[tuple[date, float]]:
    """Return the imported daily counts of before the go-live."""
    if phase.go_live is None:
        return []
    since = phase.go_live - BASELINE_PERIOD
    return tx.readings.list_values(phase.id, Reading.REPORTS.value, since, phase.go_live - DAY)
