"""Probes and metrics answer in time whatever the database does, and refusals at the door are counted, not shouted."""

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest
from structlog.testing import capture_logs

from bot.metrics import PrometheusMetrics
from bot.transport import connections
from bot.transport.monitor import ANSWER_TIMEOUT, MonitorServer
from bot.transport.proxies import proxy_for
from storage.store import Store, StoreFailure


def test_probes_and_metrics_answer_while_the_database_says_nothing(tmp_path: Path) -> None:
    """A database whose packets are dropped keeps the threads that ask it; four scrapes keep one."""
    silent, asked = threading.Event(), []

    def from_database() -> bytes:
        asked.append(1)
        silent.wait(30)
        return b""

    async def not_answering() -> dict[str, str]:
        await asyncio.sleep(30)
        return {}

    async def visit() -> list[tuple[int, str, float]]:
        server = MonitorServer(not_answering, from_database, metrics.own_text, pool, StoreFailure)
        await server.start("127.0.0.1", 0)
        found = []
        async with aiohttp.ClientSession() as session:
            for path in ("/metrics", "/metrics", "/readyz", "/healthz"):
                began = time.monotonic()
                async with session.get(f"http://127.0.0.1:{server.port}{path}") as answer:
                    found.append((answer.status, await answer.text(), time.monotonic() - began))
        silent.set()
        await server.stop()
        return found

    with closing(Store(f"sqlite:///{tmp_path / 'bot.db'}")) as store, ThreadPoolExecutor(2) as pool:
        metrics = PrometheusMetrics(store, lambda: datetime.now(UTC))
        first, second, ready, alive = asyncio.run(visit())
    assert "hypercare_database_up 0.0" in first[1]
    assert "hypercare_build_info" in second[1]
    assert (ready[0], "does not answer" in ready[1], alive[:2]) == (503, True, (200, "ok"))
    assert max(one[2] for one in (first, second, ready, alive)) < ANSWER_TIMEOUT + 2
    assert len(asked) == 1


def test_refusals_are_counted_and_logged_once_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr(connections.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(connections, "_logged", {})
    before = connections.rejections["401"]
    with capture_logs() as lines:
        for _ in range(500):
            connections.refused(401, "signature")
        connections.refused(400, "JSON")
        now[0] += connections.LOG_SECONDS
        connections.refused(401, "signature")
    assert connections.rejections["401"] - before == 501
    assert [(line["status"], line["more_since_the_last"]) for line in lines] == [(401, 0), (400, 0), (401, 499)]


@pytest.mark.parametrize(("url", "no_proxy", "proxy"), [
    ("wss://wss-primary.slack.com/link", "", "http://secure:3128"),
    ("wss://wss-primary.slack.com/link", ".slack.com", None),
    ("ws://127.0.0.1/link", "", "http://plain:3128"),
    ("https://slack.com/api/", "", "http://secure:3128"),
    ("https://files.slack.com/a", "slack.com", None),
])  # fmt: skip
def test_an_address_takes_the_proxy_of_its_kind(
    monkeypatch: pytest.MonkeyPatch, url: str, no_proxy: str, proxy: str | None
) -> None:
    for name, value in (("http", "http://plain:3128"), ("https", "http://secure:3128"), ("no", no_proxy)):
        monkeypatch.delenv(f"{name.upper()}_PROXY", raising=False)
        monkeypatch.setenv(f"{name}_proxy", value)
    assert proxy_for(url) == proxy
