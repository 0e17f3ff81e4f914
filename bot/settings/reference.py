"""The tables of docs/settings.md, made from the types: `python -m bot.settings.reference` writes them again."""

import re
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from bot.settings.environment import PREFIX
from bot.settings.settings import Settings
from domain.phases.settings import PhaseSettings

PAGE = Path(__file__).parents[2] / "docs" / "settings.md"
PROCESS, PHASE = "process", "phase"
BLOCK = re.compile(r"(<!-- table ([\w.]+) -->\n).*?(<!-- end -->)", re.DOTALL)
HEAD = "| setting | default | meaning |\n|---|---|---|\n"


def tables() -> dict[str, type[BaseModel]]:
    """Return every table of settings by its name, such as `process`, `phase.oncall` and `phase.oncall.rotas`."""
    return {PROCESS: Settings, **dict(_below(PHASE, PhaseSettings))}


def written(page: str) -> str:
    """Return the page with each table between `<!-- table NAME -->` and `<!-- end -->` made anew."""
    known = tables()
    return BLOCK.sub(lambda block: f"{block[1]}\n{_table(block[2], known[block[2]])}\n{block[3]}", page)


def shown(page: str) -> set[str]:
    """Return the names of the tables that the page has."""
    return {block[2] for block in BLOCK.finditer(page)}


def _below(name: str, table: type[BaseModel]) -> Iterator[tuple[str, type[BaseModel]]]:
    yield name, table
    for field_name, field in table.model_fields.items():
        for inner in _tables_in(field.annotation):
            yield from _below(f"{name}.{field_name}", inner)


def _tables_in(annotation: Any) -> list[type[BaseModel]]:
    """The tables that a field holds: itself, or those of a tuple."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [table for part in get_args(annotation) for table in _tables_in(part)]


def _table(name: str, table: type[BaseModel]) -> str:
    label = (lambda field: PREFIX + field.upper()) if name == PROCESS else str
    rows = (f"| `{label(n)}` | {_default(f)} | {f.description} |" for n, f in table.model_fields.items())
    return HEAD + "\n".join(rows) + "\n"


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True)
    if value is None or isinstance(value, BaseModel) or value in ("", (), {}):
        return ""
    return f"`{_text(value)}`"


def _text(value: Any) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(_text, value))
    return str(value).lower() if isinstance(value, bool) else str(value.value if isinstance(value, Enum) else value)


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
