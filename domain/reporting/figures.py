"""What is counted of a phase: a span of time, what is open at a moment, and what was opened in a span and became of it.

Private tickets are in none of them. Praise is counted by itself, since nobody has to do anything about it.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from domain.tickets.ticket import Severity

DIMENSIONS = ("severity", "module", "type", "process")  # what reports are told apart by
MinuteCounts = Mapping[int, int]  # how many took so many working minutes


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodCounts:
    """What happened in a span of time; `breached` are tickets that ran over the time of a promise in it."""

    opened: int = 0
    critical: int = 0  # of those
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
    """Open tickets. `ours` wait for the team, `theirs` for their reporters."""

    total: int = 0
    severities: Counter[Severity] = field(default_factory=Counter)
    modules: Counter[str] = field(default_factory=Counter)
    unanswered: int = 0  # nobody has looked at them
    unowned: int = 0
    ours: int = 0
    theirs: int = 0
    deferred: int = 0
    late: int = 0
    promised: int = 0  # due until the end of the day, where that was asked for


@dataclass(slots=True, kw_only=True)
class Cohort:
    """What was opened in a span of time: how much of it, which promises were kept, and how long it took."""

    opened: int = 0
    fixed: int = 0  # called resolved at least once
    reopened: int = 0
    acknowledge: tuple[int, int] = (0, 0)  # promises kept, of those that are decided
    resolve: tuple[int, int] = (0, 0)
    acknowledged: dict[int, int] = field(default_factory=dict)
    worked_around: dict[int, int] = field(default_factory=dict)
    resolved: dict[int, int] = field(default_factory=dict)
    unresolved: dict[int, int] = field(default_factory=dict)  # closed in another way
    unseen: dict[int, int] = field(default_factory=dict)  # never acknowledged, until now or until it was closed
    stuck: dict[int, int] = field(default_factory=dict)  # no way around yet
    unfinished: dict[int, int] = field(default_factory=dict)  # open
