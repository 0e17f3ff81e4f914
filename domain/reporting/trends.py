"""Trends of a phase: what comes again and again, where it gathers, who is silent, and what it follows."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from domain.pulse.themes import MOST, spoken
from domain.reporting.readings import Baseline
from domain.statistics.capture_recapture import UnseenDefects
from domain.statistics.co_occurrence import TypePair
from domain.statistics.coincidence import Coincidence
from domain.statistics.comparison import RateChange, Ratio
from domain.statistics.concentration import HotspotCell, ModuleShare, QuietGroup, discoveries
from domain.statistics.control_charts import ControlAlarm, rising
from domain.statistics.distributions import binomial_at_least

FEWEST = 3  # people who use a word before it is a theme
Hours = Mapping[tuple[int, int], int]  # reports by weekday (Monday is 0) and hour


@dataclass(frozen=True, slots=True)
class Recurring:
    """A module or a type of which more comes than did: since when, and how many since then."""

    side: str
    name: str
    since: date
    count: int
    usual: float  # a day
    learning: bool


@dataclass(frozen=True, slots=True)
class Topic:
    """A word that this many people used lately, and before."""

    word: str
    now: int
    before: int
    rising: bool


@dataclass(frozen=True, slots=True)
class Against:
    """The phase and another time, of whatever is known of that; None where the comparison says nothing."""

    counts: Mapping[str, Ratio | None] = field(default_factory=dict)
    single: Mapping[Baseline, RateChange | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trends:
    recurring: Sequence[Recurring] = ()
    heavy: Sequence[ModuleShare] = ()
    gathered: Sequence[HotspotCell] = ()
    silent: Sequence[QuietGroup] = ()
    hours: Hours
    follows: Sequence[tuple[str, Coincidence]] = ()  # of which type of report, "" of all
    together: Sequence[TypePair] = ()
    unseen: UnseenDefects | None = None
    before: Against  # the phase, against the time before the go-live
    after: Against  # the time since it ended, against the phase
    topics: Sequence[Topic] = ()


def recurring(side: str, counts: Mapping[str, Sequence[int]], days: Sequence[date]) -> list[Recurring]:
    """What comes more often than it did, of the counts of each day; the most of it first."""
    found = []
    for name, series in counts.items():
        alarm = rising(series)
        if alarm:
            found.append(_told(side, name, alarm, series, days))
    return sorted(found, key=lambda one: (-one.count, one.name))


def _told(side: str, name: str, alarm: ControlAlarm, series: Sequence[int], days: Sequence[date]) -> Recurring:
    return Recurring(side, name, days[alarm.start], sum(series[alarm.start :]), alarm.rate, alarm.learning)


def topics(now: Iterable[tuple[str, str]], before: Iterable[tuple[str, str]]) -> list[Topic]:
    """What people write about, by (person, words): the words that most use lately, and whether more do than before."""
    lately, earlier = _writers(now), _writers(before)
    old = spoken(earlier)
    common = [(word, n, old.get(stem, ("", 0))[1]) for stem, (word, n) in spoken(lately).items() if n >= FEWEST][:MOST]
    share = len(lately) / (len(lately) + len(earlier)) if lately else 0.0
    chances = [binomial_at_least(n, n + was, share) for _, n, was in common]
    rose = {word for word, _, _ in discoveries(common, chances)}
    return [Topic(word, n, was, word in rose) for word, n, was in common]


def _writers(said: Iterable[tuple[str, str]]) -> list[list[str]]:
    found: dict[str, list[str]] = {}
    for person, words in said:
        found.setdefault(person, []).append(words)
    return list(found.values())


def busiest(hours: Hours) -> tuple[int, int, int] | None:
    """The weekday and hour with most reports, and how many; None of none."""
    most = Counter(hours).most_common(1)
    return (*most[0][0], most[0][1]) if most and most[0][1] else None
