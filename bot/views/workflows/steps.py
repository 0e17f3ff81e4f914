"""The inputs and outputs of steps of workflows, and what the team reads of a change by one."""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.views.text import escape, from_event, message, summary_of
from bot.views.tickets import posts
from domain import typed
from domain.errors import Refused
from domain.phases.phase import Phase
from domain.text import shorten
from domain.tickets.ticket import SUMMARY_LIMIT, TEXT_LIMIT, Severity, Ticket
from domain.workflows.step import StepAction, StepChange, StepReport

Inputs = Mapping[str, Any]
UNKNOWN = "Hypercare no longer has this step. Take it out of the workflow."
NO_PERSON = "The step doesn't say for whom it runs. Choose a person in it, such as the one who used the workflow."
OFF = "{phase} takes nothing from workflows. A lead can allow it in the settings of the phase."
READ_ONLY = "Workflows can't change tickets of {phase}. A lead can allow it in the settings of the phase."
NO_TICKET = "There is no ticket {name} that a workflow can reach. Private and anonymous tickets are left out."
NEEDS_TEXT = {
    StepAction.RESOLVE: "The step has no text. Say how the ticket was resolved.",
    StepAction.REOPEN: "The step has no text. Say why the ticket is reopened.",
    StepAction.NOTE: "The step has no text, so there is nothing to note.",
}
DID = {StepAction.ACKNOWLEDGE: "acknowledged", StepAction.RESOLVE: "resolved", StepAction.REOPEN: "reopened"}


def read_report(inputs: Inputs) -> StepReport:
    """Return what a report is about; Refused when there is no summary, or the severity is none."""
    words = from_event(_text(inputs, "summary"))
    summary = shorten(summary_of(words), SUMMARY_LIMIT)
    if not summary:
        raise Refused("The step has no summary. Say the problem in one line.")
    more = words if summary != words.strip() else ""  # what doesn't fit into the summary
    happened = "\n".join(filter(None, (more, from_event(_text(inputs, "details")))))
    return StepReport(
        summary=summary, happened=shorten(happened, TEXT_LIMIT), severity=_severity(_text(inputs, "severity")),
        module=from_event(_text(inputs, "module")).strip(), phase=typed.instruction(_text(inputs, "phase")).upper(),
        channel=_text(inputs, "channel"),
    )  # fmt: skip


def read_change(inputs: Inputs) -> StepChange:
    """Return what to do with which ticket; Refused when the action is none, or lacks its text."""
    word = typed.instruction(_text(inputs, "action")).lower()
    action = next((one for one in StepAction if one.value == word), None)
    if action is None:
        raise Refused(f"“{escape(shorten(word, 60))}” is no action. Choose one of {_listed(list(StepAction))}.")
    text, test = (shorten(from_event(_text(inputs, name)).strip(), TEXT_LIMIT) for name in ("text", "test"))
    if action in NEEDS_TEXT and not text:
        raise Refused(NEEDS_TEXT[action])
    return StepChange(ticket=read_ticket(inputs), action=action, text=text, test=test)


def read_ticket(inputs: Inputs) -> str:
    """Return the name of the ticket that a step is about, as it was given."""
    return from_event(_text(inputs, "ticket"))


def module_of(phase: Phase, name: str) -> str:
    """Return the module of that name as the phase writes it; Refused when it has none."""
    known = phase.intake.modules
    found = next((one for one in known if typed.same(one, name)), None)
    if name and found is None:
        hint = f"Its modules are {_listed(known)}." if known else "It has no modules, so leave the field empty."
        raise Refused(f"{phase.name} has no module “{escape(shorten(name, 60))}”. {hint}")
    return found or ""


def which_phase(phases: Sequence[Phase]) -> Refused:
    """Return the refusal of a report that does not say which of these phases it is for."""
    return Refused(f"Several phases are active. Name one in the step: {_listed([one.key for one in phases])}.")


def no_ticket(name: str) -> Refused:
    """Return the refusal of a ticket that a step can't reach: the same for one that is hidden and for none."""
    return Refused(NO_TICKET.format(name=escape(shorten(typed.ticket_names(name).upper(), 20))))


def no_phase(key: str, phases: Sequence[Phase]) -> Refused:
    """Return the refusal of a report for a phase that isn't active."""
    known = _listed([one.key for one in phases])
    return Refused(f"There is no active phase {escape(shorten(key, 20))}. Active: {known}.")


def opened(ticket: Ticket, link: str) -> dict[str, str]:
    """Return the outputs of a step that opened a ticket."""
    return {"ticket": ticket.name, "link": link}


def changed(ticket: Ticket, link: str) -> dict[str, str]:
    """Return the outputs of a step that changed a ticket; there is no owner without one."""
    return {**opened(ticket, link), "status": ticket.status.label, **({"owner": ticket.owner} if ticket.owner else {})}


def found(ticket: Ticket, link: str) -> dict[str, str]:
    """Return the outputs of a step that found a ticket; nothing of them tells who reported it or what it says."""
    return {**changed(ticket, link), "severity": ticket.severity.value}


def for_team(by: str, change: StepChange) -> list[dict[str, Any]]:
    """Tell the team what a workflow did and for whom, with the text that it gave."""
    if change.action is StepAction.NOTE:
        return posts.quoted(f"A note by a workflow that {posts.who(by)} used", change.text)
    intro = f"A workflow that {posts.who(by)} used {DID[change.action]} this"
    return posts.quoted(intro, change.text) if change.text else [message(f"{intro}.")]


def _text(inputs: Inputs, name: str) -> str:
    value = inputs.get(name)
    return value if isinstance(value, str) else ""


def _severity(text: str) -> Severity | None:
    word = typed.instruction(text).lower()
    found = next((one for one in Severity if one.value == word), None)
    if word and found is None:
        raise Refused(f"“{escape(shorten(word, 60))}” is no severity. Choose one of {_listed(list(Severity))}.")
    return found


def _listed(names: Sequence[str]) -> str:
    *most, last = names
    return f"{', '.join(most)} or {last}" if most else last
