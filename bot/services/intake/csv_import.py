"""Import of tickets from a CSV file: checked and shown as a whole before it starts, and no row imported twice."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bot.context import AppContext
from bot.services.csv_files import MAX_COMPLAINTS, InvalidFile, parse, read_file, read_values
from bot.services.intake import intake
from bot.services.intake.export_history import history_of
from bot.services.intake.export_rows import ExportReader, ImportedTicket, People
from bot.services.phases import phases
from domain.address import is_person
from domain.errors import Repeated
from domain.intake.export_maps import complete, word
from domain.intake.settings import ImportMap
from domain.phases.permissions import Person
from domain.phases.phase import Phase
from domain.text import clean, is_blank, one_line, plural
from domain.tickets.priority import Consequence, Urgency
from domain.tickets.ticket import SUMMARY_LIMIT, TEXT_LIMIT, Intake, Report, Severity, Ticket
from domain.tickets.types import TicketType, offered
from domain.typed import plain, same
from storage.delivery.archive import PERMANENT
from storage.transaction import Transaction

TEXT_COLUMNS = ("impact", "happened", "steps", "expected", "actual", "environment")
CATALOGUE_COLUMNS = ("module", "process", "category")
MAX_PEOPLE = 10_000_000
REPORTER = "reporter"
REQUIRED_COLUMNS = ("summary", "severity", REPORTER)
COLUMNS = (*REQUIRED_COLUMNS, "type", *CATALOGUE_COLUMNS, "business", "urgency", "people", *TEXT_COLUMNS)
SHOWN_REPEATS = 5  # repeated summaries in the notes


@dataclass(frozen=True, slots=True)
class ImportRow:
    """A ticket to import. `key` identifies the row, so that it is imported once; `other` is its history elsewhere."""

    line: int
    reporter: str
    report: Report
    key: str
    other: ImportedTicket | None = None


@dataclass(frozen=True, slots=True)
class ImportPreview:
    """What an import would do: the tickets, what stops it (`errors`), and what is left out or worth knowing (`notes`).

    `known` tickets were imported before, and are skipped.
    """

    phase: Phase
    rows: Sequence[ImportRow]
    errors: Sequence[str]
    notes: Sequence[str]
    known: int = 0

    @property
    def is_ready(self) -> bool:
        """Whether the rows can be imported with `import_row`."""
        return not self.errors

    def lines(self) -> Iterator[str]:
        """Yield what people read before they decide, a sentence a line."""
        yield from self.errors[:MAX_COMPLAINTS]
        if len(self.errors) > MAX_COMPLAINTS:
            yield plural(len(self.errors) - MAX_COMPLAINTS, "There is 1 more error.", "There are {count} more errors.")
        yield from self.notes
        if self.is_ready:
            new = len(self.rows) - self.known
            yield plural(new, "1 ticket would be created in {phase}.", "{count} tickets would be created in {phase}.",
                         phase=self.phase.key)  # fmt: skip
        if self.is_ready and self.known:
            yield plural(self.known, "1 ticket was imported before and is skipped.",
                         "{count} tickets were imported before and are skipped.")  # fmt: skip


def read_tickets(
    app: AppContext, data: bytes, *, name: str, phase_key: str = "", mapped: ImportMap | None = None,
    people: Mapping[str, str] | None = None, stand_in: str = "", encoding: str = "",
) -> ImportPreview:  # fmt: skip
    """Return the rows of a file, and what is wrong with them. InvalidFile when it is no CSV file.

    `mapped` reads the export of another system; without it the columns are Hypercare's own. `people` are Slack ids by
    name or e-mail address, and `stand_in` becomes the reporter where the file names none, or none that is known.
    """
    with app.store.read() as tx:
        phase = phases.choose_phase(tx, key=phase_key)
        names = tx.profiles.list_names() if mapped else {}
    if mapped is None:
        rows, errors, notes = _own_rows(data, name, phase, encoding, stand_in)
    else:
        full = complete(mapped)
        expected = {word(column) for columns in full.columns.values() for column in columns}
        table = parse(data, name=name, expected=expected, encoding=encoding)
        known = {word(each): id_ for each, id_ in (names | dict(people or {})).items()} | dict(full.people)
        reader = ExportReader(table, full, phase, People(known=known, stand_in=stand_in), app.now())
        rows = [_export_row(ticket, full.system or "") for ticket in reader.read()]
        errors, notes = reader.found.errors, reader.found.notes
    rows = _distinguish(rows)
    return ImportPreview(phase, rows, errors, [*notes, *_repeated(rows)])


def preview(app: AppContext, data: bytes, **choice: Any) -> ImportPreview:
    """Return what importing a file would do, and write nothing. It takes what `read_tickets` takes."""
    found = read_tickets(app, data, **choice)
    with app.store.read() as tx:
        known = tx.message_archive.count_requests([_request(found.phase, row) for row in found.rows])
    return replace(found, known=known)


def read_rows(app: AppContext, file: Path, phase_key: str) -> tuple[Phase, list[ImportRow]]:
    """Return the phase and the rows of a file with Hypercare's columns. InvalidFile lists every error, one a line."""
    found = preview(app, read_file(file), name=str(file), phase_key=phase_key)
    if found.errors:
        raise InvalidFile("\n".join(found.errors))
    return found.phase, [*found.rows]


def import_row(app: AppContext, phase: Phase, row: ImportRow) -> bool:
    """Open the ticket of a row, with its history elsewhere; return False if the row was imported before."""
    with app.transaction() as tx:
        ticket = import_row_in(app, tx, phases.choose_phase(tx, key=phase.key), row)
    if ticket is not None:
        intake.after_opening(app, ticket, quiet=True)
    return ticket is not None


def import_row_in(app: AppContext, tx: Transaction, phase: Phase, row: ImportRow) -> Ticket | None:
    """Open the ticket of a row within a transaction; return None if the row was imported before."""
    try:
        tx.insert_request(_request(phase, row), app.now())
    except Repeated:
        return None
    history = history_of(row.other, app.now()) if row.other else None
    return intake.open_ticket_in(app, tx, phase, row.report, person=Person(row.reporter), intake=Intake.IMPORT,
                                 quiet=True, history=history)  # fmt: skip


def _request(phase: Phase, row: ImportRow) -> str:
    return f"{PERMANENT}{phase.key}:{row.key}"


def _hash(content: object) -> str:
    return hashlib.sha256(repr(content).encode()).hexdigest()[:32]


def _export_row(ticket: ImportedTicket, system: str) -> ImportRow:
    """A ticket is known by its name in the other system, or else by its words."""
    content = (system, ticket.key) if ticket.key else (system, ticket.reporter, repr(ticket.report))
    return ImportRow(ticket.line, ticket.reporter, ticket.report, _hash(content), ticket)


def _distinguish(rows: Sequence[ImportRow]) -> list[ImportRow]:
    """Give rows that say the same different keys, by their order; a name of another system stands for one ticket."""
    seen, found = dict[str, int](), list[ImportRow]()
    for row in rows:
        count = seen[row.key] = seen.get(row.key, 0) + 1
        if count == 1:
            found.append(row)
        elif row.other is None or not row.other.key:
            found.append(replace(row, key=_hash((row.key, count))))
    return found


def _repeated(rows: Sequence[ImportRow]) -> Iterator[str]:
    """Yield a note for each summary that several rows have."""
    lines: dict[str, list[int]] = {}
    for row in rows:
        lines.setdefault(row.report.summary.casefold(), []).append(row.line)
    repeats = [(found, row.report.summary) for row in rows if len(found := lines[row.report.summary.casefold()]) > 1
               and row.line == found[0]]  # fmt: skip
    for found, summary in repeats[:SHOWN_REPEATS]:
        yield f"Lines {', '.join(map(str, found))} have the same summary, “{summary}”. Each becomes a ticket."
    if len(repeats) > SHOWN_REPEATS:
        yield plural(len(repeats) - SHOWN_REPEATS, "1 more summary is on several lines. Each line becomes a ticket.",
                     "{count} more summaries are on several lines. Each line becomes a ticket.")  # fmt: skip


def _own_rows(
    data: bytes, name: str, phase: Phase, encoding: str, stand_in: str
) -> tuple[list[ImportRow], list[str], Sequence[str]]:
    """Return the rows of a file with Hypercare's columns, what is wrong, and what is worth knowing."""
    table = parse(data, name=name, expected=COLUMNS, encoding=encoding)
    required = [column for column in REQUIRED_COLUMNS if column != REPORTER or not stand_in]
    found, errors = read_values(table, required, COLUMNS)
    rows, without = list[ImportRow](), 0
    for line, values in found:
        key = _hash(sorted(values.items()))  # of what is in the file, without the chosen reporter
        given = plain(values.get(REPORTER, ""))
        without += not given
        try:
            rows.append(_row(line, {**values, REPORTER: given or stand_in}, phase, key))
        except InvalidFile as error:
            errors += str(error).splitlines()
    told = plural(without, "1 ticket has no reporter in the file, so it gets the one you chose.",
                  "{count} tickets have no reporter in the file, so they get the one you chose.")  # fmt: skip
    return rows, errors, [*table.notes, *([told] if without and stand_in else [])]


def _row(line: int, values: Mapping[str, str], phase: Phase, key: str) -> ImportRow:
    """Return the row; InvalidFile lists every error in it."""
    if errors := [*_errors(values, phase)]:
        raise InvalidFile("\n".join(f"line {line}: {error}" for error in errors))
    people = plain(values.get("people", ""))
    report = Report(
        summary=one_line(values["summary"]), severity=Severity(_chosen(values, "severity")),
        type=TicketType(_chosen(values, "type") or TicketType.NONE), business=_chosen(values, "business"),
        urgency=_chosen(values, "urgency"), people=int(people) if people else None,
    )  # fmt: skip
    texts: dict[str, Any] = {name: clean(values.get(name, "")) for name in TEXT_COLUMNS}
    texts |= {name: _as_in_phase(values, name, phase) for name in CATALOGUE_COLUMNS}
    return ImportRow(line, plain(values[REPORTER]), replace(report, **texts), key)


def _errors(values: Mapping[str, str], phase: Phase) -> Iterator[str]:
    """Yield what is wrong with a row: the column, the problem, and what to do."""
    summary = one_line(values["summary"])
    if is_blank(summary):
        yield "the summary is empty. Write what is wrong."
    elif len(summary) > SUMMARY_LIMIT:
        yield f"the summary has {len(summary)} characters. Use at most {SUMMARY_LIMIT}."
    reporter = plain(values[REPORTER])
    if not reporter:
        yield "the reporter is empty. Write a Slack member id, such as U0123456789."
    elif not (is_person(reporter) and any(letter.isdigit() for letter in reporter)):
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
            yield f"the column {name} has {length} characters. Use at most {TEXT_LIMIT}."
    for name in CATALOGUE_COLUMNS:
        value, names = one_line(values.get(name, "")), _catalogue(phase)[name]
        if value and names and not any(same(value, known) for known in names):
            yield f"{name}: {phase.key} has no {name} “{value}”. Use one that it has, or add it in its settings."


def _catalogue(phase: Phase) -> dict[str, tuple[str, ...]]:
    return {"module": phase.intake.modules, "process": phase.intake.processes, "category": phase.intake.categories}


def _as_in_phase(values: Mapping[str, str], name: str, phase: Phase) -> str:
    """Return a name as the phase writes it, however it was typed."""
    value = one_line(values.get(name, ""))
    return next((known for known in _catalogue(phase)[name] if same(known, value)), value)


def _chosen(values: Mapping[str, str], name: str) -> str:
    return plain(values.get(name, "")).lower().replace(" ", "_")
