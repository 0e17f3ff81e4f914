"""The exit of a phase: gates, score, forecast, first runs, the form for decisions, and the sign-off."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from bot.views import form
from bot.views.exit import forecast as forecast_views
from bot.views.inputs import ChoiceInput, TextInput
from bot.views.people.names import name_of
from bot.views.text import Block, actions, button, context, day, mention, message, quote, section
from bot.views.tickets.judgement import wish_lines
from domain.exit.first_runs import RunOccasion, RunStatus, RunWindow, last_day
from domain.exit.forecast import DefectForecast
from domain.exit.readiness import MIN_COVERAGE, MIN_SCORE, Gate, Measure, Readiness, ReadinessDay
from domain.exit.record import HANDOVER, Decisions, RecordKind, Signatory
from domain.exit.settings import FirstRun
from domain.exit.watch import CRITICAL_DAYS, MIN_ANSWERS, Answers, SatisfactionFall, WatchRelapse
from domain.phases.phase import Phase
from domain.text import plural
from domain.tickets.filters import AgeRange
from domain.tickets.ticket import Ticket

Message = dict[str, Any]
MAX_RUNS = 5  # with a button of their own
SHOW, DECIDE, SIGN = "exit", "exit_decide", "exit_sign"
KINDS = {RecordKind.ACCEPTED: "Accept", RecordKind.REJECTED: "Reject", RecordKind.WAIVED: "Waive"}
DONE = {RecordKind.ACCEPTED: "accepted", RecordKind.REJECTED: "rejected", RecordKind.WAIVED: "waived"}
REASON = TextInput(id="reason", label="Reason", required=True, limit=500,
                   hint="Printed in the sign-off", error="The reason is empty. Write why.")  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class ExitPage:
    """What the page of an exit shows to one person."""

    phase: Phase
    now: datetime
    readiness: Readiness
    forecast: DefectForecast
    decisions: Decisions
    runs: Sequence[RunStatus]
    windows: Mapping[str, RunWindow]  # by the name of the run, of those that have begun
    days: Sequence[ReadinessDay]  # the last days that were kept
    may_decide: bool
    signs: bool


def page(shown: ExitPage) -> Message:
    """Return the page of an exit."""
    title = headline(shown.phase, shown.readiness, shown.decisions)
    blocks: list[Block] = [section(f"*{title}*"), section("\n".join(_gates(shown.readiness)))]
    blocks.append(section("\n".join(_score(shown))))
    if shown.runs:
        blocks += _runs(shown)
    blocks.append(section("\n".join(["*New defects*", *forecast_views.sentences(shown.forecast)])))
    drawn = forecast_views.chart(shown.forecast)
    blocks += [drawn] if drawn else []
    blocks.append(
        context("To be safe, each value is the worse end of its 95 % range. Private tickets count in the gates only.")
    )
    buttons = [button("Decide", DECIDE, shown.phase.key)] if shown.may_decide else []
    if shown.signs and shown.decisions.is_proposed and not shown.decisions.is_signed:
        buttons.append(button("Sign", SIGN, shown.phase.key, style="primary"))
    return message(title, [*blocks, *([actions(*buttons)] if buttons else [])])


def headline(phase: Phase, found: Readiness, decided: Decisions) -> str:
    """Return whether the phase may end, in one sentence."""
    name = quote(phase.name)
    if decided.is_signed:
        return f"The exit of {name} is signed off."
    if decided.is_proposed:
        return f"The exit of {name} is proposed. {_state(found)}"
    return f"{name} is not ready to end. {_state(found)}"


def digest_line(found: Readiness, at: datetime, *, proposed: bool, before: ReadinessDay | None) -> str:
    """Return the line of a digest: score, change since the day before, and what would raise it most.

    `at` is when it was calculated, in the phase's time zone: a digest shows it later, when the page may say more.
    """
    change = ""
    if found.score is not None and before and before.score is not None:
        change = f"{found.score - before.score:+.0f} since {day(before.on)}."
    checked = f"{day(at.date())}, {at:%H:%M}"
    state = f"Exit (checked {checked}): proposed." if proposed else f"Exit (checked {checked}): not ready."
    return " ".join(filter(None, (state, _state(found), change, _most_helpful(found))))


def _state(found: Readiness) -> str:
    passed = sum(gate.passes for gate in found.gates)
    if found.score is None:
        return f"{passed} of {len(found.gates)} gates pass. The score is not measurable yet."
    return f"{passed} of {len(found.gates)} gates pass. Score {found.score:.0f} of 100."


def _gates(found: Readiness) -> list[str]:
    lines = ["*Gates*"]
    for gate in found.gates:
        mark = ":white_check_mark:" if gate.holds else ":large_yellow_circle:" if gate.waiver else ":x:"
        waived = f" Waived: {quote(gate.waiver, 200)}" if gate.waiver and not gate.holds else ""
        lines.append(f"{mark} {gate.gate.label}: {gate.reason}.{waived}")
    return lines


def _score(shown: ExitPage) -> list[str]:
    found = shown.readiness
    if found.score is None:
        measured, needed = f"{100 * found.coverage:.0f} %", f"{100 * MIN_COVERAGE:.0f} %"
        lines = [f"*Score*: not measurable yet. {measured} of it can be measured so far, and {needed} is needed."]
    else:
        rule = f"An exit is proposed after three working days with {MIN_SCORE:.0f} or more and all gates passed."
        lines = [f"*Score*: {found.score:.0f} of 100. {rule}"]
    for measure, scale in found.scale.items():
        if measure in found.measures:
            value = found.measures[measure]
            points = 100 * scale.weight * scale.score(value)
            lines.append(
                f"• {measure.label}: {_value(measure, value)}, {points:.0f} of {100 * scale.weight:.0f} points"
            )
        else:
            lines.append(f"• {measure.label}: not measured, {found.missing[measure]}")
    if found.score is not None and (sentence := _most_helpful(found)):
        lines.append(sentence)
    return lines


def _most_helpful(found: Readiness) -> str:
    best = found.most_helpful
    if found.score is None or best is None:
        return ""
    measure, gain = best
    good = found.scale[measure].good
    return f"What would raise it most, by {gain:.0f}: {measure.label} at {_value(measure, good)}."


def _value(measure: Measure, value: float) -> str:
    return f"{100 * value:.0f} %" if measure.is_share else f"{value:.2f}"


def _runs(shown: ExitPage) -> list[Block]:
    """Return the first runs, with a button for the reports of the watched days of each that has begun."""
    lines = [" ".join([_run(one), *window_sentences(shown.windows.get(one.run.name))]) for one in shown.runs]
    begun = [(one.run, shown.windows[one.run.name]) for one in shown.runs if one.run.name in shown.windows]
    links = [window_button(shown.phase, run, found, n) for n, (run, found) in enumerate(begun) if found.reports]
    return [section("\n".join(["*First runs*", *lines])), *([actions(*links[:MAX_RUNS])] if links else [])]


def window_sentences(found: RunWindow | None) -> list[str]:
    """Return how many reports came in while a run was watched, and whether that is more than before the go-live."""
    if found is None:
        return []
    said = [plural(
        found.reports, "1 report came in its watched days, {critical} critical.",
        "{count} reports came in its watched days, {critical} critical.", critical=found.critical,
    )]  # fmt: skip
    if found.compared:
        ratio = found.compared.ratio
        said.append(
            f"That is {ratio.value:.1f} times as many as on the same weekdays before the go-live (95 %: "
            f"{ratio.low:.1f} to {ratio.high:.1f})."
        )
    elif found.has_baseline:
        said.append("That is too few, or too early, to compare with the days before the go-live.")
    return said


def window_button(phase: Phase, run: FirstRun, found: RunWindow, number: int = 0) -> Block:
    """Return the button that lists the reports of the watched days of a run."""
    asked = f"{AgeRange('opened', found.begins, found.ends)} public tasks phase:{phase.key}"
    return button(f"Reports ({found.reports})", f"list:{number}", asked, name=f"Reports while {run.name} was watched")


def _run(one: RunStatus) -> str:
    name, on = quote(one.run.name), day(one.run.on)
    if one.verdict is None:
        return f"• {name} on {on}: no verdict yet, {name_of(one.run.owner)} decides"
    return f"• {name} on {on}: {one.verdict.value}, {quote(one.reason, 200)}"


def decide_form(phase: Phase, found: Sequence[tuple[RecordKind, str]]) -> Block:
    """Return the form for one decision with its reason."""
    return form.modal(DECIDE, "Decide", (_what(found), REASON), submit="Save", metadata={"phase": phase.key})


def read_decide_form(view: Mapping[str, Any], found: Sequence[tuple[RecordKind, str]]) -> tuple[RecordKind, str, str]:
    """Return kind, subject and reason; InvalidForm with every error."""
    values = form.read_all(view, (_what(found), REASON))
    kind, _, subject = str(values["what"]).partition("|")
    return RecordKind(kind), subject, str(values["reason"])


def _what(found: Sequence[tuple[RecordKind, str]]) -> ChoiceInput:
    options = tuple((f"{kind}|{subject}", f"{KINDS[kind]}: {_subject(subject)}", "") for kind, subject in found)
    return ChoiceInput(id="what", label="Decision", required=True, options=options)


def _subject(subject: str) -> str:
    if subject == HANDOVER:
        return "handover"
    kind, _, name = subject.partition(":")
    return Gate(name).label if kind == "gate" else name


def confirmation(kind: RecordKind, subject: str) -> str:
    return f"{_subject(subject)}: {DONE[kind]}. We've told the team."


def decided(phase: Phase, kind: RecordKind, subject: str, person: str, reason: str) -> Message:
    """Tell the team about a decision."""
    text = (
        f"{phase.key}: {name_of(person)} {DONE[kind]} “{quote(_subject(subject))}” for the exit. {quote(reason, 500)}"
    )
    return message(text, [section(text)])


def proposed(phase: Phase, found: Readiness) -> Message:
    """Propose the exit to the team and to the people who sign."""
    score = f"{found.score:.0f}" if found.score is not None else "unknown"
    text = (
        f"The exit of {quote(phase.name)} is proposed: all gates passed on three working days in a row, and the "
        f"score is {score} of 100. A run owner and a business owner can sign it now."
    )
    return message(text, [section(text), actions(button("Show", SHOW, phase.key), button("Sign", SIGN, phase.key))])


def withdrawn(phase: Phase, found: Readiness) -> Message:
    """Say that the exit is no longer proposed, and why."""
    failing = next((gate for gate in found.gates if not gate.passes), None)
    if failing:
        why = f"“{failing.gate.label}” no longer passes: {failing.reason}."
    elif found.score is None:
        why = "The score is not measurable any more."
    else:
        why = f"The score is down to {found.score:.0f} of 100."
    text = f"The exit of {quote(phase.name)} is no longer proposed. {why}"
    return message(text, [section(text), actions(button("Show", SHOW, phase.key))])


def signed(role: Signatory, *, done: bool) -> str:
    if done:
        return f"You signed for the {role.label}. The exit is signed off, and we've told the team."
    other = next(one for one in Signatory if one is not role)
    return f"You signed for the {role.label}. The {other.label} still has to sign."


def signed_off(
    phase: Phase, found: Readiness, decided: Decisions, runs: Sequence[RunStatus], seal: str,
    wishes: Sequence[Ticket] = (),
) -> Message:  # fmt: skip
    """Tell everyone that the exit is signed off, with each waiver and its reason, the wishes, and the log's seal."""
    text = f"The exit of {quote(phase.name)} is signed off."
    people = [f"• {role.label.capitalize()}: {mention(one.person)}" for role, one in decided.signatures.items()]
    waivers = [f"• {gate.gate.label}: {quote(gate.waiver, 300)}" for gate in found.gates if not gate.holds]
    waivers += [f"• {quote(one.run.name)}: {quote(one.reason, 300)}" for one in runs
                if one.verdict and one.verdict.value == RecordKind.WAIVED.value]  # fmt: skip
    lines = [f"*{text}*", *people, *(["*Waived*", *waivers] if waivers else ["Nothing was waived."])]
    score = f"Score {found.score:.0f} of 100." if found.score is not None else "The score was not measurable."
    after = f"{score} A lead can end the phase now with `/hypercare phase {phase.key}`."
    sealed = f"Seal of events and decisions: `{seal}`. An operator can export the evidence with "
    export = f"`hypercare exit export {phase.key}`."
    later = [section("\n".join(["*Wishes beyond what was agreed*", *wish_lines(wishes)]))] if wishes else []
    return message(text, [section("\n".join(lines)), *later, context(after), context(sealed + export)])


def first_run(phase: Phase, run: FirstRun, what: RunOccasion, seen: RunWindow | None = None) -> Message:
    """Say what is due about a first run; `seen` is what came in while it was watched."""
    name, end = quote(run.name), day(last_day(run))
    owner, accepted = mention(run.owner), f" It is accepted if: {quote(run.acceptance)}" if run.acceptance else ""
    if what is RunOccasion.STAFFING:
        text = (f"{name} runs for the first time on {day(run.on)}. Make sure that enough people are available until "
                f"{end}, and check who is on call.")  # fmt: skip
    elif what is RunOccasion.WATCH:
        text = (
            f"{name} runs for the first time today. {owner} watches it until {end}. Post what you see in this thread."
        )
        text += accepted
    else:
        text = f"How did the first run of {name} go? The exit waits for your verdict.{accepted}"
        text = " ".join([text, *window_sentences(seen)])
        links = [window_button(phase, run, seen)] if seen and seen.reports else []
        return message(text, [section(text), actions(button("Decide", DECIDE, phase.key, style="primary"), *links)])
    return message(text, [section(text)])


def relapse_question(phase: Phase) -> str:
    return (
        f"{phase.name} shows a relapse after its exit. Open it again, with the same team, channels and people on call?"
    )


def relapse_evidence(found: WatchRelapse | SatisfactionFall) -> str:
    """Return what was recorded, and what the exit accepted."""
    if isinstance(found, SatisfactionFall):
        now, before, least = (f"{100 * one:.0f}" for one in (found.change.now, found.change.before,
                                                             -found.change.difference.high))  # fmt: skip
        return (f"{now} % of {found.answers} answers since {day(found.since)} were satisfied, and {before} % at the "
                f"exit. That is at least {least} points less (95 % confidence).")  # fmt: skip
    count, since = f"{found.count:g}", day(found.since)
    if found.is_critical:
        return f"{count} critical reports since {since}, within {CRITICAL_DAYS} working days."
    return f"{count} reports since {since}. The exit accepted {found.expected:.0f} in that time."


def answers_so_far(now: Answers, before: Answers) -> str:
    """Say whether the watch after an exit has enough answers to compare satisfaction."""
    if before.n < MIN_ANSWERS:
        return f"The watch can't compare satisfaction, as fewer than {MIN_ANSWERS} answers are from before the exit."
    if now.n < MIN_ANSWERS:
        return f"The watch compares satisfaction once there are {MIN_ANSWERS} answers since the exit. It has {now.n}."
    return f"The watch compares the {now.n} answers since the exit with the {before.n} before it every morning."


def planned_too_early(phase: Phase, late: Sequence[FirstRun], planned_end: date) -> Message:
    """Say which first runs come after the planned end."""
    names = ", ".join(f"{quote(run.name)} ({day(run.on)})" for run in late)
    text = (
        f"The planned end of {quote(phase.name)} on {day(planned_end)} is before these first runs are over: {names}. "
        f"The exit waits for them, so move the planned end, or waive them."
    )
    return message(text, [section(text)])
