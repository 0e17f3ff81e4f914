"""Results of a wave: each question counted, with its interval, for everybody and for the groups that may be shown."""

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
    """One question's answers in one group: how many chose what; of words nothing but how many wrote some."""

    n: int
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class WaveResult:
    """A closed wave in figures. `invited` by segment, `answered` in all; only cells that may be shown are in it."""

    invited: int
    answered: int
    asked: Mapping[str, int] = field(default_factory=dict)
    cells: Mapping[str, Mapping[str, AnswerCounts]] = field(
        default_factory=dict
    )  # by segment ("" for all) and question
    kinds: Mapping[str, QuestionKind] = field(default_factory=dict)  # what each question asked for then
    joint: tuple[int, float, float] = (0, 0.0, 0.0)  # of UMUX-Lite: how many, their sum, and that of their squares

    @property
    def rate(self) -> float:
        return self.answered / self.invited if self.invited else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """One figure as it is shown; `unit` is `%` of shares, nothing of points."""

    n: int
    interval: Interval
    label: str
    unit: str = ""
    verdict: Verdict | None = None


def calculate_result(pulse: Pulse, answers: Sequence[tuple[str, Answers]], asked: Mapping[str, int],
          telling: Collection[str] = ()) -> WaveResult:  # fmt: skip
    """`answers` are (segment, answers); `asked` is how many were asked in each segment.

    Of `telling` segments too few came or left since they were shown. Where there is one none is shown, since it is
    what the others leave of the total.
    """
    invited, k = sum(asked.values()), pulse.threshold
    if len(answers) < k:
        return WaveResult(invited=invited, answered=len(answers), asked=asked)
    whole = [given for _, given in answers]
    every = {q.id: cell for q in pulse.questions if (cell := _count_answers(q, whole)).n >= k}
    cells: dict[str, dict[str, AnswerCounts]] = {"": every}
    grouped: dict[str, list[Answers]] = {}
    for segment, given in answers:
        grouped.setdefault(segment, []).append(given)
    for question in pulse.questions:
        if question.id not in every:
            continue
        found = {name: _count_answers(question, rows) for name, rows in grouped.items() if name}
        kept = {} if telling else {name: cell.n for name, cell in found.items()}
        for name in publishable_cells(kept, every[question.id].n, k):
            cells.setdefault(name, {})[question.id] = found[name]
    scores = _umux_lite_values(pulse, whole)
    sums = (len(scores), sum(scores), sum(s * s for s in scores)) if len(scores) >= k else (0, 0.0, 0.0)
    return WaveResult(invited=invited, answered=len(answers), asked=asked, cells=cells, joint=sums,
                 kinds={q.id: q.kind for q in pulse.questions})  # fmt: skip


def score(question: Question, tally: WaveResult, segment: str = "") -> Score | None:
    """The figure of a question; None where it may not be shown, or where words were asked for."""
    cell = tally.cells.get(segment, {}).get(question.id)
    if cell is None or question.kind.is_words or tally.kinds.get(question.id) is not question.kind:
        return None
    crowd = tally.asked.get(segment) if segment else tally.invited
    if question.kind is QuestionKind.NPS:
        given = {int(value): many for value, many in cell.counts.items()}
        up = sum(many for value, many in given.items() if value >= MIN_PROMOTER)
        down = sum(many for value, many in given.items() if value <= MAX_DETRACTOR)
        return Score(n=cell.n, interval=intervals.nps_interval(up, down, cell.n, crowd), label="net promoters")
    if question.kind is QuestionKind.CHOICE:
        most = max(cell.counts, key=lambda name: (cell.counts[name], name))
        share = intervals.wilson_interval(cell.counts[most], cell.n, crowd).scaled(100)
        return Score(n=cell.n, interval=share, label=f"“{most}”", unit="%")
    good = sum(many for value, many in cell.counts.items() if int(value) >= MIN_GOOD_ANSWER[question.kind])
    label = "satisfied" if question.kind is QuestionKind.SATISFACTION else "agree"
    return Score(n=cell.n, interval=intervals.wilson_interval(good, cell.n, crowd).scaled(100), label=label, unit="%")


def score_with_change(
    question: Question, now: WaveResult, before: WaveResult | None, k: int, segment: str = ""
) -> Score | None:
    """The same with a verdict against the wave before; a choice has none, since most may choose something else now."""
    found = score(question, now, segment)
    if found is None or question.kind is QuestionKind.CHOICE:
        return found
    return _with_verdict(found, score(question, before, segment) if before else None, k)


def umux_lite_score(now: WaveResult, before: WaveResult | None, k: int) -> Score | None:
    """UMUX-Lite of everybody who answered both of its questions."""
    found = _umux_lite(now)
    return _with_verdict(found, _umux_lite(before) if before else None, k) if found else None


def _with_verdict(found: Score, last: Score | None, k: int) -> Score:
    """With a verdict, where there was one before."""
    if last is None:
        return found
    changed = intervals.newcombe_difference(found.interval, last.interval)
    return replace(found, verdict=intervals.change_verdict(changed, enough=min(found.n, last.n) >= k))


def _umux_lite(tally: WaveResult) -> Score | None:
    n = tally.joint[0]
    return Score(n=n, interval=intervals.mean_interval(*tally.joint, tally.invited), label="UMUX-Lite") if n else None


def _count_answers(question: Question, rows: Sequence[Answers]) -> AnswerCounts:
    given = [row[question.id] for row in rows if question.id in row]
    return AnswerCounts(
        n=len(given), counts={} if question.kind.is_words else dict(sorted(Counter(map(str, given)).items()))
    )


def _umux_lite_values(pulse: Pulse, rows: Sequence[Answers]) -> list[float]:
    ids = [
        next((q.id for q in pulse.questions if q.kind is kind), "") for kind in (QuestionKind.EASE, QuestionKind.NEEDS)
    ]
    return [intervals.umux_lite(int(row[ids[0]]), int(row[ids[1]])) for row in rows if all(i in row for i in ids)]
