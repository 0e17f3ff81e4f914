"""Messages that are to be posted later, by the sandbox's own clock."""

import asyncio
from contextlib import suppress

from sandbox.model import Message
from sandbox.world import World

LONGEST_SECONDS = 120 * 24 * 3600


def plan(world: World, message: Message, post_at: int) -> str:
    key = world.workspace.ids.next("Q")
    world.scheduled[key] = {"message": message, "post_at": post_at}
    world.replanned.set()
    return key


def moved(world: World) -> None:
    """After the clock was moved: what is due now, and how long it is until the next one."""
    post_due(world)
    world.replanned.set()


def post_due(world: World) -> None:
    now = world.clock.seconds()
    due = [key for key, row in world.scheduled.items() if row["post_at"] <= now]
    for key in sorted(due, key=lambda one: float(world.scheduled[one]["post_at"])):
        world.workspace.post(world.scheduled.pop(key)["message"])


async def keep_posting(world: World) -> None:
    while True:
        world.replanned.clear()
        post_due(world)
        with suppress(TimeoutError):
            await asyncio.wait_for(world.replanned.wait(), _rest(world))


def _rest(world: World) -> float | None:
    """Real seconds until the next message is due; None when none is planned."""
    if not world.scheduled:
        return None
    first = min(row["post_at"] for row in world.scheduled.values())
    return world.clock.real_seconds(first - world.clock.seconds())
