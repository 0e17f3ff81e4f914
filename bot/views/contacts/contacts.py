"""Contacts in Slack: the form that takes two taps, the list, and where to walk next."""

from collections.abc import Mapping, Sequence
from typing import Any

from bot.views import form
from bot.views.inputs import ChoiceInput, FormField, PersonInput, TextInput
from bot.views.people.names import name_of
from bot.views.text import Block, actions, answer, button, quote, section, when
from domain.contacts.contact import NOTE_LIMIT, Contact, ContactDraft, ContactOutcome, Walk
from domain.phases.phase import Phase
from domain.text import plural

LIST, LOG = "contacts", "contact_log"
MAX_OPTIONS = 100  # of a select
OUTCOME = ChoiceInput(id="outcome", label="How it ended", required=True, radio=True,
                      options=tuple((one.value, one.label, "") for one in ContactOutcome))  # fmt: skip
PERSON = PersonInput(id="person", label="Or one person", hint="They become the reporter of the ticket")
NOTE = TextInput(id="note", label="In a few words", limit=NOTE_LIMIT, hint="Needed for a ticket")


def _fields(phase: Phase) -> tuple[FormField, ...]:
    groups = tuple((one.name, one.name, "") for one in phase.reporting.user_groups[:MAX_OPTIONS])
    modules = tuple((one, one, "") for one in phase.intake.modules[:MAX_OPTIONS])
    return (
        *((ChoiceInput(id="group", label="Which group", options=groups),) if groups else ()),
        *((ChoiceInput(id="module", label="What about", options=modules),) if modules else ()),
        OUTCOME, NOTE, PERSON,
    )  # fmt: skip


def form_of(phase: Phase, last: Contact | None) -> Block:
    """Return the form for a contact, filled with group and module of the last one."""
    values = {"outcome": ContactOutcome.SOLVED.value, "group": last.group if last else "",
              "module": last.module if last else ""}  # fmt: skip
    return form.modal(LOG, "Log contact", _fields(phase), values=values, metadata={"phase": phase.key}, submit="Log",
                      before=[section(f"*{quote(phase.name)}*")])  # fmt: skip


def read_form(view: Mapping[str, Any], phase: Phase) -> ContactDraft:
    """Return what a walker logs; InvalidForm with every error."""
    given = form.read_all(view, _fields(phase))
    return ContactDraft(group=given.get("group", ""), person=given.get("person", ""), module=given.get("module", ""),
                        note=given.get("note", ""), outcome=ContactOutcome(given["outcome"]))  # fmt: skip


def page(
    phase: Phase, walks: Sequence[Walk], today: Mapping[ContactOutcome, int], newest: Sequence[tuple[Contact, str]]
) -> dict[str, Any]:  # fmt: skip
    """Return where to walk next, how many contacts there were today, and the newest ones."""
    text = f"{quote(phase.name)}: {_today(today)}"
    proposed = [f"• *{quote(one.group, 80)}*: {one.reason.label}" for one in walks]
    nothing = "The phase has no user groups, so there's nowhere to suggest. A lead can add them in the settings."
    lines = [_line(one, ticket) for one, ticket in newest] or ["Nothing yet."]
    return answer(text, [
        section(f"*{text}*"), section("\n".join(["*Walk there next*", *(proposed or [nothing])])),
        section("\n".join(["*Newest contacts*", *lines])),
        actions(button("Log contact", LOG, phase.key, style="primary")),
    ])  # fmt: skip


def digest_line(counts: Mapping[ContactOutcome, int], walks: Sequence[Walk]) -> str:
    """Return how many contacts there were, how many became tickets, and where to walk next."""
    total = sum(counts.values())
    tickets = counts.get(ContactOutcome.TICKET, 0) or "none"
    line = plural(total, "1 contact by floor walkers, {tickets} with a ticket.",
                  "{count} contacts by floor walkers, {tickets} with a ticket.",
                  none="No contact by floor walkers.", tickets=tickets)  # fmt: skip
    named = ", ".join(quote(one.group, 80) for one in walks)
    return f"{line} Walk next: {named}." if named else line


def _today(counts: Mapping[ContactOutcome, int]) -> str:
    return plural(sum(counts.values()), "1 contact today, {tickets} with a ticket",
                  "{count} contacts today, {tickets} with a ticket", none="no contact today",
                  tickets=counts.get(ContactOutcome.TICKET, 0) or "none")  # fmt: skip


def _line(one: Contact, ticket: str) -> str:
    outcome = ticket or one.outcome.label.lower()
    note = quote(one.note, 100) if one.outcome is ContactOutcome.SOLVED or ticket else ""
    facts = (when(one.at), quote(one.group, 80), quote(one.module, 80), note, outcome, f"by {name_of(one.walker)}")
    return " · ".join(filter(None, facts))
