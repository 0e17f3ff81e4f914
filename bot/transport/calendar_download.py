"""Download a calendar from an https address that an operator names."""

import asyncio

import aiohttp

from bot.transport.proxies import proxy_for
from connectors.sessions import open_session

TIMEOUT = 30  # seconds for all of it


class NoCalendar(Exception):  # noqa: N818 - it is told to the operator
    """Why an address gave no calendar, as sentences."""


def download(url: str, limit: int) -> bytes:
    """Return what an address serves, up to `limit` bytes and one more; raise NoCalendar when it serves nothing."""
    if not url.startswith("https://"):
        raise NoCalendar("Only https addresses are read. Download the calendar and name the file instead.")
    try:
        return asyncio.run(_download(url, limit))
    except aiohttp.ClientResponseError as error:
        raise NoCalendar(f"The address answered HTTP {error.status}. Open it in a browser and check it.") from None
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError):
        raise NoCalendar("The address did not answer. Check it, or download the calendar and name the file.") from None


async def _download(url: str, limit: int) -> bytes:
    timeout = aiohttp.ClientTimeout(total=TIMEOUT)
    async with (
        open_session(timeout=timeout) as session,
        session.get(url, proxy=proxy_for(url), max_redirects=3) as answer,
    ):
        answer.raise_for_status()
        if any(one.url.scheme != "https" for one in (*answer.history, answer)):
            raise NoCalendar("The address leads to an address that is not https. Download the calendar and name the "
                             "file instead.")  # fmt: skip
        read = bytearray()
        async for part in answer.content.iter_chunked(65536):
            read += part
            if len(read) > limit:
                break
        return bytes(read)
