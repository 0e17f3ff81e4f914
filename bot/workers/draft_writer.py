"""Ask the language model for the drafts that people wait for."""

import asyncio
from collections.abc import Callable
from functools import partial

import structlog

from bot.context import AppContext
from bot.services.learning import draft_requests
from bot.workers.heartbeat import Read, Transact
from bot.workers.poller import Poller
from domain.errors import Refused
from domain.knowledge.drafting import DraftRequest, ModelAnswer, Quotation, prompt

log = structlog.get_logger()
Ask = Callable[[list[dict[str, str]]], ModelAnswer]


class DraftWriter(Poller):
    """`ask` waits for the model's answer, in a thread, and raises `failure` with a sentence when there is none."""

    every = 30.0
    waits = "drafts"

    def __init__(self, app: AppContext, ask: Ask, failure: type[Exception], serve: Transact, read: Read) -> None:
        super().__init__()
        self._app, self._ask, self._failure, self._serve, self._read = app, ask, failure, serve, read

    async def _look(self) -> None:
        while await self._read(partial(draft_requests.is_waiting, self._app)):
            one = await self._serve(partial(draft_requests.take, self._app))
            if one is None:
                return
            answer, sources = await self._written(one)
            await self._serve(partial(draft_requests.deliver, self._app, one, answer, sources))

    async def _written(self, one: DraftRequest) -> tuple[ModelAnswer | str, list[Quotation]]:
        """Return what the model wrote, or why there is nothing, and its sources."""
        try:
            sources = await self._read(partial(draft_requests.sources, self._app, one))
            return await asyncio.to_thread(self._ask, prompt(one.kind, sources)), sources
        except Refused as no:
            return no.text, []
        except self._failure as error:
            log.warning("draft_not_written", kind=one.kind.value, reason=str(error))
            return str(error), []
