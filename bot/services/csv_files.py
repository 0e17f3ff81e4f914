"""CSV files of operators: read line by line, and refused with the line that is wrong."""

import csv
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from domain.typed import plain


class InvalidFile(Exception):  # noqa: N818 - says what it is
    """Lists what is wrong with a file, one error a line."""


def read_table(
    file: Path, needed: Collection[str], known: Collection[str] = ()
) -> Iterator[tuple[int, Mapping[str, str]]]:
    """Yield (line number, values by lower-case column); InvalidFile when a column is missing or unknown."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as opened:
            rows = csv.DictReader(opened, restkey="")
            names = [plain(name).lower() for name in rows.fieldnames or ()]
            if known and (unknown := [name for name in names if name not in known]):
                raise InvalidFile(f"line 1: there is no column {', '.join(unknown)}; there is {', '.join(known)}.")
            if missing := [name for name in needed if name not in names]:
                raise InvalidFile(f"line 1: the columns {', '.join(missing)} are needed.")
            rows.fieldnames = names
            for values in rows:
                yield rows.line_num, {k: v or "" for k, v in values.items() if k}
    except OSError as error:
        raise InvalidFile(f"{file} cannot be read: {error.strerror}.") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise InvalidFile(f"{file} is not a CSV file in UTF-8: {error}.") from None
