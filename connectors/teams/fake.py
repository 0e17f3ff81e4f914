"""A Workflows webhook of Microsoft Teams to try the cards with: it keeps what it accepts, and shows it on a page.

It keeps to what Microsoft documents: a POST to an address whose `sig` is the secret, 202 for a card, and a refusal of
what is no card or is larger than 28 KB.
"""

import html
import json
from collections.abc import Iterator, Mapping
from typing import Any

from aiohttp import web

SIGNATURE = "a-signature-of-the-fake"
MAX_BYTES = 28 * 1024
CARD = "application/vnd.microsoft.card.adaptive"


class FakeTeams:
    """The webhooks of any channels; the status codes in `broken` are answered first, with `retry_after` if it's set."""

    def __init__(self) -> None:
        self.posted: list[tuple[str, dict[str, Any]]] = []  # the channel and the card
        self.broken: list[int] = []
        self.retry_after = ""
        self.port = 0
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def address(self, channel: str) -> str:
        """Return the address that posts to a channel."""
        return f"{self.url}/workflows/{channel}/triggers/manual/paths/invoke?api-version=1&sig={SIGNATURE}"

    def words(self, channel: str) -> list[str]:
        """Return what people read on each card of a channel, a line for each of its lines."""
        return ["\n".join(_lines(card)) for name, card in self.posted if name == channel]

    async def start(self, port: int = 0) -> None:
        """Listen on a port of this machine."""
        app = web.Application(client_max_size=2**22)
        app.router.add_post("/workflows/{channel}/triggers/manual/paths/invoke", self._post)
        app.router.add_get("/", self._page)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", port).start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        if self._runner:
            await self._runner.cleanup()

    async def _post(self, request: web.Request) -> web.Response:
        if request.query.get("sig") != SIGNATURE:
            return web.Response(status=401)
        if self.broken:
            headers = {"Retry-After": self.retry_after} if self.retry_after else {}
            return web.Response(status=self.broken.pop(0), headers=headers)
        raw = await request.read()
        if len(raw) > MAX_BYTES:
            return web.Response(status=413)
        card = _card(raw)
        if card is None:
            return web.Response(status=400)
        self.posted.append((request.match_info["channel"], card))
        return web.Response(status=202)

    async def _page(self, _request: web.Request) -> web.Response:
        cards = "".join(
            f"<article><b>{html.escape(channel)}</b><pre>{html.escape(chr(10).join(_lines(card)))}</pre></article>"
            for channel, card in reversed(self.posted)
        )
        page = f"<!doctype html><title>Teams</title><h1>Cards in Teams</h1>{cards or '<p>There are no cards yet.</p>'}"
        return web.Response(text=page, content_type="text/html")


def _card(raw: bytes) -> dict[str, Any] | None:
    """Return the card of a message; None where there is none."""
    try:
        given = json.loads(raw)
        (attachment,) = given["attachments"]
        card: dict[str, Any] = attachment["content"]
        fits = given["type"] == "message" and attachment["contentType"] == CARD and card["type"] == "AdaptiveCard"
    except (ValueError, KeyError, TypeError):
        return None
    return card if fits and card.get("body") and card.get("version") else None


def _lines(element: Mapping[str, Any]) -> Iterator[str]:
    if element.get("type") == "RichTextBlock":
        yield "".join(str(run["text"]) for run in element["inlines"])
    if element.get("type") == "TableRow":
        yield " | ".join(" ".join(_lines(cell)) for cell in element["cells"])
        return
    for name in ("body", "items", "rows"):
        for inner in element.get(name) or ():
            yield from _lines(inner)
    for action in element.get("actions") or ():
        yield f"[{action['title']}] {action['url']}"
