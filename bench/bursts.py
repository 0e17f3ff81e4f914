"""P5: forms that arrive all at once, at the true clock: when they are acknowledged, and what is lost or grows."""

import asyncio
import time
from dataclasses import dataclass
from pathlib import Path

from bench.desks import POSTGRESQL, SQLITE, Desk, database, desk
from bench.envelopes import submission
from bench.rows import Row
from bench.slack import Link

SMALL, LARGE = 1_000, 5_000
IN_TIME = 3.0  # seconds that Slack waits for an acknowledgement
LONGEST = 120.0  # seconds after which a form counts as unanswered
PATIENCE = 600.0  # seconds until those are handled too
DURABLE = {SQLITE: 10, POSTGRESQL: 15}  # seconds until all of the large burst are committed
GROWN = 60  # MB


@dataclass(frozen=True, slots=True)
class Burst:
    """`last` is when the last was acknowledged; `wrong` counts the lost and doubled; `grown` is in MB."""

    in_time: int
    last: float
    wrong: int
    unanswered: int
    grown: float


def measure(folder: Path) -> list[Row]:
    return asyncio.run(_measure(folder))


async def _measure(folder: Path) -> list[Row]:
    rows = []
    for kind in (SQLITE, POSTGRESQL):
        for size in (SMALL, LARGE):
            async with database(folder, kind) as url, desk(folder, url) as one:
                burst = await _burst(one, size)
            rows += _rows(kind, size, burst)
    return rows


def _rows(kind: str, size: int, burst: Burst) -> list[Row]:
    what, pace = f"{size:,} forms at once, {kind}", f"{size / burst.last:,.0f} a second"
    why = "reports are handled one after the other, and what follows them takes the same interpreter"
    if size == SMALL:
        return [Row(goal="P5", what=f"{what}: acknowledged within {IN_TIME:g} s", measured=burst.in_time, limit=size,
                    at_least=True, detail=f"the last after {burst.last:.1f} s", why=why)]  # fmt: skip
    return [
        Row(goal="P5", what=f"{what}: lost or doubled", measured=burst.wrong, limit=0,
            detail=f"{burst.in_time:,} within {IN_TIME:g} s", why="a fault"),
        Row(goal="P5", what=f"{what}: not acknowledged within {LONGEST:g} s", measured=burst.unanswered, limit=0,
            detail="they are handled later", why=why),
        Row(goal="P5", what=f"{what}: all durable after", measured=burst.last, limit=DURABLE[kind], unit=" s",
            detail=pace, why=why),
        Row(goal="P5", what=f"{what}: memory at its peak, more than before", measured=burst.grown, limit=GROWN,
            unit=" MB", detail=pace, why="forms and messages that wait"),
    ]  # fmt: skip


async def _burst(one: Desk, size: int) -> Burst:
    """From idle; it is over when every form was acknowledged, which each is after its commit."""
    assert isinstance(one.door, Link)
    for _ in range(20):
        await one.door.ask(submission(severity="medium"))
    await one.settled()
    already, before = one.tickets()[0], one.bot.rss()
    forms = [submission(severity="medium") for _ in range(size)]
    began = time.perf_counter()
    answers = [await one.door.send(form) for form in forms]
    _, late = await asyncio.wait(answers, timeout=LONGEST)
    if late:
        await asyncio.wait(late, timeout=PATIENCE)
    seconds = [one.result() - began for one in answers if one.done()]
    grown = one.bot.peak() - before
    count, different = one.tickets()
    lost, doubled = max(0, size - (count - already)), count - different
    in_time = sum(each <= IN_TIME for each in seconds)
    return Burst(in_time, max(seconds, default=PATIENCE), lost + doubled, len(late), grown)
