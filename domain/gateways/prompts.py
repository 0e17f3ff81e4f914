"""Versions of a prompt compared: accepted answers, response time and cost, each with 95 % bounds.

Shares are compared by Newcombe's interval and means by that of their own intervals (Zou and Donner 2008). Below
`MIN_EVENTS` of either version nothing is said.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from domain.gateways.ai_usage import AiSums
from domain.statistics.comparison import MIN_EVENTS
from domain.statistics.intervals import Interval, newcombe_difference, student_interval, wilson_interval

VERSION = re.compile(r"^(?P<name>.*?)[-_.@: /]*v?(?P<version>\d+(?:\.\d+)*)$", re.IGNORECASE)


class PromptVerdict(StrEnum):
    """What can be said about a newer version."""

    BETTER = "better"
    WORSE = "worse"
    SAME = "no difference shown"
    TOO_FEW = "too few"


@dataclass(frozen=True, slots=True)
class PromptMeasure:
    """A measure of two versions: the newer one's value and its difference, with bounds; None with too few."""

    now: Interval | None
    difference: Interval | None
    verdict: PromptVerdict


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptComparison:
    """The two newest versions of a prompt that were called. Times are in milliseconds."""

    newer: str
    older: str
    newer_sums: AiSums
    older_sums: AiSums
    accepted: PromptMeasure
    time: PromptMeasure
    cost: PromptMeasure


def names_version(text: str, version: str) -> bool:
    """Return whether a text names that version, and not only the beginning of it."""
    return re.search(rf"(?<!\w){re.escape(version)}(?![\w.]*\d)", text, re.IGNORECASE) is not None


def comparisons(by_version: Mapping[str, AiSums]) -> list[PromptComparison]:
    """Compare the two newest versions of each prompt, by its name."""
    families: dict[str, list[tuple[tuple[int, ...], str]]] = {}
    for name in by_version:
        if found := VERSION.match(name):
            number = tuple(int(part) for part in found["version"].split("."))
            families.setdefault(found["name"].casefold(), []).append((number, name))
    pairs = (sorted(versions)[-2:] for _, versions in sorted(families.items()) if len(versions) > 1)
    return [_compared(older, newer, by_version) for (_, older), (_, newer) in pairs]


def _compared(older: str, newer: str, by_version: Mapping[str, AiSums]) -> PromptComparison:
    now, before = by_version[newer], by_version[older]
    return PromptComparison(
        newer=newer, older=older, newer_sums=now, older_sums=before,
        accepted=_measure(_share(now), _share(before), more_is_better=True),
        time=_measure(_time(now), _time(before), more_is_better=False),
        cost=_measure(_cost(now), _cost(before), more_is_better=False),
    )  # fmt: skip


def _measure(now: Interval | None, before: Interval | None, *, more_is_better: bool) -> PromptMeasure:
    if now is None or before is None:
        return PromptMeasure(now, None, PromptVerdict.TOO_FEW)
    difference = newcombe_difference(now, before)
    if difference.low <= 0 <= difference.high:
        return PromptMeasure(now, difference, PromptVerdict.SAME)
    is_better = (difference.low > 0) is more_is_better
    return PromptMeasure(now, difference, PromptVerdict.BETTER if is_better else PromptVerdict.WORSE)


def _share(sums: AiSums) -> Interval | None:
    said = sums.accepted + sums.rejected
    return wilson_interval(sums.accepted, said) if said >= MIN_EVENTS else None


def _time(sums: AiSums) -> Interval | None:
    return _mean(int(sums.latency.count), sums.latency.sum, sums.ms_squares)


def _cost(sums: AiSums) -> Interval | None:
    return _mean(sums.priced, sums.cost, sums.cost_squares)


def _mean(n: int, total: float, squares: float) -> Interval | None:
    """Return a mean with its bounds; None with too few values."""
    return student_interval(n, total, squares) if n >= MIN_EVENTS else None
