"""How durable fixes are: the share of each kind that failed within two weeks of its resolution (F13).

A fix failed when the ticket was reopened or the problem recurred. A fix that is younger than two weeks is censored
(Kaplan and Meier 1958). Two kinds are compared by the exact conditional test of two rates.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.reporting.milestones import is_reopening
from domain.statistics.comparison import rate_ratio
from domain.statistics.intervals import Interval, wilson_interval
from domain.statistics.survival import count_durations, kaplan_meier
from domain.tickets.closing import NON_RECURRENCE
from domain.tickets.event import Event, EventKind
from domain.tickets.ticket import Fix

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class FixedTicket:
    """A ticket was resolved at `at`, and the fix `failed` then, if it did."""

    kind: Fix | None
    at: datetime
    failed: datetime | None = None


@dataclass(frozen=True, slots=True)
class FixDurability:
    """Of one kind of fix: how many there were and failed, the share (0 to 1), and the share expected in two weeks."""

    n: int
    failed: int
    share: Interval
    expected: float


def fixes_of(events: Iterable[Event]) -> list[FixedTicket]:
    """Return each fix of a ticket from its events, oldest first."""
    found: list[FixedTicket] = []
    for event in events:
        if event.kind is EventKind.RESOLVED:
            found.append(FixedTicket(Fix(event.data["fix"]) if event.data.get("fix") else None, event.at))
        elif found and found[-1].failed is None and (event.kind is EventKind.RECURRED or is_reopening(event)):
            found[-1] = FixedTicket(found[-1].kind, found[-1].at, event.at)
    return found


def fix_durability(found: Iterable[FixedTicket], now: datetime) -> Mapping[Fix | None, FixDurability]:
    """Return the durability by kind of fix; a recurrence after two weeks counts as another problem."""
    kinds: dict[Fix | None, list[FixedTicket]] = {}
    for one in found:
        kinds.setdefault(one.kind, []).append(one)
    return {kind: _durability(some, now) for kind, some in kinds.items()}


def failure_rate_ratio(found: Mapping[Fix | None, FixDurability], kind: Fix, other: Fix) -> Interval | None:
    """How many times as often one kind of fix fails as the other, with 95 % bounds; None when there are too few."""
    if kind not in found or other not in found:
        return None
    return rate_ratio(found[kind].failed, found[kind].n, found[other].failed, found[other].n)


def _durability(some: Sequence[FixedTicket], now: datetime) -> FixDurability:
    failed = [(one.failed - one.at) / DAY for one in some if one.failed and one.failed - one.at <= NON_RECURRENCE]
    censored = [min(now - one.at, NON_RECURRENCE) / DAY for one in some
            if not (one.failed and one.failed - one.at <= NON_RECURRENCE)]  # fmt: skip
    expected = 1 - kaplan_meier(count_durations(failed, censored)).survival_at(NON_RECURRENCE / DAY)
    return FixDurability(len(some), len(failed), wilson_interval(len(failed), len(some)), expected)
