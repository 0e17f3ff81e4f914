"""Databases ready to use: migrated, with one active phase, on a disk and not in memory."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.webapi import CHANNEL
from bot.context import AppContext, utc_now
from bot.database import open_store
from bot.services.phases import phases
from bot.services.registry import FEATURES
from domain.phases.settings import PhaseSettings

PHASE: dict[str, Any] = {
    "key": "PAY", "name": "Payday go-live", "triage_channel": CHANNEL, "oncall_channel": "C0BENCHCALL",
    "leads": ["U0BENCHLEAD"], "responders": ["U0BENCHRESP"],
}  # fmt: skip


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder on a disk. /tmp is memory on many machines, and there a commit costs nothing."""
    disk = Path("/var/tmp")
    with tempfile.TemporaryDirectory(prefix="hypercare-bench-", dir=disk if disk.is_dir() else None) as folder:
        yield Path(folder)


@contextmanager
def app_at(url: str, *, ready: bool = True) -> Iterator[AppContext]:
    """The database at an address, opened by this process; its phase is set up where it is not `ready`."""
    store = open_store(url)
    try:
        app = AppContext(
            features=FEATURES, store=store, now=utc_now, workspace="https://bench.slack.com/", bot_user="U0BENCHBOT"
        )
        if not ready:
            phases.apply_settings(app, PhaseSettings.model_validate(PHASE))
        yield app
    finally:
        store.close()


@contextmanager
def app_on(database: Path) -> Iterator[AppContext]:
    """The database opened by this process."""
    with app_at(f"sqlite:///{database}") as app:
        yield app


def new_database(folder: Path, name: str) -> Path:
    """A database of its own, with the phase in it."""
    template = folder / "template.db"
    if not template.exists():
        with app_on(template) as app:
            phases.apply_settings(app, PhaseSettings.model_validate(PHASE))
    return Path(shutil.copy(template, folder / f"{name}.db"))
