"""Fixes that did not last: how many of each kind came back within the window in which they count (F13).

A fix has failed when somebody said "not fixed", or that it happens again. One that is still within the window is only
watched so long (Kaplan and Meier); two kinds are compared by the exact conditional test of two rates.
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
    """Something was resolved then, and `failed` then, if it did."""

    kind: Fix | None
    at: datetime
    failed: datetime | None = None


@dataclass(frozen=True, slots=True)
class FixDurability:
    """Of one kind: how many fixes, how many failed (`share` with its bounds), and `expected` to by the window's end."""

    n: int
    failed: int
    share: Interval
    expected: float


def fixes_of(events: Iterable[Event]) -> list[FixedTicket]:
    """Each fix of a ticket, from its log, oldest first."""
    found: list[FixedTicket] = []
    for event in events:
        if event.kind is EventKind.RESOLVED:
            found.append(FixedTicket(Fix(event.data["fix"]) if event.data.get("fix") else None, event.at))
        elif found and found[-1].failed is None and (event.kind is EventKind.RECURRED or is_reopening(event)):
            found[-1] = FixedTicket(found[-1].kind, found[-1].at, event.at)
    return found


def fix_durability(found: Iterable[FixedTicket], now: datetime) -> Mapping[Fix | None, FixDurability]:
    """By kind; what came back after the window was another fault."""
    kinds: dict[Fix | None, list[FixedTicket]] = {}
    for one in found:
        kinds.setdefault(one.kind, []).append(one)
    return {kind: _durability(some, now) for kind, some in kinds.items()}


def failure_rate_ratio(found: Mapping[Fix | None, FixDurability], kind: Fix, other: Fix) -> Interval | None:
    """How many times as often the one kind fails as the other; None where both together are too few to say."""
    if kind not in found or other not in found:
        return None
    return rate_ratio(found[kind].failed, found[kind].n, found[other].failed, found[other].n)


def _durability(some: Sequence[FixedTicket], now: datetime) -> FixDurability:
    failed = [(one.failed - one.at) / DAY for one in some if one.failed and one.failed - one.at <= NON_RECURRENCE]
    held = [min(now - one.at, NON_RECURRENCE) / DAY for one in some
            if not (one.failed and one.failed - one.at <= NON_RECURRENCE)]  # fmt: skip
    expected = 1 - kaplan_meier(count_durations(failed, held)).left(NON_RECURRENCE / DAY)
    return FixDurability(len(some), len(failed), wilson_interval(len(failed), len(some)), expected)
