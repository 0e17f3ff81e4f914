"""Settings: every complaint at once and in words, no secret shown, everything documented."""

from pathlib import Path

import pytest

from bot.settings.followup import MacroFile
from bot.settings.oncall import LayerFile, MemberFile, PolicyFile, RotaFile, StepFile
from bot.settings.phase_file import InvalidSettings, PhaseFile
from bot.settings.phase_tables import CalendarFile, FieldFile
from bot.settings.phase_toml import load_phase
from bot.settings.pulse import PulseFile, QuestionFile, SegmentFile
from bot.settings.reporting import DigestFile, UserGroupFile
from bot.settings.settings import PREFIX, Settings, load

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
    for name in Settings.model_fields:
        monkeypatch.delenv(PREFIX + name.upper(), raising=False)


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
    assert len(lines) == 4
    assert "HYPERCARE_BOT_TOKEN: please set it." in lines
    assert any("HYPERCARE_PORT" in line for line in lines)
    assert any("mysql is not supported" in line for line in lines)


@pytest.mark.parametrize(("values", "sentence"), [
    ({"HYPERCARE_BOT_TOKEN": "xoxp-secret", "HYPERCARE_APP_TOKEN": "xapp-1"}, "BOT_TOKEN must start with xoxb-"),
    ({"HYPERCARE_BOT_TOKEN": "xoxb-secret"}, "HYPERCARE_APP_TOKEN must be set"),
    ({"HYPERCARE_BOT_TOKEN": "xoxb-secret", "HYPERCARE_MODE": "http"}, "HYPERCARE_SIGNING_SECRET must be set"),
])  # fmt: skip
def test_wrong_tokens_are_named_and_not_shown(
    monkeypatch: pytest.MonkeyPatch, values: dict[str, str], sentence: str
) -> None:
    setenv(monkeypatch, values)
    with pytest.raises(InvalidSettings, match=sentence) as bad:
        load()
    assert "secret" not in str(bad.value).lower().replace("signing_secret", "")


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


def test_every_setting_is_documented() -> None:
    text = (ROOT / "docs" / "settings.md").read_text()
    for name, field in Settings.model_fields.items():
        assert f"`{PREFIX}{name.upper()}`" in text, name
        assert str(field.description) in text, name
    tables = (PhaseFile, CalendarFile, FieldFile, MemberFile, RotaFile, LayerFile, PolicyFile, StepFile, PulseFile,
              QuestionFile, SegmentFile, DigestFile, UserGroupFile, MacroFile)  # fmt: skip
    for table in tables:
        for name, field in table.model_fields.items():
            assert f"`{name}`" in text, name
            assert str(field.description) in text, name
