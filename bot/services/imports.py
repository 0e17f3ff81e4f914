"""Tickets from a CSV file: every mistake with its line before anything is made, and no line made twice."""

import csv
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bot.desk import Desk
from bot.phase_file import PERSON
from bot.services import intake, phases
from domain.errors import Refused, Repeated
from domain.permissions import Person
from domain.phase import Phase
from domain.priority import Consequence, Urgency
from domain.text import clean, is_blank, one_line
from domain.ticket import SUMMARY_LIMIT, TEXT_LIMIT, Intake, Report, Severity
from domain.types import Type, offered

WORDS = ("impact", "happened", "steps", "expected", "actual", "environment")
LISTS = ("module", "process", "category")
COLUMNS = ("summary", "severity", "reporter", "type", *LISTS, "business", "urgency", "people", *WORDS)


class BadFile(Exception):  # noqa: N818 - says what it is
    """What is wrong with a file, a line each."""


@dataclass(frozen=True, slots=True)
class Row:
    line: int
    reporter: str
    report: Report
    key: str  # the same for the same line, so that it is not made twice


def read(desk: Desk, file: Path, phase_key: str) -> tuple[Phase, list[Row]]:
    """The phase and the tickets of a file; BadFile with every mistake and its line."""
    with desk.store.read() as tx:
        phase = phases.choose(tx, key=phase_key)
    rows, wrong, seen = [], [], dict[str, int]()
    for line, values in _lines(file):
        try:
            row = _row(line, values, phase)
        except Refused as no:
            wrong.append(f"line {line}: {no.text}")
            continue
        if row.key in seen:
            wrong.append(f"line {line}: is the same as line {seen[row.key]}.")
        seen[row.key] = line
        rows.append(row)
    if wrong:
        raise BadFile("\n".join(wrong))
    return phase, rows


def make(desk: Desk, phase: Phase, row: Row) -> bool:
    """One ticket; False when that line was imported before."""
    try:
        intake.open_ticket(desk, row.report, person=Person(row.reporter), phase_key=phase.key, intake=Intake.IMPORT,
                           request=f"import:{phase.key}:{row.key}", quiet=True)  # fmt: skip
    except Repeated:
        return False
    return True


def _lines(file: Path) -> Iterator[tuple[int, Mapping[str, str]]]:
    try:
        with file.open(encoding="utf-8-sig", newline="") as opened:
            table = csv.DictReader(opened, restkey="")
            names = [name.strip().lower() for name in table.fieldnames or ()]
            if unknown := [name for name in names if name not in COLUMNS]:
                raise BadFile(f"line 1: there is no column {', '.join(unknown)}; there is {', '.join(COLUMNS)}.")
            if missing := [name for name in ("summary", "severity", "reporter") if name not in names]:
                raise BadFile(f"line 1: the columns {', '.join(missing)} are needed.")
            table.fieldnames = names
            for values in table:
                yield table.line_num, {k: v or "" for k, v in values.items() if k}
    except OSError as error:
        raise BadFile(f"{file} cannot be read: {error.strerror}.") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise BadFile(f"{file} is not a CSV file in UTF-8: {error}.") from None


def _row(line: int, values: Mapping[str, str], phase: Phase) -> Row:
    summary, reporter = one_line(values["summary"]), values["reporter"].strip()
    if is_blank(summary) or len(summary) > SUMMARY_LIMIT:
        raise Refused(f"summary: one to {SUMMARY_LIMIT} characters, please.")
    if not PERSON.match(reporter):
        raise Refused("reporter: a person's id looks like U0123456789.")
    words = {name: clean(values.get(name, "")) for name in WORDS}
    if long := [name for name, text in words.items() if len(text) > TEXT_LIMIT]:
        raise Refused(f"{', '.join(long)}: at most {TEXT_LIMIT} characters.")
    people = values.get("people", "").strip()
    if people and not people.isdecimal():
        raise Refused("people: a whole number, please.")
    lists = {name: one_line(values.get(name, "")) for name in LISTS}
    known = {"module": phase.modules, "process": phase.processes, "category": phase.categories}
    for name, value in lists.items():
        if value and known[name] and value not in known[name]:
            raise Refused(f"{name}: {phase.key} has no {value}.")
    report = Report(
        summary=summary, severity=Severity(_one(values, "severity", list(Severity))),
        type=Type(_one(values, "type", list(offered(phase.templates))) or Type.BUG),
        business=_one(values, "business", list(Consequence)), urgency=_one(values, "urgency", list(Urgency)),
        people=int(people) if people else None,
    )  # fmt: skip
    said: dict[str, Any] = words | lists
    return Row(
        line, reporter, replace(report, **said), hashlib.sha256(repr(sorted(values.items())).encode()).hexdigest()[:32]
    )


def _one(values: Mapping[str, str], name: str, known: list[str]) -> str:
    value = values.get(name, "").strip().lower().replace(" ", "_")
    if value in known or (not value and name != "severity"):
        return value
    raise Refused(f"{name}: one of {', '.join(known)}, please.")
