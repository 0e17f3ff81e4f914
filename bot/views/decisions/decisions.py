"""Decisions in Slack: the list, the forms to ask for one, decide and report the outcome, and what the team reads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.views import form
from bot.views.inputs import ChoiceInput, ChoicesInput, DateTimeInput, FormField, TextInput
from bot.views.people.names import name_of
from bot.views.text import Block, actions, button, context, duration, mention, message, quote, section, when
from domain.decisions.decision import (
    QUESTION_LIMIT,
    TEXT_LIMIT,
    Decision,
    DecisionDraft,
    DecisionFigures,
    DecisionKind,
    DecisionState,
)
from domain.decisions.triggers import TriggerRule
from domain.text import lines_of
from domain.tickets.ticket import ChangeScope, Ticket

Message = dict[str, Any]
LIST, ADD, DECIDE, REVERSE, OUTCOME, CAPTURE = (
    "decisions", "decision_add", "decision_decide", "decision_reverse", "decision_outcome", "decision_message",
)  # fmt: skip
SHOWN = 15  # decisions in one list
KIND = ChoiceInput(id="kind", label="Kind", required=True,
                   options=tuple((one.value, one.label, "") for one in DecisionKind))  # fmt: skip
QUESTION = TextInput(id="question", label="What has to be decided", required=True, multiline=False,
                     limit=QUESTION_LIMIT, error="The question is empty. Write what has to be decided.")  # fmt: skip
OPTIONS = TextInput(
    id="options", label="Options", limit=TEXT_LIMIT, hint="One per line, at least two to ask for a decision"
)
CHOICE = TextInput(id="choice", label="Already decided", multiline=False, limit=75,
                   hint="What was chosen. Leave it empty to ask for a decision")  # fmt: skip
RATIONALE = TextInput(id="rationale", label="Rationale", limit=TEXT_LIMIT, hint="Needed with what was decided")
EVIDENCE = TextInput(id="evidence", label="Evidence", limit=TEXT_LIMIT, hint="Figures, links, tickets")
DUE = DateTimeInput(id="due_at", label="Decide by")
WHY = TextInput(id="rationale", label="Rationale", required=True, limit=TEXT_LIMIT,
                error="The rationale is empty. Write why.")  # fmt: skip
RESULT = TextInput(id="outcome", label="What came of it", required=True, limit=TEXT_LIMIT,
                   error="The outcome is empty. Write what came of it.")  # fmt: skip
NEW = (KIND, QUESTION, OPTIONS, DUE, CHOICE, RATIONALE, EVIDENCE)


@dataclass(frozen=True, slots=True)
class ShownDecision:
    """A decision with the name of its ticket."""

    decision: Decision
    about: str = ""


def page(
    key: str, found: Sequence[ShownDecision], figures: DecisionFigures, scopes: Mapping[ChangeScope, int], now: datetime
) -> Message:
    """Return the list of decisions, open ones first, with how fast and how lastingly people decided."""
    ordered = sorted(found, key=lambda one: (not one.decision.is_open, -one.decision.id))
    rows = [block for one in ordered[:SHOWN] for block in _row(one, now)]
    rest = [context(f"… and {len(found) - SHOWN} older ones in the export.")] if len(found) > SHOWN else []
    text = f"Decisions: {sum(one.decision.is_open for one in found)} open, {figures.decided} made"
    lines = [*_figures(figures), *_scopes(scopes)]
    foot = [context("\n".join(lines))] if lines else []
    return message(text, [section(f"*{text}*"), *rows, *rest, *foot, actions(button("Add decision", ADD, key))])


def _figures(found: DecisionFigures) -> list[str]:
    lines = list[str]()
    if found.latency:
        middle, low, high = (duration(one) for one in (found.latency.value, found.latency.low, found.latency.high))
        alone = f"Time to decide, median: {middle}."
        lines.append(alone if low == high else f"Time to decide, median: {middle} ({low} to {high}).")
    if found.reversed:
        share, low, high = (f"{100 * x:.0f} %" for x in (found.reversed.value, found.reversed.low, found.reversed.high))
        lines.append(f"Reversed: {share} of {found.decided} ({low} to {high}).")
    return lines


def _scopes(found: Mapping[ChangeScope, int]) -> list[str]:
    counts = " · ".join(f"{one.label.lower()} {found[one]}" for one in ChangeScope if found.get(one))
    return [f"Tickets by how they are delivered: {counts}."] if counts else []


def _row(one: ShownDecision, now: datetime) -> list[Block]:
    found = one.decision
    if found.is_open:
        return [section(_asked(one, now), accessory=button("Decide", f"{DECIDE}:{found.id}", str(found.id),
                                                           name=f"Decide {found.name}: {found.question}"))]  # fmt: skip
    back = button("Reverse", f"{REVERSE}:{found.id}", str(found.id), name=f"Reverse {found.name}")
    reversible = found.state is DecisionState.DECIDED
    return [section(_made(one), **({"accessory": back} if reversible else {}))]


def _asked(one: ShownDecision, now: datetime) -> str:
    found = one.decision
    due = f"*overdue* since {when(found.due_at)}" if found.is_overdue(now) and found.due_at else (
        f"decide by {when(found.due_at)}" if found.due_at else "")  # fmt: skip
    asked = f"asked: {', '.join(map(name_of, found.asked))}" if found.asked else ""
    facts = [found.kind.label, due, asked, one.about, f"options: {', '.join(quote(o, 80) for o in found.options)}"]
    return f"*{found.name}* {quote(found.question)}\n{' · '.join(filter(None, facts))}"


def asked(question: str) -> str:
    """Return a question that an answer follows: a colon stands between them, unless it ends with a sign of its own."""
    shown = quote(question)
    return shown if shown.endswith(("?", ":", ".", "!")) else f"{shown}:"


def _made(one: ShownDecision) -> str:
    found = one.decision
    state = "reversed" if found.state is DecisionState.REVERSED else ""
    at = when(found.decided_at) if found.decided_at else ""
    facts = [found.kind.label, f"{name_of(found.decided_by)} {at}", one.about, state,
             f"reverses D{found.reverses}" if found.reverses else "",
             f"<{found.source}|message>" if found.source else ""]  # fmt: skip
    title = f"*{found.name}* {asked(found.question)} *{quote(found.choice)}*"
    lines = [title, f"Why: {quote(found.rationale, 400)}",
             " · ".join(filter(None, facts)),
             f"Outcome: {quote(found.outcome, 400)}" if found.outcome else ""]  # fmt: skip
    return "\n".join(filter(None, lines))


def add_form(target: Mapping[str, Any], before: Decision | None = None, question: str = "") -> Block:
    """Return the form for a new decision; `before` is the one that it reverses."""
    values: dict[str, Any] = {"kind": DecisionKind.PRIORITY, "question": question}
    note = "Leave *Already decided* empty to ask for a decision, or write what was decided."
    if before:
        values = {"kind": before.kind, "question": before.question, "options": "\n".join(before.options)}
        note = f"This takes the place of *{before.name}*, which says: {quote(before.choice)}."
    return form.modal(ADD, "Decision", NEW, values=values, metadata=target, before=[section(note)])


def read_add_form(view: Mapping[str, Any]) -> DecisionDraft:
    """Return what an add form says; InvalidForm with every error."""
    given = form.read_all(view, NEW)
    options = tuple(dict.fromkeys(lines_of(given.get("options", ""))))
    return DecisionDraft(
        kind=DecisionKind(given["kind"]), question=given["question"], options=options, choice=given.get("choice", ""),
        rationale=given.get("rationale", ""), evidence=given.get("evidence", ""), due_at=given.get("due_at"),
        ticket_id=form.number(view, "ticket") or None, reverses=form.number(view, "reverses") or None,
        source=form.word(view, "source"),
    )  # fmt: skip


def decide_form(found: Decision) -> Block:
    """Return the form in which one of the options is chosen."""
    shown = [section(f"*{quote(found.question)}*")]
    shown += [section(f"Evidence: {quote(found.evidence, 900)}")] if found.evidence else []
    return form.modal(DECIDE, f"Decide {found.name}", (_choice(found), WHY), submit="Decide",
                      metadata={"decision": found.id}, before=shown)  # fmt: skip


def _choice(found: Decision) -> FormField:
    options = tuple((str(n), one, "") for n, one in enumerate(found.options))
    return ChoiceInput(id="choice", label="Option", required=True, radio=True, options=options)


def decision_of(view: Mapping[str, Any]) -> int:
    """Return the id of the decision that a form is about; 0 if it names none."""
    return form.number(view, "decision")


def read_decide_form(view: Mapping[str, Any], found: Decision) -> tuple[str, str]:
    """Return the chosen option and the rationale."""
    given = form.read_all(view, (_choice(found), WHY))
    return found.options[int(given["choice"])], given["rationale"]


def outcome_form(found: Decision) -> Block:
    """Return the form for what came of a decision, with its checklist."""
    values = {"done": [str(n) for n, one in enumerate(found.steps) if one in found.done], "outcome": found.outcome}
    return form.modal(OUTCOME, f"Outcome of {found.name}", (*_steps(found), RESULT), values=values,
                      metadata={"decision": found.id},
                      before=[section(f"*{asked(found.question)}* {quote(found.choice)}")])  # fmt: skip


def _steps(found: Decision) -> tuple[FormField, ...]:
    options = tuple((str(n), one, "") for n, one in enumerate(found.steps))
    return (ChoicesInput(id="done", label="Steps that are done", options=options),) if options else ()


def read_outcome_form(view: Mapping[str, Any], found: Decision) -> tuple[tuple[str, ...], str]:
    """Return the steps that are done, and what came of it."""
    given = form.read_all(view, (*_steps(found), RESULT))
    return tuple(found.steps[int(n)] for n in given.get("done", ())), given["outcome"]


def asks(one: ShownDecision, now: datetime, *, calls: Sequence[str] = ()) -> Message:
    """Ask for a decision; `calls` are mentioned. Once it is made, the message says which."""
    found = one.decision
    text = f"A decision is needed: {quote(found.question)}"
    who = f"{' '.join(map(mention, calls))} please decide. " if calls else ""
    blocks = [section(f"{who}*{text}*"), section(_asked(one, now))]
    blocks += [section(f"Evidence: {quote(found.evidence, 900)}")] if found.evidence else []
    return message(text, [*blocks, actions(button("Decide", DECIDE, str(found.id), style="primary"))])


def escalated(one: ShownDecision, now: datetime, to: Sequence[str]) -> Message:
    """Say that no one has decided in time, and who is asked now."""
    found = one.decision
    text = f"No one has decided {found.name} in time: {quote(found.question)}"
    called = " ".join(map(mention, to))
    return message(text, [section(f"{called} please decide now. {text}"), section(_asked(one, now)),
                          actions(button("Decide", DECIDE, str(found.id), style="primary"))])  # fmt: skip


def made(one: ShownDecision) -> Message:
    """Say what was decided, why and by whom, with the checklist of that option."""
    found = one.decision
    text = f"{name_of(found.decided_by)} decided {found.name}: {quote(found.choice)}. {quote(found.question)}"
    blocks = [section(_made(one))]
    blocks += (
        [section("\n".join(["*Checklist*", *(f"• {quote(step)}" for step in found.steps)]))] if found.steps else []
    )
    buttons = [button("Record outcome", OUTCOME, str(found.id))] if found.kind is DecisionKind.GO_NO_GO else []
    return message(text, [*blocks, actions(*buttons, button("Add action", "action_add", f"decision:{found.id}"))])


def closed(one: ShownDecision) -> Message:
    """What a message that asked for a decision says once it is made."""
    found = one.decision
    return message(f"{found.name} is decided: {quote(found.choice)}", [section(_made(one))])


def outcome(one: ShownDecision, person: str) -> Message:
    """Say what came of a decision, and which steps are not done."""
    found = one.decision
    left = [step for step in found.steps if step not in found.done]
    text = f"{name_of(person)} recorded what came of {found.name}, {quote(found.choice)}: {quote(found.outcome, 600)}"
    todo = [section("\n".join(["*Not done yet*", *(f"• {quote(step)}" for step in left)]))] if left else []
    return message(text, [section(text), *todo])


def evidence(rule: TriggerRule, value: float, critical: Sequence[Ticket]) -> str:
    """Return why a trigger has fired: what was measured, and the critical tickets that everyone may see."""
    held = f" for {duration(rule.lasting.total_seconds() / 60)}" if rule.lasting else ""
    lines = [f"{rule.measure.label}: {value:g}, and {rule.sign} {rule.value:g} holds{held}."]
    return "\n".join([*lines, *(f"{one.name} {one.summary}" for one in critical)])


def digest_line(count: int, overdue: int) -> str:
    """Return the line of a team's digest; nothing without an open decision."""
    if not count:
        return ""
    return f"Decisions open: {count}. Overdue: {overdue}." if overdue else f"Decisions open: {count}."
