"""The watch after an exit: for thirty days, whether what other systems count shows a relapse.

A Poisson CUSUM compares the daily reports with the rate that was accepted at the exit (Page 1954; Hawkins and Olwell
1998): C = max(0, C + x - k) with k = l / ln 2 for a rate that doubles from l. Two critical reports within five working
days are a relapse too, and so is a satisfaction whose difference to that at the exit is below 0 with its 95 % bounds
(Newcombe 1998).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from math import log

from domain.statistics.comparison import MetricChange
from domain.statistics.intervals import newcombe_difference, wilson_interval

WATCH = timedelta(days=30)
RELAPSE = "exit watch"  # what opened the decision; no trigger of a phase can have this name
OPEN_AGAIN, LEAVE = "Open the phase again", "Leave it to the run organization"
MAX_CRITICALS, CRITICAL_DAYS = 2, 5  # reports within so many working days
MIN_ANSWERS = 8  # of a survey, before and after; fewer are not compared
LEVEL, LOW_LEVEL, LOW_RATE = 5.0, 4.0, 0.5  # at a low rate a lower level has as few false alarms


@dataclass(frozen=True, slots=True)
class WatchRelapse:
    """A relapse since that day: the reports since then, and how many were accepted in that time, or the criticals."""

    since: date
    count: float
    expected: float
    is_critical: bool


@dataclass(frozen=True, slots=True)
class Answers:
    """Answers about satisfaction, how many of them were satisfied, and how many people were asked if it is known."""

    satisfied: int
    n: int
    asked: int | None = None


@dataclass(frozen=True, slots=True)
class SatisfactionFall:
    """Fewer are satisfied since that day than at the exit; shares from 0 to 1."""

    since: date
    answers: int
    change: MetricChange


def accepted_rate(reports: int, days: float) -> float:
    """Return the rate that is accepted at the exit, from the reports of its last days."""
    return (reports + 0.5) / days


def find_relapse(
    reports: Mapping[date, float], criticals: Mapping[date, float], rate: float, is_working_day: Callable[[date], bool]
) -> WatchRelapse | None:
    """Return the relapse that stands on the newest day; None without one. Days without a reading are left out."""
    return _too_many_criticals(criticals, is_working_day) or _more_reports(reports, rate)


def compare_satisfaction(now: Answers, before: Answers) -> MetricChange | None:
    """Compare satisfaction since the exit with that at the exit; None with too few answers."""
    if min(now.n, before.n) < MIN_ANSWERS:
        return None
    here = wilson_interval(now.satisfied, now.n, now.asked)
    there = wilson_interval(before.satisfied, before.n, before.asked)
    return MetricChange(here.value, there.value, newcombe_difference(here, there))


def find_satisfaction_fall(now: Answers, before: Answers, since: date) -> SatisfactionFall | None:
    """Return the fall of satisfaction since that day; None where none is shown, or too few answered."""
    change = compare_satisfaction(now, before)
    return SatisfactionFall(since, now.n, change) if change and change.difference.high < 0 else None


def _too_many_criticals(criticals: Mapping[date, float], is_working_day: Callable[[date], bool]) -> WatchRelapse | None:
    if not criticals:
        return None
    last = since = max(criticals)
    left = CRITICAL_DAYS - is_working_day(last)
    while left and last - since < WATCH:
        since -= timedelta(days=1)
        left -= is_working_day(since)
    count = sum(value for on, value in criticals.items() if on >= since)
    return WatchRelapse(since, count, 0.0, is_critical=True) if count >= MAX_CRITICALS else None


def _more_reports(reports: Mapping[date, float], rate: float) -> WatchRelapse | None:
    allowance, limit = rate / log(2), LOW_LEVEL if rate <= LOW_RATE else LEVEL
    level, days = 0.0, list[date]()
    for on in sorted(reports):
        level = max(0.0, level + reports[on] - allowance)
        days = [*days, on] if level else []
    if level < limit:
        return None
    return WatchRelapse(days[0], sum(reports[on] for on in days), rate * len(days), is_critical=False)
