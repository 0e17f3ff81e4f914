"""Results of a wave: the scores of each question with their confidence bounds, in total and by segment."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from domain.pulse.pulse import MAX_DETRACTOR, MIN_GOOD_ANSWER, MIN_PROMOTER, Answers
from domain.pulse.settings import Pulse, Question, QuestionKind
from domain.statistics import intervals
from domain.statistics.disclosure import publishable_cells
from domain.statistics.intervals import Interval, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerCounts:
    """The number of answers to a question in a segment, and how often each value was given; texts are only counted."""

    n: int
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class WaveResult:
    """The result of a closed wave: how many were invited and answered, and the cells that may be published.

    `left_out` people were asked and are in no other number, since a comparison with earlier results would tell what
    few people answered.
    """

    invited: int
    answered: int
    asked: Mapping[str, int] = field(default_factory=dict)  # people asked, by segment
    cells: Mapping[str, Mapping[str, AnswerCounts]] = field(
        default_factory=dict
    )  # by segment ("" for all) and question
    kinds: Mapping[str, QuestionKind] = field(default_factory=dict)  # the kind of each question in this wave
    umux_lite: tuple[int, float, float] = (0, 0.0, 0.0)  # number of scores, their sum, and the sum of their squares
    left_out: int = 0

    @property
    def is_withheld(self) -> bool:
        """Whether nothing is shown because of earlier results."""
        return self.left_out > 0 and self.invited == 0

    @property
    def response_rate(self) -> float:
        """From 0 to 1."""
        return self.answered / self.invited if self.invited else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """A score with its bounds; the unit is `%` for shares and empty for points."""

    n: int
    interval: Interval
    label: str
    unit: str = ""
    verdict: Verdict | None = None


def calculate_result(pulse: Pulse, answers: Sequence[tuple[str, Answers]], asked: Mapping[str, int],
          hidden: Collection[str] = (), left_out: int = 0) -> WaveResult:  # fmt: skip
    """Calculate the result from (segment, answers) of each person and the number of people asked by segment.

    `hidden` are segments that may not be shown beside earlier results; `left_out` people are not among the others.
    """
    invited, k = sum(asked.values()), pulse.threshold
    if len(answers) < k:
        return WaveResult(invited=invited, answered=len(answers), asked=asked, left_out=left_out)
    all_answers = [given for _, given in answers]
    total = {q.id: cell for q in pulse.questions if (cell := _count_answers(q, all_answers)).n >= k}
    cells: dict[str, dict[str, AnswerCounts]] = {"": total}
    grouped: dict[str, list[Answers]] = {}
    for segment, given in answers:
        grouped.setdefault(segment, []).append(given)
    for question in pulse.questions:
        if question.id not in total:
            continue
        found = {name: _count_answers(question, rows) for name, rows in grouped.items() if name}
        kept = {name: cell.n for name, cell in found.items() if name not in hidden}
        for name in publishable_cells(kept, total[question.id].n, k):
            cells.setdefault(name, {})[question.id] = found[name]
    return WaveResult(invited=invited, answered=len(answers), asked=asked, cells=cells,
                 umux_lite=_umux_lite_sums(pulse, all_answers), left_out=left_out,
                 kinds={q.id: q.kind for q in pulse.questions})  # fmt: skip


def score(question: Question, result: WaveResult, segment: str = "") -> Score | None:
    """Return the score of a question; None where it may not be shown, and for texts."""
    cell = result.cells.get(segment, {}).get(question.id)
    if cell is None or question.kind.is_text or result.kinds.get(question.id) is not question.kind:
        return None
    population = result.asked.get(segment) if segment else result.invited
    if question.kind is QuestionKind.NPS:
        given = {int(value): times for value, times in cell.counts.items()}
        promoters = sum(times for value, times in given.items() if value >= MIN_PROMOTER)
        detractors = sum(times for value, times in given.items() if value <= MAX_DETRACTOR)
        return Score(n=cell.n, interval=intervals.nps_interval(promoters, detractors, cell.n, population), label="NPS")
    if question.kind is QuestionKind.CHOICE:
        most = max(cell.counts, key=lambda name: (cell.counts[name], name))
        share = intervals.wilson_interval(cell.counts[most], cell.n, population).scaled(100)
        return Score(n=cell.n, interval=share, label=f"“{most}”", unit="%")
    good = sum(times for value, times in cell.counts.items() if int(value) >= MIN_GOOD_ANSWER[question.kind])
    label = "satisfied" if question.kind is QuestionKind.SATISFACTION else "agree"
    return Score(
        n=cell.n, interval=intervals.wilson_interval(good, cell.n, population).scaled(100), label=label, unit="%"
    )


def score_with_change(
    question: Question, now: WaveResult, before: WaveResult | None, k: int, segment: str = ""
) -> Score | None:
    """Return the score with a verdict against the previous wave; none for choices, whose top option may differ."""
    found = score(question, now, segment)
    if found is None or question.kind is QuestionKind.CHOICE:
        return found
    return _with_verdict(found, score(question, before, segment) if before else None, k)


def umux_lite_score(now: WaveResult, before: WaveResult | None, k: int) -> Score | None:
    """Return the UMUX-Lite score of the people who answered both of its questions, with a verdict."""
    found = _umux_lite(now)
    return _with_verdict(found, _umux_lite(before) if before else None, k) if found else None


def _with_verdict(found: Score, last: Score | None, k: int) -> Score:
    """The score with a verdict, where there is a previous one."""
    if last is None:
        return found
    changed = intervals.newcombe_difference(found.interval, last.interval)
    return replace(found, verdict=intervals.change_verdict(changed, enough=min(found.n, last.n) >= k))


def _umux_lite(result: WaveResult) -> Score | None:
    n = result.umux_lite[0]
    return (
        Score(n=n, interval=intervals.mean_interval(*result.umux_lite, result.invited), label="of 100") if n else None
    )


def _count_answers(question: Question, rows: Sequence[Answers]) -> AnswerCounts:
    given = [row[question.id] for row in rows if question.id in row]
    return AnswerCounts(
        n=len(given), counts={} if question.kind.is_text else dict(sorted(Counter(map(str, given)).items()))
    )


def _umux_lite_sums(pulse: Pulse, rows: Sequence[Answers]) -> tuple[int, float, float]:
    """Return the sums of people who answered both questions; zeros where few answered only one.

    Both questions are shown alone too, so the difference would tell the answers of those few.
    """
    ids = [
        next((q.id for q in pulse.questions if q.kind is kind), "") for kind in (QuestionKind.EASE, QuestionKind.NEEDS)
    ]
    both = [row for row in rows if all(i in row for i in ids)]
    alone = sum(any(i in row for i in ids) for row in rows) - len(both)
    if len(both) < pulse.threshold or 0 < alone < pulse.threshold:
        return 0, 0.0, 0.0
    scores = [intervals.umux_lite(int(row[ids[0]]), int(row[ids[1]])) for row in both]
    return len(scores), sum(scores), sum(s * s for s in scores)
