"""Import of tickets from a CSV file: checked as a whole before it starts, and no row imported twice."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bot.context import AppContext
from bot.services.csv_files import InvalidFile, read_table
from bot.services.intake import intake
from bot.services.phases import phases
from domain.errors import Repeated
from domain.phases.permissions import Person
from domain.phases.phase import Phase
from domain.settings import is_person_id
from domain.text import clean, is_blank, one_line
from domain.tickets.priority import Consequence, Urgency
from domain.tickets.ticket import SUMMARY_LIMIT, TEXT_LIMIT, Intake, Report, Severity
from domain.tickets.types import TicketType, offered
from domain.typed import plain, same
from storage.delivery.archive import PERMANENT

TEXT_COLUMNS = ("impact", "happened", "steps", "expected", "actual", "environment")
CATALOGUE_COLUMNS = ("module", "process", "category")
MAX_PEOPLE = 10_000_000
REQUIRED_COLUMNS = ("summary", "severity", "reporter")
COLUMNS = (*REQUIRED_COLUMNS, "type", *CATALOGUE_COLUMNS, "business", "urgency", "people", *TEXT_COLUMNS)


@dataclass(frozen=True, slots=True)
class ImportRow:
    """A ticket to import. `key` identifies the row by its content, so that it is imported once."""

    line: int
    reporter: str
    report: Report
    key: str


def read_rows(app: AppContext, file: Path, phase_key: str) -> tuple[Phase, list[ImportRow]]:
    """Return the phase and the rows of a file. InvalidFile lists every error, one a line, with its line number."""
    with app.store.read() as tx:
        phase = phases.choose_phase(tx, key=phase_key)
    rows, errors, line_of = [], [], dict[str, int]()
    for line, values in read_table(file, REQUIRED_COLUMNS, COLUMNS):
        try:
            row = _row(line, values, phase)
        except InvalidFile as error:
            errors.append(str(error))
            continue
        if row.key in line_of:
            errors.append(f"line {line}: repeats line {line_of[row.key]}. Remove one of them.")
        line_of[row.key] = line
        rows.append(row)
    if errors:
        raise InvalidFile("\n".join(errors))
    return phase, rows


def import_row(app: AppContext, phase: Phase, row: ImportRow) -> bool:
    """Open the ticket of a row; return False if the row was imported before."""
    try:
        intake.open_ticket(app, row.report, person=Person(row.reporter), phase_key=phase.key, intake=Intake.IMPORT,
                           request=f"{PERMANENT}{phase.key}:{row.key}", quiet=True)  # fmt: skip
    except Repeated:
        return False
    return True


def _row(line: int, values: Mapping[str, str], phase: Phase) -> ImportRow:
    """Return the row; InvalidFile lists every error in it."""
    if errors := [*_errors(values, phase)]:
        raise InvalidFile("\n".join(f"line {line}: {error}" for error in errors))
    people = plain(values.get("people", ""))
    report = Report(
        summary=one_line(values["summary"]), severity=Severity(_chosen(values, "severity")),
        type=TicketType(_chosen(values, "type") or TicketType.BUG), business=_chosen(values, "business"),
        urgency=_chosen(values, "urgency"), people=int(people) if people else None,
    )  # fmt: skip
    texts: dict[str, Any] = {name: clean(values.get(name, "")) for name in TEXT_COLUMNS}
    texts |= {name: _as_in_phase(values, name, phase) for name in CATALOGUE_COLUMNS}
    key = hashlib.sha256(repr(sorted(values.items())).encode()).hexdigest()[:32]
    return ImportRow(line, plain(values["reporter"]), replace(report, **texts), key)


def _errors(values: Mapping[str, str], phase: Phase) -> Iterator[str]:
    """Yield what is wrong with a row: the column, the problem, and what to do."""
    summary = one_line(values["summary"])
    if is_blank(summary):
        yield "summary: is empty. Write what is wrong."
    elif len(summary) > SUMMARY_LIMIT:
        yield f"summary: has {len(summary)} characters. Use at most {SUMMARY_LIMIT}."
    reporter = plain(values["reporter"])
    if not is_person_id(reporter):
        yield f"reporter: “{reporter}” is not a Slack member id. Use one such as U0123456789."
    choices: dict[str, list[str]] = {
        "severity": list(Severity), "type": list(offered(phase.intake.templates)), "business": list(Consequence),
        "urgency": list(Urgency),
    }  # fmt: skip
    for name, known in choices.items():
        value = _chosen(values, name)
        if value not in known and (value or name == "severity"):
            yield f"{name}: “{value}” is not a value of this column. Use one of: {', '.join(known)}."
    people = plain(values.get("people", ""))
    if people and not (people.isdecimal() and int(people) <= MAX_PEOPLE):
        yield f"people: “{people}” is not a whole number up to {MAX_PEOPLE:,}. Use digits only."
    yield from _text_errors(values, phase)


def _text_errors(values: Mapping[str, str], phase: Phase) -> Iterator[str]:
    """Yield what is wrong with texts and with names of the phase's lists."""
    for name in TEXT_COLUMNS:
        if (length := len(clean(values.get(name, "")))) > TEXT_LIMIT:
            yield f"{name}: has {length} characters. Use at most {TEXT_LIMIT}."
    for name in CATALOGUE_COLUMNS:
        value, names = one_line(values.get(name, "")), _catalogue(phase)[name]
        if value and names and not any(same(value, known) for known in names):
            yield f"{name}: {phase.key} has no {name} “{value}”. Use one of its settings, or add it there."


def _catalogue(phase: Phase) -> dict[str, tuple[str, ...]]:
    return {"module": phase.intake.modules, "process": phase.intake.processes, "category": phase.intake.categories}


def _as_in_phase(values: Mapping[str, str], name: str, phase: Phase) -> str:
    """Return a name as the phase writes it, however it was typed."""
    value = one_line(values.get(name, ""))
    return next((known for known in _catalogue(phase)[name] if same(known, value)), value)


def _chosen(values: Mapping[str, str], name: str) -> str:
    return plain(values.get(name, "")).lower().replace(" ", "_")
