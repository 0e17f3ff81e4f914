"""What the bot sent in the week of the story: played once for all processes that run the tests."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from bot.commands.sandbox import with_meetings, with_pulse, with_targets
from bot.services.phases import phases
from sandbox.story import play
from tests.judges.node import one_at_a_time
from tests.support import ready
from tests.support.bot import BotWorkspace, running

Call = dict[str, Any]


def calls(factory: pytest.TempPathFactory) -> list[Call]:
    """The Web API calls of the story, from the test that plays it, or played now if that is not in this run."""
    with playing(factory) as file:
        if not file.exists():
            folder = factory.mktemp("story")
            with running(ready.sqlite(folder / "hypercare.db"), monitor_port=0) as slack:
                set_up(slack)
                slack.loop.run(play(slack.box.url, progress=lambda _line: None, present=slack.box.clock.now()), 400)
                keep(slack, file)
        return list(json.loads(file.read_text(encoding="utf-8")))


@contextmanager
def playing(factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Holds the one file of this run; its workers have their folders beside each other."""
    base = factory.getbasetemp()
    folder = base.parent if base.name.startswith("popen-") else base
    with one_at_a_time(folder / "story.lock"):
        yield folder / "story.json"


def set_up(slack: BotWorkspace) -> None:
    """Give the phase the surveys, targets and meetings that the story is about."""
    app = slack.application.context
    known = with_pulse(phases.get_phase(app, "PAY").settings, slack.box)
    phases.apply_settings(app, with_meetings(with_targets(known), slack.box))


def keep(slack: BotWorkspace, file: Path) -> None:
    file.write_text(json.dumps(slack.control.get("calls", since=0)["calls"]), encoding="utf-8")
