"""An app with two phases, PAY and CRM, both led by Lena."""

from datetime import UTC, datetime
from typing import Any

import pytest

from bot.context import AppContext
from bot.services.phases import phases
from bot.services.registry import FEATURES
from domain.phases.settings import PhaseSettings
from storage.store import Store

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
LENA = "U0LENA000"


def settings_of(key: str, **more: Any) -> PhaseSettings:
    return PhaseSettings(key=key, name=key, leads=(LENA,), triage_channel=f"C0{key}DESK",
                         oncall_channel=f"C0{key}CALL", **more)  # fmt: skip


@pytest.fixture
def app(store: Store) -> AppContext:
    made = AppContext(features=FEATURES, store=store, now=lambda: NOW, public_url="https://hypercare.example")
    made.secret = b"a secret of the tests"
    for key in ("PAY", "CRM"):
        phases.apply_settings(made, settings_of(key))
    return made
