"""What people do until a phase ends and after it: readings, verdicts, signatures, the post-mortem, a relapse."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from sandbox.story import names
from sandbox.story.actions import own_button
from sandbox.story.calendar import moment
from sandbox.story.client import StoryError
from sandbox.story.script import Scene
from sandbox.story.stage import Stage


async def _records(stage: Stage, scene: Scene) -> None:
    """The day's readings, by metric."""
    (values,) = scene.words
    for metric, value in values.items():
        await _record(stage, scene, metric, value)


async def _looks_up(stage: Stage, scene: Scene) -> None:
    """What was counted on the days before that day, oldest first."""
    metric, values = scene.words
    for ago, value in zip(range(len(values), 0, -1), values, strict=True):
        on = moment(stage.monday, scene.at - timedelta(days=ago)).date()
        await _record(stage, scene, metric, value, f" {on.isoformat()}")


async def _record(stage: Stage, scene: Scene, metric: str, value: float, day: str = "") -> None:
    said = str((await _asks(stage, scene.who, f"{names.METRICS_VERB} {names.PHASE} {metric} {value}{day}")).get("text"))
    if names.RECORDED not in said:
        raise StoryError(said)


async def _presses(stage: Stage, scene: Scene) -> None:
    """A button of a command's answer, and the form behind it; or where there is none, what it answers."""
    text, label, *form = scene.words
    shown = await _asks(stage, scene.who, text)
    await stage.client.post("action", user=scene.who, channel=shown["channel"], ts=shown["ts"], label=label)
    for values in form:
        await stage.submit(scene.who, **values)
    if not form:
        await stage.answer(scene.who)


async def _asks(stage: Stage, who: str, text: str) -> dict[str, Any]:
    """The answer to a command, and not a late one to what was typed before."""
    stage.watch.whispers.clear()
    await stage.command(who, text)
    return await stage.answer(who)


async def _looks_back(stage: Stage, scene: Scene) -> None:
    """An answer to the anonymous form of the post-mortem."""
    again, *words = scene.words
    tap = f"{names.PULSE_TAP}:{again}"
    channel, ts, value = await own_button(stage, scene.who, tap, "ask for the post-mortem")
    await stage.press(scene.who, (channel, ts), tap, value)
    await stage.press(scene.who, (channel, ts), names.PULSE_OPEN, value.partition(":")[0])
    await stage.submit(scene.who, **dict(zip(names.REVIEW_FIELDS, words, strict=False)))


async def _decides(stage: Stage, scene: Scene) -> None:
    """A lead decides the newest question, by the number of the option."""
    choice, why = scene.words
    newest = lambda: max(stage.watch.values(names.DECIDE), key=int, default=None)  # noqa: E731
    value = await stage.watch.until(newest, "ask for a decision")
    await stage.press(scene.who, stage.watch.with_button(names.DECIDE, value)[-1], names.DECIDE, value)
    await stage.submit(scene.who, choice=choice, rationale=why)


ENDING: dict[str, Callable[[Stage, Scene], Awaitable[None]]] = {
    "records": _records, "looks_up": _looks_up, "presses": _presses, "looks_back": _looks_back, "decides": _decides,
}  # fmt: skip
