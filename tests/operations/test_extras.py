"""The light install: what needs an extra says which one, and nothing else needs any."""

import argparse
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import packages_distributions
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from bot import cli
from bot.database import open_store
from bot.extras import EXTRAS, Extra
from bot.services.phases import links
from bot.services.pulse import results
from bot.views.pulse import results as views
from domain.phases.link import LinkKind
from domain.pulse.pulse import with_template_defaults
from domain.pulse.results import WaveResult
from domain.pulse.settings import Pulse
from domain.pulse.wave import Wave, WaveState
from tests.operations.test_cli import environment, first_line, started
from tests.support.bot import BotWorkspace
from tests.test_architecture import files, imports

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
OPTIONAL = {name: needs for name, needs in PROJECT["optional-dependencies"].items() if name != "all"}
BY_NAME = {extra.name: extra for extra in EXTRAS}
HEAVY = sorted(module for extra in EXTRAS for module in extra.modules)
MODULES = tuple(f"{module}." for module in HEAVY)
# Loaded by Python itself at its start: whatever imports one of them finds that it is not installed, and is noted.
LIGHT = f"""
import sys

class Missing:
    asked = []

    def find_spec(self, name, path=None, target=None):
        if any(name == one or name.startswith(one + ".") for one in {HEAVY}):
            self.asked.append(name)
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Missing())
"""


def distribution(requirement: str) -> str:
    return re.split(r"[<>=~\[ ;]", requirement)[0].lower()


@pytest.fixture
def light(tmp_path: Path) -> dict[str, str]:
    """The environment of a process that finds none of the optional packages."""
    (tmp_path / "sitecustomize.py").write_text(LIGHT, encoding="utf-8")
    found = environment(tmp_path)
    return {**found, "PYTHONPATH": f"{tmp_path}:{found['PYTHONPATH']}"}


def without(monkeypatch: pytest.MonkeyPatch, extra: Extra) -> None:
    """As if its packages were not installed, for this process."""
    for module in extra.modules:
        for name in [module, *(one for one in list(sys.modules) if one.startswith(f"{module}."))]:
            monkeypatch.setitem(sys.modules, name, None)


def test_the_extras_are_those_of_the_project_and_bring_what_they_say() -> None:
    assert set(BY_NAME) == set(OPTIONAL)
    installed = packages_distributions()
    for name, needs in OPTIONAL.items():
        brought = {one.lower() for module in BY_NAME[name].modules for one in installed[module.split(".")[0]]}
        assert brought >= {distribution(one) for one in needs}
        assert f"pip install 'hypercare[{name}]'" in BY_NAME[name].missing
    assert set(re.split(r"[\[\],]", PROJECT["optional-dependencies"]["all"][0])[1:-1]) == set(OPTIONAL)
    assert not {distribution(one) for one in PROJECT["dependencies"]} & {
        distribution(one) for needs in OPTIONAL.values() for one in needs
    }


def test_the_lock_has_every_extra() -> None:
    lock = (ROOT / "locks" / "run.txt").read_text(encoding="utf-8")
    locked = set(re.findall(r"^([\w.-]+)==", lock, flags=re.MULTILINE))
    assert {distribution(one) for needs in OPTIONAL.values() for one in needs} <= locked


def test_only_modules_of_features_that_ask_first_import_an_optional_package() -> None:
    users = {name for name, path in files() for one in imports(path) if f"{one}.".startswith(MODULES)}
    assert users == {"bot.commands.export", "bot.report_page.charts", "bot.report_page.page", "bot.report_page.png",
                     "bot.report_page.pdf", "bot.sentiment", "bot.language", "bot.services.knowledge.pdf",
                     "domain.gateways.otlp", "bot.transport.mcp_server", "connectors.teams.tokens",
                     "connectors.mail.imap"}  # fmt: skip


def commands() -> list[str]:
    actions = cli._parser()._actions
    (found,) = [one for one in actions if isinstance(one, argparse._SubParsersAction)]
    return sorted(cli.MODULES.get(name, name) for name in found.choices)


def test_the_bot_and_every_command_load_without_optional_packages(light: dict[str, str]) -> None:
    """None is even asked for, so that none would be loaded where they are installed."""
    loaded = "".join(f"import bot.commands.{name}\n" for name in commands())
    asked = f"import sys, bot.app.application\n{loaded}print(sys.meta_path[0].asked)"
    done = subprocess.run([sys.executable, "-c", asked], env=light, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "[]"), done.stderr


def test_a_light_install_runs_a_bot(light: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.operations.test_cli.environment", lambda *_args, **_more: light)
    with started(tmp_path, "sandbox", "--no-open", "--port", "0") as process:
        assert first_line(process)


def _refused(command: str) -> Callable[..., None]:
    """A command line that ends with the sentence of its extra, and nothing else."""

    def tried(extra: Extra, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
        out = tmp_path / "out"
        assert cli.main([*command.split(), "--out", str(out)]) == 1
        assert capsys.readouterr() == ("", f"{extra.missing}\n")
        assert not out.exists()

    return tried


def _mcp_refused(extra: Extra, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    given = ["mcp", "--url", "https://hypercare.example", "--token-file", str(tmp_path / "token")]
    assert cli.main(given) == 1
    assert capsys.readouterr() == ("", f"{extra.missing}\n")


COMMANDS = {"mcp": _mcp_refused, "report": _refused("report PAY"), "parquet": _refused("export PAY --format parquet")}
IN_SLACK = {"report", "tone"}
FILES = {"pdf"}  # tests/knowledge/test_articles.py imports one without it
REQUESTS = {"otlp"}  # tests/gateways/test_ai.py sends one without it
AT_START = {"teams", "imap"}  # tests/teams/test_tokens.py starts a bot without it, as tests/mail/test_imap.py does
SILENT = {"similar"}  # suggestions are made without it too


def test_every_extra_is_tried_missing() -> None:
    assert set(COMMANDS) | IN_SLACK | SILENT | FILES | REQUESTS | AT_START == set(OPTIONAL)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_says_what_to_install(
    name: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HYPERCARE_DATABASE", f"sqlite:///{tmp_path / 'bot.db'}")
    open_store(f"sqlite:///{tmp_path / 'bot.db'}").close()
    without(monkeypatch, BY_NAME[name])
    COMMANDS[name](BY_NAME[name], capsys, tmp_path)


def test_other_formats_need_no_extra(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HYPERCARE_DATABASE", f"sqlite:///{tmp_path / 'bot.db'}")
    for extra in EXTRAS:
        without(monkeypatch, extra)
    assert cli.main(["export", "PAY", "--out", str(tmp_path / "out")]) == 1
    assert "install" not in capsys.readouterr().err  # there is only no phase of that name


@pytest.fixture
def served(slack: BotWorkspace) -> BotWorkspace:
    slack.stop_bot()
    more = {"monitor_port": 0, "public_url": "https://desk.example"}
    slack.settings = type(slack.settings)(**{**dict(slack.settings), **more})
    slack.start_bot()
    return slack


def test_a_lead_gets_no_link_to_a_page_that_cannot_be_drawn(
    served: BotWorkspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    without(monkeypatch, BY_NAME["report"])
    assert "`pip install 'hypercare[report]'`" in served.person("lena").types("/hypercare digest link")["text"]


def test_a_link_says_what_the_server_lacks(served: BotWorkspace, monkeypatch: pytest.MonkeyPatch) -> None:
    app = served.application.context
    with app.transaction() as tx:
        phase = tx.phases.list_phases()[0]
        token = links.create(app, tx, LinkKind.REPORT, phase, served.user_id("lena"), 1)
    without(monkeypatch, BY_NAME["report"])
    with pytest.raises(HTTPError) as error:
        urlopen(f"http://127.0.0.1:{served.application.monitor.port}/reports/{token}", timeout=10)
    with error.value as answer:
        assert (answer.code, "pip install 'hypercare[report]'" in answer.read().decode()) == (503, True)


PULSE = with_template_defaults(Pulse(name="weekly", threshold=3, comments=3))
NOW = datetime(2026, 11, 24, tzinfo=UTC)
WAVE = Wave(id=1, phase_id=1, pulse=PULSE, occurrence="1", state=WaveState.CLOSED, opens_at=NOW, closes_at=NOW,
            result=WaveResult(invited=9, answered=9))  # fmt: skip


def written(tx: Any) -> tuple[str, ...]:
    """Each text of the message with what people wrote in the wave."""
    blocks = views.comments(replace(WAVE, comment_summary=results.summarize_comments(tx, WAVE)))["blocks"]
    texts = [text for block in blocks for text in block.get("elements", [block.get("text")])]
    return tuple(text["text"] for text in texts)


def test_comments_are_shown_without_their_tone_and_the_message_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    said = [[SimpleNamespace(text="The export is awful")] for _ in range(3)]
    tx = SimpleNamespace(responses=SimpleNamespace(list_comments_by_author=lambda _: said),
                         phases=SimpleNamespace(get=lambda _: SimpleNamespace(languages=("en",))))  # fmt: skip
    assert "3 people (0 positive, 3 negative)" in written(tx)[1]
    without(monkeypatch, BY_NAME["tone"])
    _, *themes, note = written(tx)
    assert [theme.split(" · ")[1].split("\n")[0] for theme in themes] == ["3 people"] * 2
    assert note == views.NO_TONE
