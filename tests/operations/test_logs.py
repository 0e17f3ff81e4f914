"""Log lines: each has a stable event, one sentence, and a row in the operations guide."""

import ast
import asyncio
import json
import re
import threading
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import structlog
from structlog.testing import capture_logs

from bot import logs
from bot.app.application import Application
from bot.commands import run
from bot.log_events import LOG_EVENTS
from tests.support.command import hypercare

ROOT = Path(__file__).parents[2]
LEVELS = ("debug", "info", "warning", "error", "critical", "exception")


def log_calls() -> Iterator[tuple[str, str, ast.expr | None]]:
    """Each log call of the product: where it is, its level, and its first argument."""
    for top in ("bot", "domain", "handlers", "storage"):
        for path in sorted((ROOT / top).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if (
                    isinstance(node, ast.Call)
                    and isinstance(node.func, ast.Attribute)
                    and isinstance(node.func.value, ast.Name)
                    and node.func.value.id in ("log", "logger")
                    and node.func.attr in LEVELS
                ):
                    where = f"{path.relative_to(ROOT)}:{node.lineno}"
                    yield where, node.func.attr, node.args[0] if len(node.args) == 1 else None


@cache
def levels_by_event() -> dict[str, str]:
    found: dict[str, set[str]] = {}
    for where, level, event in log_calls():
        assert isinstance(event, ast.Constant), f"{where}: the only positional argument is the event, a plain string"
        found.setdefault(str(event.value), set()).add(level)
    return {event: "/".join(sorted(levels)) for event, levels in found.items()}


def test_every_log_call_has_a_known_event() -> None:
    used = levels_by_event()
    assert [f"Log event {event!r} is missing in bot/log_events.py" for event in used if event not in LOG_EVENTS] == []
    assert [f"Log event {event!r} is logged nowhere" for event in LOG_EVENTS if event not in used] == []


def test_events_are_snake_case_and_sentences_are_unique() -> None:
    assert [event for event in LOG_EVENTS if not re.fullmatch(r"[a-z]+(_[a-z]+)+", event)] == []
    assert len(set(LOG_EVENTS.values())) == len(LOG_EVENTS)
    assert [text for text in LOG_EVENTS.values() if not (text[0].isupper() and text.endswith("."))] == []
    assert list(LOG_EVENTS) == sorted(LOG_EVENTS)


def test_the_operations_guide_lists_every_event() -> None:
    guide = (ROOT / "docs" / "operate.md").read_text(encoding="utf-8")
    section = guide.partition("## Log events")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `(\w+)` \| (\S+) \| (.+) \|$", section, re.MULTILINE)
    levels = levels_by_event()
    assert rows == [(event, levels[event], sentence) for event, sentence in LOG_EVENTS.items()]


def test_a_json_line_has_the_event_and_the_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    previous = structlog.get_config()
    try:
        logs.configure("info", "json")
        structlog.get_logger().info("message_sent", attempts=2, url="postgresql://bot:secret@db/hypercare")
    finally:
        structlog.configure(**previous)
    line = json.loads(capsys.readouterr().err)
    assert (line["event"], line["message"]) == ("message_sent", "A message was sent.")
    assert (line["level"], line["attempts"]) == ("info", 2)
    assert "secret@" not in line["url"]


@pytest.mark.parametrize(("given", "reason"), [
    ({}, "HYPERCARE_BOT_TOKEN"),
    ({"bot_token": "xoxb-1", "app_token": "xapp-1", "database": "sqlite:////proc/none/x.db"}, "database"),
    ({"bot_token": "xoxb-1", "app_token": "xapp-1", "log_format": "JSON", "mode": "x"}, "HYPERCARE_MODE"),
])  # fmt: skip
def test_why_the_bot_does_not_start_is_a_line_of_json(given: dict[str, str], reason: str, tmp_path: Path) -> None:
    done = hypercare(tmp_path, "run", **{"log_format": "json", **given})
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert (done.returncode, lines[-1]["event"], done.stdout) == (1, "start_failed", "")
    assert reason in lines[-1]["reason"]


@pytest.mark.parametrize("form", ["json", "text"])
def test_an_error_that_no_one_expected_is_one_line_without_what_people_wrote(
    form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(application: Application) -> None:
        assert application._lock
        application._lock.close()  # a process that ends does that
        application.store.close()
        raise KeyError("What somebody wrote")

    monkeypatch.setattr(run, "serve", fails)
    done = hypercare(tmp_path, "run", bot_token="xoxb-1", app_token="xapp-1", log_format=form)
    (line,) = done.stderr.splitlines()
    assert done.returncode == 1
    assert "KeyError" in line
    assert "fails" in line
    assert "somebody wrote" not in line


def test_what_fails_in_the_background_is_logged(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise KeyError("What somebody wrote")

    async def fail_in_a_loop() -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(logs.note_task)
        loop.call_soon(fail)
        await asyncio.sleep(0)

    monkeypatch.setattr(threading, "excepthook", logs.note_thread)
    with capture_logs() as lines:
        thread = threading.Thread(target=fail)
        thread.start()
        thread.join()
        asyncio.run(fail_in_a_loop())
    assert [(line["event"], line["error"]) for line in lines] == [("background_failed", "KeyError")] * 2
    assert all("fail" in line["where"] and "somebody" not in str(line) for line in lines)
