"""Read the values of business objectives from other databases."""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import structlog

from bot.context import AppContext
from bot.services.reporting import objective_values
from bot.services.reporting.objective_values import DueValue
from bot.workers.heartbeat import Read, Transact
from bot.workers.poller import Poller
from domain.errors import Refused

log = structlog.get_logger()
Query = Callable[[str, str], Sequence[tuple[Any, ...]]]


class ObjectiveReader(Poller):
    """`query` runs a query on a database by its name and raises `failure`; it waits, so it runs in a thread."""

    every = 300.0
    waits = "values of objectives"

    def __init__(self, app: AppContext, query: Query, failure: type[Exception], serve: Transact, read: Read) -> None:
        super().__init__()
        self._app, self._query, self._failure, self._serve, self._read = app, query, failure, serve, read

    async def _look(self) -> None:
        for one in await self._read(partial(objective_values.list_due, self._app)):
            await self._each(one)

    async def _each(self, one: DueValue) -> None:
        """Read one value; one that can't be read does not hold up the others, and is tried at the next round."""
        asked = one.objective
        try:
            rows = await asyncio.to_thread(self._query, asked.database, asked.query)
            await self._serve(partial(objective_values.keep, self._app, one, rows))
        except self._failure as error:
            log.warning("objective_not_read", phase=one.phase.key, objective=asked.name, reason=str(error))
        except Refused as error:
            log.warning("objective_not_read", phase=one.phase.key, objective=asked.name, reason=error.text)
