"""A backlog: Slack was away for an hour and 10,000 messages wait; how fast they leave then, and a page among them."""

import time
from pathlib import Path
from typing import Any

from bench.rows import Row, median, ms
from tests.support.bot import BotWorkspace, running

CHANNELS, EACH = 100, 100
PAGES = 7
APART = 2.5  # seconds between two criticals
BURST = 8


def measure(folder: Path) -> list[Row]:
    with running(f"sqlite:///{folder / 'backlog.db'}") as app:
        channels = [app.control.post("channels", name=f"backlog-{n}", members=["admin", "hypercare"])["channel"]["id"]
                    for n in range(CHANNELS)]  # fmt: skip
        idle = pages(app, "idle")
        app.quiet()
        app.fails("*", times=-1, status=503)
        _fill(app, channels)
        for _ in range(60):
            app.control.post("clock", advance=60)
        app.control.delete("faults")
        time.sleep(5)
        busy = pages(app, "busy")
        left = _waiting(app)
        while _waiting(app):
            time.sleep(1)
        calls: dict[str, Any] = app.control.get("totals")["calls"]
        uses = [_utilisation(app, channel) for channel in channels]
    refused = sum(outcomes.get("ratelimited", 0) for outcomes in calls.values())
    said = sum(count for _, count in uses)
    share = sum(use for use, _ in uses) / len(uses)
    return [
        Row(goal="backlog", what="10,000 messages after an hour without Slack: share of the rate Slack allows",
            measured=share, limit=0.95, at_least=True,
            detail=f"{said:,} seen, worst channel {min(u for u, _ in uses):.3f}",
            why="looking for what may have arrived holds up its lane"),
        Row(goal="backlog", what="the same: refused with 429, or not seen exactly once", limit=0,
            measured=refused + abs(CHANNELS * EACH - said), detail=f"429: {refused}", why="see the log"),
        Row(goal="backlog", what="a critical's page among them, to an idle app's", limit=2,
            measured=median(busy) / median(idle),
            detail=f"{ms(median(busy))} to {ms(median(idle))}, {left:,} still waiting after the last",
            why="sending the others takes the same interpreter"),
    ]  # fmt: skip


def _fill(app: BotWorkspace, channels: list[str]) -> None:
    with app.application.context.transaction() as tx:
        for n in range(EACH):
            for channel in channels:
                lane = tx.outbox.lane(f"backlog:{channel}:{n}", channel, new=True)
                tx.outbox.post(lane, {"text": f"backlog {n}"}, at=app.application.context.now())


def pages(app: BotWorkspace, name: str) -> list[float]:
    """Seconds from each critical's commit to its page's time in Slack."""
    oncall, found = app.channel_id("hypercare-oncall"), []
    for n in range(PAGES):
        began = app.box.clock.seconds()
        app.person("maria").reports(f"{name} {n}", "critical")
        until = time.monotonic() + 30
        while time.monotonic() < until:
            there = [m for m in app.box.world.workspace.channels[oncall].messages.values() if f"{name} {n}" in m.text]
            if there:
                with app.application.store.read() as tx:
                    opened = max(t.opened_at for t in tx.tickets.list_open([1]))
                found.append(float(there[0].ts) - max(began, opened.timestamp()))
                break
            time.sleep(0.002)
        time.sleep(APART)
    return found


def _waiting(app: BotWorkspace) -> int:
    with app.application.store.read() as tx:
        counts = tx.message_archive.count_by_state()
    return counts["waiting"] + counts["sending"]


def _utilisation(app: BotWorkspace, channel: str) -> tuple[float, int]:
    """Of what Slack allows between a channel's first and last message, after the burst; and how many there are."""
    there = app.box.world.workspace.channels[channel].messages.values()
    times = sorted(float(m.ts) for m in there if m.text.startswith("backlog"))
    return (len(times) - BURST) / (times[-1] - times[0]), len(times)
