"""P1, P2, P3: how soon a report is acknowledged durably, idle and busy, and what it costs with all that follows it.

Everything runs at the true clock; the Slack of the bench limits nothing. This process is Slack and the people in it,
the bot is another one. Idle means that all messages of the report before have left and nothing is due.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from bench.desks import HTTP, POSTGRESQL, SOCKET, SQLITE, Desk, database, desk
from bench.envelopes import submission
from bench.floors import Flushed
from bench.rows import P99, ROUNDS, Row, median, ms, quantile
from bench.slack import Link, rate

IDLE, BUSY, BURST = 10, 40, 200  # reports a round
WARM, AT_ONCE, HOMES = 60, 32, 30
UNHEARD = 2000  # forms a round that nothing handles
LOOKING = [f"U0BENCHLOOK{number}" for number in range(HOMES)]
SEVERITIES = ("medium", "critical")
COST = {"medium": 6, "critical": 12}  # milliseconds of processor a report may take, with all that follows it
CASES = ((SQLITE, SOCKET), (SQLITE, HTTP), (POSTGRESQL, SOCKET))


@dataclass(frozen=True, slots=True)
class Taken:
    """Seconds for each acknowledgement and for each flush that was made between, and of processor for each report."""

    acks: list[float]
    flushes: list[float]
    processor: float = 0.0

    @property
    def ratio(self) -> float:
        return median(self.acks) / median(self.flushes)


def idle(folder: Path) -> list[Row]:
    return asyncio.run(_each_case(folder, _idle))


def busy(folder: Path) -> list[Row]:
    return asyncio.run(_each_case(folder, _busy))


def at_once(folder: Path) -> list[Row]:
    return asyncio.run(_at_once(folder))


Measure = Callable[[Desk, Flushed, str], Awaitable[list[Row]]]


async def _each_case(folder: Path, measure: Measure) -> list[Row]:
    rows: list[Row] = []
    flushed = Flushed(folder / "flushed")
    for kind, transport in CASES:
        async with database(folder, kind) as url, desk(folder, url, transport) as one:
            await _warm(one)
            rows += await measure(one, flushed, f"{kind}, {transport}")
    flushed.close()
    return rows


async def _warm(one: Desk) -> None:
    for severity in SEVERITIES:
        for _ in range(WARM // 2):
            await one.door.ask(submission(severity=severity))
    await one.settled()


async def _idle(one: Desk, flushed: Flushed, where: str) -> list[Row]:
    rows = []
    for severity in SEVERITIES:
        rounds = [await _settling(one, flushed, severity) for _ in range(ROUNDS)]
        acks, flushes = [x for r in rounds for x in r.acks], [x for r in rounds for x in r.flushes]
        detail = f"{ms(median(acks))} to {ms(median(flushes))}"
        why = f"Bolt, threads, rendering and statements take {ms(median(acks) - median(flushes))}"
        rows += [
            Row(goal="P1", what=f"durable ack of a {severity}, idle p50, to one fdatasync; {where}", limit=6,
                measured=median([r.ratio for r in rounds]), detail=detail, why=why),
            Row(goal="P1", what=f"the same, p99; {where}", measured=quantile(acks, P99) / median(flushes), limit=15,
                detail=f"{ms(quantile(acks, P99))} to {ms(median(flushes))}", why=why),
        ]  # fmt: skip
    before = [await _settling(one, flushed, "medium") for _ in range(ROUNDS)]
    one.open_homes(LOOKING)
    after = [await _settling(one, flushed, "medium") for _ in range(ROUNDS)]
    shut, looked = [x for r in before for x in r.acks], [x for r in after for x in r.acks]
    rows.append(Row(goal="P1", what=f"the same with {HOMES} Homes open, to none; {where}", limit=1.2,
                    measured=median(looked) / median(shut), detail=f"{ms(median(looked))} to {ms(median(shut))}",
                    why="Homes are drawn after the commit, by the same interpreter"))  # fmt: skip
    return rows


async def _settling(one: Desk, flushed: Flushed, severity: str) -> Taken:
    """Reports and flushes in turn, each of them from idle."""
    acks, flushes = [], []
    for _ in range(IDLE):
        await one.settled()
        flushes.append(flushed.append())
        acks.append(await one.door.ask(submission(severity=severity)))
    return Taken(acks, flushes)


async def _busy(one: Desk, flushed: Flushed, where: str) -> list[Row]:
    rows = []
    for severity in SEVERITIES:
        rounds = [await _back_to_back(one, flushed, severity) for _ in range(ROUNDS)]
        acks, flushes = [x for r in rounds for x in r.acks], [x for r in rounds for x in r.flushes]
        processor = median([r.processor for r in rounds]) * 1000
        rows += [
            Row(goal="P2", what=f"durable ack of a {severity}, back to back p50, to one fdatasync; {where}", limit=8,
                measured=median([r.ratio for r in rounds]),
                detail=f"{ms(median(acks))} to {ms(median(flushes))}, {1 / median(acks):,.0f} a second",
                why="the messages of the reports before leave at the same time, in one interpreter"),
            Row(goal="P2", what=f"processor a {severity} with all that follows it; {where}", measured=processor,
                limit=COST[severity], unit=" ms", detail=f"{BUSY} reports a round, until nothing was left to send",
                why="statements, rendering and sending are Python"),
        ]  # fmt: skip
    return rows


async def _back_to_back(one: Desk, flushed: Flushed, severity: str) -> Taken:
    await one.settled()
    flushes = [flushed.append() for _ in range(IDLE)]
    before = one.bot.cpu()
    acks = [await one.door.ask(submission(severity=severity)) for _ in range(BUSY)]
    await one.settled()
    return Taken(acks, flushes, (one.bot.cpu() - before) / BUSY)


async def _at_once(folder: Path) -> list[Row]:
    rows = []
    for kind in (SQLITE, POSTGRESQL):
        async with database(folder, kind) as url, desk(folder, url) as one:
            await _warm(one)
            ours, floor = [], []
            for _ in range(ROUNDS):
                ours.append(await burst_rate(one))
                assert isinstance(one.door, Link)
                floor.append(await rate(one.door, lambda: submission("bench_nothing"), UNHEARD, AT_ONCE))
        rows.append(Row(
            goal="P3", what=f"durable acks, {AT_ONCE} at once, share of the same bot's rate without a database; {kind}",
            measured=median([a / b for a, b in zip(ours, floor, strict=True)]), limit=0.25, at_least=True,
            detail=f"{median(ours):,.0f} to {median(floor):,.0f} a second",
            why="a report's statements and words take the interpreter, and its messages leave meanwhile"))  # fmt: skip
    return rows


async def burst_rate(one: Desk, severity: str = "medium") -> float:
    """Acknowledgements of reports a second, 32 always on their way; from idle to idle."""
    await one.settled()
    assert isinstance(one.door, Link)
    reached = await rate(one.door, lambda: submission(severity=severity), BURST, AT_ONCE)
    await one.settled()
    return reached
