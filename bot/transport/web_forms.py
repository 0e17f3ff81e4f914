"""The web form, its QR code and the pages of its reporters over HTTP."""

import asyncio
import io
import secrets
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from datetime import datetime, timedelta
from functools import partial

import segno
from aiohttp import web

from bot.transport.pace import Pace
from bot.transport.pages import page_headers
from bot.transport.submitted_forms import SubmittedForm, TooManyFilesError, UnreadableFormError, read_form
from bot.transport.visitors import Network, visitor
from domain.delivery.rate_limits import Rate
from domain.mail.incoming import Attachment

FORM, FOLLOW = "/forms/{token}", "/reports-by-form/{token}"
HEADERS = page_headers(form_action="'self'", base_uri="'none'")
OF_ADDRESS = Rate(20, timedelta(seconds=6))  # forms sent from one address: 20 at once, and ten a minute then
MAX_WAITING = 20  # requests that wait for the database
MAX_UPLOADS = 20  # forms that are on their way at the same time, each in memory
BUSY = "Too many people are here just now. Try again in some seconds."
TOO_LARGE = "Your files are too many or too large: a report takes up to 5 files and 10 MB. Go back, and leave some out."
Answer = tuple[int, str]  # the status and the page, or the address of the next page with 303
Work = Callable[[str, Mapping[str, str] | None, str, Sequence[Attachment]], Answer]


class WebFormPages:
    """`form` and `follow` get a token, what was submitted or None, a new id for the next form, and files; on the pool.

    `public_url` is what the QR code begins with, and `proxies` are those that are believed who asks.
    """

    def __init__(
        self, form: Work, follow: Work, public_url: str, now: Callable[[], datetime], pool: Executor,
        proxies: Sequence[Network] = (),
    ) -> None:  # fmt: skip
        self._form, self._follow, self._url, self._now, self._pool = form, follow, public_url, now, pool
        self._proxies = proxies
        self._pace, self._waiting, self._uploads = Pace(OF_ADDRESS), 0, 0

    def add(self, app: web.Application) -> None:
        app.router.add_get(FORM + "/code.svg", self._code)
        for path, work in ((FORM, self._form), (FOLLOW, self._follow)):
            app.router.add_get(path, partial(self._answer, work))
            app.router.add_post(path, partial(self._submitted, work))

    def _visitor(self, request: web.Request) -> str:
        return visitor(request.remote, request.headers.getall("X-Forwarded-For", ()), self._proxies)

    async def _submitted(self, work: Work, request: web.Request) -> web.Response:
        if seconds := self._pace.wait(self._visitor(request), self._now()):
            return _page(429, "Too many forms came from your network. Try again in a minute.", seconds)
        if self._uploads >= MAX_UPLOADS:
            return _page(503, BUSY, 5)
        self._uploads += 1
        try:
            given = await read_form(request, takes_files=work is self._form)
            return await self._answer(work, request, given)
        except UnreadableFormError:
            return _page(400, "This form can't be read. Open it again.")
        except TooManyFilesError:
            return _page(413, TOO_LARGE)
        except TimeoutError:
            return _page(408, "Your report took too long to arrive. Go back, and send it with smaller files.")
        finally:
            self._uploads -= 1

    async def _answer(self, work: Work, request: web.Request, given: SubmittedForm | None = None) -> web.Response:
        if self._waiting >= MAX_WAITING:
            return _page(503, BUSY, 5)
        self._waiting += 1
        try:
            run, token = asyncio.get_running_loop().run_in_executor, request.match_info["token"]
            values, files = (given.values, given.files) if given else (None, ())
            status, found = await run(self._pool, work, token, values, secrets.token_urlsafe(12), files)
        finally:
            self._waiting -= 1
        if status == 303:
            return web.Response(status=303, headers=HEADERS | {"Location": found})
        return web.Response(status=status, text=found, content_type="text/html", headers=HEADERS)

    async def _code(self, request: web.Request) -> web.Response:
        """Draw the QR code of a link; it holds nothing but the link itself."""
        path = str(request.url.relative()).removesuffix("/code.svg")
        if len(path) > 200:
            return _page(404, "There is no such link.")
        if seconds := self._pace.wait(f"code {self._visitor(request)}", self._now()):
            return _page(429, "Too many codes were asked for. Try again in a minute.", seconds)
        drawn = await asyncio.get_running_loop().run_in_executor(self._pool, _draw, f"{self._url}{path}")
        return web.Response(body=drawn, content_type="image/svg+xml", headers=HEADERS)


def _draw(address: str) -> bytes:
    drawn = io.BytesIO()
    segno.make_qr(address, error="m").save(drawn, kind="svg", scale=8, border=4)
    return drawn.getvalue()


def _page(status: int, text: str, seconds: int = 0) -> web.Response:
    retry = {"Retry-After": str(seconds)} if seconds else {}
    return web.Response(status=status, text=text, headers=HEADERS | retry)
