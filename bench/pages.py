"""G8 for the other pages: what each takes over a million tickets, beside the same over a hundred thousand."""

import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from bench.fixtures import NOW, filled
from bench.rows import Row, median
from bot.context import AppContext
from bot.services.actions import actions
from bot.services.decisions import decisions
from bot.services.exit import decisions as exits
from bot.services.followup import workarounds
from bot.services.knowledge import articles
from bot.services.learning import post_mortems
from bot.services.phases import phases
from bot.services.registry import FEATURES
from bot.services.reporting import metrics, pitfalls, trends, wallboard
from domain.phases.permissions import Person
from tests.support import postgres

LARGE, SMALL = 1_000_000, 100_000
GO_LIVE = NOW - timedelta(days=28)  # the reports before it are history
LIMIT = 1000.0  # milliseconds; Slack waits for three seconds
TIMES = 5
Draw = Callable[[AppContext, Person], object]


def _page(service: Any) -> Draw:
    return lambda app, lead: service.page(app, lead, "", ["PAY"])


PAGES: dict[str, Draw] = {
    "exit, with the forecast": _page(exits), "metrics": _page(metrics), "trends": _page(trends),
    "post-mortem": _page(post_mortems), "pitfalls": _page(pitfalls), "workarounds": _page(workarounds),
    "articles": _page(articles), "actions": _page(actions), "decisions": _page(decisions),
    "wallboard": lambda app, _lead: wallboard.draw(app, phases.get_phase(app, "PAY")),
}  # fmt: skip


def measure(folder: Path) -> list[Row]:
    rows = list[Row]()
    with postgres.server() as server:
        for name, large, small in (
            ("SQLite", f"sqlite:///{folder / 'large.db'}", f"sqlite:///{folder / 'small.db'}"),
            ("PostgreSQL", postgres.new_database(server, "large"), postgres.new_database(server, "small")),
        ):
            before, now = _times(small, SMALL), _times(large, LARGE)
            rows += [
                Row(goal="G8", what=f"page over {LARGE:,} tickets: {page}, {name}", measured=now[page], limit=LIMIT,
                    unit=" ms", detail=f"{before[page]:.1f} ms over {SMALL:,}", why="it reads the whole history")
                for page in PAGES
            ]  # fmt: skip
    return rows


def _times(url: str, tickets: int) -> dict[str, float]:
    """Return the milliseconds of each page of a phase that went live four weeks ago."""
    store, phase = filled(url, tickets)
    app = AppContext(features=FEATURES, store=store, now=lambda: NOW)
    phases.apply_settings(app, phase.settings.model_copy(update={"go_live": GO_LIVE.date()}))
    try:
        return {name: _usual(draw, app, Person(phase.leads[0])) for name, draw in PAGES.items()}
    finally:
        store.close()


def _usual(draw: Draw, app: AppContext, lead: Person) -> float:
    """The median of several, in milliseconds."""
    return 1000 * median([_timed(draw, app, lead) for _ in range(TIMES)])


def _timed(draw: Draw, app: AppContext, lead: Person) -> float:
    began = time.perf_counter()
    draw(app, lead)
    return time.perf_counter() - began
