"""Follow everything that happens in the workspace through the stream, instead of polling."""

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import aiohttp

from sandbox.story import names
from sandbox.story.client import StoryError

Row = dict[str, Any]
Place = tuple[str, str]  # channel and ts of a message
T = TypeVar("T")
PATIENCE = 20.0  # seconds that the bot gets for whatever is waited for
CALM = 0.03  # seconds without a word from the bot after which it has said everything
CONTENTS = "message,message_changed,ephemeral"  # what is read whole; of the rest it is enough that something happened
MAX_LINE_BYTES = 16 * 1024 * 1024  # bytes; a line of the stream carries whole messages


class Watch:
    def __init__(self) -> None:
        self.messages: dict[Place, Row] = {}
        self._places: dict[str, dict[str, set[Place]]] = {}  # where a button stands, by its action id and value
        self.whispers: list[tuple[str, Row]] = []  # who was told what, for their eyes only
        self.ended = False
        self._last = time.monotonic()
        self._news = asyncio.Event()

    async def follow(self, url: str, session: aiohttp.ClientSession, ready: asyncio.Event) -> None:
        """Reads the stream until it is cancelled or the sandbox goes away."""
        endless = aiohttp.ClientTimeout(total=None, sock_connect=10)
        try:
            async with session.get(
                f"{url.rstrip('/')}/sandbox/stream?contents={CONTENTS}", timeout=endless
            ) as response:
                async for line in response.content:
                    ready.set()
                    if line.startswith(b"data: "):
                        self._note(json.loads(line[6:]))
        finally:
            self.ended = True

    async def until(self, look: Callable[[], T | None], what: str) -> T:
        """What `look` finds, as soon as it finds something; Trouble when that never happens."""
        deadline = time.monotonic() + PATIENCE
        while (found := look()) is None:
            self._news.clear()
            try:
                await asyncio.wait_for(self._news.wait(), deadline - time.monotonic())
            except TimeoutError:
                raise StoryError(f"the bot was expected to {what}, and did not") from None
        return found

    async def calm(self) -> None:
        """Until the bot has said what there was to say."""
        began = time.monotonic()
        while time.monotonic() - began < PATIENCE:
            rest = max(self._last, began) + CALM - time.monotonic()
            if rest <= 0:
                return
            await asyncio.sleep(rest)

    async def answer(self, who: str) -> Row:
        """What the bot says to this person (by id) only, where an answer is expected."""
        found = await self.until(lambda: next((one for one in self.whispers if one[0] == who), None), "answer")
        self.whispers.remove(found)
        return found[1]

    def with_button(self, action: str, value: str) -> list[Place]:
        """Where this button stands, oldest first."""
        return sorted(self._places.get(action, {}).get(value, ()), key=lambda place: float(place[1]))

    def values(self, action: str) -> list[str]:
        """The values of the buttons with this action id that stand somewhere."""
        return [value for value, places in self._places.get(action, {}).items() if places]

    def _note(self, news: Row) -> None:
        match news["type"]:
            case "message" | "message_changed":
                self._keep((news["channel"], news["message"]["ts"]), news["message"])
            case "ephemeral" if not str(news["message"].get("text")).startswith(names.REPORTED):
                self.whispers.append((news["user"], news["message"] | {"channel": news["channel"]}))
        if news["type"] != "clock":
            self._last = time.monotonic()
        self._news.set()

    def _keep(self, place: Place, message: Row) -> None:
        for action, value in buttons(self.messages.get(place, {})):
            self._places[action][value].discard(place)
        self.messages[place] = message
        for action, value in buttons(message):
            self._places.setdefault(action, {}).setdefault(value, set()).add(place)


def buttons(message: Row) -> Iterator[tuple[str, str]]:
    """(action id, value) of every button, and of every entry of an overflow menu."""
    for block in message.get("blocks") or ():
        for element in block.get("elements", ()) if block["type"] == "actions" else ():
            yield element["action_id"], element.get("value", "")
            yield from ((element["action_id"], option["value"]) for option in element.get("options", ()))
