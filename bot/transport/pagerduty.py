"""PagerDuty's Webhooks v3: who acknowledged or resolved an incident there, and their e-mail address."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

import aiohttp
import structlog
from aiohttp import web

from bot.transport.connections import read_body
from bot.transport.proxies import proxy_for
from connectors.sessions import open_session
from domain import foreign
from domain.errors import Repeated
from domain.oncall.pagerduty import SIGNATURE, IncidentEvent, is_signed, read_event

log = structlog.get_logger()
PATH = "/pagerduty"
LOOKUP_SECONDS = 2  # PagerDuty waits for its answer meanwhile
TakeIncident = Callable[[IncidentEvent, str], str]


@dataclass(frozen=True, slots=True)
class PagerDutyAccess:
    """`secrets` sign webhooks, without any of them none is taken. With `token`, the REST API at `url` is asked."""

    secrets: Sequence[str]
    url: str
    token: str


class PagerDutyEndpoint:
    """`take` gets an event and the e-mail address of its person, and returns what the answer says."""

    def __init__(self, access: PagerDutyAccess, take: TakeIncident, pool: Executor) -> None:
        self._access, self._take, self._pool = access, take, pool

    def add(self, app: web.Application) -> None:
        app.router.add_post(PATH, self._received)

    async def _received(self, request: web.Request) -> web.Response:
        """Answer 200 after the commit, also to what is not ours, or 401 to what was not signed."""
        body = await read_body(request)
        if not is_signed(self._access.secrets, request.headers.get(SIGNATURE, ""), body):
            log.warning("pagerduty_webhook_refused")
            return _answer(401, "The signature is missing or wrong.")
        event = read_event(body)
        if event is None:
            return _answer(200, "Received. It changes nothing here.")
        address = await self._address_of(event.user_id)
        try:
            said = await asyncio.get_running_loop().run_in_executor(self._pool, self._take, event, address)
        except Repeated:
            said = "Received before."
        return _answer(200, said)

    async def _address_of(self, user_id: str) -> str:
        """Return the e-mail address of a user of PagerDuty; "" where it can't be had."""
        if not (self._access.token and user_id):
            return ""
        url = f"{self._access.url.rstrip('/')}/users/{user_id}"
        headers = {"Authorization": f"Token token={self._access.token}", "Accept": "application/json"}
        try:
            async with (
                asyncio.timeout(LOOKUP_SECONDS),
                open_session() as session,
                session.get(url, headers=headers, allow_redirects=False, proxy=proxy_for(url)) as answer,
            ):
                if answer.status != 200:
                    log.warning("pagerduty_user_not_found", reason=f"http_{answer.status}")
                    return ""
                found = foreign.table(await answer.json(content_type=None))
        except (TimeoutError, aiohttp.ClientError, OSError, ValueError) as error:
            log.warning("pagerduty_user_not_found", reason=type(error).__name__)
            return ""
        return foreign.scalar(foreign.table(found.get("user")).get("email"))


async def check_key(url: str, token: str, within: float) -> str:
    """Ask the REST API for one user; return what is wrong as a sentence, or ""."""
    address = f"{url.rstrip('/')}/users?limit=1"
    limit, headers = aiohttp.ClientTimeout(total=within), {"Authorization": f"Token token={token}"}
    try:
        async with (
            open_session(timeout=limit, headers=headers) as session,
            session.get(address, allow_redirects=False, proxy=proxy_for(address)) as answer,
        ):
            if answer.status != 200:
                return f"its REST API answers HTTP {answer.status}. Check HYPERCARE_PAGERDUTY_TOKEN"
            found = foreign.table(await answer.json(content_type=None))
    except ValueError:
        found = {}
    except (TimeoutError, aiohttp.ClientError, OSError):
        return f"{url} can't be reached. Check the network, and HYPERCARE_PAGERDUTY_API_URL"
    if isinstance(found.get("users"), list):
        return ""
    return f"{url} does not answer as PagerDuty. Check HYPERCARE_PAGERDUTY_API_URL, and the proxy if there is one"


def _answer(status: int, said: str) -> web.Response:
    return web.json_response({"said": said}, status=status)
