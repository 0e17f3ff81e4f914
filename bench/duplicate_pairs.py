"""Likely duplicates on real reports: `python -m bench duplicates --pairs FILE [--json]`.

FILE has one JSON object a line, oldest first: `id`, `summary`, `text`, and `same_as`, the ids of its duplicates, as
people marked them. Reports come one after the other, as in real life: each is compared with those before it, then it
is added. Nothing is learned from a report before it has been measured. "Against all others" leaves only itself out.
"""

import argparse
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench.rows import quantile
from bot.language import new_index
from domain.intake.similarity import SimilarityIndex, SimilarTicket, plain_index

SHOWN = 5
ALLOWED = 0.10  # of the reports without a twin


@dataclass(frozen=True, slots=True)
class Report:
    """A report, and the ids of those that say the same."""

    id: int
    summary: str
    text: str
    same_as: frozenset[int]


@dataclass(slots=True)
class Measured:
    """What was suggested for each report: right or not, and how high it scored."""

    places: list[tuple[float, bool]] = field(default_factory=list)  # of twins: score, is among the first
    others: list[float] = field(default_factory=list)  # best scores of reports without a twin
    shown: list[bool] = field(default_factory=list)  # of those, by the threshold of that moment
    shown_twins: list[bool] = field(default_factory=list)
    asked: list[bool] = field(default_factory=list)  # "is it back?" would be asked, and rightly so
    seconds: list[float] = field(default_factory=list)

    def add(self, found: Sequence[SimilarTicket], twins: frozenset[int], threshold: float) -> None:
        best = found[0].score if found else 0.0
        if twins:
            right = [f.score for f in found if f.id in twins]
            self.places.append((max(right, default=0.0), bool(right)))
            self.shown_twins.append(max(right, default=0.0) >= threshold)
        else:
            self.others.append(best)
            self.shown.append(best >= threshold)
        self.asked += [f.id in twins for f in found if f.is_same][:1]

    def figures(self) -> dict[str, float | int | None]:
        limit = sorted(self.others, reverse=True)[int(ALLOWED * len(self.others))] if self.others else 0.0
        return {
            "recall_at_5": _share([right for _, right in self.places]),
            "shown_without_twin": _share(self.shown),
            "recall_at_10_percent_shown": _share([right and score > limit for score, right in self.places]),
            "recall_as_shown": _share(self.shown_twins),
            "asked": len(self.asked), "asked_precision": _share(self.asked) if self.asked else None,
            "with_twin": len(self.places), "without_twin": len(self.others),
            "p95_ms": round(1000 * quantile(self.seconds, 0.95), 2),
        }  # fmt: skip


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="bench duplicates", description=__doc__)
    parser.add_argument("--pairs", type=Path, required=True, metavar="FILE", help="reports as JSON lines, oldest first")
    parser.add_argument("--plain", action="store_true", help="without the packages of the extra `similar`")
    parser.add_argument("--json", action="store_true", help="print the figures as one JSON object in the last line")
    args = parser.parse_args(arguments)
    reports = list(read(args.pairs))
    new = plain_index if args.plain else new_index
    found = {
        "full_texts": as_they_came(reports, new(), texts=True),
        "summaries": as_they_came(reports, new(), texts=False),
        "full_texts_against_all_others": against_all_others(reports, new(), texts=True),
        "summaries_against_all_others": against_all_others(reports, new(), texts=False),
    }
    figures = {name: measured.figures() for name, measured in found.items()}
    print("\n".join(_table(figures)))
    if args.json:
        print(json.dumps({**figures["full_texts"], **figures}))
    return 0


def read(path: Path) -> Iterator[Report]:
    """Return the reports of a file; a duplicate that is named on one side only counts on both."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    same: dict[int, set[int]] = {row["id"]: set() for row in rows}
    for row in rows:
        for other in row["same_as"]:
            if other in same:
                same[row["id"]].add(other)
                same[other].add(row["id"])
    return (Report(row["id"], row["summary"], row["text"], frozenset(same[row["id"]])) for row in rows)


def as_they_came(reports: Sequence[Report], index: SimilarityIndex, *, texts: bool) -> Measured:
    """Compare each report with those before it; without texts, only its summary is known, as while it is written."""
    measured, known = Measured(), set[int]()
    for report in reports:
        twins = report.same_as & known
        measured.add(_timed(measured, index, report, texts=texts), twins, index.threshold)
        index.add(report.id, report.summary, report.text)
        known.add(report.id)
        if not twins:  # people marked the others as duplicates by then
            _learn(index, report, texts=texts)
    return measured


def against_all_others(reports: Sequence[Report], index: SimilarityIndex, *, texts: bool) -> Measured:
    """Compare each report with all others, also later ones; the threshold follows from the other half of them."""
    measured = Measured()
    for report in reports:
        index.add(report.id, report.summary, report.text)
    for half, other in ((reports[::2], reports[1::2]), (reports[1::2], reports[::2])):
        for report in half:
            if not report.same_as:
                _learn(index, report, texts=texts)
        for report in other:
            measured.add(_timed(measured, index, report, texts=texts), report.same_as, index.threshold)
    return measured


def _learn(index: SimilarityIndex, report: Report, *, texts: bool) -> None:
    best = index.find(report.summary, report.text if texts else "", limit=1, but=report.id)
    index.learn(report.id, best[0].score if best else 0.0)


def _timed(measured: Measured, index: SimilarityIndex, report: Report, *, texts: bool) -> list[SimilarTicket]:
    began = time.perf_counter()
    found = index.find(report.summary, report.text if texts else "", limit=SHOWN, but=report.id)
    measured.seconds.append(time.perf_counter() - began)
    return found


def _share(of: Sequence[bool]) -> float:
    return round(sum(of) / len(of), 3) if of else 0.0


def _table(figures: dict[str, dict[str, float | int | None]]) -> Iterator[str]:
    names = list(figures)
    yield f"{'':28}" + "".join(f"{name.replace('_', ' '):>32}" for name in names)
    for key in next(iter(figures.values())):
        yield f"{key.replace('_', ' '):28}" + "".join(f"{figures[name][key]!s:>32}" for name in names)
