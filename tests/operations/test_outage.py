"""An outage of the database is one line in the log, and its end another."""

import asyncio
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bot.workers.poller import Poller
from storage.store import Store, StoreFailure


def test_an_outage_is_one_line_and_its_end_another(tmp_path: Path) -> None:
    away, there = tmp_path / "away", tmp_path / "there"
    there.mkdir()
    store = Store(f"sqlite:///{there / 'hypercare.db'}")
    with store.begin():
        pass
    store.close()
    there.rename(away)
    with capture_logs() as logged:
        for use in (store.begin, store.read, store.begin):
            with pytest.raises(StoreFailure), use():
                pass
        assert [one["event"] for one in logged] == ["database_lost"]
        away.rename(there)
        for use in (store.read, store.begin):
            with use():
                pass
    assert [one["event"] for one in logged] == ["database_lost", "database_back"]
    assert logged[1]["seconds"] >= 0
    store.close()


class Failing(Poller):
    """A check that fails as often as it is asked to."""

    every, waits = 0.001, "a test"

    def __init__(self, errors: list[Exception]) -> None:
        super().__init__()
        self._errors, self.done = errors, asyncio.Event()

    async def _look(self) -> None:
        if self._errors:
            raise self._errors.pop()
        self.done.set()


@pytest.mark.parametrize(("error", "lines"), [(StoreFailure[0]("SELECT", {}, Exception("away")), 0), (KeyError(), 3)])
def test_a_check_leaves_an_outage_to_the_store(error: Exception, lines: int) -> None:
    async def run() -> None:
        poller = Failing([error] * 3)
        task = asyncio.create_task(poller.run())
        await poller.done.wait()
        task.cancel()

    with capture_logs() as logged:
        asyncio.run(run())
    assert [one["event"] for one in logged] == ["poller_failed"] * lines
