"""The dialog in Microsoft Teams in which a person reports: the fields of Slack's form, and the code that reads it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bot.views.inputs import ChoiceInput, FormField, TextInput
from bot.views.mail import web_form
from domain.phases.phase import Phase
from domain.teams.outgoing import TeamsButton, TeamsDialog, TeamsInput
from domain.tickets.ticket import Report

PHASE, REPORT = "phase", "report"
TITLE = "Report a problem"
WRONG = "Some fields need another look. Nothing was sent yet."


def shown_in(phases: Sequence[Phase]) -> set[str]:
    """Return the ids of the fields that a dialog for these phases has."""
    return {one.id for one in _common(phases)}


def report_dialog(
    phases: Sequence[Phase], given: Mapping[str, str], errors: Mapping[str, str] | None = None, text: str = ""
) -> TeamsDialog:
    """Return the dialog for the only phase, or for one to be chosen; it is filled with what was typed.

    With several phases, it has the fields that all of them have.
    """
    common = _common(phases)
    choice = (TeamsInput(id=PHASE, label="Which phase is it about?", required=True, value=given.get(PHASE, ""),
                         options=[(one.key, one.name) for one in phases]),) if len(phases) > 1 else ()  # fmt: skip
    values = {"summary": text} | dict(given)
    fields = (*choice, *(_field(one, values.get(one.id, "")) for one in common))
    labels = {one.id: one.label for one in fields}
    problems = [f"{labels[name]}: {why}" for name, why in (errors or {}).items() if name in labels]
    send = TeamsButton(label="Report", carries={"do": REPORT})
    return TeamsDialog(title=TITLE, fields=fields, send=send, problems=[WRONG, *problems] if errors else [])


def read(values: Mapping[str, Any], phase: Phase) -> tuple[Report | None, dict[str, str]]:
    """Return the report of a dialog, or an error for each field that is not valid."""
    return web_form.read(texts(values), phase)


def texts(values: Mapping[str, Any]) -> dict[str, str]:
    """Return what was filled in; anything else than a text is left out."""
    return {name: value for name, value in values.items() if isinstance(value, str)}


def _common(phases: Sequence[Phase]) -> list[FormField]:
    first, *others = ([*web_form.report_fields(one)] for one in phases)
    return [field for field in first if all(field in some for some in others)]


def _field(field: FormField, value: str) -> TeamsInput:
    made: dict[str, Any] = {"id": field.id, "label": _label(field), "required": field.required, "value": value}
    if isinstance(field, ChoiceInput):
        return TeamsInput(**made, options=[*_options(field.options)])
    if isinstance(field, TextInput):
        return TeamsInput(**made, multiline=field.multiline, limit=field.limit)
    return TeamsInput(**made, limit=20)


def _label(field: FormField) -> str:
    return f"{field.label} ({field.hint.rstrip('.')})" if field.hint else field.label


def _options(options: Iterable[tuple[str, str, str]]) -> Iterable[tuple[str, str]]:
    return ((value, f"{label}: {meaning}" if meaning else label) for value, label, meaning in options)
