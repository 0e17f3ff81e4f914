"""A replica that does not end is seen, however busy the machine is."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.chaos import fleet
from tests.chaos.fleet import Replica

DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)"


def test_a_process_that_does_not_end_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fleet, "STOP", -4.9)
    replica = object.__new__(Replica)
    replica.log = tmp_path / "replica.log"
    with subprocess.Popen([sys.executable, "-c", DEAF], stdout=subprocess.PIPE) as replica._process:
        assert replica._process.stdout
        assert replica._process.stdout.readline() == b"deaf\n"
        assert "did not end within" in str(replica.stop())
        assert replica.stop() is None
