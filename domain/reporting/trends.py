"""Trends of a phase: what comes again and again, where it gathers, who is silent, and what it follows."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from domain.pulse.themes import MAX_THEMES, count_words
from domain.reporting.readings import Baseline
from domain.statistics.capture_recapture import UndetectedDefects
from domain.statistics.co_occurrence import TypePair
from domain.statistics.coincidence import EventEffect
from domain.statistics.comparison import MetricChange, RateRatio
from domain.statistics.concentration import Hotspot, ModuleShare, QuietGroup, benjamini_hochberg
from domain.statistics.control_charts import ControlAlarm, cusum_alarm
from domain.statistics.distributions import binomial_at_least

MIN_PEOPLE = 3  # people who use a word before it is a theme
HourlyCounts = Mapping[tuple[int, int], int]  # reports by weekday (Monday is 0) and hour


@dataclass(frozen=True, slots=True)
class RecurringIssue:
    """A module or a type of which more comes than did: since when, and how many since then."""

    side: str
    name: str
    since: date
    count: int
    usual: float  # a day
    is_provisional: bool


@dataclass(frozen=True, slots=True)
class Topic:
    """A word that this many people used lately, and before."""

    word: str
    now: int
    before: int
    rising: bool


@dataclass(frozen=True, slots=True)
class PeriodComparison:
    """The phase and another time, of whatever is known of that; None where the comparison says nothing."""

    counts: Mapping[str, RateRatio | None] = field(default_factory=dict)
    single: Mapping[Baseline, MetricChange | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trends:
    recurring: Sequence[RecurringIssue] = ()
    heavy: Sequence[ModuleShare] = ()
    gathered: Sequence[Hotspot] = ()
    silent: Sequence[QuietGroup] = ()
    hours: HourlyCounts
    follows: Sequence[tuple[str, EventEffect]] = ()  # of which type of report, "" of all
    together: Sequence[TypePair] = ()
    unseen: UndetectedDefects | None = None
    before: PeriodComparison  # the phase, against the time before the go-live
    after: PeriodComparison  # the time since it ended, against the phase
    topics: Sequence[Topic] = ()


def recurring_issues(side: str, counts: Mapping[str, Sequence[int]], days: Sequence[date]) -> list[RecurringIssue]:
    """What comes more often than it did, of the counts of each day; the most of it first."""
    found = []
    for name, series in counts.items():
        alarm = cusum_alarm(series)
        if alarm:
            found.append(_recurring_issue(side, name, alarm, series, days))
    return sorted(found, key=lambda one: (-one.count, one.name))


def _recurring_issue(
    side: str, name: str, alarm: ControlAlarm, series: Sequence[int], days: Sequence[date]
) -> RecurringIssue:
    return RecurringIssue(side, name, days[alarm.start], sum(series[alarm.start :]), alarm.rate, alarm.is_provisional)


def find_topics(now: Iterable[tuple[str, str]], before: Iterable[tuple[str, str]]) -> list[Topic]:
    """What people write about, by (person, words): the words that most use lately, and whether more do than before."""
    lately, earlier = _texts_by_person(now), _texts_by_person(before)
    old = count_words(earlier)
    common = [
        (word, n, old.get(stem, ("", 0))[1]) for stem, (word, n) in count_words(lately).items() if n >= MIN_PEOPLE
    ][:MAX_THEMES]
    share = len(lately) / (len(lately) + len(earlier)) if lately else 0.0
    chances = [binomial_at_least(n, n + was, share) for _, n, was in common]
    rose = {word for word, _, _ in benjamini_hochberg(common, chances)}
    return [Topic(word, n, was, word in rose) for word, n, was in common]


def _texts_by_person(said: Iterable[tuple[str, str]]) -> list[list[str]]:
    found: dict[str, list[str]] = {}
    for person, words in said:
        found.setdefault(person, []).append(words)
    return list(found.values())


def busiest_hour(hours: HourlyCounts) -> tuple[int, int, int] | None:
    """The weekday and hour with most reports, and how many; None of none."""
    most = Counter(hours).most_common(1)
    return (*most[0][0], most[0][1]) if most and most[0][1] else None
