"""Results as they are read: figures with their bounds and verdicts, charts, groups in a table, and themes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bot.views import charts
from bot.views.charts import LABEL, POINTS, cut
from bot.views.text import Block, context, message, quote, section, when
from domain.phases.phase import Phase
from domain.pulse.results import Score, WaveResult, score, score_with_change, umux_lite_score
from domain.pulse.settings import Pulse, Question, QuestionKind
from domain.pulse.themes import Theme
from domain.pulse.wave import Wave

Message = dict[str, Any]
Progress = tuple[Wave, int, int]
ROWS, COLUMNS = 20, 6  # of a table that is read at a glance
ARROWS = {"up": ":arrow_upper_right: up", "down": ":arrow_lower_right: down", "no change shown": "no change shown",
          "too few": "too few to compare"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class HelpRequests:
    """What became of low answers; nothing of it is said where they are few."""

    counted: int
    wanted: int
    closed: int
    few: bool


def none_yet(pulse: Pulse, running: Progress | None) -> Message:
    text = f"{pulse.title} has no results yet."
    return message(text, [section(text), *_running(running)])


def results(
    closed: Sequence[Wave], phase: Phase, help_: HelpRequests, *, running: Progress | None = None
) -> Message:  # fmt: skip
    """`closed` are the waves that ended, the newest first."""
    wave, before = closed[0], closed[1].result if len(closed) > 1 else None
    result = wave.result or WaveResult(invited=0, answered=0)
    head = f"{wave.pulse.title}, {phase.name}: {result.answered} of {result.invited} answered ({_percent(result)})"
    title = f"*{quote(wave.pulse.title)}* · {quote(phase.name)} · closed {when(wave.closes_at)}"
    blocks: list[Block] = [section(title), section(_participation(result, wave.pulse))]
    rows = _figures(wave.pulse, result, before)
    if rows:
        blocks += [*(section(row) for row in rows), *_charts(closed), *_groups(wave.pulse, result), _how(wave.pulse)]
    blocks += (
        _help(help_) + (_themes(wave.comment_summary.themes or ()) if wave.comment_summary else []) + _running(running)
    )
    first = score(wave.pulse.questions[0], result)
    return message(f"{head}. {_said(first)}" if first else f"{head}.", blocks)


def words(wave: Wave) -> Message:
    """Some hours after the figures."""
    found = wave.comment_summary.themes if wave.comment_summary else None
    count = wave.comment_summary.writers if wave.comment_summary else 0
    if found is None:
        text = f"Fewer than {wave.pulse.comments} people wrote something, so it is not shown."
    elif not found:
        text = f"{count} people wrote something; no word was used by {wave.pulse.comments} of them."
    else:
        text = f"What {count} people wrote about in {wave.pulse.title}"
    return message(text, [section(text), *_themes(found or ())])


def _percent(result: WaveResult) -> str:
    return f"{result.response_rate * 100:.0f} %"


def _participation(result: WaveResult, pulse: Pulse) -> str:
    text = f"{result.answered} of {result.invited} people answered ({_percent(result)})."
    few = f" Fewer than {pulse.threshold} answers are not shown." if result.answered < pulse.threshold else ""
    return text + few


def _figures(pulse: Pulse, result: WaveResult, before: WaveResult | None) -> list[str]:
    lines = []
    for question in pulse.questions:
        found = score_with_change(question, result, before, pulse.threshold)
        if found:
            lines.append(f"{quote(question.text, 200)} {_said(found)}{_verdict(found)}")
    together = umux_lite_score(result, before, pulse.threshold)
    return lines + ([f"Ease and needs together: {_said(together)}{_verdict(together)}"] if together else [])


def _said(found: Score) -> str:
    bounds = found.interval
    value = f"{bounds.value:+.0f}" if found.label == "net promoters" else f"{bounds.value:.0f}"
    unit = f" {found.unit}" if found.unit else ""
    return f"*{value}{unit}* {quote(found.label, 80)} ({bounds.low:.0f} to {bounds.high:.0f}; {found.n} answers)"


def _verdict(found: Score) -> str:
    return f" · {ARROWS[found.verdict]}" if found.verdict else ""


def _charts(closed: Sequence[Wave]) -> list[Block]:
    """How the first question was answered, and how its figure and the others went over the waves."""
    wave = closed[0]
    first = wave.pulse.questions[0]
    cell = wave.result.cells.get("", {}).get(first.id) if wave.result else None
    if cell is None:
        return []
    values = [str(value) for value in (first.options or first.kind.scale)][:POINTS]
    counts = [cell.counts.get(value, 0) for value in values]
    bars = charts.chart(first.text, "bar", {"answers": counts}, [value[:LABEL] for value in values])
    return [bars, *_trend(closed)]


def _trend(closed: Sequence[Wave]) -> list[Block]:
    shown = [wave for wave in reversed(closed) if wave.result and wave.result.cells]
    if len(shown) < 2:
        return []
    shown = shown[-POINTS:]
    labels = [wave.closes_at.strftime("%d %b") for wave in shown]
    if len(set(labels)) < len(labels):  # several on one day
        labels = [wave.closes_at.strftime("%d %b %H:%M:%S") for wave in shown]
    series = {}
    for number, question in enumerate(q for q in shown[-1].pulse.questions if q.kind is not QuestionKind.CHOICE):
        found = [_same(question, wave) for wave in shown]
        values = [round(one.interval.value, 1) if one else None for one in found]
        if any(found):
            series[question.kind.value if question.kind.value not in series else f"{question.kind.value} {number}"] = (
                values
            )
    return [charts.chart("Over the waves", "line", series, labels)] if series else []


def _same(question: Question, wave: Wave) -> Score | None:
    """The figure of that question in another wave, where it was asked of the same kind."""
    there = next((q for q in wave.pulse.questions if (q.id, q.kind) == (question.id, question.kind)), None)
    return score(there, wave.result) if there and wave.result else None


def _groups(pulse: Pulse, result: WaveResult) -> list[Block]:
    """The groups that may be shown; where some are kept back it is said."""
    scored = [q for q in pulse.questions if not q.kind.is_text][:COLUMNS]
    names = [name for name in sorted(result.cells) if name and len(result.asked) > 1][:ROWS]
    hidden = len([name for name in result.asked if name and name not in result.cells])
    note = [context(f"{hidden} groups are not shown: too few people, or too few would be left.")] if hidden else []
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


def _how(pulse: Pulse) -> Block:
    return context(
        "In brackets: where the figure of everybody who was asked lies, with 95 % certainty. A change is only called "
        f"one when the numbers show it. Nothing is shown of fewer than {pulse.threshold} people."
    )


def _help(found: HelpRequests) -> list[Block]:
    if found.few:
        return []
    done = f"{found.closed} of them have an outcome"
    return [context(f"After low answers {found.wanted} wanted help, and {done}; {found.counted} did not.")]


def _themes(found: Sequence[Theme]) -> list[Block]:
    blocks = []
    for theme in found:
        tone = (
            f"{theme.positive} gladly, {theme.negative} not"
            if theme.positive or theme.negative
            else "no tone either way"
        )
        examples = "".join(f"\n> {quote(one, 200)}" for one in theme.examples)
        blocks.append(section(f"*{quote(theme.word, 60)}* · {theme.count} people ({tone}){examples}"))
    return blocks


def _running(progress: Progress | None) -> list[Block]:
    if progress is None:
        return []
    wave, asked, answered = progress
    until = when(wave.closes_at)
    return [context(f"A wave is open until {until}: {answered} of {asked} have answered. Nothing else is shown yet.")]
