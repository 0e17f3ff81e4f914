"""The rows of another system's export as reports: columns found, words translated, and all that isn't mapped."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeVar

from bot.services.csv_files import CsvRow, CsvTable
from bot.services.intake.export_comments import ImportedComment, read_comments
from domain.intake.dates import DateOrder, UnreadableDate, order_of, read_date
from domain.intake.export_maps import word
from domain.intake.settings import ImportField, ImportMap, ImportStatus
from domain.phases.permissions import Person, is_responder
from domain.phases.phase import Phase
from domain.settings import is_person_id
from domain.text import clean, is_blank, one_line, plural, shorten
from domain.tickets.ticket import MODULE_LIMIT, SUMMARY_LIMIT, TEXT_LIMIT, Report, Severity
from domain.tickets.types import TicketType
from domain.typed import plain, same

NO_VALUE = ("", "-", "none", "n/a", "null", "unassigned")  # how systems write that there is none
LISTED = 12  # values in one note
MAX_COMMENTS = 500  # of one ticket
F = ImportField
DATES = (F.OPENED, F.CLOSED)
TEXTS = (F.HAPPENED, F.STEPS, F.EXPECTED, F.ACTUAL, F.ENVIRONMENT, F.IMPACT)
TABLES = {F.SEVERITY: "severities", F.STATUS: "statuses"}  # of a map
Found = TypeVar("Found")


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedTicket:
    """A ticket of another system; dates are None and texts empty where the file doesn't say.

    `key` is its name there, and identifies it when the file comes again.
    """

    line: int
    key: str
    reporter: str
    report: Report
    status: ImportStatus = ImportStatus.RECEIVED
    owner: str = ""
    opened_at: datetime | None = None
    closed_at: datetime | None = None
    solution: str = ""
    comments: tuple[ImportedComment, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """Who is who: Slack ids by name or e-mail address in lower case, and who stands in for reporters not among them."""

    known: Mapping[str, str] = field(default_factory=dict)
    stand_in: str = ""

    def find(self, names: Iterable[str]) -> str:
        """Return the id of the first name that is known; "" without one."""
        for name in names:
            if is_person_id(plain(name)):
                return plain(name)
            if found := self.known.get(word(name)):
                return found
        return ""


@dataclass(slots=True)
class Findings:
    """What is told before anything is written: errors stop the import, notes don't. Equal ones are told once."""

    errors: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    values: dict[str, dict[str, list[int]]] = field(default_factory=dict)  # lines by what is said and by value

    def count(self, about: str, value: str, line: int) -> None:
        """Remember a value of a line, to be told with those of other lines."""
        self.values.setdefault(about, {}).setdefault(value, []).append(line)

    def list_counted(self) -> Iterator[str]:
        """Yield a note for each kind of remembered values."""
        for about, values in self.values.items():
            told = [f"“{shorten(value, 40)}” ({_lines(lines)})" if value else _lines(lines)
                    for value, lines in list(values.items())[:LISTED]]  # fmt: skip
            more = [f"and {len(values) - LISTED:,} more"] if len(values) > LISTED else []
            yield f"{about}: {', '.join([*told, *more])}."


@dataclass(slots=True)
class ExportReader:
    """Reads the rows of one file; no date may lie after `now`."""

    table: CsvTable
    mapped: ImportMap
    phase: Phase
    people: People
    now: datetime
    found: Findings = field(default_factory=Findings)
    columns: dict[ImportField, list[int]] = field(default_factory=dict)
    unmapped: dict[tuple[ImportField, str], list[int]] = field(default_factory=dict)
    strangers: dict[str, list[int]] = field(default_factory=dict)

    def read(self) -> list[ImportedTicket]:
        """Return the tickets that can be read; `found` has what is wrong and what is left out."""
        self.found.errors += self.table.errors
        self.found.notes += self.table.notes
        self._find_columns()
        order, tickets = self._date_order(), []
        for row in self.table.rows if self.columns.get(F.SUMMARY) else ():
            errors = list[str]()
            ticket = self._ticket(row, order, errors)
            self.found.errors += [f"line {row.line}: {error}" for error in errors]
            tickets.append(ticket)
        self.found.errors += [*self._unmapped_words(), *self._unknown_reporters()]
        self.found.notes += self.found.list_counted()
        return tickets

    @property
    def _zone(self) -> str:
        """The time zone of dates without one."""
        return self.mapped.timezone or self.phase.timezone

    def _find_columns(self) -> None:
        names = [word(name) for name in self.table.columns]
        for target, wanted in self.mapped.columns.items():
            self.columns[target] = [number for name in wanted for number, known in enumerate(names)
                                    if known == word(name)]  # fmt: skip
        if not self.columns.get(F.SUMMARY):
            named = " or ".join(self.mapped.columns.get(F.SUMMARY, ())) or "summary"
            self.found.errors.append(f"line 1: there is no column {named}. Name yours in a map file, under [columns].")
        used = {number for numbers in self.columns.values() for number in numbers}
        ignored = {word(name) for name in self.mapped.ignore}
        left = [self.table.columns[number] for number, name in enumerate(names)
                if number not in used and name not in ignored and self._has_values(number)]  # fmt: skip
        if left:
            self.found.notes.append(f"Columns that are left out: {', '.join(dict.fromkeys(left))}.")

    def _has_values(self, column: int) -> bool:
        return any(row.values[column].strip() for row in self.table.rows)

    def _date_order(self) -> DateOrder | None:
        if self.mapped.dates:
            return self.mapped.dates
        values = [value for target in DATES for row in self.table.rows for value in self._values(row, target)]
        try:
            order = order_of(values)
        except UnreadableDate as error:
            self.found.errors.append(f"The dates are written in two ways: {error}. Write them all in the same way.")
            return DateOrder.DAY_FIRST
        if order is None:
            self.found.errors.append(
                "The dates can be read in two ways, for example 03/04/2026 as 3 April and as 4 March, and no date "
                "of the file shows which. Say whether they are day-first or month-first."
            )
        return order or DateOrder.DAY_FIRST

    def _values(self, row: CsvRow, target: ImportField) -> list[str]:
        """Return the values of the columns that become that, in the order of the map."""
        found = [clean(row.values[number]) for number in self.columns.get(target, ())]
        return [value for value in found if word(value) not in NO_VALUE]

    def _value(self, row: CsvRow, target: ImportField) -> str:
        return next(iter(self._values(row, target)), "")

    def _ticket(self, row: CsvRow, order: DateOrder | None, errors: list[str]) -> ImportedTicket:
        opened, closed = (self._date(row, target, order, errors) for target in DATES)
        if opened and closed and closed < opened:
            errors.append("it was closed before it was opened. Correct one of the two dates.")
        reporters, owners = self._values(row, F.REPORTER), self._values(row, F.OWNER)
        reporter, owner = self.people.find(reporters), self._owner(row, owners)
        extra = {"reported_by": "" if reporter else next(iter(reporters), ""),
                 "assigned_to": "" if owner else next(iter(owners), "")}  # fmt: skip
        if not reporter:
            self._miss_reporter(row, reporters)
        return ImportedTicket(
            line=row.line, key=one_line(self._value(row, F.KEY)), owner=owner,
            reporter=reporter or self.people.stand_in,
            status=self._translated(row, F.STATUS, self.mapped.statuses, ImportStatus.RECEIVED), opened_at=opened,
            closed_at=closed, report=self._report(row, extra, errors), comments=self._comments(row, reporters, order),
            solution=shorten(self._value(row, F.SOLUTION), TEXT_LIMIT),
        )  # fmt: skip

    def _date(
        self, row: CsvRow, target: ImportField, order: DateOrder | None, errors: list[str]
    ) -> datetime | None:  # fmt: skip
        value = self._value(row, target)
        if not value:
            return None
        try:
            moment = read_date(value, order, self._zone)
        except UnreadableDate as error:
            errors.append(f"{target}: “{shorten(value, 40)}” {error}.")
            return None
        if moment > self.now:
            errors.append(f"{target}: {value} lies in the future. Check the order of day and month, and the time zone.")
            return None
        return moment

    def _owner(self, row: CsvRow, owners: Sequence[str]) -> str:
        """Return the owner if they are in the phase's team; "" else, which is noted."""
        owner = self.people.find(owners)
        if owner and is_responder(Person(owner), self.phase):
            return owner
        if owners:
            problem = f"aren't responders of {self.phase.key}" if owner else "aren't known in Slack"
            self.found.count(f"Owners who {problem}, so their tickets are unassigned, with the name noted", owners[0],
                             row.line)  # fmt: skip
        return ""

    def _miss_reporter(self, row: CsvRow, reporters: Sequence[str]) -> None:
        name = next(iter(reporters), "")
        if self.people.stand_in:
            self.found.count("Reporters who aren't known in Slack, so you are the reporter and their name is noted"
                             if name else "Tickets without a reporter, so you are the reporter",
                             name, row.line)  # fmt: skip
        else:
            self.strangers.setdefault(name, []).append(row.line)

    def _report(self, row: CsvRow, extra: dict[str, str], errors: list[str]) -> Report:
        summary = one_line(self._value(row, F.SUMMARY))
        if is_blank(summary):
            errors.append("the summary is empty. Write what is wrong.")
        texts = {str(target): "\n".join(self._values(row, target)) for target in TEXTS}
        if len(summary) > SUMMARY_LIMIT:
            texts["happened"] = f"{summary}\n{texts['happened']}".strip()
        for name, text in texts.items():
            if len(text) > TEXT_LIMIT:
                self.found.count(f"Texts of more than {TEXT_LIMIT:,} characters, whose end is left out", name, row.line)
        texts = {name: shorten(text, TEXT_LIMIT) for name, text in texts.items()}
        severity = self._translated(row, F.SEVERITY, self.mapped.severities, Severity.MEDIUM)
        if not self._value(row, F.SEVERITY):
            self.found.count("Tickets without a priority, which become medium", "", row.line)
        kind: TicketType | None = self._translated(row, F.TYPE, self.mapped.types, None)
        name = f"{self.mapped.system} {self._value(row, F.KEY)}".strip()
        extra = {"imported_from": name, **extra, "labels": ", ".join(self._values(row, F.LABELS))}
        named = self._catalogue(row, extra)
        report = Report(summary=shorten(summary, SUMMARY_LIMIT), severity=severity,
                        extra={key: shorten(text, TEXT_LIMIT) for key, text in extra.items() if text})  # fmt: skip
        return replace(report, **texts, **named, **({"type": kind} if kind else {}))  # type: ignore[arg-type]

    def _catalogue(self, row: CsvRow, extra: dict[str, str]) -> dict[str, str]:
        """Return the names that the phase has, by field; others are added to `extra`."""
        lists = {F.MODULE: self.phase.intake.modules, F.PROCESS: self.phase.intake.processes,
                 F.CATEGORY: self.phase.intake.categories}  # fmt: skip
        named = dict[str, str]()
        for target, names in lists.items():
            values = [one_line(value) for value in self._values(row, target)]
            known = next((name for name in names for value in values if same(name, value)), "")
            if known:
                named[target] = known
            elif values and not names and len(values[0]) <= MODULE_LIMIT:
                named[target] = values[0]
            elif values:
                extra[f"imported_{target}"] = ", ".join(values)
                self.found.count(
                    f"Not a {target} of {self.phase.key}, so it is noted on the ticket", values[0], row.line
                )
        return named

    def _translated(
        self, row: CsvRow, target: ImportField, words: Mapping[str, Found], otherwise: Found
    ) -> Found:  # fmt: skip
        """Return what a word of the file means; one that isn't mapped is an error, or a note when it is a type."""
        value = self._value(row, target)
        if not value:
            return otherwise
        known = words.get(word(value))
        if known is None and target in TABLES:
            self.unmapped.setdefault((target, value), []).append(row.line)
        elif known is None:
            self.found.count("Types that aren't mapped; these tickets get the usual type", value, row.line)
        return otherwise if known is None else known

    def _comments(
        self, row: CsvRow, reporters: Sequence[str], order: DateOrder | None
    ) -> tuple[ImportedComment, ...]:  # fmt: skip
        found, internal = list[ImportedComment](), 0
        for text in self._values(row, F.COMMENTS):
            comments, notes = read_comments(text, self.mapped.base, order, self._zone)
            found, internal = [*found, *comments], internal + notes
        if internal:
            self.found.count("Internal work notes, which are left out", "", row.line)
        if len(found) > MAX_COMMENTS:
            self.found.count(f"More than {MAX_COMMENTS} comments, of which the last ones count", "", row.line)
        ordered = sorted(found, key=lambda one: one.at or self.now)[-MAX_COMMENTS:]
        return tuple(self._signed(comment, reporters) for comment in ordered)

    def _signed(self, comment: ImportedComment, reporters: Sequence[str]) -> ImportedComment:
        """Return a comment with the id of its author, and whether that is the reporter."""
        person, reporter = self.people.find([comment.author]), self.people.find(reporters)
        is_theirs = person == reporter if person else word(comment.author) in map(word, reporters)
        return replace(comment, person=person, by_reporter=is_theirs and bool(comment.author))

    def _unmapped_words(self) -> Iterator[str]:
        for (target, value), lines in self.unmapped.items():
            yield (f"{_lines(lines)}: {target}: “{shorten(value, 40)}” isn't mapped. "
                   f"Add it to [{TABLES[target]}] in a map file.")  # fmt: skip

    def _unknown_reporters(self) -> Iterator[str]:
        for name, lines in self.strangers.items():
            problem = f"reporter: “{shorten(name, 40)}” isn't known in Slack" if name else "the reporter is empty"
            yield f"{_lines(lines)}: {problem}. Name their Slack id, or a reporter for all who aren't known."


def _lines(lines: Sequence[int]) -> str:
    return plural(len(lines), f"line {lines[0]}", f"{{count}} lines from line {lines[0]} on")
