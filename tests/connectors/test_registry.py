"""Trackers are known by the folder that they are in."""

import sys
from pathlib import Path

import pytest

import connectors
from connectors import registry


def test_a_tracker_is_added_by_its_folder_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "acme"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / "exports.py").write_text(
        "from connectors.tracker import TrackerKind\n"
        "TRACKER = TrackerKind('Acme Desk', None, lambda *_: False, lambda _: '', 'x-delivery', lambda _: (b'', {}))\n"
    )
    monkeypatch.setattr(connectors, "__path__", [*connectors.__path__, str(tmp_path)])
    found = registry.find_kinds()
    assert {name: one.label for name, one in found.items()} == {
        "acme": "Acme Desk", "jira": "Jira", "servicenow": "ServiceNow",
    }  # fmt: skip
    for name in ("connectors.acme", "connectors.acme.exports"):
        sys.modules.pop(name)
