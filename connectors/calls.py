"""Calls to a tracker over HTTP: what each failure means, and when to try again."""

from collections.abc import Callable, Sized
from typing import Any, NoReturn

import aiohttp

from connectors.sessions import open_session
from connectors.tracker import TrackerError
from domain.delivery.message import Failure, FailureKind
from domain.delivery.retry_after import read_retry_after

CALL_TIMEOUT = 15  # seconds for one call
OUTAGE_PAUSE, LIMIT_PAUSE, TOKEN_PAUSE = 20, 30, 60  # seconds until the next call, where the tracker names none
MAX_FOUND = 100_000  # issues, comments or people of one list


def new_session(authorization: str, proxy: str | None) -> aiohttp.ClientSession:
    """Return a session, which says nothing of itself without an `authorization`.

    Only `proxy` is taken of the environment: a ~/.netrc would replace the token by other words.
    """
    return open_session(
        timeout=aiohttp.ClientTimeout(total=CALL_TIMEOUT), proxy=proxy,
        headers={"Accept": "application/json"} | ({"Authorization": authorization} if authorization else {}),
    )  # fmt: skip


async def call(
    session: aiohttp.ClientSession, method: str, address: str, said: Callable[[str], str], **given: Any
) -> Any:
    """Return the JSON of an answer, {} without one; a call whose answer was lost may have been carried out.

    `said` returns what the body of a refusal says is wrong. Raises TrackerError.
    """
    try:
        async with session.request(method, address, allow_redirects=False, **given) as answer:
            if 200 <= answer.status < 300:
                return await answer.json(content_type=None) if answer.status != 204 else {}
            raise _error(answer.status, answer.headers.get("Retry-After"), said(await answer.text()))
    except aiohttp.ClientConnectorError:
        raise TrackerError(Failure("unreachable", FailureKind.OUTAGE, OUTAGE_PAUSE)) from None
    except (TimeoutError, aiohttp.ClientError, OSError, ValueError):
        raise TrackerError(Failure("no_answer", FailureKind.OUTAGE, OUTAGE_PAUSE, maybe_sent=True)) from None


async def fetch(session: aiohttp.ClientSession, address: str, most: int, **given: Any) -> bytes:
    """Return the content behind an address, which may have `most` bytes; raise TrackerError."""
    found = bytearray()
    try:
        async with session.get(address, allow_redirects=False, **given) as answer:
            if answer.status != 200:
                raise _error(answer.status, answer.headers.get("Retry-After"), "")
            async for part in answer.content.iter_chunked(2**16):
                found += part
                if len(found) > most:
                    raise TrackerError(Failure("too_large"))
    except (TimeoutError, aiohttp.ClientError, OSError, ValueError):
        raise TrackerError(Failure("no_answer", FailureKind.OUTAGE, OUTAGE_PAUSE)) from None
    return bytes(found)


async def fetch_if_there(session: aiohttp.ClientSession, address: str, most: int, **given: Any) -> bytes | None:
    """Return the content behind an address; None when it can't be had, or has more bytes. Raises TrackerError."""
    try:
        return await fetch(session, address, most, **given)
    except TrackerError as error:
        if error.is_refusal:
            return None
        raise


def check_count(found: Sized) -> None:
    """Raise TrackerError when a list has no end, such as of a server that returns the same page again and again."""
    if len(found) > MAX_FOUND:
        raise TrackerError(Failure("too_many", FailureKind.OUTAGE, LIMIT_PAUSE))


def refuse(reason: str, detail: str) -> NoReturn:
    """Raise that something can't be done there, in the words of `detail`."""
    raise TrackerError(Failure(reason), detail)


def _error(status: int, retry_after: str | None, detail: str) -> TrackerError:
    wait = read_retry_after(retry_after, 0)
    if status == 429:
        return TrackerError(Failure("http_429", FailureKind.TEMPORARY, wait or LIMIT_PAUSE))
    if status == 401:
        return TrackerError(Failure("http_401", FailureKind.TEMPORARY, TOKEN_PAUSE))
    if status >= 500:
        return TrackerError(Failure(f"http_{status}", FailureKind.OUTAGE, wait or OUTAGE_PAUSE, maybe_sent=True))
    if status < 400:  # such as to the login page of a gateway in front of it, which has refused nothing
        return TrackerError(Failure(f"http_{status}", FailureKind.OUTAGE, OUTAGE_PAUSE))
    return TrackerError(Failure(f"http_{status}"), detail)
