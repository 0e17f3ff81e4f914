"""The small forms of a ticket: resolve, reject, ask, promise, defer, status, severity, merge, escalate, assign."""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.views import form
from bot.views.blame_hint import carried, hint
from bot.views.form import Values
from bot.views.inputs import AnyChoiceInput, ChoiceInput, DateInput, DateTimeInput, FormField, PersonInput, TextInput
from bot.views.intake.fields import BUSINESS, PEOPLE, URGENCY
from bot.views.text import Block, section
from domain.phases.phase import Phase
from domain.text import shorten
from domain.tickets.closing import Solution
from domain.tickets.priority import Effort
from domain.tickets.status import CHOSEN_STATUSES
from domain.tickets.ticket import Deferral, Fix, Severity, Ticket

EXPLANATION = TextInput(
    id="explanation",
    label="What was done",
    required=True,
    error="The explanation is empty. Say in plain words what was done.",
)
WHY = TextInput(
    id="why", label="What still doesn't work", required=True, error="The reason is empty. Say what still doesn't work."
)
QUESTION = TextInput(
    id="question",
    label="What do you need to know",
    required=True,
    error="The question is empty. Say what you need to know.",
)
FIX = ChoiceInput(id="fix", label="Kind of fix", required=True, radio=True,
             options=tuple((f.value, f.label, f.meaning) for f in Fix))  # fmt: skip
TEST = TextInput(id="test", label="The test that proved it", multiline=False, limit=300)
TESTED_BY = PersonInput(id="tested_by", label="Who proved it", hint="Leave it empty if it was you")
UNTESTED = TextInput(id="untested", label="Or why it needs no test (leads only)", multiline=False, limit=300)
STATUS = ChoiceInput(
    id="status",
    label="Status",
    required=True,
    options=tuple((s.value, s.label.capitalize(), "") for s in CHOSEN_STATUSES),
)
# The fields of each form that people beside the team read.
PUBLIC_TEXTS = {
    "resolve": ("explanation", "workaround"), "promise": ("words",), "waiting": ("question",), "defer": ("text",),
    "status": ("words",), "close": ("reason",),
}  # fmt: skip
FORMS: dict[str, tuple[str, str, str, tuple[FormField, ...]]] = {
    # name: (title, submit label, one line above the fields, fields)
    "resolve": (
        "Resolve",
        "Resolve",
        "All followers read this and are asked whether it's fixed.",
        (
            EXPLANATION,
            FIX,
            TextInput(id="workaround", label="Workaround", hint="What people can do until it's fixed"),
            TEST,
            TESTED_BY,
            UNTESTED,
        ),
    ),
    "promise": (
        "Promise a date",
        "Promise",
        "All followers read this. We'll ask you a day before whether you'll make it.",
        (
            ChoiceInput(
                id="promise",
                label="What you promise",
                required=True,
                options=(("fix", "A fix", ""), ("update", "An update", "")),
            ),
            DateTimeInput(id="by", label="By when", required=True),
            TextInput(
                id="words",
                label="Why",
                multiline=False,
                limit=300,
                hint="Needed when this replaces an earlier promise",
            ),
        ),
    ),
    "reject": (
        "Still broken",
        "Reopen",
        "The ticket is reopened, and we'll tell its owner.",
        (WHY,),
    ),
    "waiting": (
        "Ask the reporter",
        "Ask",
        "The ticket waits until the reporter answers.",
        (QUESTION,),
    ),
    "defer": (
        "Defer",
        "Defer",
        "The reporter reads the reason and the date.",
        (
            ChoiceInput(
                id="reason",
                label="Reason",
                required=True,
                options=tuple((d.value, d.label, "") for d in Deferral),
            ),
            TextInput(id="text", label="In your own words", hint="Needed when there is no date"),
            DateInput(id="date", label="Until"),
        ),
    ),
    "status": (
        "Change status",
        "Change",
        "We'll tell all followers.",
        (
            STATUS,
            DateTimeInput(id="by", label="Fix promised by"),
            TextInput(
                id="words",
                label="Why the date changes",
                multiline=False,
                limit=300,
                hint="Needed when a fix was promised earlier",
            ),
        ),
    ),
    "severity": (
        "Severity and priority",
        "Change",
        "The team sees the reason in the thread.",
        (
            ChoiceInput(
                id="severity",
                label="Severity",
                required=True,
                radio=True,
                options=tuple((s.value, s.capitalize(), s.meaning) for s in Severity),
            ),
            TextInput(id="why", label="Why", multiline=False, limit=300),
            URGENCY,
            BUSINESS,
            PEOPLE,
            ChoiceInput(
                id="effort",
                label="Effort",
                options=tuple((e.value, e.label, "") for e in Effort),
                hint="Orders tickets with the same priority",
            ),
        ),
    ),
    "close": (
        "Close",
        "Close",
        "Use this for what needs no fix. All followers read the reason, and it can be reopened.",
        (
            TextInput(
                id="reason",
                label="Why it's closed",
                required=True,
                limit=500,
                error="The reason is empty. Say why it's closed.",
            ),
        ),
    ),
    "merge": (
        "Merge",
        "Merge",
        "We'll tell all followers, and they follow the other ticket instead.",
        (TextInput(id="primary", label="Or by its number", multiline=False, limit=20, placeholder="PAY-17"),),
    ),
    "escalate": (
        "Escalate",
        "Escalate",
        "The people on call are paged at once and read your reason.",
        (
            TextInput(
                id="reason",
                label="Why it can't wait",
                required=True,
                limit=500,
                error="The reason is empty. Say why it can't wait.",
            ),
        ),
    ),
    "assign": (
        "Assign",
        "Assign",
        "The new owner is mentioned in the thread.",
        (PersonInput(id="owner", label="Owner", required=True),),
    ),
}


def merge_form(ticket: Ticket, targets: Sequence[Ticket]) -> Block:
    """Return the form that merges a ticket, with the tickets to choose from, the likeliest first."""
    options = tuple((str(one.id), shorten(f"{one.name} {one.summary}", 75), "") for one in targets)
    chosen = AnyChoiceInput(id="into", label="Into which ticket", options=options)
    title, submit, line, (by_number,) = FORMS["merge"]
    return form.modal(
        "merge", title, [*([chosen] if options else []), by_number], values={}, submit=submit,
        metadata={"ticket": ticket.id}, before=[section(f"*{ticket.name}* · {line}")],
    )  # fmt: skip


def read_merge_form(view: Mapping[str, Any]) -> tuple[int | None, str]:
    """Return the id of the chosen ticket, or the number that was typed; InvalidForm when there is neither."""
    given = form.read_all(
        view, FORMS["merge"][3], also=(AnyChoiceInput(id="into", label="Into which ticket", options=()),)
    )
    into, name = str(given.get("into") or ""), str(given.get("primary") or "")
    if not (into.isdecimal() or name):
        raise form.InvalidForm({"primary": "Which ticket do you mean? Choose it, or enter its number."})
    return (None, name) if name else (int(into), "")


def work_form(
    name: str, ticket: Ticket, phase: Phase, given: Values | None = None, blame: Mapping[str, str] | None = None
) -> Block:
    """Return the form `name` for this ticket, with the fields that its phase uses, filled with what is given.

    `blame` has a sentence by field that blames a person, about which the writer is told before it is sent.
    """
    title, submit, line, fields = FORMS[name]
    asked = [field for field in fields if _is_asked(field, ticket, phase)]
    values = {**_known(name, ticket), **(given or {})}
    return form.modal(
        name, title, asked, values=values, submit=submit, before=[section(f"*{ticket.name}* · {line}")],
        metadata={"ticket": ticket.id} | carried(phase, hinted=bool(blame)),
        notes={field: hint(words, submit) for field, words in (blame or {}).items()},
    )  # fmt: skip


def _is_asked(field: FormField, ticket: Ticket, phase: Phase) -> bool:
    """Ask for a test where the phase wants one, and for the reason to skip it only where one is required."""
    asks, needs = phase.followup.asks_for_tests(ticket.severity), phase.followup.needs_test(ticket.severity)
    wanted = {"test": asks, "tested_by": asks, "untested": needs}
    return wanted.get(field.id, True)


def read_work_form(name: str, view: Mapping[str, Any]) -> Values:
    """Return what was filled in; raises form.InvalidForm with every error."""
    return form.read_all(view, FORMS[name][3])


def draft_of(name: str, view: Mapping[str, Any]) -> Values:
    """Return what was typed into a form, as it is."""
    return form.draft(view, FORMS[name][3])


def solution(values: Values) -> Solution:
    """Return how a ticket was resolved, as the form says."""
    texts = {name: values.get(name, "") for name in ("explanation", "workaround", "test", "tested_by", "untested")}
    return Solution(**texts, fix=Fix(values["fix"]) if values.get("fix") else None)


def ticket_of(view: Mapping[str, Any]) -> int:
    """Return the id of the ticket that the form names, or 0; the caller checks that the person may see it."""
    return form.number(view, "ticket")


def _known(name: str, ticket: Ticket) -> Values:
    known: dict[str, Values] = {
        "severity": {
            "severity": ticket.severity,
            "urgency": ticket.report.urgency,
            "business": ticket.report.business,
            "people": ticket.report.people,
            "effort": ticket.effort,
        },
        "status": {"status": ticket.status},
        "assign": {"owner": ticket.owner},
    }
    return known.get(name, {})
