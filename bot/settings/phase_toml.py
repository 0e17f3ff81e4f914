"""A phase as a TOML file: read, with the line of every error, and written."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import tomli_w
from pydantic import ValidationError

from bot.settings.errors import InvalidSettings, error_line
from domain.phases.settings import PhaseSettings

TABLE = re.compile(r"^\s*(\[\[?)\s*([^\[\]]+?)\s*\]\]?\s*(?:#.*)?$")
KEY = re.compile(r"""^\s*([\w."' -]+?)\s*=""")
TomlPath = tuple[str, ...]  # the names and, for tables in a list, the numbers on the way to a value


def load_phase(file: Path) -> PhaseSettings:
    """Read a phase from its own TOML file, with or without a `[phase]` table; InvalidSettings names every error."""
    try:
        text = file.read_text(encoding="utf-8-sig")  # Windows editors begin a file with a mark
        content = tomllib.loads(text)
        return PhaseSettings.model_validate(content.get("phase", content))
    except OSError as error:
        raise InvalidSettings(f"{file} cannot be read: {error.strerror}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidSettings(f"{file} is not valid TOML: {error}.") from None
    except ValidationError as error:
        lines = {path: number for number, path in _lines(text)}
        raise InvalidSettings("\n".join(_with_line(e, lines) for e in error.errors())) from None


def to_toml(phase: PhaseSettings) -> str:
    """Write the phase as a file, without the settings that have their default."""
    values = phase.model_dump(mode="python", exclude_defaults=True)
    return tomli_w.dumps({"phase": _plain(values)})


def _with_line(error: Any, lines: dict[TomlPath, int]) -> str:
    path = tuple(str(part) for part in error["loc"] if part != "[key]")
    found = next((lines[path[:end]] for end in range(len(path), 0, -1) if path[:end] in lines), None)
    return f"line {found}: {error_line(error)}" if found else error_line(error)


def _lines(text: str) -> Iterator[tuple[int, TomlPath]]:
    """Yield the number of each line (the first is 1) that begins a table or a value, with the path of that one."""
    table: TomlPath = ()
    counts: dict[TomlPath, int] = {}  # how many tables a list has so far
    for number, line in enumerate(text.split("\n"), 1):
        if head := TABLE.match(line):
            table = _numbered(_names(head[2]), counts, is_list=head[1] == "[[")
            yield number, table
        elif key := KEY.match(line):
            yield number, (*table, *_names(key[1]))


def _names(dotted: str) -> TomlPath:
    return tuple(name.strip().strip("\"'") for name in dotted.split("."))


def _numbered(names: TomlPath, counts: dict[TomlPath, int], *, is_list: bool) -> TomlPath:
    """Return a table's path, without `phase` and with the number of each table that is one of a list."""
    path: TomlPath = ()
    names = names[1:] if names[0] == "phase" else names
    for i, name in enumerate(names):
        path = (*path, name)
        if is_list and i == len(names) - 1:
            counts[path] = counts.get(path, 0) + 1
        if path in counts:
            path = (*path, str(counts[path] - 1))
    return path


def _plain(value: Any) -> Any:
    """As TOML has it: no tuples, and nothing that is not set."""
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items() if v is not None}
    return [_plain(v) for v in value] if isinstance(value, tuple) else value
