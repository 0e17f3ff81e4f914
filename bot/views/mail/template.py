"""The template of a report in a mail: lines such as `Severity: high`, with the names of the form's fields."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from bot.views.inputs import ChoiceInput, FilesInput, FormField, NumberInput, TextInput
from bot.views.intake import fields as asked
from bot.views.intake.report import from_message, report_from_message
from domain.phases.phase import Phase
from domain.text import clean, one_line, shorten
from domain.tickets.ticket import SUMMARY_LIMIT, TEXT_LIMIT, File, Report, Severity

LINE = re.compile(r"^\s*\*?([^:*\n]{2,40}?)\*?\s*:\*?\s*(.*)$")
NO_SUBJECT = "A report by e-mail"


def read_report(subject: str, text: str, files: Sequence[File], phase: Phase) -> tuple[Report, bool]:
    """Return the report that a mail makes, and whether its severity was only assumed.

    A line with the name of a field begins its value; a text of several lines goes on until the next such line.
    """
    kind = _values(text, asked.fields(phase, {}, unfolded=True, asks_name=False))[0]
    fields = asked.fields(phase, kind, unfolded=True, asks_name=False)
    values, rest = _values(text, fields)
    told = from_message(rest or text)
    summary = shorten(one_line(str(values.get("summary") or subject or told["summary"] or NO_SUBJECT)), SUMMARY_LIMIT)
    happened = shorten(str(values.get("happened") or rest or text), TEXT_LIMIT)
    severity = Severity(values["severity"]) if "severity" in values else Severity.MEDIUM
    given = {name: value for name, value in values.items() if name != "severity"}
    made = report_from_message(given | {"summary": summary, "happened": happened}, tuple(files), severity)
    return made, "severity" not in values


def _values(text: str, fields: Sequence[FormField]) -> tuple[Mapping[str, Any], str]:
    """Return the values of the fields that a text names, and the rest of it."""
    known = {field.label.casefold(): field for field in fields if not isinstance(field, FilesInput)}
    given: dict[str, list[str]] = {}
    rest: list[str] = []
    current = rest
    for line in text.split("\n"):
        found = LINE.match(line)
        field = known.get(found[1].strip().casefold()) if found else None
        if found and field and field.id not in given:
            given[field.id] = [found[2]]
            goes_on = isinstance(field, TextInput) and field.multiline
            current = given[field.id] if goes_on else rest
        else:
            current.append(line)
    by_id = {field.id: field for field in fields}
    values = {id_: value for id_, lines in given.items() if (value := _read(by_id[id_], clean("\n".join(lines))))}
    return values, clean("\n".join(rest))


def _read(field: FormField, text: str) -> Any:
    """Return the value of a field, or None where the text is none; a choice is known by its label in any case."""
    first = one_line(text.split("\n", maxsplit=1)[0])
    match field:
        case ChoiceInput():
            named = {name.casefold(): value for value, label, _ in field.options for name in (value, label)}
            return named.get(first.casefold())
        case NumberInput():
            return int(first) if first.isdecimal() and len(first) < 7 else None
        case TextInput():
            return shorten(text, field.limit) if field.multiline else shorten(one_line(text), field.limit)
    return None
