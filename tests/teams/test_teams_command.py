"""`hypercare teams manifest` writes what Teams takes, and `hypercare connect check teams` says what is missing."""

import io
import json
import zipfile
from pathlib import Path

import pytest
from PIL import Image

from bot import cli
from bot.commands import teams
from connectors.teams.chats import BotAccess
from storage.store import Store
from tests.teams.samples import APP, TENANT


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    given = {"DATABASE": f"sqlite:///{tmp_path / 'bot.db'}", "TEAMS_APP_ID": APP, "TEAMS_APP_SECRET": "secret",
             "TEAMS_TENANT": TENANT, "PUBLIC_URL": "https://hypercare.example"}  # fmt: skip
    for name, value in given.items():
        monkeypatch.setenv(f"HYPERCARE_{name}", value)


@pytest.mark.usefixtures("environment")
def test_the_app_package_names_the_bot_and_has_icons_of_the_right_size(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert cli.main(["teams", "manifest"]) == 0
    with zipfile.ZipFile(tmp_path / "hypercare-teams.zip") as file:
        manifest = json.loads(file.read("manifest.json"))
        icons = {name: Image.open(io.BytesIO(file.read(name))) for name in manifest["icons"].values()}
    assert [bot["botId"] for bot in manifest["bots"]] == [manifest["id"]] == [APP]
    assert manifest["bots"][0]["scopes"] == ["personal"]
    assert {name: one.size for name, one in icons.items()} == {"color.png": (192, 192), "outline.png": (32, 32)}
    assert len(manifest["description"]["short"]) <= 80
    monkeypatch.delenv("HYPERCARE_PUBLIC_URL")
    assert cli.main(["teams", "manifest"]) == 1
    assert "HYPERCARE_PUBLIC_URL" in capsys.readouterr().err


@pytest.mark.usefixtures("environment")
def test_a_check_says_what_the_bot_lacks(
    store: Store, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HYPERCARE_DATABASE", store.engine.url.render_as_string(hide_password=False))
    away = BotAccess(APP, "secret", TENANT, login="http://127.0.0.1:9")
    monkeypatch.setattr(teams, "teams_access", lambda _settings: away)
    assert cli.main(["connect", "check", "teams"]) == 1
    said = capsys.readouterr().out
    for words in ("HYPERCARE_MONITOR_PORT", "No active phase takes reports", "Microsoft's login: It can't be reached"):
        assert words in said
    monkeypatch.setenv("HYPERCARE_BOT_TOKEN", "xoxb-1")
    monkeypatch.setenv("HYPERCARE_APP_TOKEN", "xapp-1")
    monkeypatch.setenv("HYPERCARE_SLACK_URL", "http://127.0.0.1:9/")
    assert cli.main(["doctor"]) == 1
    assert "BAD Teams: Microsoft's login: It can't be reached" in capsys.readouterr().out
