"""Pages behind the links in mails. Opening one does nothing, since mail programs open links too; its button does."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from html import escape
from urllib.parse import parse_qsl

from aiohttp import web

from bot.transport.connections import read_body
from bot.transport.pages import page_headers
from domain.errors import Refused
from domain.mail.outgoing import MailAnswer

PATH = "/mail/answers/{token}"
HEADERS = page_headers(form_action="'self'")
QUESTIONS = {
    MailAnswer.FIXED: ("Is {ticket} fixed?", "Yes, fixed"),
    MailAnswer.BROKEN: ("Is {ticket} still broken?", "Still broken"),
    MailAnswer.UNKNOWN: ("You can't check whether {ticket} is fixed?", "Can't check"),
}
DONE = {
    MailAnswer.FIXED: "Thank you. The ticket is confirmed fixed.",
    MailAnswer.BROKEN: "Thank you. The ticket was reopened, and the team continues.",
    MailAnswer.UNKNOWN: "Thank you for telling us. The team checks the fix itself.",
}
WHY = (
    '<label for="why">What still goes wrong?</label>'
    '<textarea id="why" name="why" rows="6" maxlength="3000" required></textarea>'
)
PAGE = (
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Hypercare</title>'
    '<meta name="viewport" content="width=device-width, initial-scale=1"><style>body{{font:16px/1.5 system-ui,'
    "sans-serif;max-width:36rem;margin:3rem auto;padding:0 1rem}}textarea,button{{font:inherit;display:block;"
    "width:100%;box-sizing:border-box;margin:.5rem 0 1rem;padding:.5rem}}</style></head><body><main>{body}</main>"
    "</body></html>"
)
MAX_WHY, MAX_BYTES = 3000, 50_000  # characters that are kept, and bytes of what is sent


class MailAnswerPages:
    """`look` returns the answer, the name and the summary of a token's ticket, and `use` gives the answer.

    Both run on the pool and raise Refused.
    """

    def __init__(
        self, look: Callable[[str], tuple[MailAnswer, str, str]], use: Callable[[str, str], MailAnswer], pool: Executor
    ) -> None:
        self._look, self._use, self._pool = look, use, pool

    def add(self, app: web.Application) -> None:
        app.router.add_get(PATH, self._get)
        app.router.add_post(PATH, self._post)

    async def _get(self, request: web.Request) -> web.Response:
        loop = asyncio.get_running_loop()
        try:
            answer, name, summary = await loop.run_in_executor(self._pool, self._look, request.match_info["token"])
        except Refused as no:
            return _page(f"<p>{escape(no.text)}</p>", 404)
        question, label = QUESTIONS[answer]
        why = WHY if answer is MailAnswer.BROKEN else ""
        body = f"<h1>{escape(question.format(ticket=name))}</h1><p>{escape(summary)}</p>"
        return _page(f'{body}<form method="post">{why}<button>{escape(label)}</button></form>')

    async def _post(self, request: web.Request) -> web.Response:
        body = (await read_body(request, MAX_BYTES)).decode(errors="replace")
        try:
            given = dict(parse_qsl(body, keep_blank_values=True, max_num_fields=1))
        except ValueError:
            return _page("<p>This answer can't be read. Open the link in the mail again.</p>", 400)
        why = given.get("why", "").replace("\0", "").strip()[:MAX_WHY] or "Still broken."
        use = asyncio.get_running_loop().run_in_executor(self._pool, self._use, request.match_info["token"], why)
        try:
            return _page(f"<p>{escape(DONE[await use])}</p>")
        except Refused as no:
            return _page(f"<p>{escape(no.text)}</p>", 409)


def _page(body: str, status: int = 200) -> web.Response:
    return web.Response(text=PAGE.format(body=body), content_type="text/html", status=status, headers=HEADERS)
