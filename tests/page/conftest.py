"""A browser for the whole folder, and windows for the people of each test."""

import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from tests.page.window import Window
from tests.support import ready, shapes
from tests.support.bot import BotWorkspace, running

# The first is Chromium without a user interface, which takes less than half of the processor time.
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SWITCHES = (
    "--no-sandbox",
    "--headless=new",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
COMMON: dict[str, Any] = {"viewport": {"width": 1280, "height": 800}, "locale": "en-GB", "reduced_motion": "reduce"}
Opens = Callable[..., Window]
Looks = Callable[..., Window]


def find_browser() -> str | None:
    """The Chromium of this machine."""
    return next(filter(None, map(shutil.which, NAMES)), None)


# For this folder only: while Playwright runs, no other test could start an event loop in this thread.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    found = find_browser()
    if not found:
        pytest.skip("no Chromium found (apt-get install chromium-headless-shell)")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=found, args=list(SWITCHES))
        yield opened
        opened.close()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Rotate the databases as the other stories do; the page is the same on each transport."""
    made = metafunc._arg2fixturedefs.get("slack")
    if made and made[-1].func.__module__ == __name__:
        walked = shapes.of(metafunc, every=bool(metafunc.config.getoption("--all-shapes")))
        metafunc.parametrize("slack", dict.fromkeys(one.split("-")[1] for one in walked), indirect=True)


@pytest.fixture
def slack(browser: Browser, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[BotWorkspace]:
    """A fresh workspace with a fresh bot, on a database of tests/support/shapes.py."""
    with ready.database(request, request.param, tmp_path) as url, running(url) as app:
        yield app


@pytest.fixture
def looks(browser: Browser) -> Iterator[Looks]:
    """Opens windows on any sandbox; at the end none may have complained or asked another host."""
    contexts: list[BrowserContext] = []
    windows: list[Window] = []

    def open_as(url: str, person: str, channel: str = "payroll-help", **options: Any) -> Window:
        contexts.append(browser.new_context(**{**COMMON, **options}))
        windows.append(Window(contexts[-1], url, person, channel))
        return windows[-1]

    yield open_as
    for context in contexts:
        context.close()
    assert [complaint for one in windows for complaint in one.complaints] == []


@pytest.fixture
def window(slack: BotWorkspace, looks: Looks) -> Opens:
    """Opens a browser window on the workspace of the bot, as a person."""
    return partial(looks, slack.box.url)
