"""A replica that does not end is seen, however busy the machine is."""

import signal
import time
from pathlib import Path

import pytest

from tests.chaos import fleet
from tests.chaos.fleet import STARTER, Replica
from tests.support.control import eventually


def _be_deaf(ready: Path) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    ready.touch()
    time.sleep(60)


def test_a_process_that_does_not_end_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fleet, "STOP", -4.9)
    replica = object.__new__(Replica)
    replica.log = tmp_path / "replica.log"
    replica._process = STARTER.Process(target=_be_deaf, args=(tmp_path / "deaf",), daemon=True)
    replica._process.start()
    eventually((tmp_path / "deaf").exists, "that it is deaf")
    assert "did not end within" in str(replica.stop())
    assert replica.stop() is None
