"""Learn which channels got another id while another process handled Slack's event."""

from functools import partial

from bot.context import AppContext
from bot.services.phases.channels import load_moved
from bot.workers.heartbeat import Read
from bot.workers.poller import Poller


class MovedChannelsReader(Poller):
    """Reads them every few seconds; one process alone needs no reader."""

    every = 10.0
    waits = "channels with another id"

    def __init__(self, app: AppContext, read: Read) -> None:
        super().__init__()
        self._app, self._read = app, read

    async def _look(self) -> None:
        await self._read(partial(load_moved, self._app))
