"""Messages that are to be posted later, by the sandbox's own clock."""

import asyncio
from dataclasses import dataclass

from sandbox.model import Message
from sandbox.world import World


@dataclass(frozen=True)
class Planned:
    longest_seconds: int = 120 * 24 * 3600
    look_every: float = 0.25


PLANNED = Planned()


def plan(world: World, message: Message, post_at: int) -> str:
    key = world.workspace.ids.next("Q")
    world.scheduled[key] = {"message": message, "post_at": post_at}
    return key


def post_due(world: World) -> None:
    now = world.clock.seconds()
    due = [key for key, row in world.scheduled.items() if row["post_at"] <= now]
    for key in sorted(due, key=lambda one: float(world.scheduled[one]["post_at"])):
        world.workspace.post(world.scheduled.pop(key)["message"])


async def keep_posting(world: World) -> None:
    while True:
        await asyncio.sleep(PLANNED.look_every)
        post_due(world)
