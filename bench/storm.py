"""Storm: how long the sandbox's page blocks while messages pour in, in processor time of its main thread."""

import asyncio
import json
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from bench.rows import Row, median
from sandbox.model import Message
from sandbox.server import Sandbox
from tests.page.conftest import COMMON, SWITCHES, find_browser
from tests.support.loop import Loop

ROOT = Path(__file__).parents[1]
HISTORY, MESSAGES, PER_SECOND, RUNS = 2_000, 600, 200, 3
CATEGORIES = ["toplevel", "devtools.timeline", "disabled-by-default-devtools.timeline"]
CHANNEL, LAST = "payroll-help", f"Storm {MESSAGES - 1}"


def measure(folder: Path) -> list[Row]:
    found = find_browser()
    if not found:
        return []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=list(SWITCHES))
        runs = [_run(browser, folder / f"trace{number}.json") for number in range(RUNS)]
        browser.close()
    longest = [max(tasks) for tasks in runs]
    return [
        Row(goal="storm", what=f"the page's longest task while {MESSAGES} messages come at {PER_SECOND} a second",
            measured=median(longest), limit=100, unit=" ms",
            detail=f"processor time, in {RUNS} storms {', '.join(f'{one:.0f}' for one in longest)} ms; "
                   f"{sum(map(sum, runs)) / RUNS / 1000:.1f} s in all",
            why="more messages are drawn at once than fit into the time"),
    ]  # fmt: skip


def _run(browser: Browser, trace: Path) -> list[float]:
    """Milliseconds of each task of one storm."""
    loop = Loop()
    box = loop.run(_started())
    try:
        page = browser.new_context(**COMMON).new_page()
        page.goto(f"{box.url}/?as=maria")
        page.locator("[data-testid=message]").last.wait_for()
        page.locator(f"text=Message {HISTORY - 1}").wait_for()
        browser.start_tracing(page=page, path=trace, categories=CATEGORIES)
        _storm(loop, box, page)
        browser.stop_tracing()
        page.context.close()
    finally:
        loop.run(box.stop())
        loop.close()
    return _tasks(json.loads(trace.read_text(encoding="utf-8"))["traceEvents"])


async def _started() -> Sandbox:
    box = Sandbox(manifest=ROOT / "manifest.yaml", rate_limits=False)
    await box.start()
    workspace = box.world.workspace
    channel, tom = workspace.channel(CHANNEL).id, workspace.user("tom").id
    for number in range(HISTORY):
        workspace.post(Message("", channel, tom, f"Message {number} with some words https://a.example"))
    return box


def _storm(loop: Loop, box: Sandbox, page: Page) -> None:
    async def pour() -> None:
        workspace, began = box.world.workspace, time.monotonic()
        channel, jo = workspace.channel(CHANNEL).id, workspace.user("jo").id
        for number in range(MESSAGES):
            workspace.post(Message("", channel, jo, f"Storm {number}"))
            await asyncio.sleep(max(0, began + (number + 1) / PER_SECOND - time.monotonic()))

    loop.run(pour())
    page.locator(f"text={LAST}").wait_for()


def _tasks(events: list[dict[str, Any]]) -> list[float]:
    """The processor time of each task of the page's main thread, the one with the most work."""
    threads: dict[tuple[int, int], list[float]] = {}
    mains = {(one["pid"], one["tid"]) for one in events
             if one["name"] == "thread_name" and one["args"]["name"] == "CrRendererMain"}  # fmt: skip
    for one in events:
        if one["name"].endswith("RunTask") and (one["pid"], one["tid"]) in mains:
            threads.setdefault((one["pid"], one["tid"]), []).append(one.get("tdur", 0) / 1000)
    return max(threads.values(), key=sum)
