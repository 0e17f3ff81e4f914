"""The architecture is this table; the test only checks that it is true."""

import ast
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
# Which of our packages each one may import. The longest matching name counts.
MAY_IMPORT = {
    "domain": set(),
    "storage": {"domain"},
    "connectors": {"domain"},
    "connectors.faults": set(),
    "connectors.jira.fake": {"connectors.faults"},
    "connectors.mail.fake": set(),
    "connectors.servicenow.fake": {"connectors.faults"},
    "connectors.teams.fake": set(),
    "connectors.teams.fake_chat": {"connectors.faults"},
    "connectors.teams.fake_page": {"connectors.teams.fake", "connectors.teams.fake_chat"},
    "bot.settings": {"domain"},
    "bot.database": {"bot.redaction", "storage"},
    "bot.context": {"domain", "storage"},
    "bot.views": {"domain"},
    "bot.services": {
        "domain",
        "storage",
        "bot.settings",
        "bot.seal",
        "bot.blame",
        "bot.sentiment",
        "bot.context",
        "bot.extras",
        "bot.views",
    },
    "handlers": {"domain", "storage", "bot.blame", "bot.context", "bot.slack_errors", "bot.views", "bot.services"},
    "bot.workers": {"domain", "storage", "bot.context", "bot.slack_errors", "bot.services", "connectors.tracker"},
    "bot.transport": {"domain", "bot.extras", "bot.workers", "connectors"},
    "bot.slack_errors": {"domain"},
    "bot.report_page": {"domain", "bot.views"},
    "bot.extras": set(),
    "bot.blame": {"domain"},
    "bot.sentiment": set(),
    "bot.language": {"domain", "bot.extras"},
    "bot.mail_access": {"domain", "bot.extras", "bot.settings", "bot.transport", "connectors"},
    "bot.secret": {"bot.settings"},
    "bot.seal": set(),
    "bot.sign_off_verifier": set(),
    "bot.metrics": {"domain", "storage"},
    "bot.readiness": {"bot.metrics", "domain", "storage"},
    "bot.shared_clock": {"bot.context", "storage"},
    "bot.logs": {"bot.log_events", "bot.redaction", "domain"},
    "bot.serving": {"bot.logs", "bot.stopping"},
    "bot.redaction": set(),
    "bot.log_events": set(),
    "bot.app": {"domain", "storage", "handlers", "bot", "connectors"},
    "bot.commands": {"domain", "storage", "bot", "sandbox", "connectors"},
    "bot.cli": {"bot.commands", "bot.redaction"},
    "bot.__main__": {"bot.cli"},
    "sandbox": set(),
}
# Settings of each area: one type is the file, its validation, the value and the documentation.
SETTINGS = {"domain.settings", *(f"domain.{area}.settings" for area in (
    "api", "automation", "connectors", "conversations", "decisions", "exit", "followup", "gateways", "intake", "mail",
    "oncall", "phases", "problems", "pulse", "reporting", "signals", "sla", "teams", "warroom",
    "workflows"))}  # fmt: skip
# Where each outside library may appear.
LIBRARIES = {
    "sqlalchemy": {"storage", "bot.settings", "bot.secret", "bot.commands.settings"},
    "alembic": {"storage"},
    "psycopg": {"storage.database.listen", "storage.database.pipeline", "bot.transport.sql"},
    "apscheduler": {"bot.workers.clock"},
    "prometheus_client": {"bot.metrics"},
    "slack_bolt": {"handlers", "bot.transport", "bot.app"},
    "slack_sdk": {"handlers", "bot.transport", "bot.app", "bot.commands"},
    "aiohttp": {"bot.transport", "sandbox", "connectors"},
    "pydantic": {
        "bot.settings",
        "bot.commands.settings",
        "bot.services.phases",
        "bot.services.pulse",
        "storage",
        *SETTINGS,
        "domain.phases.phase",
        "domain.learning.lessons",
        "domain.reporting.objectives",
        "bot.services.learning.lessons",
        "bot.commands.lessons",
    },
    "pydantic_settings": {"bot.settings"},
    "matplotlib": {"bot.report_page"},
    "jinja2": {"bot.report_page"},
    "reportlab": {"bot.report_page"},
    "pyarrow": {"bot.commands"},
    "icalendar": {"bot.services.oncall.icalendar", "bot.services.sessions.calendar_file"},
    "recurring_ical_events": {"bot.services.oncall.icalendar"},
    "cryptography": {"bot.seal"},
    "textblob": {"bot.sentiment"},
    "snowballstemmer": {"domain.intake.words"},
    "wordfreq": {"bot.language"},
    "wordllama": {"bot.language"},
    "numpy": {"bot.language"},
    "tomli_w": {"bot.settings"},
    "yaml": {"bot.commands", "sandbox"},
    "ddsketch": {"domain.gateways.latency"},
    "aiosmtpd": {"bot.transport.lmtp", "connectors.mail.fake"},
    "mailparser_reply": {"connectors.mail.parsing"},
    "imap_tools": {"connectors.mail.imap"},
    "itsdangerous": {"bot.services.mail"},
    "segno": {"bot.transport.web_forms"},
    "mcp": {"bot.transport.mcp_server"},
    "microsoft_agents": {"connectors.teams.tokens"},
    "jwt": {"connectors.teams.tokens"},
}
OURS = ("domain", "storage", "bot", "connectors", "handlers", "sandbox")


@cache
def files() -> tuple[tuple[str, Path], ...]:
    return tuple(_files())


def _files() -> Iterator[tuple[str, Path]]:
    for top in OURS:
        for path in sorted((ROOT / top).rglob("*.py")):
            name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
            yield name, path


@dataclass(frozen=True)
class Source:
    """What the tests ask of a module; each is parsed once."""

    docstring: str | None
    classes: tuple[str, ...]
    imports: tuple[str, ...]


@cache
def source(path: Path) -> Source:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    classes = tuple(node.name for node in tree.body if isinstance(node, ast.ClassDef))
    return Source(ast.get_docstring(tree), classes, tuple(_imports(path, tree)))


def imports(path: Path) -> tuple[str, ...]:
    return source(path).imports


def _imports(path: Path, tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{path}: imports are written out"
            # `from bot.services import lists` knows bot.services.lists
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def package(name: str) -> str:
    found = [r for r in MAY_IMPORT if name == r or name.startswith(f"{r}.")]
    return max(found, key=len, default=name)


def inside(name: str, packages: set[str]) -> bool:
    return any(name == r or name.startswith(f"{r}.") for r in packages)


def violations() -> Iterator[str]:
    for name, path in files():
        here = package(name)
        allowed = MAY_IMPORT.get(here, set())
        for target in imports(path):
            top = target.split(".")[0]
            if top in OURS and package(target) != here and not inside(target, allowed):
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


FLOORS = ("domain", "storage", "bot.services", "bot.views", "handlers")


def area_graph(floor: str) -> dict[str, set[str]]:
    """Which areas of a floor each of its areas imports; a module at the root of the floor puts areas together."""
    areas = {path.name for path in (ROOT / floor.replace(".", "/")).iterdir() if (path / "__init__.py").exists()}
    graph: dict[str, set[str]] = {area: set() for area in areas}
    for name, path in files():
        here = area_of(floor, name)
        if here in areas:
            graph[here] |= {there for one in imports(path) if (there := area_of(floor, one)) in areas and there != here}
    return graph


def area_of(floor: str, name: str) -> str:
    """The area of that floor in which a module is, or ""."""
    return name.removeprefix(f"{floor}.").partition(".")[0] if name.startswith(f"{floor}.") else ""


def reachable(graph: dict[str, set[str]], start: str) -> set[str]:
    """Every area that one imports, itself or through others."""
    found: set[str] = set()
    waiting = [start]
    while waiting:
        fresh = graph[waiting.pop()] - found
        found |= fresh
        waiting += fresh
    return found


@pytest.mark.parametrize("floor", FLOORS)
def test_areas_of_a_floor_do_not_import_each_other_both_ways(floor: str) -> None:
    graph = area_graph(floor)
    in_a_cycle = {area for area in graph if area in reachable(graph, area)}
    assert in_a_cycle == set()


def _module(target: str, names: Collection[str]) -> str | None:
    return next((name for name in (target, target.rpartition(".")[0]) if name in names), None)


def test_every_module_says_what_it_is_for() -> None:
    silent = [name for name, path in files() if not source(path).docstring]
    assert silent == []


def test_no_two_public_classes_share_a_name() -> None:
    found: dict[str, list[str]] = {}
    for name, path in files():
        if not name.startswith("sandbox"):
            for one in source(path).classes:
                if not one.startswith("_"):
                    found.setdefault(one, []).append(name)
    assert {name: modules for name, modules in found.items() if len(modules) > 1} == {}
