"""The post-mortem: the page for the team, the form for the leads, the message, and the document for others."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from bot.views import form
from bot.views.actions.actions import improve_button
from bot.views.inputs import TextInput
from bot.views.learning import drafts
from bot.views.reporting.metrics import percent, verdict
from bot.views.text import Block, actions, button, context, day, duration, header, message, quote, rich, section, when
from domain.actions.action_item import ActionItem, ActionKind
from domain.decisions.decision import Decision
from domain.exit.record import ExitRecord, RecordKind
from domain.learning.post_mortem import TEXT_LIMIT, LessonKind, PostMortem, PostMortemDocument, draft_text
from domain.phases.phase import Phase
from domain.reporting.figures import PeriodCounts
from domain.reporting.kpis import TargetResult
from domain.reporting.metrics import DurationMetric, Metrics
from domain.statistics.intervals import Interval
from domain.text import plural

Message = dict[str, Any]
SHOW, COLLECT, EDIT, POST = "post_mortem", "post_mortem_ask", "post_mortem_edit", "post_mortem_post"
FIELDS = tuple(TextInput(id=kind.value, label=kind.label, limit=TEXT_LIMIT) for kind in LessonKind)
COMMENT_WORDS = "What comments were about"
MAX_LINES = 15  # of a part in Slack; the document has all
EXIT_WORDS = {
    RecordKind.PROPOSED: "the exit was proposed", RecordKind.WITHDRAWN: "the exit was no longer proposed",
    RecordKind.SIGNED: "the exit was signed", RecordKind.ACCEPTED: "accepted", RecordKind.REJECTED: "rejected",
    RecordKind.WAIVED: "waived",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class PostMortemData:
    """What the data say about a phase from `since` to `until`; nothing of private tickets, and no person."""

    phase: Phase
    since: datetime
    until: datetime
    count: PeriodCounts | None  # None where there are too many to count while a person waits
    kpis: Sequence[TargetResult]
    metrics: Metrics | None  # likewise
    satisfaction: Sequence[tuple[date, Interval]]
    themes: Sequence[tuple[str, int]]  # a word of comments, and how many people used it
    critical: Sequence[tuple[int, datetime, datetime | None]]
    marked: Sequence[tuple[datetime, str]]
    decisions: Sequence[Decision]
    exits: Sequence[ExitRecord]
    actions: Sequence[ActionItem]
    trainings: Sequence[str] = ()  # titles of actions that would close a training gap


@dataclass(frozen=True, slots=True, kw_only=True)
class PostMortemPage:
    """What one person sees of a post-mortem."""

    data: PostMortemData
    written: PostMortem
    notes: Mapping[LessonKind, Sequence[str]]  # what people wrote in the form, once it may be shown
    asked_until: datetime | None  # while people can answer
    leads: bool
    can_draft: bool = False  # a language model is set up


def page(shown: PostMortemPage) -> Message:
    """Return the post-mortem as it is now, with the buttons of that person."""
    phase = shown.data.phase
    blocks: list[Block] = [header(f"Post-mortem of {phase.name}")]
    for heading, lines in data_parts(shown.data):
        blocks.append(section("\n".join([f"*{heading}*", *_shortened(lines)])))
    blocks += _texts(shown.written)
    if shown.asked_until:
        blocks.append(context(f"People can answer the anonymous form until {when(shown.asked_until)}."))
    elif any(shown.notes.values()):
        blocks.append(context("What people wrote in the anonymous form is in *Edit* where you have written nothing."))
    return message(f"Post-mortem of {quote(phase.name)}", [*blocks, actions(*_buttons(shown))])


def _buttons(shown: PostMortemPage) -> list[Block]:
    key = shown.data.phase.key
    found = []
    if shown.leads:
        found = [button("Edit", EDIT, key), *([] if shown.asked_until else [button("Ask people", COLLECT, key)]),
                 *([] if shown.written.is_empty else [button("Post", POST, key, style="primary")])]  # fmt: skip
    if shown.leads and shown.can_draft:
        found += [button("Draft words", drafts.POST_MORTEM, key), button("Name themes", drafts.THEMES, key)]
    found.append(improve_button("Add change", ActionKind.PROCESS, key))
    gaps = shown.data.trainings[:5] or ("",)
    return [*found, *(improve_button("Add training", ActionKind.TRAINING, key, gap, number=n)
                      for n, gap in enumerate(gaps))]  # fmt: skip


def posted(data: PostMortemData, written: PostMortem) -> Message:
    """Return the message to the team."""
    name = quote(data.phase.name)
    blocks: list[Block] = [header(f"Post-mortem of {data.phase.name}"), *_texts(written)]
    for heading, lines in data_parts(data):
        blocks.append(section("\n".join([f"*{heading}*", *_shortened(lines)])))
    blocks.append(context("Process changes and trainings are tracked until they are done: `/hypercare actions`."))
    return message(f"The post-mortem of {name} is ready.", blocks)


def _texts(written: PostMortem) -> list[Block]:
    found = list[Block]()
    for kind in LessonKind:
        if text := written.texts.get(kind, ""):
            found += [section(f"*{kind.label}*"), rich(text)]
    return found


def _shortened(lines: Sequence[str]) -> list[str]:
    found = [f"• {quote(line)}" for line in lines[:MAX_LINES]]
    return [*found, f"… and {len(lines) - MAX_LINES} more"] if len(lines) > MAX_LINES else found


def document(data: PostMortemData, written: PostMortem) -> PostMortemDocument:
    """Return the post-mortem for people outside Slack."""
    period = f"{data.since:%d %B %Y} to {data.until:%d %B %Y}"
    texts = [(kind.label, [line.removeprefix("• ") for line in written.texts[kind].splitlines() if line.strip()])
             for kind in LessonKind if written.texts.get(kind)]  # fmt: skip
    about = f"{data.phase.system_name}, {period}. Private tickets are not counted, and no person is named."
    return PostMortemDocument(f"Post-mortem of {data.phase.name}", about, [*texts, *data_parts(data)])


def data_parts(data: PostMortemData) -> list[tuple[str, list[str]]]:
    """Return (heading, lines of plain text) of each part that has data."""
    asked = [f"{day(on, data.until)}: {_range(one)} satisfied" for on, one in data.satisfaction]
    words = [plural(n, "{word}: 1 person", "{word}: {count} people", word=word) for word, n in data.themes]
    parts = [
        ("Figures", _figures(data)), ("Timeline", _timeline(data)), ("Satisfaction in pulses", asked),
        (COMMENT_WORDS, words),
        ("Decisions", [f"{one.name} {one.question}: {one.choice}" for one in data.decisions if not one.is_open]),
        ("Process changes and trainings", [_action(one) for one in data.actions if one.kind.outlives_phase]),
    ]  # fmt: skip
    return [(heading, lines) for heading, lines in parts if lines]


def _figures(data: PostMortemData) -> list[str]:
    lines = [*_counts(data)]
    for one in data.kpis:
        value, target, label, _ = verdict(one)
        lines.append(f"{one.kpi.label}: {value} ({target}, {label})")
    lines += _measured(data.metrics) if data.metrics else []
    done = sum(not one.is_open for one in data.actions)
    return [*lines, f"{done} of {len(data.actions)} actions done or dropped"] if data.actions else lines


def _counts(data: PostMortemData) -> list[str]:
    count = data.count
    if count is None:
        return [f"The figures of the whole phase are in the document: hypercare postmortem {data.phase.key}"]
    return [plural(count.opened, "1 report, {critical} critical, {resolved} resolved",
                   "{count} reports, {critical} critical, {resolved} resolved",
                   critical=count.critical, resolved=count.resolved),
            plural(count.praise, "1 report of praise", "{count} reports of praise")]  # fmt: skip


def _measured(found: Metrics) -> list[str]:
    """Return the shares with their bounds, and the medians."""
    shares = (("Acknowledged in time", found.acknowledged_in_time), ("Resolved in time", found.resolved_in_time),
              ("Reopened", found.reopened), ("First-time fix", found.first_fix))  # fmt: skip
    times = (("Time to acknowledge", found.acknowledge), ("Time to resolve", found.resolve))
    return [
        *(f"{name}: {percent(one)}, between {_bounds(one.interval)} (95 %), of {one.n}" for name, one in shares if one),
        *(f"{name}: {_median(one)}" for name, one in times if one.median is not None),
    ]


def _bounds(one: Interval) -> str:
    return f"{100 * one.low:.0f} and {100 * one.high:.0f} %"


def _median(one: DurationMetric) -> str:
    return f"{duration(one.median)} of working time (median)"


def _range(one: Interval) -> str:
    return f"{one.value:.0f} % (95 % between {one.low:.0f} and {one.high:.0f} %)"


def _timeline(data: PostMortemData) -> list[str]:
    """Return what happened when, oldest first, in the time zone of the phase."""
    phase = data.phase
    found = [(phase.start_of_day(phase.go_live), "go-live")] if phase.go_live else []
    for number, opened, resolved in data.critical:
        after = f"resolved {day(phase.local_date(resolved), data.until)}" if resolved else "not resolved"
        found.append((opened, f"critical ticket {phase.key}-{number}, {after}"))
    found += data.marked
    found += [(one.decided_at, f"{one.name} decided: {one.choice}") for one in data.decisions if one.decided_at]
    found += [(one.at, _exit(one)) for one in data.exits]
    found += [(phase.ended_at, "end of the phase")] if phase.ended_at else []
    return [f"{day(phase.local_date(at), data.until)}: {text}" for at, text in sorted(found, key=lambda one: one[0])]


def _exit(one: ExitRecord) -> str:
    words = EXIT_WORDS[one.kind]
    named = one.kind in (RecordKind.PROPOSED, RecordKind.WITHDRAWN, RecordKind.SIGNED)
    return words if named else f"{one.subject.partition(':')[2] or one.subject} {words}: {one.reason}"


def _action(one: ActionItem) -> str:
    state = f"due {day(one.due, one.made_at)}" if one.is_open else one.state.label.lower()
    return f"{one.name} {one.title} ({one.kind.label.lower()}, {state})"


def edit_form(shown: PostMortemPage, learned: str = "") -> Block:
    """Return the form with what was written, and where nothing was, with what people wrote.

    `learned` is a draft, which is added to what was learned.
    """
    values = {kind.value: shown.written.texts.get(kind) or draft_text(shown.notes.get(kind, ())) for kind in LessonKind}
    if learned:
        both = filter(None, (values[LessonKind.LEARNED.value], learned))
        values[LessonKind.LEARNED.value] = "\n".join(both)[:TEXT_LIMIT]
    carried = {"phase": shown.data.phase.key, "version": shown.written.version}
    return form.modal(EDIT, "Post-mortem", FIELDS, values=values, metadata=carried)


def read_form(view: Mapping[str, Any]) -> tuple[str, int, dict[LessonKind, str]]:
    """Return the key of the phase, the version that was edited, and the texts; InvalidForm with every error."""
    given, carried = form.read(view, FIELDS), form.metadata(view)
    version = carried.get("version")
    texts = {kind: str(given.get(kind.value, "")) for kind in LessonKind}
    return str(carried.get("phase") or ""), version if type(version) is int else -1, texts


def asked(until: datetime) -> str:
    return (
        f"We're asking the team and the users now, anonymously, until {when(until)}. What they write is in *Edit* then."
    )
