"""Counts of a phase: of a period, of the open tickets (backlog), and of the tickets opened in a period (cohort).

Private tickets are not counted. Praise is counted separately, since it needs no work.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from domain.tickets.ticket import Severity

DIMENSIONS = ("severity", "module", "type", "process")  # by which tickets are grouped
MinuteCounts = Mapping[int, int]  # {working minutes: number of tickets}


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodCounts:
    """What happened in a period; `breached` is the number of tickets that missed an SLA target in it."""

    opened: int = 0
    critical: int = 0  # of the opened ones
    resolved: int = 0
    reopened: int = 0
    closed: int = 0
    breached: int = 0
    praise: int = 0

    @property
    def is_quiet(self) -> bool:
        return self == PeriodCounts()


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """The open tickets of a phase, by status, severity and module."""

    total: int = 0
    severities: Counter[Severity] = field(default_factory=Counter)
    modules: Counter[str] = field(default_factory=Counter)
    unacknowledged: int = 0
    unassigned: int = 0
    waiting_on_team: int = 0
    waiting_on_reporter: int = 0
    deferred: int = 0
    overdue: int = 0
    due_today: int = 0


@dataclass(slots=True, kw_only=True)
class Cohort:
    """The tickets opened in a period: SLA targets met, and durations in working minutes ({minutes: tickets})."""

    opened: int = 0
    ever_resolved: int = 0
    ever_reopened: int = 0
    acknowledge_targets: tuple[int, int] = (0, 0)  # met, and decided
    resolve_targets: tuple[int, int] = (0, 0)
    acknowledged_after: dict[int, int] = field(default_factory=dict)
    workaround_after: dict[int, int] = field(default_factory=dict)
    resolved_after: dict[int, int] = field(default_factory=dict)
    closed_unresolved_after: dict[int, int] = field(default_factory=dict)
    unacknowledged_for: dict[int, int] = field(default_factory=dict)  # until now or until it was closed
    without_workaround_for: dict[int, int] = field(default_factory=dict)
    open_for: dict[int, int] = field(default_factory=dict)
