"""Webhooks of trackers: each says which issue has news, and what that is is read from the tracker."""

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import Executor

import structlog
from aiohttp import web

from bot.transport.connections import read_body, storable
from connectors.registry import KINDS
from connectors.tracker import TrackerAccess
from domain.errors import Repeated

log = structlog.get_logger()
PATH = "/trackers/"
NoteNews = Callable[[str, str, str | None], bool]


class TrackerEndpoint:
    """`note` gets the system, the id of the issue and the key of the delivery, and returns whether it is known."""

    def __init__(self, access: Mapping[str, TrackerAccess], note: NoteNews, pool: Executor) -> None:
        self._access, self._note, self._pool = access, note, pool

    def add(self, app: web.Application) -> None:
        app.router.add_post(PATH + "{system}", self._received)

    async def _received(self, request: web.Request) -> web.Response:
        """Answer 200 after the commit, also to what is not ours, or 401 to what was not signed."""
        system, body = request.match_info["system"], await read_body(request)
        access, headers = self._access.get(system), {name.lower(): text for name, text in request.headers.items()}
        if access is None:
            return _answer(404, "There is no such tracker.")
        if not KINDS[system].is_signed(access.secret, headers, body):
            log.warning("tracker_webhook_refused", system=system)
            return _answer(401, "The signature is missing or wrong.")
        issue, delivery = KINDS[system].issue_of(body), headers.get(KINDS[system].delivery, "")
        if not issue:
            return _answer(200, "Received. It is about no issue.")
        key = f"tracker:{system}:{storable(delivery)}" if delivery else None
        try:
            is_known = await asyncio.get_running_loop().run_in_executor(self._pool, self._note, system, issue, key)
        except Repeated:
            is_known = True
        return _answer(200, "Received." if is_known else "Received. The issue belongs to no ticket.")


def _answer(status: int, said: str) -> web.Response:
    return web.json_response({"said": said}, status=status)
