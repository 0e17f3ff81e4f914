"""The control API as a client sees it: plain calls, and sentences when one is refused."""

from typing import Any
from urllib.parse import quote

import aiohttp

Row = dict[str, Any]
SECONDS = aiohttp.ClientTimeout(total=10)


class StoryError(Exception):
    """A scene could not be played; the text says why."""


class Client:
    def __init__(self, url: str, session: aiohttp.ClientSession) -> None:
        self._base = f"{url.rstrip('/')}/sandbox"
        self._session = session

    async def get(self, call: str, **fields: str) -> Row:
        return await self._ask("GET", call, params=fields)

    async def post(self, call: str, **fields: Any) -> Row:
        return await self._ask("POST", call, json=fields)

    async def upload(self, user: str, name: str, content: bytes) -> str:
        """The id of the new file."""
        answer = await self._ask("POST", f"upload?user={user}&filename={quote(name)}", data=content)
        return str(answer["file"]["id"])

    async def fill_in(self, address: str, **fields: str) -> None:
        """Send the form of a page of another system."""
        async with self._session.post(address, data=fields, timeout=SECONDS, allow_redirects=False) as response:
            if response.status >= 400:
                raise StoryError((await response.text())[:200])

    async def _ask(self, method: str, call: str, **more: Any) -> Row:
        address = f"{self._base}/{call}"
        async with self._session.request(method, address, timeout=SECONDS, **more) as response:
            answer: Row = await response.json()
        if "error" in answer:
            raise StoryError(str(answer.get("response") or answer["error"]))
        return answer
