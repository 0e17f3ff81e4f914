"""Settings: every complaint at once and in words, no secret shown, everything documented."""

import ast
import os
import re
import tomllib
from pathlib import Path

import pytest

from bot.app import access
from bot.settings import reference
from bot.settings.environment import PREFIX, is_secret
from bot.settings.errors import InvalidSettings
from bot.settings.phase_toml import load_phase
from bot.settings.settings import Settings, load
from connectors.registry import KINDS
from domain.phases.settings import PhaseSettings

ROOT = Path(__file__).parents[2]
GOOD = {"HYPERCARE_BOT_TOKEN": "xoxb-1", "HYPERCARE_APP_TOKEN": "xapp-1"}
PHASE = """
[phase]
key = "PAY"
name = "Payday go-live"
triage_channel = "C0000001"
oncall_channel = "C0000002"
leads = ["U0000001"]
"""


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in [one for one in os.environ if one.startswith(PREFIX)]:
        monkeypatch.delenv(name)


def setenv(monkeypatch: pytest.MonkeyPatch, values: dict[str, str]) -> None:
    for name, value in values.items():
        monkeypatch.setenv(name, value)


def test_two_tokens_are_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    setenv(monkeypatch, GOOD)
    settings = load()
    assert (settings.mode, settings.database) == ("socket", "sqlite:///hypercare.db")


def test_every_complaint_comes_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    setenv(monkeypatch, {"HYPERCARE_PORT": "many", "HYPERCARE_DATABASE": "mysql://x", "HYPERCARE_LOG_LEVEL": "loud"})
    with pytest.raises(InvalidSettings) as bad:
        load()
    lines = str(bad.value).splitlines()
    assert len(lines) == 5
    assert any("HYPERCARE_APP_TOKEN: must be set" in line for line in lines)
    assert "HYPERCARE_BOT_TOKEN: please set it." in lines
    assert any("HYPERCARE_PORT" in line for line in lines)
    assert any("mysql is not supported" in line for line in lines)


@pytest.mark.parametrize(("values", "sentence"), [
    ({"HYPERCARE_BOT_TOKEN": "xoxp-secret", "HYPERCARE_APP_TOKEN": "xapp-1"}, "BOT_TOKEN: must start with xoxb-"),
    ({"HYPERCARE_BOT_TOKEN": "xoxb-secret"}, "HYPERCARE_APP_TOKEN: must be set"),
    ({"HYPERCARE_BOT_TOKEN": "xoxb-secret", "HYPERCARE_MODE": "http"}, "HYPERCARE_SIGNING_SECRET: must be set"),
])  # fmt: skip
def test_wrong_tokens_are_named_and_not_shown(
    monkeypatch: pytest.MonkeyPatch, values: dict[str, str], sentence: str
) -> None:
    setenv(monkeypatch, values)
    with pytest.raises(InvalidSettings, match=sentence) as bad:
        load()
    assert "secret" not in str(bad.value).lower().replace("signing_secret", "")


def test_a_name_that_is_no_setting_is_refused_with_the_nearest_one(monkeypatch: pytest.MonkeyPatch) -> None:
    setenv(monkeypatch, GOOD | {"HYPERCARE_DATABSE": "sqlite:///x.db", "HYPERCARE_PORT_FILE": "x", "HYPERCARE_QQ": "1"})
    with pytest.raises(InvalidSettings) as bad:
        load()
    assert str(bad.value).splitlines() == [
        "HYPERCARE_DATABSE: there is no such setting. Do you mean HYPERCARE_DATABASE?",
        "HYPERCARE_PORT_FILE: there is no such setting. Do you mean HYPERCARE_PORT?",
        "HYPERCARE_QQ: there is no such setting. See docs/settings.md.",
    ]


SECRETS = sorted(name for name, field in Settings.model_fields.items() if is_secret(name, field))
TOPS = ("bot", "connectors", "domain", "handlers", "storage")
BY_NAME = ("sources", "teams", "webhooks", "webhook_secrets")  # a secret for each name
SIGNING = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz"
VALUES = {"bot_token": "xoxb-1", "app_token": "xapp-1", "database": "sqlite:///other.db", "webhook_secrets": SIGNING,
          "sources": "postgresql://reader:0123456789@db.example/shop"}  # fmt: skip


def test_every_secret_is_one_that_a_file_may_hold() -> None:
    assert SECRETS == [
        "ai_key", "app_token", "bot_token", "database", "imap_password", "jira_token", "jira_webhook_secret",
        "mail_oauth_refresh_token", "mail_oauth_secret", "pagerduty_key", "pagerduty_token", "pagerduty_webhook_secret",
        "secret",
        "servicenow_token", "servicenow_webhook_secret", "signals_token", "signing_secret", "smtp_password", "sources",
        "teams", "teams_app_secret", "webhook_secrets", "webhooks",
    ]  # fmt: skip


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_may_come_from_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str) -> None:
    variable = f"HYPERCARE_{name.upper()}{'__OPS' if name in BY_NAME else ''}"
    file, value = tmp_path / "secret", VALUES.get(name, "https://ops.example/0123456789")
    file.write_text(f"{value}\n")
    setenv(monkeypatch, {key: text for key, text in GOOD.items() if key != variable})
    if name == "webhooks":
        monkeypatch.setenv("HYPERCARE_WEBHOOK_SECRETS__OPS", SIGNING)
    monkeypatch.setenv(f"{variable}_FILE", str(file))
    found = getattr(load(), name)
    found = found["ops"] if name in BY_NAME else found
    assert (found if name == "database" else found.get_secret_value()) == value
    monkeypatch.setenv(variable, value)
    with pytest.raises(InvalidSettings, match=f"{variable}: set it or {variable}_FILE, not both"):
        load()
    monkeypatch.delenv(variable)
    monkeypatch.setenv(f"{variable}_FILE", str(tmp_path / "none"))
    with pytest.raises(InvalidSettings, match=f"{variable}_FILE: the file .*none can't be read: No such file"):
        load()


def test_empty_values_are_not_set_and_words_may_be_in_capitals(monkeypatch: pytest.MonkeyPatch) -> None:
    setenv(monkeypatch, GOOD | {"HYPERCARE_MONITOR_PORT": "", "HYPERCARE_LOG_LEVEL": "INFO", "HYPERCARE_ADMINS": "",
                                "HYPERCARE_SECRET": "", "HYPERCARE_MODE": "Socket"})  # fmt: skip
    settings = load()
    assert (settings.monitor_port, settings.log_level, settings.admins, settings.secret) == (None, "info", (), None)


def test_a_file_gives_settings_and_the_environment_beats_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(f'bot_token = "xoxb-file"\napp_token = "xapp-file"\nport = 1234\n{PHASE}')
    monkeypatch.setenv("HYPERCARE_PORT", "4321")
    settings = load(file)
    assert (settings.port, settings.bot_token.get_secret_value()) == (4321, "xoxb-file")
    assert settings.phase
    assert settings.phase.key == "PAY"
    assert "xoxb-file" not in repr(settings)


def test_a_file_that_is_missing_broken_or_misspelt_is_said_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    setenv(monkeypatch, GOOD)
    with pytest.raises(InvalidSettings, match="There is no settings file"):
        load(tmp_path / "none.toml")
    broken = tmp_path / "broken.toml"
    broken.write_text("port = ")
    with pytest.raises(InvalidSettings, match="not valid TOML"):
        load(broken)
    broken.write_text("prot = 1")
    with pytest.raises(InvalidSettings, match="PROT"):
        load(broken)


def test_a_phase_file_gets_every_mistake_at_once(tmp_path: Path) -> None:
    file = tmp_path / "phase.toml"
    file.write_text('key = "pay"\nname = "x"\ntriage_channel = "#triage"\noncall_channel = "C0000002"\nleads = []\n')
    with pytest.raises(InvalidSettings) as bad:
        load_phase(file)
    said = [line.split(":")[:2] for line in str(bad.value).splitlines()]
    assert said == [["line 1", " key"], ["line 3", " triage_channel"], ["line 5", " leads"]]


def test_the_settings_page_is_the_one_made_from_the_types() -> None:
    page = reference.PAGE.read_text(encoding="utf-8")
    assert reference.shown(page) == set(reference.tables()), "each table of settings has its place in docs/settings.md"
    assert reference.written(page) == page, "docs/settings.md is out of date: run `make docs`"


def test_every_setting_says_what_it_is_for() -> None:
    silent = [f"{name}.{field}" for name, table in reference.tables().items()
              for field, info in table.model_fields.items() if not info.description]  # fmt: skip
    assert silent == []


def _attributes(tree: ast.AST) -> set[str]:
    return {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}


def test_every_setting_is_read() -> None:
    """A setting whose name nothing reads, outside its own definition, does nothing."""
    read = set[str]()
    for path in (one for top in TOPS for one in (ROOT / top).rglob("*.py")):
        if path.name not in ("settings.py", "reference.py") or path.parent.name == "settings":
            read |= _attributes(ast.parse(path.read_text(encoding="utf-8")))
    # A method of a table reads its settings for those who call it; a validator has a decorator, and no caller.
    for path in (ROOT / "domain").rglob("settings.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and node.name in read and not node.decorator_list:
                read |= _attributes(node)
    read |= {f"{name}_{what}" for name in KINDS for what in (*access.SECRETS, *access.PLAIN)}
    fields = {f"{name}.{field}" for name, table in reference.tables().items() for field in table.model_fields}
    unread = sorted(field for field in fields if field.rpartition(".")[2] not in read)
    assert [f"Setting {field!r} is read nowhere" for field in unread] == []


@pytest.mark.parametrize("page", ["settings.md", "oncall.md", "pulse.md"])
def test_the_examples_of_the_docs_are_valid(page: str) -> None:
    """Each example, completed with the required settings where it leaves them out."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    examples = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    assert examples
    rota = "[[phase.oncall.rotas]]\nname = 'primary'\n"  # some examples page its people
    for example in examples:
        written = example if "[phase]" in example else PHASE + example
        more = "" if "[[phase.oncall.rotas]]" in example else rota
        PhaseSettings.model_validate(tomllib.loads(written + more)["phase"])
