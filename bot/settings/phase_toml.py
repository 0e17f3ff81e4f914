"""A phase as a TOML file: read with the line of every complaint, and written."""

import re
import tomllib
from pathlib import Path
from typing import Any

import tomli_w
from pydantic import ValidationError

from bot.settings.phase_file import InvalidSettings, PhaseFile, complaint


def load_phase(file: Path) -> PhaseFile:
    """A phase from its own TOML file, with or without a `[phase]` table; InvalidSettings with every mistake."""
    try:
        text = file.read_text(encoding="utf-8")
        content = tomllib.loads(text)
        return PhaseFile.model_validate(content.get("phase", content))
    except OSError as error:
        raise InvalidSettings(f"{file} cannot be read: {error.strerror}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidSettings(f"{file} is not valid TOML: {error}.") from None
    except ValidationError as error:
        raise InvalidSettings("\n".join(_with_line(e, text) for e in error.errors())) from None


def to_toml(phase: PhaseFile) -> str:
    """The same phase as a file; what is as it would be anyway is left out."""
    values = phase.model_dump(mode="python", exclude_defaults=True)
    return tomli_w.dumps({"phase": _plain(values)})


def _with_line(error: Any, text: str) -> str:
    line = _line_of([str(part) for part in error["loc"] if part != "[key]"], text)
    return f"line {line}: {complaint(error)}" if line else complaint(error)


def _line_of(path: list[str], text: str) -> int | None:
    """Where the innermost part of the path that is written in the file stands; its first line is 1."""
    lines, found, start = text.split("\n"), None, 0
    for part in path:
        if part.isdecimal():  # the n-th table of that name, when there are such tables
            tables = [i for i, line in enumerate(lines) if found is not None and _heads(line, lines[found])]
            found = tables[int(part)] if len(tables) > int(part) else found
            start = (found or 0) + 1 if tables else start
            continue
        key = re.compile(rf"""^\s*(\[+\s*(phase\s*\.\s*)?{re.escape(part)}\s*\]+|["']?{re.escape(part)}["']?\s*[=.])""")
        here = next((i for i in range(start, len(lines)) if key.match(lines[i])), None)
        if here is None:
            break
        found, start = here, here + 1 if lines[here].lstrip().startswith("[") else here
    return None if found is None else found + 1


def _heads(line: str, other: str) -> bool:
    return line.strip().startswith("[[") and line.strip() == other.strip()


def _plain(value: Any) -> Any:
    """As TOML has it: no tuples, and nothing that is not set."""
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items() if v is not None}
    return [_plain(v) for v in value] if isinstance(value, tuple) else value
