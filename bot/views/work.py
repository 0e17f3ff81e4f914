"""The small forms of a ticket's life: reply, resolve, not fixed, ask, defer, status, severity, owner."""

from collections.abc import Mapping
from typing import Any

from bot.views import form
from bot.views.asked import BUSINESS, PEOPLE, URGENCY
from bot.views.form import Values
from bot.views.inputs import Choice, Day, Field, Person, Text
from bot.views.text import Block, section
from domain.moves import WORK
from domain.priority import Effort
from domain.ticket import Deferral, Severity, Ticket

EXPLANATION = Text(
    id="explanation", label="What was done", required=True, error="Please say in plain words what was done."
)
WHY = Text(id="why", label="What still does not work", required=True, error="Please say what still does not work.")
QUESTION = Text(
    id="question", label="What do you need to know", required=True, error="Please say what you need to know."
)
STATUS = Choice(id="status", label="Status", required=True, options=tuple((s.value, s.capitalize(), "") for s in WORK))
FORMS: dict[str, tuple[str, str, str, tuple[Field, ...]]] = {
    # name: (title, submit label, one line above the fields, fields)
    "reply": (
        "Reply to reporter", "Send", "Goes to the reporter's thread.",
        (Text(id="text", label="Your answer", required=True, error="Please write something."),),
    ),
    "resolve": (
        "Resolve", "Resolve", "The reporter reads this and is asked whether it helped.",
        (
            EXPLANATION,
            Text(id="workaround", label="Workaround", hint="If there is one, until or instead of a fix"),
        ),
    ),
    "reject": (
        "Not fixed", "Reopen", "The ticket is reopened, and the one who had it is told.",
        (WHY,),
    ),
    "waiting": (
        "Ask the reporter", "Ask", "The ticket waits until the reporter answers.",
        (QUESTION,),
    ),
    "defer": (
        "Defer", "Defer", "The reporter reads the reason and the date.",
        (
            Choice(id="reason", label="Reason", required=True, options=tuple((d.value, d.label, "") for d in Deferral)),
            Text(id="text", label="In your own words", hint="Needed when there is no date"),
            Day(id="date", label="Until"),
        ),
    ),
    "status": (
        "Change status", "Change", "The reporter is told.",
        (STATUS,),
    ),
    "severity": (
        "Severity and priority", "Change", "The team sees the reason in the thread.",
        (
            Choice(id="severity", label="Severity", required=True, radio=True,
                   options=tuple((s.value, s.capitalize(), s.meaning) for s in Severity)),
            Text(id="why", label="Why", multiline=False, limit=300),
            URGENCY, BUSINESS, PEOPLE,
            Choice(id="effort", label="Effort", options=tuple((e.value, e.label, "") for e in Effort),
                   hint="Only orders what is equally important"),
        ),
    ),
    "merge": (
        "Merge into another", "Merge", "Everybody whom it concerns hears of it, and is counted there.",
        (Text(id="primary", label="Into which ticket", required=True, multiline=False, limit=20,
              placeholder="PAY-17", error="Which ticket do you mean? It looks like PAY-17."),),
    ),
    "escalate": (
        "Escalate", "Escalate", "The people on call are called at once, and read why.",
        (Text(id="reason", label="Why it cannot wait", required=True, limit=500,
              error="Please say why it cannot wait."),),
    ),
    "assign": (
        "Give to somebody", "Assign", "They are mentioned in the thread.",
        (Person(id="owner", label="Owner", required=True),),
    ),
}  # fmt: skip


def work_form(name: str, ticket: Ticket) -> Block:
    """The form `name` for this ticket."""
    title, submit, line, fields = FORMS[name]
    return form.modal(
        name, title, fields, values=_known(name, ticket), submit=submit, metadata={"ticket": ticket.id},
        before=[section(f"*{ticket.name}* · {line}")],
    )  # fmt: skip


def read_work_form(name: str, view: Mapping[str, Any]) -> Values:
    """What was filled in; form.Invalid with every complaint."""
    values = form.read(view, FORMS[name][3])
    missing = {f.id: "Please open this form again." for f in FORMS[name][3] if f.required and f.id not in values}
    if missing:
        raise form.Invalid(missing)
    return values


def ticket_of(view: Mapping[str, Any]) -> int | None:
    """The ticket the form claims to be about."""
    found = form.metadata(view).get("ticket")
    return found if type(found) is int else None


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
