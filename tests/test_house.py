"""The architecture is this table; the test only checks that it is true."""

import ast
from collections.abc import Collection, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
# Which of our rooms each room may know. The longest matching name counts.
MAY_IMPORT = {
    "domain": set(),
    "storage": {"domain"},
    "bot.config": {"bot.phase_file"},
    "bot.phase_file": {
        "bot.phase_tables",
        "bot.duty_tables",
        "bot.figure_tables",
        "bot.loop_tables",
        "bot.pulse_tables",
    },
    "bot.phase_toml": {"bot.phase_file"},
    "bot.loop_tables": {"domain"},
    "bot.figure_tables": {"bot.phase_tables"},
    "bot.pulse_tables": {"domain", "bot.phase_tables"},
    "bot.duty_tables": {"domain", "bot.phase_tables"},
    "bot.phase_tables": {"domain"},
    "bot.database": {"storage"},
    "bot.desk": {"domain", "storage"},
    "bot.views": {"domain"},
    "bot.services": {
        "domain",
        "storage",
        "bot.phase_file",
        "bot.phase_tables",
        "bot.pulse_tables",
        "bot.seal",
        "bot.tone",
        "bot.desk",
        "bot.links",
        "bot.views",
    },
    "handlers": {"domain", "storage", "bot.desk", "bot.views", "bot.services"},
    "bot.clock": {"storage", "bot.desk", "bot.services"},
    "bot.courier": {"domain"},
    "bot.courtesy": {"bot.courier"},
    "bot.lookout": {"bot.courier"},
    "bot.outcome": {"domain", "storage"},
    "bot.breaker": set(),
    "bot.dispatcher": {"domain", "storage", "bot.breaker", "bot.courier", "bot.outcome"},
    "bot.presence": {"domain", "storage"},
    "bot.membership": {"storage", "bot.courier", "bot.presence"},
    "bot.calendars": {"domain"},
    "bot.report": {"domain", "bot.views"},
    "bot.tone": set(),
    "bot.links": set(),
    "bot.secret": {"bot.config"},
    "bot.seal": set(),
    "bot.feeds": {"bot.calendars", "bot.desk", "bot.services"},
    "bot.comparer": {"domain", "storage", "bot.desk", "bot.lookout", "bot.presence", "bot.services"},
    "bot.nudger": {"domain", "storage", "bot.courtesy", "bot.desk", "bot.lookout", "bot.presence", "bot.services"},
    "bot.pollster": {"domain", "bot.courtesy", "bot.desk", "bot.lookout", "bot.presence", "bot.services"},
    "bot.reach": {"storage", "bot.courier", "bot.lookout", "bot.presence", "bot.services"},
    "bot.metrics": {"domain", "storage"},
    "bot.readiness": {"storage"},
    "bot.wires": {"domain", "bot.courier"},
    "bot.logs": set(),
    "bot.app": {"domain", "storage", "handlers", "bot"},
    "bot.commands": {"domain", "storage", "bot", "sandbox"},
    "bot.cli": {"bot.commands"},
    "bot.__main__": {"bot.cli"},
    "sandbox": set(),
}
# Where each outside library may appear.
LIBRARIES = {
    "sqlalchemy": {"storage", "bot.config", "bot.secret"},
    "alembic": {"storage"},
    "psycopg": {"storage.listen"},
    "apscheduler": {"bot.clock"},
    "prometheus_client": {"bot.metrics"},
    "slack_bolt": {"handlers", "bot.wires", "bot.app"},
    "slack_sdk": {"handlers", "bot.wires", "bot.app", "bot.commands"},
    "aiohttp": {"bot.wires", "sandbox"},
    "pydantic": {
        "bot.config",
        "bot.phase_file",
        "bot.phase_tables",
        "bot.duty_tables",
        "bot.figure_tables",
        "bot.loop_tables",
        "bot.phase_toml",
        "bot.pulse_tables",
        "bot.services.phases",
        "bot.services.pulse_setup",
        "storage.phases",
        "storage.escalations",
        "storage.waves",
    },
    "pydantic_settings": {"bot.config"},
    "matplotlib": {"bot.report"},
    "jinja2": {"bot.report"},
    "pyarrow": {"bot.commands"},
    "icalendar": {"bot.calendars"},
    "cryptography": {"bot.seal"},
    "textblob": {"bot.tone"},
    "snowballstemmer": {"domain.likeness"},
    "tomli_w": {"bot.phase_toml"},
    "yaml": {"bot.commands", "sandbox"},
}
OURS = ("domain", "storage", "bot", "handlers", "sandbox")


def files() -> Iterator[tuple[str, Path]]:
    for top in OURS:
        for path in sorted((ROOT / top).rglob("*.py")):
            name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
            yield name, path


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{path}: imports are written out"
            # `from bot.services import lists` knows bot.services.lists
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def room(name: str) -> str:
    found = [r for r in MAY_IMPORT if name == r or name.startswith(f"{r}.")]
    return max(found, key=len, default=name)


def inside(name: str, rooms: set[str]) -> bool:
    return any(name == r or name.startswith(f"{r}.") for r in rooms)


def violations() -> Iterator[str]:
    for name, path in files():
        here = room(name)
        allowed = MAY_IMPORT.get(here, set())
        for target in imports(path):
            top = target.split(".")[0]
            if top in OURS and room(target) != here and not inside(target, allowed):
                yield f"{name} may not know {target}"
            if top in LIBRARIES and not inside(name, LIBRARIES[top]):
                yield f"{name} may not use {top}"


def test_every_import_is_in_the_table() -> None:
    assert [*violations()] == []


def test_the_sandbox_and_the_rules_stand_alone() -> None:
    assert MAY_IMPORT["sandbox"] == MAY_IMPORT["domain"] == set()


def test_there_are_no_cycles() -> None:
    names = {name for name, _ in files()}
    graph = {name: {t for one in imports(path) if (t := _module(one, names)) and t != name} for name, path in files()}
    done: set[str] = set()

    def walk(name: str, trail: tuple[str, ...]) -> None:
        assert name not in trail, f"import cycle: {' -> '.join([*trail, name])}"
        if name not in done:
            for target in graph.get(name, ()):
                walk(target, (*trail, name))
            done.add(name)

    for name in graph:
        walk(name, ())


def _module(target: str, names: Collection[str]) -> str | None:
    return next((name for name in (target, target.rpartition(".")[0]) if name in names), None)


@pytest.mark.parametrize(("name", "path"), [*files()], ids=lambda v: v if isinstance(v, str) else "")
def test_every_module_says_what_it_is_for(name: str, path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))), f"{name} has no sentence at its top"


def test_functions_and_files_stay_small() -> None:
    long_functions, long_files = [], []
    for name, path in files():
        source = path.read_text(encoding="utf-8")
        if ".versions." in name:
            continue  # migrations are written once and never read again
        if source.count("\n") > 250:
            long_files.append(name)
        for node in ast.walk(ast.parse(source)):
            is_function = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            if is_function and (node.end_lineno or 0) - node.lineno >= 50:
                long_functions.append(f"{name}.{node.name}")
    assert (long_functions, long_files) == ([], [])
