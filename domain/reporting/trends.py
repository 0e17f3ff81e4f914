"""Trends of a phase: recurring issues, hotspots, quiet groups, effects of events, and frequent words."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
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
from domain.statistics.relapse import fit_fall, relapse_alarm

SATURDAY = 5  # by date.weekday()
MIN_PEOPLE = 3  # who use a word before it is shown
HourlyCounts = Mapping[tuple[int, int], int]  # reports by weekday (Monday is 0) and hour


@dataclass(frozen=True, slots=True)
class RecurringIssue:
    """A module or type with a lasting rise in reports: its first day, and the reports since then.

    While all reports become fewer, it is one that doesn't fall as it should. The dimension `all` has no name.
    """

    dimension: str
    name: str
    since: date
    count: int
    usual_rate: float  # reports a day
    is_provisional: bool
    is_relapse: bool = False


@dataclass(frozen=True, slots=True)
class RepeatedIssue:
    """A ticket whose problem came back: its further occurrences, reopenings, and recurrences after a fix."""

    ticket_id: int
    name: str  # such as PAY-42
    summary: str
    occurrences: int  # beyond the first
    reopened: int
    recurred: int

    @property
    def count(self) -> int:
        return self.occurrences + self.reopened + self.recurred


@dataclass(frozen=True, slots=True)
class Topic:
    """A word, with the number of people who used it lately and before."""

    word: str
    now: int
    before: int
    rising: bool


@dataclass(frozen=True, slots=True)
class PeriodComparison:
    """A phase compared with another period; None where there are too few data."""

    rates: Mapping[str, RateRatio | None] = field(default_factory=dict)
    changes: Mapping[Baseline, MetricChange | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trends:
    """All findings about a phase."""

    recurring: Sequence[RecurringIssue] = ()
    repeated: Sequence[RepeatedIssue] = ()
    overrepresented: Sequence[ModuleShare] = ()
    hotspots: Sequence[Hotspot] = ()
    quiet_groups: Sequence[QuietGroup] = ()
    hours: HourlyCounts
    hours_by_type: Mapping[str, HourlyCounts] = field(default_factory=dict)
    after_events: Sequence[tuple[str, EventEffect]] = ()  # by type of report; "" for all types
    co_occurring: Sequence[TypePair] = ()
    undetected: UndetectedDefects | None = None
    before: PeriodComparison  # the phase against the time before the go-live
    after: PeriodComparison  # the time since the end against the phase
    topics: Sequence[Topic] = ()


def recurring_issues(dimension: str, counts: Mapping[str, Sequence[int]], days: Sequence[date]) -> list[RecurringIssue]:
    """Return what has a lasting rise, from the daily counts of each module or type; most reports first."""
    found = []
    for name, series in counts.items():
        alarm = cusum_alarm(series)
        if alarm:
            found.append(_recurring_issue(dimension, name, alarm, series, days))
    return sorted(found, key=lambda one: (-one.count, one.name))


def relapses(counts: Mapping[tuple[str, str], Sequence[int]], days: Sequence[date]) -> list[RecurringIssue] | None:
    """Return what doesn't fall as all reports do, by (dimension, name); None if they aren't falling."""
    parts = [series for (dimension, _), series in counts.items() if dimension == "type"]
    whole = [sum(one) for one in zip(*parts, strict=True)]
    fall = fit_fall(whole, [day.weekday() >= SATURDAY for day in days])
    if fall is None:
        return None
    parted = [(by, name, relapse_alarm(series, fall, len(counts)), series) for (by, name), series in counts.items()]
    found = [*parted, ("all", "", relapse_alarm(whole, fall), whole)]
    alarmed = [replace(_recurring_issue(by, name, alarm, series, days), is_relapse=True)
               for by, name, alarm, series in found if alarm]  # fmt: skip
    return sorted(alarmed, key=lambda one: (-one.count, one.dimension, one.name))


def _recurring_issue(
    dimension: str, name: str, alarm: ControlAlarm, series: Sequence[int], days: Sequence[date]
) -> RecurringIssue:
    return RecurringIssue(
        dimension, name, days[alarm.start], sum(series[alarm.start :]), alarm.rate, alarm.is_provisional
    )


def find_topics(now: Iterable[tuple[str, str]], before: Iterable[tuple[str, str]]) -> list[Topic]:
    """Return the words that most people used lately, and whether more people did than before; from (person, text)."""
    lately, earlier = _texts_by_person(now), _texts_by_person(before)
    old = count_words(earlier)
    common = [
        (word, n, old.get(stem, ("", 0))[1]) for stem, (word, n) in count_words(lately).items() if n >= MIN_PEOPLE
    ][:MAX_THEMES]
    share = len(lately) / (len(lately) + len(earlier)) if lately else 0.0
    p_values = [binomial_at_least(n, n + was, share) for _, n, was in common]
    rising = {word for word, _, _ in benjamini_hochberg(common, p_values)}
    return [Topic(word, n, was, word in rising) for word, n, was in common]


def _texts_by_person(texts: Iterable[tuple[str, str]]) -> list[list[str]]:
    found: dict[str, list[str]] = {}
    for person, text in texts:
        found.setdefault(person, []).append(text)
    return list(found.values())


def busiest_hour(hours: HourlyCounts) -> tuple[int, int, int] | None:
    """Return (weekday, hour, count) of the hour with most reports; None without reports."""
    most = Counter(hours).most_common(1)
    return (*most[0][0], most[0][1]) if most and most[0][1] else None
