"""The contents of the report of a phase; it names no person and quotes no ticket."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from domain.gateways.audit import ApiReport
from domain.phases.phase import Phase
from domain.reporting.figures import Backlog, Cohort, PeriodCounts
from domain.reporting.impact import ImpactRow
from domain.reporting.kpis import TargetResult
from domain.reporting.objectives import ObjectiveResult
from domain.reporting.trends import Trends
from domain.statistics.intervals import Interval

Series = Sequence[tuple[date, float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseReport:
    """The report of the time from `since` to `until`.

    `days` are whole days, oldest first, each with its counts and the tickets open at its end.
    """

    phase: Phase
    since: datetime
    until: datetime
    kpis: Sequence[TargetResult]
    count: PeriodCounts
    days: Sequence[tuple[date, PeriodCounts, int]]
    backlog: Backlog
    cohort: Cohort
    by_dimension: Mapping[str, Mapping[str, Cohort]]
    trends: Trends
    impact: Sequence[ImpactRow]
    satisfaction: Sequence[tuple[date, Interval]]
    readings: Mapping[str, Series]
    objectives: Sequence[ObjectiveResult] = ()
    exit_line: str = ""  # whether the phase may end
    apis: ApiReport | None = None  # where a gateway or a ticket tells of any
