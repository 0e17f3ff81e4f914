"""Problems in Slack: the list, the page with chain and fishbone, the forms, and what their thread says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.views import form
from bot.views.inputs import ChoiceInput, FormField, TextInput
from bot.views.people.names import name_of
from bot.views.text import Block, actions, button, context, message, plain, quote, section
from domain.problems.problem import (
    EVIDENCE_LIMIT,
    TEXT_LIMIT,
    TITLE_LIMIT,
    WHY,
    Cause,
    CauseClass,
    Problem,
    count_classes,
    fishbone_text,
)
from domain.text import plural, shorten
from domain.tickets.ticket import Fix, Severity, Ticket

Message = dict[str, Any]
LIST, SHOW, ADD, CAUSE, SOLVE = "problems", "problem_show", "problem_add", "problem_cause", "problem_resolve"
SHOWN = 15  # problems in one list
CHOICES = 99  # problems in a select, besides a new one
NEW = "new"
TITLE = TextInput(id="title", label="What keeps happening", multiline=False, limit=TITLE_LIMIT)
TEXT = TextInput(id="text", label="Why does it happen", required=True, limit=TEXT_LIMIT,
                 error="The cause is empty. Write why it happens.")  # fmt: skip
EVIDENCE = TextInput(id="evidence", label="Evidence", limit=EVIDENCE_LIMIT,
                     hint="A figure, a link, a file, or what you saw. A why needs it")  # fmt: skip
FIX = ChoiceInput(id="fix", label="Kind of fix", required=True, radio=True,
                  options=tuple((one.value, one.label, one.meaning) for one in Fix))  # fmt: skip
CLASS = ChoiceInput(id="cause_class", label="Class of the cause",
                    options=tuple((one.value, one.label, "") for one in CauseClass))  # fmt: skip
DONE = TextInput(id="resolution", label="What was done", required=True, limit=TEXT_LIMIT,
                 error="What was done is empty. Write it.")  # fmt: skip


@dataclass(frozen=True, slots=True)
class ShownProblem:
    """A problem with its tickets, and how many whys its root cause needs."""

    problem: Problem
    tickets: Sequence[Ticket]
    minimum: int


def listing(key: str, found: Sequence[ShownProblem], repeated: Sequence[Ticket]) -> Message:
    """Return the problems, open ones first, causes by class, and repeated tickets that no problem has."""
    ordered = sorted(found, key=lambda one: (not one.problem.is_open, one.problem.severity.rank, -one.problem.id))
    text = f"Problems: {sum(one.problem.is_open for one in found)} open, {len(found)} in all"
    rows = [section(_line(one), accessory=_open(one.problem)) for one in ordered[:SHOWN]]
    classes = " · ".join(f"{kind.label.lower()} {n}" for kind, n in
                         count_classes(one.problem for one in found).most_common())  # fmt: skip
    foot = [context(f"Root causes by class: {classes}.")] if classes else []
    again = [section(f"*{one.name}* keeps coming back: {quote(one.summary)}",
                     accessory=button("Add ticket", f"{ADD}:{one.id}", str(one.id),
                                      name=f"Add {one.name} to a problem"))
             for one in repeated]  # fmt: skip
    return message(text, [section(f"*{text}*"), *rows, *foot, *again, actions(button("Add problem", ADD, key))])


def _open(problem: Problem) -> Block:
    return button("Open", f"{SHOW}:{problem.id}", str(problem.id), name=f"Open {problem.name}: {problem.title}")


def _line(one: ShownProblem) -> str:
    found = one.problem
    state = found.state.value if not found.is_open or found.fix is None else f"open, {found.fix.label.lower()} only"
    facts = [found.severity.value, state, plural(len(one.tickets), "1 ticket", "{count} tickets"),
             f"whys: {len(found.whys)} of {one.minimum}",
             found.cause_class.label.lower() if found.cause_class else ""]  # fmt: skip
    return f"*{found.name}* {quote(found.title)}\n{' · '.join(filter(None, facts))}"


def page(one: ShownProblem, branches: Sequence[str]) -> Block:
    """Return the modal with everything about a problem."""
    found = one.problem
    blocks = [section(_line(one)), *([section(f"Done: {quote(found.resolution, 500)}")] if found.resolution else [])]
    if found.is_open:
        blocks.append(actions(button("Add cause", CAUSE, str(found.id)), button("Resolve", SOLVE, str(found.id)),
                              button("Add action", "action_add", f"problem:{found.id}")))  # fmt: skip
    names = ", ".join(f"*{ticket.name}* {quote(ticket.summary, 60)}" for ticket in one.tickets[:20])
    blocks += [section(f"Tickets: {names}")] if names else []
    blocks += [section("\n".join(["*Why*", *(_why(n, cause) for n, cause in enumerate(found.whys, 1))]))]
    bone = "\n".join(fishbone_text(found, branches)).replace("```", "")
    blocks += [section(f"*Fishbone*\n```{shorten(quote_lines(bone), 2800)}```")] if bone else []
    return {"type": "modal", "callback_id": "problem_page", "title": plain(f"Problem {found.name}", 24),
            "close": plain("Close", 24), "blocks": blocks}  # fmt: skip


def quote_lines(text: str) -> str:
    """Return text of several lines without control sequences."""
    return "\n".join(f"{line[: len(line) - len(line.lstrip())]}{quote(line.strip(), 300)}" for line in text.split("\n"))


def _why(number: int, cause: Cause) -> str:
    return f"{number}. {quote(cause.text, 300)} ({quote(cause.evidence, 200)}, {name_of(cause.person)})"


def add_form(target: Mapping[str, Any], known: Sequence[Problem], ticket: Ticket | None) -> Block:
    """Return the form that opens a problem, or with a `ticket` also adds it to a known one."""
    values = {"problem": NEW, "title": ticket.summary if ticket else "",
              "severity": ticket.severity if ticket else Severity.MEDIUM}  # fmt: skip
    return form.modal(ADD, "Problem", _add_fields(known if ticket else ()), values=values, metadata=target)


def _add_fields(known: Sequence[Problem]) -> tuple[FormField, ...]:
    options = ((NEW, "A new problem", ""),
               *((str(one.id), shorten(f"{one.name} {one.title}", 75), "") for one in known[:CHOICES]))  # fmt: skip
    choice = ChoiceInput(id="problem", label="Problem", required=True, options=options)
    severity = ChoiceInput(id="severity", label="Severity", required=True,
                           options=tuple((one.value, one.capitalize(), "") for one in Severity))  # fmt: skip
    return (choice, TITLE, severity)


def read_add_form(view: Mapping[str, Any], known: Sequence[Problem]) -> tuple[int | None, str, Severity]:
    """Return the id of the chosen problem, or None with the title and the severity of a new one."""
    given = form.read_all(view, _add_fields(known))
    chosen = given["problem"]
    if chosen == NEW and not given.get("title"):
        raise form.InvalidForm({"title": "The title is empty. Write what keeps happening."})
    return (None if chosen == NEW else int(chosen)), given.get("title", ""), Severity(given["severity"])


def target_of(view: Mapping[str, Any]) -> tuple[str, int | None]:
    """Return the phase's key and the ticket of an add form."""
    return form.word(view, "phase"), form.number(view, "ticket") or None


def problem_of(view: Mapping[str, Any]) -> int:
    """Return the id of the problem that a form is about; 0 if it names none."""
    return form.number(view, "problem")


def cause_form(one: ShownProblem, branches: Sequence[str]) -> Block:
    """Return the form for the next why, or for a contributing factor."""
    found = one.problem
    last = found.whys[-1].text if found.whys else found.title
    note = section(f"Whys so far: {len(found.whys)} of at least {one.minimum}. Why does this happen: {quote(last)}?")
    return form.modal(CAUSE, f"Cause of {found.name}", (_branch(branches), TEXT, EVIDENCE), values={"branch": WHY},
                      submit="Add", metadata={"problem": found.id}, before=[note])  # fmt: skip


def _branch(branches: Sequence[str]) -> FormField:
    options = ((WHY, "Next why in the chain", ""), *((one, f"Contributing factor: {one}", "") for one in branches))
    return ChoiceInput(id="branch", label="Where", required=True, options=options)


def read_cause_form(view: Mapping[str, Any], branches: Sequence[str]) -> tuple[str, str, str]:
    """Return branch, text and evidence."""
    given = form.read_all(view, (_branch(branches), TEXT, EVIDENCE))
    return given["branch"], given["text"], given.get("evidence", "")


def solve_form(one: ShownProblem) -> Block:
    """Return the form that says what was done, and how deep it goes."""
    found = one.problem
    note = context(f"A root cause needs {one.minimum} whys, and there are {len(found.whys)}. "
                   "A workaround or a symptom fix keeps the problem open.")  # fmt: skip
    return form.modal(SOLVE, f"Resolve {found.name}", (FIX, CLASS, DONE), submit="Save",
                      metadata={"problem": found.id}, before=[note])  # fmt: skip


def read_solve_form(view: Mapping[str, Any]) -> tuple[Fix, CauseClass | None, str]:
    """Return the kind of fix, the class of the cause if one was chosen, and what was done."""
    given = form.read_all(view, (FIX, CLASS, DONE))
    chosen = given.get("cause_class")
    return Fix(given["fix"]), CauseClass(chosen) if chosen else None, given["resolution"]


def opened(one: ShownProblem) -> Message:
    """The message of a problem, in whose thread people answer why."""
    found = one.problem
    text = f"Problem {found.name}: {quote(found.title)}"
    hint = ("Why does it happen? Answer in this thread with *because*, one why at a time. Put the evidence in "
            "brackets, or add a file.")  # fmt: skip
    buttons = [button("Open", SHOW, str(found.id)), button("Add cause", CAUSE, str(found.id))]
    return message(text, [section(_line(one)), context(hint), actions(*buttons)])


def added(problem: Problem, ticket: Ticket, person: str) -> Message:
    text = f"{name_of(person)} added *{ticket.name}* to {problem.name}: {quote(ticket.summary)}"
    return message(text, [section(text)])


def cause_added(problem: Problem, cause: Cause, minimum: int) -> Message:
    """Say what was added, and how many whys are still needed."""
    who, words = name_of(cause.person), quote(cause.text)
    if not cause.is_why:
        text = f"{who} named a contributing factor ({quote(cause.branch)}): {words}"
    else:
        text = f"{who} answered why number {len(problem.whys)}, of at least {minimum}: {words}"
    return message(text, [section(text), *([context(f"Evidence: {quote(cause.evidence)}")] if cause.evidence else [])])


def solved(problem: Problem, person: str) -> Message:
    """Say whether the root cause is gone, or that the problem stays open."""
    who, what = name_of(person), quote(problem.resolution)
    if problem.is_open:
        kind = problem.fix.label.lower() if problem.fix else "fix"
        text = f"{who} recorded a {kind} for {problem.name}, which stays open until its root cause is gone: {what}"
    else:
        kind = problem.cause_class.label.lower() if problem.cause_class else "unknown"
        text = f"{who} resolved {problem.name}. Root cause ({kind}): {quote(problem.whys[-1].text)}. Done: {what}"
    return message(text, [section(text)])
