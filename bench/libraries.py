"""The libraries that the bot loads at its start, read from its own imports: the floor of start time and memory."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGES = ("domain", "storage", "bot", "handlers")
# Not on the way to a running bot: other commands, and what changes the schema.
ELSEWHERE = ("bot/commands/", "storage/versions/", "storage/alembic/", "storage/database/migrate.py")
PRINT_AND_WAIT = "print(flush=True); __import__('sys').stdin.read()"


def program() -> str:
    """A program that imports these libraries and nothing of ours, says so, and waits."""
    return "\n".join([*sorted(set(_imports())), PRINT_AND_WAIT])


def _imports() -> Iterator[str]:
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            if not str(path.relative_to(ROOT)).startswith(ELSEWHERE):
                yield from _of(ast.parse(path.read_text(encoding="utf-8")))


def _of(tree: ast.Module) -> Iterator[str]:
    """Module-level imports of others' packages."""
    for node in tree.body:
        if isinstance(node, ast.Import):
            yield from (f"import {a.name}" for a in node.names if _foreign(a.name))
        elif isinstance(node, ast.ImportFrom) and node.module and _foreign(node.module):
            yield f"from {node.module} import {', '.join(a.name for a in node.names)}"


def _foreign(name: str) -> bool:
    top = name.partition(".")[0]
    return top not in PACKAGES and top not in sys.stdlib_module_names
