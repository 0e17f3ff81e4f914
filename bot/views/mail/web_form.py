"""The web form with the fields of the Slack form, and the page on which a reporter follows their report."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from html import escape
from typing import Any
from zoneinfo import ZoneInfo

from bot.views.inputs import ChoiceInput, FormField, NumberInput, TextInput
from bot.views.intake import fields as asked
from bot.views.intake.report import to_report
from bot.views.mail.form_codes import HINT, LABEL
from bot.views.mail.pages import page
from bot.views.text import named, quote, when
from domain.conversations.comment import TEAM, Comment
from domain.phases.phase import Phase
from domain.text import from_outside
from domain.tickets.status import Status
from domain.tickets.ticket import Report, Ticket

FILES = (
    '<label for="files">Files<small>Such as pictures of the screen. At most 5 files and 10 MB in all.</small></label>'
    '<input type="file" id="files" name="files" multiple>'
)
CODE = TextInput(id="code", label=LABEL, multiline=False, limit=12)
WRONG = "Some fields need another look. Nothing was sent yet. If you added files, choose them again."
TRAP = "website"  # a field that people don't see, and that programs fill in
WHO = TextInput(id="who", label="Your name", multiline=False, limit=80)
ADDRESS = TextInput(
    id="address", label="Your e-mail address", multiline=False, limit=200,
    hint="We write to you there. Without it, you'll find updates only on the page that opens next.",
)  # fmt: skip


def link(phase: Phase, address: str, ends: datetime) -> str:
    """Return the answer with the link to a form and to its QR code."""
    return (
        f"People without a Slack account can report to {quote(phase.name)} at this link until {when(ends)}: {address}\n"
        f"Its QR code, to print or to show: {address}/code.svg"
    )


def form_page(phase: Phase, once: str, values: Mapping[str, str], errors: Mapping[str, str]) -> str:
    """Return the page with the form, filled with what was typed."""
    shown = "".join(_input(field, values.get(field.id, ""), errors.get(field.id, "")) for field in _fields(phase))
    wrong = f'<p class="error" role="alert">{WRONG}</p>' if errors else ""
    trap = f'<div class="old" aria-hidden="true"><input name="{TRAP}" tabindex="-1" autocomplete="off"></div>'
    body = (
        f"<h1>Report a problem</h1><p>{escape(phase.name)}</p>{wrong}"
        f'<form method="post" enctype="multipart/form-data">{shown}{_code_input(values, errors)}{FILES}{trap}'
        f'<input type="hidden" name="once" value="{escape(once)}">'
        "<button>Report</button></form>"
    )
    return page("Report a problem", body)


def read(given: Mapping[str, str], phase: Phase) -> tuple[Report | None, dict[str, str]]:
    """Return the report that a form makes, or an error for each field that is not valid."""
    values: dict[str, Any] = {}
    errors: dict[str, str] = {}
    for field in report_fields(phase):
        text = from_outside(given.get(field.id, ""))
        state = {"selected_option": {"value": text}} if isinstance(field, ChoiceInput) else {"value": text}
        try:
            values[field.id] = field.read(state)
        except ValueError as error:
            errors[field.id] = str(error)
    return (None if errors else to_report(values)), errors


def sample(phase: Phase) -> dict[str, str]:
    """Return a form as a person could have filled it in, for a rehearsal."""
    return {field.id: _sample_of(field) for field in report_fields(phase)} | {WHO.id: "Rehearsal"}


def _sample_of(field: FormField) -> str:
    if isinstance(field, ChoiceInput):
        return field.options[0][0]
    return "1" if isinstance(field, NumberInput) else "Rehearsal"


def follow_page(ticket: Ticket, phase: Phase, comments: Sequence[Comment], once: str, problem: str = "") -> str:
    """Return the page on which a reporter reads how their report stands, and answers."""
    said = "".join(_comment(ticket, one, phase.timezone) for one in comments)
    note = f"<blockquote>{escape(named(ticket.note))}</blockquote>" if ticket.note and _shows_note(ticket) else ""
    wrong = f'<p class="error" role="alert">{escape(problem)}</p>' if problem else ""
    hidden = f'<input type="hidden" name="once" value="{escape(once)}">'
    body = (
        f"<h1>{ticket.name}</h1><p>{escape(ticket.summary)}</p>{wrong}<p>Status: <b>{ticket.status.label}</b></p>{note}"
        "<p>Keep the address of this page. Only people who have it can read this.</p>"
        f"{said}{_question(ticket, hidden)}"
        f'<form method="post">{hidden}<label for="text">Write to the team</label>'
        '<textarea id="text" name="text" rows="4" maxlength="3000" required></textarea>'
        '<button name="do" value="answer">Send</button></form>'
    )
    return page(ticket.name, body)


def notice_page(text: str) -> str:
    """Return a page that only says something."""
    return page("Hypercare", f"<p>{escape(text)}</p>")


def _shows_note(ticket: Ticket) -> bool:
    return ticket.status in (Status.RESOLVED, Status.VERIFIED, Status.WAITING, Status.DEFERRED)


def _question(ticket: Ticket, hidden: str) -> str:
    if ticket.status is not Status.RESOLVED:
        return ""
    return (
        f'<form method="post">{hidden}<p>Is this fixed?</p><button name="do" value="fixed">Yes, fixed</button></form>'
        f'<form method="post">{hidden}<label for="why">What still goes wrong?</label>'
        '<textarea id="why" name="text" rows="3" maxlength="3000" required></textarea>'
        '<button name="do" value="broken">Still broken</button></form>'
    )


def _comment(ticket: Ticket, comment: Comment, zone: str) -> str:
    who = "The team" if comment.side == TEAM else "You" if comment.person == ticket.reporter else "Another person"
    at = f"{comment.at.astimezone(ZoneInfo(zone)):%a %d %b %H:%M}"
    return f"<p>{who}, {at} ({zone})</p><blockquote>{escape(named(comment.words))}</blockquote>"


def _fields(phase: Phase) -> tuple[FormField, ...]:
    address = replace(ADDRESS, hint=f"{ADDRESS.hint} {HINT}") if phase.mail.form_code else ADDRESS
    return (*report_fields(phase), WHO, *((address,) if phase.mail.address else ()))


def report_fields(phase: Phase) -> tuple[FormField, ...]:
    """Return the fields of the Slack form, other than files."""
    every = asked.fields(phase, {}, unfolded=True, asks_name=False)
    return tuple(one for one in every if isinstance(one, TextInput | NumberInput | ChoiceInput))


def _input(field: FormField, value: str, error: str) -> str:
    name, needed = escape(field.id), " required" if field.required else ""
    hint = f"<small>{escape(field.hint)}</small>" if field.hint else ""
    wrong = f'<small class="error" id="{name}-error">{escape(error)}</small>' if error else ""
    described = f' aria-describedby="{name}-error"' if error else ""
    common = f'id="{name}" name="{name}"{needed}{described}'
    label = f'<label for="{name}">{escape(field.label)}{hint}{wrong}</label>'
    if isinstance(field, ChoiceInput):
        return f"{label}<select {common}>{_options(field, value)}</select>"
    if isinstance(field, NumberInput):
        return f'{label}<input {common} inputmode="numeric" value="{escape(value)}">'
    assert isinstance(field, TextInput)
    if field.multiline:
        return f'{label}<textarea {common} rows="4" maxlength="{field.limit}">{escape(value)}</textarea>'
    return f'{label}<input {common} maxlength="{field.limit}" value="{escape(value)}">'


def _code_input(values: Mapping[str, str], errors: Mapping[str, str]) -> str:
    """Return the input for a code that was sent to the address; nothing before one was sent."""
    if not values.get("code_for"):
        return ""
    hidden = f'<input type="hidden" name="code_for" value="{escape(values["code_for"])}">'
    return _input(CODE, values.get("code", ""), errors.get("code", "")) + hidden


def _options(field: ChoiceInput, value: str) -> str:
    def option(id_: str, text: str) -> str:
        chosen = " selected" if id_ == value else ""
        return f'<option value="{escape(id_)}"{chosen}>{escape(text)}</option>'

    shown = (option(id_, f"{label}: {meaning}" if meaning else label) for id_, label, meaning in field.options)
    return option("", "Choose") + "".join(shown)
