"""CSV files as spreadsheets and other systems write them: encoding, delimiter and lines, and everything that is wrong.

RFC 4180 (https://www.rfc-editor.org/rfc/rfc4180), and what programs do instead: other delimiters, a first line `sep=;`,
byte order marks, UTF-16, Windows code pages, empty rows and empty last columns.
"""

import codecs
import csv
import io
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from domain.text import plural, shorten
from domain.typed import plain

MAX_BYTES = 100_000_000
MAX_COMPLAINTS = 100  # in one answer
DELIMITERS = ",;\t|"
BYTE_ORDER_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"),
                    (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))  # fmt: skip
WINDOWS = "cp1252"
DELIMITER_LINE = re.compile(r"^\"?sep=(.)\"?\r?\n", re.IGNORECASE)
NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")


class InvalidFile(Exception):  # noqa: N818 - says what it is
    """Lists what is wrong with a file, one error a line."""


@dataclass(frozen=True, slots=True)
class CsvRow:
    """A row: the line on which it begins, the first line being 1, and its values by the number of their column."""

    line: int
    values: Sequence[str]


@dataclass(frozen=True, slots=True)
class CsvTable:
    """The columns as the file names them, the rows, what is wrong with some lines, and what people should know."""

    columns: tuple[str, ...]
    rows: tuple[CsvRow, ...]
    errors: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def read_file(file: Path) -> bytes:
    """Return the content of a file; InvalidFile when it can't be read or is larger than MAX_BYTES."""
    try:
        if file.stat().st_size > MAX_BYTES:
            raise InvalidFile(f"{file} is larger than {MAX_BYTES // 1_000_000} MB. Split it.")
        return file.read_bytes()
    except OSError as error:
        raise InvalidFile(f"{file} cannot be read: {error.strerror}.") from None


def read_table(
    file: Path, needed: Collection[str], known: Collection[str] = ()
) -> Iterator[tuple[int, Mapping[str, str]]]:
    """Yield (line number, values by lower-case column); InvalidFile lists everything that is wrong with the file."""
    rows, errors = read_values(parse(read_file(file), name=str(file), expected=known or needed), needed, known)
    if errors:
        raise InvalidFile("\n".join(errors[:MAX_COMPLAINTS]))
    yield from rows


def read_values(
    table: CsvTable, needed: Collection[str], known: Collection[str] = ()
) -> tuple[list[tuple[int, Mapping[str, str]]], list[str]]:
    """Return (line number, values by lower-case column) of each row, and everything that is wrong with the file.

    `needed` columns have to be there, and no others than the `known` ones. There are no rows where columns are wrong.
    """
    names = [plain(name).lower() for name in table.columns]
    if wrong := [*_column_errors(names, needed, known)]:
        return [], [*wrong, *table.errors]
    return [(row.line, dict(zip(names, row.values, strict=True))) for row in table.rows], [*table.errors]


def parse(data: bytes, *, name: str, expected: Collection[str], encoding: str = "") -> CsvTable:
    """Read the content of a CSV file called `name`; InvalidFile when it is no such file at all.

    `expected` are names of columns, in lower case, which tell the delimiter. `encoding` is what the data is in where
    that is known.
    """
    text, notes = _decode(data, name, encoding)
    if not text.strip():
        raise InvalidFile(f"{name} is empty. Export it again with at least one line.")
    delimiter, skipped = "", 0
    if found := DELIMITER_LINE.match(text):
        delimiter, text, skipped = found[1], text[found.end() :], 1
    delimiter = delimiter or _delimiter(text, expected)
    records = list(_records(text, delimiter, skipped, name))
    if not records:
        raise InvalidFile(f"{name} has no header line. Export it again with the names of its columns.")
    return _table(records, notes)


def _decode(data: bytes, name: str, encoding: str) -> tuple[str, tuple[str, ...]]:
    """Return the text, and a note when its encoding was a guess."""
    marked = next((of_mark for mark, of_mark in BYTE_ORDER_MARKS if data.startswith(mark)), "")
    sure = encoding or marked or _zero_bytes(data)
    try:
        return data.decode(sure or "utf-8"), ()
    except LookupError:
        raise InvalidFile(f"“{encoding}” is not an encoding. Use one such as utf-8, utf-16 or cp1252.") from None
    except UnicodeDecodeError as error:
        if sure:
            place = data[: error.start].count(b"\n") + 1
            raise InvalidFile(
                f"{name} is not in {sure}: line {place} has other characters. Export it as UTF-8."
            ) from None
    text = data.decode(WINDOWS, errors="replace")
    example = next((word for word in re.findall(r"\S+", text) if not word.isascii()), "")
    note = f"The file isn't in UTF-8. It was read as Western European (cp1252), as in “{shorten(example, 40)}”. "
    return text, (f"{note}If that looks wrong, name its encoding.",)


def _zero_bytes(data: bytes) -> str:
    """Return the encoding of UTF-16 without a mark, which has a zero byte beside every ASCII character."""
    head = data[:200]
    if head[1::2].count(0) > len(head) // 4:
        return "utf-16-le"
    return "utf-16-be" if head[::2].count(0) > len(head) // 4 else ""


def _delimiter(text: str, expected: Collection[str]) -> str:
    """Return what separates the names of the columns: what leaves most of the expected ones, then most of any."""

    def score(delimiter: str) -> tuple[int, int]:
        try:
            names = next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), [])
        except csv.Error:
            return 0, 0
        return sum(plain(name).lower() in expected for name in names), len(names)

    return max(DELIMITERS, key=score)


def _records(text: str, delimiter: str, skipped: int, name: str) -> Iterator[CsvRow]:
    """Yield what the file has in it, without empty rows."""
    rows, begins = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True), skipped + 1
    while True:
        try:
            values = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            problem = "a quoted value that doesn't end" if "end of data" in str(error) else "a misplaced quote"
            raise InvalidFile(f"line {begins}: {name} has {problem}. Double each quote inside of a value.") from None
        if any(value.strip() for value in values):
            yield CsvRow(begins, values)
        begins = skipped + rows.line_num + 1


def _table(records: Sequence[CsvRow], notes: tuple[str, ...]) -> CsvTable:
    header, *rows = records
    used = max((number for number, name in enumerate(header.values, 1) if name.strip()), default=0)
    errors = [f"line {header.line}: column {number} has no name." for number, name in enumerate(header.values[:used], 1)
              if not name.strip()]  # fmt: skip
    kept = []
    for row in rows:
        found = max((number for number, value in enumerate(row.values, 1) if value.strip()), default=0)
        if found > used:
            said = plural(used, "line {line} has {values} values, but there is only one column.",
                          "line {line} has {values} values, but there are only {columns} columns.",
                          line=row.line, values=_number(found), columns=_number(used))  # fmt: skip
            errors.append(f"{said} Put quotes around a value with the delimiter in it.")
        else:
            kept.append(CsvRow(row.line, (*row.values, *[""] * used)[:used]))
    return CsvTable(tuple(header.values[:used]), tuple(kept), tuple(errors), notes)


def _number(number: int) -> str:
    return NUMBERS[number] if number < len(NUMBERS) else str(number)


def _column_errors(names: Sequence[str], needed: Collection[str], known: Collection[str]) -> Iterator[str]:
    yield from (f"line 1: the column {name} appears twice. Remove one." for name in dict.fromkeys(names)
                if name and names.count(name) > 1)  # fmt: skip
    if known and (unknown := [name for name in dict.fromkeys(names) if name and name not in known]):
        yield plural(len(unknown), "line 1: the column {names} isn't known. Known columns are {known}.",
                     "line 1: the columns {names} aren't known. Known columns are {known}.",
                     names=", ".join(unknown), known=", ".join(known))  # fmt: skip
    if missing := [name for name in needed if name not in names]:
        yield plural(len(missing), "line 1: the column {names} is missing. Add it.",
                     "line 1: the columns {names} are missing. Add them.", names=", ".join(missing))  # fmt: skip
