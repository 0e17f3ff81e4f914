"""Plays the script scene by scene: moves the clock, lets people act, and waits until the bot has answered."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import aiohttp

from sandbox.story import names
from sandbox.story.actions import ACTIONS
from sandbox.story.beside import BESIDE
from sandbox.story.calendar import DAYS, WEEK, first_monday, moment
from sandbox.story.client import Client, StoryError
from sandbox.story.ending import ENDING
from sandbox.story.script import Scene, read_script
from sandbox.story.stage import Stage
from sandbox.story.watch import MAX_LINE_BYTES, Watch

SATURDAY, WEEK_DAYS = 5, 7
VERBS = {**ACTIONS, **ENDING, **BESIDE}
MORNING = timedelta(hours=9, minutes=5)  # when the bot's daily work is over
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Summary:
    """How many tickets there are now, and how many scenes could not be played."""

    tickets: int
    failed: int


async def play(
    url: str, *, progress: Progress, present: datetime | None = None, full: bool = False,
    beside: Mapping[str, str] | None = None,
) -> Summary:  # fmt: skip
    """A whole week and the days since, ending in the present, which is this machine's unless another is given.

    `full` goes on until the sign-off and a relapse. A scene that fails is reported in a line, and the story goes on.
    `beside` has the addresses of the pages of the systems beside the workspace, in which people take part too.
    """
    async with _stage(url, beside or {}, full=full) as stage:
        await _welcome(stage)
        failed, day, now = 0, -1, present or datetime.now(UTC)
        for scene in stage.script.scenes():
            if stage.watch.ended:
                raise StoryError("The sandbox has gone away.")
            if scene.at.days >= WEEK_DAYS and moment(stage.monday, scene.at) > now:
                break
            if scene.at.days != day:
                await _wake_up(stage, day + 1, scene)
                day = scene.at.days
                progress(f"Playing {WEEK[day % 7]} …")
            failed += not await _played(stage, scene, progress)
        await _catch_up(stage, now, day + 1)
        return Summary(len(stage.tickets), failed)


@asynccontextmanager
async def _stage(url: str, beside: Mapping[str, str], *, full: bool) -> AsyncIterator[Stage]:
    async with aiohttp.ClientSession(read_bufsize=MAX_LINE_BYTES) as session:
        client, watch, ready = Client(url, session), Watch(), asyncio.Event()
        following = asyncio.create_task(watch.follow(url, session, ready))
        try:
            await _needs_app(client)
            await asyncio.wait_for(ready.wait(), 10)
            monday = first_monday(await _now(client))
            yield Stage(client, watch, read_script(monday, full=full, beside=beside), monday, beside=beside)
        finally:
            following.cancel()
            with suppress(asyncio.CancelledError, aiohttp.ClientError):
                await following


async def _needs_app(client: Client) -> None:
    if not (await client.get("state"))["ready"]:
        raise StoryError("No app is connected to the sandbox. Start Hypercare with this sandbox, then play the story.")


async def _welcome(stage: Stage) -> None:
    """Add the people of the story who are not in the workspace yet."""
    known = {user["name"] for user in (await stage.client.get("state"))["users"]}
    for person in stage.script.people:
        if person["name"] not in known:
            await stage.client.post("users", **person, channels=list(names.CHANNELS))
    stage.ids = {user["name"]: user["id"] for user in (await stage.client.get("state"))["users"]}


async def _played(stage: Stage, scene: Scene, progress: Progress) -> bool:
    told = len(stage.watch.whispers)
    try:
        await _move(stage.client, moment(stage.monday, scene.at))
        await VERBS[scene.verb](stage, scene)
        if scene.ticket or scene.verb in ENDING:  # what people get of it comes before the clock moves on
            await stage.watch.calm()
        _refused(stage, told)
    except (StoryError, aiohttp.ClientError, TimeoutError) as problem:
        progress(f"{_when(scene)} {scene.who} {scene.verb} {scene.ticket}: {problem or type(problem).__name__}")
        await _tidy(stage.client, scene.who)
        return False
    return True


def _refused(stage: Stage, told: int) -> None:
    """The bot whispers only when it does not do what was asked."""
    if words := stage.watch.whispers[told:]:
        raise StoryError(str(words[-1][1].get("text", "")))


async def _tidy(client: Client, who: str) -> None:
    with suppress(StoryError, aiohttp.ClientError, TimeoutError):
        await client.post("close", user=who, all=True)


async def _wake_up(stage: Stage, day: int, scene: Scene) -> None:
    """The mornings before a scene, so that no daily work is skipped."""
    for one in range(day, scene.at.days + 1):
        morning = timedelta(days=one) + MORNING
        if morning < scene.at:
            await _move(stage.client, moment(stage.monday, morning))
            await stage.watch.calm()


async def _catch_up(stage: Stage, now: datetime, day: int) -> None:
    """To the present, morning by morning from that day on, so that no daily work is skipped."""
    while (morning := moment(stage.monday, timedelta(days=day) + MORNING)) < now:
        said = len(stage.watch.messages)
        await _move(stage.client, morning)
        if morning.weekday() < SATURDAY:
            await _good_morning(stage, said)
        await stage.watch.calm()
        day += 1
    await _move(stage.client, now)


async def _good_morning(stage: Stage, said: int) -> None:
    with suppress(StoryError):  # the digest may be switched off
        await stage.watch.until(lambda: len(stage.watch.messages) > said or None, "say how things stand")


async def _move(client: Client, to: datetime) -> None:
    """Forward only: a scene in the same minute follows at once."""
    if to > await _now(client):
        await client.post("clock", to=to.isoformat())


async def _now(client: Client) -> datetime:
    return datetime.fromisoformat((await client.get("clock"))["now"])


def _when(scene: Scene) -> str:
    minutes = scene.at.seconds // 60
    return f"{DAYS[scene.at.days % 7]} {minutes // 60:02}:{minutes % 60:02}"
