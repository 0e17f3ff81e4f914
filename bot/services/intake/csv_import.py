"""Tickets from a CSV file: every mistake with its line before anything is made, and no line made twice."""

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
from storage.delivery.archive import PERMANENT

TEXT_COLUMNS = ("impact", "happened", "steps", "expected", "actual", "environment")
CATALOGUE_COLUMNS = ("module", "process", "category")
MAX_PEOPLE = 10_000_000
REQUIRED_COLUMNS = ("summary", "severity", "reporter")
COLUMNS = (*REQUIRED_COLUMNS, "type", *CATALOGUE_COLUMNS, "business", "urgency", "people", *TEXT_COLUMNS)


@dataclass(frozen=True, slots=True)
class ImportRow:
    line: int
    reporter: str
    report: Report
    key: str  # the same for the same line, so that it is not made twice


def read_rows(app: AppContext, file: Path, phase_key: str) -> tuple[Phase, list[ImportRow]]:
    """The phase and the tickets of a file; InvalidFile with every mistake and its line."""
    with app.store.read() as tx:
        phase = phases.choose_phase(tx, key=phase_key)
    rows, wrong, seen = [], [], dict[str, int]()
    for line, values in read_table(file, REQUIRED_COLUMNS, COLUMNS):
        try:
            row = _row(line, values, phase)
        except InvalidFile as bad:
            wrong.append(str(bad))
            continue
        if row.key in seen:
            wrong.append(f"line {line}: is the same as line {seen[row.key]}.")
        seen[row.key] = line
        rows.append(row)
    if wrong:
        raise InvalidFile("\n".join(wrong))
    return phase, rows


def import_row(app: AppContext, phase: Phase, row: ImportRow) -> bool:
    """One ticket; False when that line was imported before."""
    try:
        intake.open_ticket(app, row.report, person=Person(row.reporter), phase_key=phase.key, intake=Intake.IMPORT,
                           request=f"{PERMANENT}{phase.key}:{row.key}", quiet=True)  # fmt: skip
    except Repeated:
        return False
    return True


def _row(line: int, values: Mapping[str, str], phase: Phase) -> ImportRow:
    """The ticket of a line; InvalidFile with everything that is wrong in it."""
    if wrong := [*_complaints(values, phase)]:
        raise InvalidFile("\n".join(f"line {line}: {complaint}" for complaint in wrong))
    people = values.get("people", "").strip()
    report = Report(
        summary=one_line(values["summary"]), severity=Severity(_chosen(values, "severity")),
        type=TicketType(_chosen(values, "type") or TicketType.BUG), business=_chosen(values, "business"),
        urgency=_chosen(values, "urgency"), people=int(people) if people else None,
    )  # fmt: skip
    said: dict[str, Any] = {name: clean(values.get(name, "")) for name in TEXT_COLUMNS}
    said |= {name: one_line(values.get(name, "")) for name in CATALOGUE_COLUMNS}
    key = hashlib.sha256(repr(sorted(values.items())).encode()).hexdigest()[:32]
    return ImportRow(line, values["reporter"].strip(), replace(report, **said), key)


def _complaints(values: Mapping[str, str], phase: Phase) -> Iterator[str]:
    summary = one_line(values["summary"])
    if is_blank(summary) or len(summary) > SUMMARY_LIMIT:
        yield f"summary: one to {SUMMARY_LIMIT} characters, please."
    if not is_person_id(values["reporter"].strip()):
        yield "reporter: a person's id looks like U0123456789."
    kinds: dict[str, list[str]] = {
        "severity": list(Severity), "type": list(offered(phase.intake.templates)), "business": list(Consequence),
        "urgency": list(Urgency),
    }  # fmt: skip
    for name, known in kinds.items():
        value = _chosen(values, name)
        if value not in known and (value or name == "severity"):
            yield f"{name}: one of {', '.join(known)}, please."
    people = values.get("people", "").strip()
    if people and not (people.isdecimal() and int(people) <= MAX_PEOPLE):
        yield f"people: a whole number up to {MAX_PEOPLE:,}, please."
    if long := [name for name in TEXT_COLUMNS if len(clean(values.get(name, ""))) > TEXT_LIMIT]:
        yield f"{', '.join(long)}: at most {TEXT_LIMIT} characters."
    offers = {"module": phase.intake.modules, "process": phase.intake.processes, "category": phase.intake.categories}
    for name, names in offers.items():
        value = one_line(values.get(name, ""))
        if value and names and value not in names:
            yield f"{name}: {phase.key} has no {value}."


def _chosen(values: Mapping[str, str], name: str) -> str:
    return values.get(name, "").strip().lower().replace(" ", "_")
