"""The message with the results of a wave: scores, charts, a table by group, and themes of comments."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bot.views import charts
from bot.views.charts import MAX_POINTS, cut
from bot.views.text import Block, context, day, message, quote, section, when
from domain.phases.phase import Phase
from domain.pulse.results import Score, WaveResult, score, score_with_change, umux_lite_score
from domain.pulse.settings import Pulse, Question, QuestionKind
from domain.pulse.themes import Theme
from domain.pulse.wave import Wave
from domain.statistics.intervals import Verdict
from domain.text import plural

Message = dict[str, Any]
Progress = tuple[Wave, int, int]  # an open wave, people asked, people who answered
MAX_ROWS, MAX_COLUMNS = 20, 6
WITHHELD = ("There are no results this time: few people joined or left since earlier results, and a comparison would "
            "reveal what those few answered.")  # fmt: skip
FEW, MOST = 1 / 3, 2 / 3  # of the people asked
VERDICTS = {Verdict.UP: ":arrow_upper_right: up", Verdict.DOWN: ":arrow_lower_right: down",
            Verdict.SAME: "no significant change", Verdict.TOO_FEW: "too few answers to compare"}  # fmt: skip
NO_TONE = (
    "Hypercare can't tell here whether comments are positive. For that, an operator has to install `hypercare[tone]`, "
    "and people in the phase have to write in English only."
)
TONE = "Positive and negative are told by single words, which misses most complaints. Read the examples too."


@dataclass(frozen=True, slots=True)
class HelpRequests:
    """How many people with low answers declined help or wanted it, and how many of their tickets are closed.

    `too_few` hides the numbers, since they could identify a person.
    """

    declined: int
    wanted: int
    closed: int
    too_few: bool


def no_results(pulse: Pulse, running: Progress | None) -> Message:
    """The answer before the first wave has closed."""
    text = f"{pulse.title} has no results yet."
    return message(text, [section(text), *_progress(running)])


def results(
    closed: Sequence[Wave], phase: Phase, requests: HelpRequests, *, running: Progress | None = None
) -> Message:  # fmt: skip
    """The results of the newest of these closed waves (newest first), compared with the others."""
    wave, before = closed[0], closed[1].result if len(closed) > 1 else None
    result = wave.result or WaveResult(invited=0, answered=0)
    head = f"{wave.pulse.title}, {phase.name}: {_participation(result, wave.pulse)}"
    title = f"*{quote(wave.pulse.title)}* · {quote(phase.name)} · closed {when(wave.closes_at)}"
    blocks: list[Block] = [section(title), section(_participation(result, wave.pulse))]
    lines = _scores(wave.pulse, result, before)
    if lines:
        blocks += [
            *(section(line) for line in lines),
            *_charts(closed),
            *_groups(wave.pulse, result),
            _method(wave.pulse),
        ]
    blocks += (
        _help(requests)
        + (_themes(wave.comment_summary.themes or ()) if wave.comment_summary else [])
        + _progress(running)
    )
    first = score(wave.pulse.questions[0], result)
    return message(f"{head} {_written(first)}" if first else head, blocks)


def comments(wave: Wave) -> Message:
    """The themes of the comments, some hours after the scores."""
    found = wave.comment_summary.themes if wave.comment_summary else None
    count = wave.comment_summary.writers if wave.comment_summary else 0
    if found is None:
        text = f"Fewer than {wave.pulse.comments} people wrote a comment, so comments are not shown."
    elif not found:
        text = f"People who wrote a comment: {count}. No word was used by {wave.pulse.comments} or more of them."
    else:
        text = f"People who wrote a comment in {wave.pulse.title}: {count}. They wrote about:"
    return message(text, [section(text), *_themes(found or ())])


def _percent(result: WaveResult) -> str:
    return f"{result.response_rate * 100:.0f} %"


def _participation(result: WaveResult, pulse: Pulse) -> str:
    if result.is_withheld:
        return WITHHELD
    if result.answered < pulse.threshold:
        return f"Fewer than {pulse.threshold} people answered, so there are no results."
    text = f"{result.answered} of {result.invited} people answered ({_percent(result)})."
    if not result.left_out:
        return text
    out = plural(result.left_out, "1 more person was asked", "{count} more people were asked")
    return f"{text} {out} but left out, so that a comparison with earlier results reveals no one's answer."


def _scores(pulse: Pulse, result: WaveResult, before: WaveResult | None) -> list[str]:
    lines = []
    for question in pulse.questions:
        found = score_with_change(question, result, before, pulse.threshold)
        if found:
            lines.append(f"{quote(question.text, 200)} {_written(found)}{_verdict(found)}")
    together = umux_lite_score(result, before, pulse.threshold)
    return lines + (
        [f"Easy to use and does what's needed (UMUX-Lite): {_written(together)}{_verdict(together)}"]
        if together
        else []
    )


def _written(found: Score) -> str:
    bounds = found.interval
    value = f"{bounds.value:+.0f}" if found.label == "NPS" else f"{bounds.value:.0f}"
    unit = f" {found.unit}" if found.unit else ""
    return f"*{value}{unit}* {quote(found.label, 80)} ({bounds.low:.0f} to {bounds.high:.0f}, answers: {found.n})"


def _verdict(found: Score) -> str:
    return f" · {VERDICTS[found.verdict]}" if found.verdict else ""


def _charts(closed: Sequence[Wave]) -> list[Block]:
    """The answers to the first question, and the trend of all scores."""
    wave = closed[0]
    first = wave.pulse.questions[0]
    cell = wave.result.cells.get("", {}).get(first.id) if wave.result else None
    if cell is None:
        return []
    values = [str(value) for value in (first.options or first.kind.scale)][:MAX_POINTS]
    counts = [cell.counts.get(value, 0) for value in values]
    bars = charts.chart(first.text, "bar", {"answers": counts}, values)
    return [one for one in (bars, _trend(closed)) if one]


def _trend(closed: Sequence[Wave]) -> Block | None:
    shown = [wave for wave in reversed(closed) if wave.result and wave.result.cells]
    if len(shown) < 2:
        return None
    shown = shown[-MAX_POINTS:]
    labels = [day(wave.closes_at) for wave in shown]
    if len(set(labels)) < len(labels):  # several on one day
        labels = [f"{day(wave.closes_at)} {wave.closes_at:%H:%M:%S}" for wave in shown]
    series = {}
    for number, question in enumerate(q for q in shown[-1].pulse.questions if q.kind is not QuestionKind.CHOICE):
        found = [_same(question, wave) for wave in shown]
        values = [round(one.interval.value, 1) if one else None for one in found]
        if any(found):
            series[question.kind.value if question.kind.value not in series else f"{question.kind.value} {number}"] = (
                values
            )
    return charts.chart("Trend", "line", series, labels)


def _same(question: Question, wave: Wave) -> Score | None:
    """The score of the same question in another wave; None where it was of another kind."""
    there = next((q for q in wave.pulse.questions if (q.id, q.kind) == (question.id, question.kind)), None)
    return score(there, wave.result) if there and wave.result else None


def _groups(pulse: Pulse, result: WaveResult) -> list[Block]:
    """The table by group, and how many groups are hidden."""
    scored = [q for q in pulse.questions if not q.kind.is_text][:MAX_COLUMNS]
    names = [name for name in sorted(result.cells) if name and len(result.asked) > 1][:MAX_ROWS]
    hidden = len([name for name in result.asked if name and name not in result.cells])
    note = (
        [
            context(
                plural(
                    hidden,
                    "1 group is hidden to protect the answers of small groups.",
                    "{count} groups are hidden to protect the answers of small groups.",
                )
            )
        ]
        if hidden
        else []
    )
    if not names:
        return note
    head = ["Group", *(cut(q.text, 40) for q in scored)]
    rows = [[cut(name, 60), *(_brief(score(q, result, name)) for q in scored)] for name in names]
    return [charts.table("By group", head, rows), *note]


def _brief(found: Score | None) -> str:
    if found is None:
        return "not shown"
    bounds, unit = found.interval, f" {found.unit}" if found.unit else ""
    return f"{bounds.value:.0f}{unit} ({bounds.low:.0f} to {bounds.high:.0f}), {found.n}"


def _method(pulse: Pulse) -> Block:
    return context(
        "In brackets: the 95 % confidence interval for all people who were asked. A change is named only when it is "
        f"statistically significant. Groups of fewer than {pulse.threshold} people are not shown."
    )


def _help(found: HelpRequests) -> list[Block]:
    if found.too_few:
        return []
    text = f"After low answers, {found.wanted} asked for help ({found.closed} closed) and {found.declined} declined it."
    return [context(text)]


def _themes(found: Sequence[Theme]) -> list[Block]:
    blocks = []
    for theme in found:
        examples = "".join(f"\n> {quote(one, 200)}" for one in theme.examples)
        people = plural(theme.count, "1 person", "{count} people")
        blocks.append(section(f"*{quote(theme.word, 60)}* · {people}{_tone(theme)}{examples}"))
    note = NO_TONE if any(theme.positive is None for theme in found) else TONE
    return [*blocks, context(note)] if blocks else []


def _tone(theme: Theme) -> str:
    """Return how many comments sound positive or negative; without either nothing is claimed, as most are not heard."""
    return f" ({theme.positive} positive, {theme.negative} negative)" if theme.positive or theme.negative else ""


def _progress(progress: Progress | None) -> list[Block]:
    if progress is None:
        return []
    wave, asked, answered = progress
    until = when(wave.closes_at)
    return [context(f"A wave is open until {until}. {_impression(asked, answered)} Results follow when it closes.")]


def _impression(asked: int, answered: int) -> str:
    """Say roughly how many have answered: an exact number would tell who answers at this moment."""
    if answered <= asked * FEW:
        return "Few people have answered so far."
    return "About half have answered." if answered < asked * MOST else "Most people have answered."
