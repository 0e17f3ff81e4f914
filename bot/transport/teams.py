"""The endpoint to which Microsoft Teams sends what people do in their chat with the bot: 200 after the commit."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from ipaddress import ip_address

import structlog
from aiohttp import web

from bot.transport.connections import read_body, storable
from connectors.teams.activities import read_activity
from connectors.teams.messages import answer_of
from connectors.teams.tokens import KeysUnreachable, NotFromMicrosoft, TokenChecker
from domain.rehearsal.marks import HEADER
from domain.teams.incoming import TeamsAct, TeamsActivity, TeamsFile
from domain.teams.outgoing import TeamsDialog

log = structlog.get_logger()
PATH = "/teams/messages"
MAX_BYTES = 256_000
MAX_WAITING = 20  # requests at a time; Teams sends others again
Fetch = Callable[[Sequence[TeamsFile]], Awaitable[tuple[TeamsFile, ...]]]
NOT_PROVEN = "The token is missing or wrong."
Rehearse = Callable[[TeamsActivity, str], str]
Receive = Callable[[TeamsActivity], TeamsDialog | str | None]


class TeamsEndpoint:
    """`fetch` gets the files of a message. `receive` takes an activity in and returns what a dialog shows, on the pool.

    `checker` is None where no bot is set up, or where one is tried on this machine: then `local` says that it is, and
    only requests of this machine are taken. `rehearse` gets an activity and the mark of a rehearsal, and returns ""
    where it is not one. `count_answer` counts the status that a request was answered with.
    """

    def __init__(
        self, checker: TokenChecker | None, reaches: Callable[[str], bool], fetch: Fetch, receive: Receive,
        rehearse: Rehearse, pool: Executor, count_answer: Callable[[int], None], *, local: bool,
    ) -> None:  # fmt: skip
        self._count_answer = count_answer
        self._checker, self._reaches, self._fetch = checker, reaches, fetch
        self._receive, self._rehearse, self._pool = receive, rehearse, pool
        self._local, self._waiting = local, 0

    def add(self, app: web.Application) -> None:
        app.router.add_post(PATH, self._counted)

    async def _counted(self, request: web.Request) -> web.Response:
        try:
            response = await self._received(request)
        except web.HTTPException as refused:
            self._count_answer(refused.status)
            raise
        except Exception:
            self._count_answer(500)
            raise
        self._count_answer(response.status)
        return response

    async def _received(self, request: web.Request) -> web.Response:
        if self._checker is None and not self._local:
            return _refused(404, "There is no bot in Teams.")
        if self._waiting >= MAX_WAITING:
            return _refused(503, "Hypercare is busy.")
        self._waiting += 1
        try:
            return await self._take(request)
        finally:
            self._waiting -= 1

    async def _take(self, request: web.Request) -> web.Response:
        if mark := storable(request.headers.get(HEADER, "")):
            return await self._take_rehearsed(request, mark)
        try:
            proven = await self._prove(request)
        except NotFromMicrosoft:
            log.warning("teams_request_refused", reason="token")
            return _refused(401, NOT_PROVEN)
        except KeysUnreachable:
            log.warning("teams_request_refused", reason="keys")
            return _refused(503, "Microsoft's keys can't be fetched.")
        activity = read_activity(await read_body(request, MAX_BYTES))
        if activity is None:
            return web.json_response({})  # of no person in Teams, so there is nothing to do
        if not self._reaches(activity.service_url) or (proven and proven != activity.service_url):
            log.warning("teams_request_refused", reason="service_url")
            return _refused(403, "The service URL isn't one of Microsoft's.")
        if activity.files and activity.is_personal and activity.act is TeamsAct.MESSAGE:
            activity = replace(activity, files=await self._fetch(activity.files))
        shown = await asyncio.get_running_loop().run_in_executor(self._pool, self._receive, activity)
        return web.json_response(answer_of(shown) if shown is not None else {})

    async def _take_rehearsed(self, request: web.Request, mark: str) -> web.Response:
        activity = read_activity(await read_body(request, MAX_BYTES))
        if activity is None:
            return _refused(400, "This is no activity.")
        said = await asyncio.get_running_loop().run_in_executor(self._pool, self._rehearse, activity, mark)
        return web.json_response({"said": said}) if said else _refused(401, NOT_PROVEN)

    async def _prove(self, request: web.Request) -> str:
        """Return the service URL of the token; "" on this machine. NotFromMicrosoft or KeysUnreachable."""
        if self._checker is not None:
            return await self._checker.check(request.headers.get("Authorization", ""))
        if not _is_here(request):
            raise NotFromMicrosoft
        return ""


def _is_here(request: web.Request) -> bool:
    """Whether a request comes from this machine, and through no proxy."""
    passed_on = any(name in request.headers for name in ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host"))
    return not passed_on and bool(request.remote) and ip_address(request.remote or "").is_loopback


def _refused(status: int, said: str) -> web.Response:
    return web.json_response({"said": said}, status=status)
