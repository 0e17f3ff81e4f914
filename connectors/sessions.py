"""Sessions for calls over HTTP to other systems, whose answers may be of any length, depth and encoding."""

import json
from collections.abc import Callable
from typing import Any

import aiohttp
from aiohttp import hdrs

MAX_BYTES = 16 * 1024 * 1024  # of an answer that is kept in memory


class TooLongError(aiohttp.ClientPayloadError):
    """An answer is longer than any that a system gives, such as one without an end."""


class BoundedResponse(aiohttp.ClientResponse):
    """An answer of which at most MAX_BYTES are read; it fails with ClientError, or with ValueError where it is no JSON.

    Its JSON is UTF-8 (RFC 8259), whatever its headers say.
    """

    async def read(self) -> bytes:
        if self._body is None:
            try:
                self._body = await self._read_all()
            except BaseException:
                self.close()
                raise
        return await super().read()

    async def _read_all(self) -> bytes:
        found = bytearray()
        async for part in self.content.iter_any():
            found += part
            if len(found) > MAX_BYTES:
                raise TooLongError
        return bytes(found)

    async def text(self, encoding: str | None = None, errors: str = "replace") -> str:
        try:
            return await super().text(encoding, errors)
        except LookupError:  # of what is no encoding of text, such as base64
            return await super().text("utf-8", errors)

    async def json(
        self, *, encoding: str | None = "utf-8", loads: Callable[[str], Any] = json.loads,
        content_type: str | None = "application/json",
    ) -> Any:  # fmt: skip
        try:
            return await super().json(encoding=encoding, loads=loads, content_type=content_type)
        except RecursionError:
            raise ValueError("nested too deeply") from None


def open_session(**given: Any) -> aiohttp.ClientSession:
    """Return a session for calls to another system, which sends nothing on to where an answer leads.

    Call it inside the event loop.
    """
    stays = aiohttp.TraceConfig()
    stays.on_request_redirect.append(_stay)
    return aiohttp.ClientSession(response_class=BoundedResponse, trace_configs=[stays], **given)


async def _stay(_session: object, _context: object, led: aiohttp.TraceRequestRedirectParams) -> None:
    """Follow no redirect but that of a download: a message would go to whoever names an address."""
    if led.method != hdrs.METH_GET:
        led.response.close()
        raise aiohttp.ClientPayloadError("redirected")
