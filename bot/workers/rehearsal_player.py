"""Play what a rehearsal has to play, after the person who began it was answered."""

import asyncio
from functools import partial

from bot.context import AppContext
from bot.services.rehearsal import rehearsals
from bot.workers.heartbeat import Read
from bot.workers.poller import Poller


class RehearsalPlayer(Poller):
    """Plays each rehearsal that is new, in a thread, since nothing of it may be part of a transaction that stays."""

    every = 60.0
    waits = "rehearsals"

    def __init__(self, app: AppContext, read: Read) -> None:
        super().__init__()
        self._app, self._read = app, read

    async def _look(self) -> None:
        for rehearsal_id in await self._read(partial(rehearsals.list_unplayed, self._app)):
            await asyncio.to_thread(play, self._app, rehearsal_id)


def play(app: AppContext, rehearsal_id: int) -> None:
    """Ask Slack about the people who are not known yet, and play a rehearsal."""
    for person in rehearsals.list_people(app, rehearsal_id):
        app.person(person)
    rehearsals.play(app, rehearsal_id)
