"""Access tokens that a program gets for itself (OAuth 2.0, client credentials), kept until shortly before their end."""

import asyncio
import time
from typing import Any

import aiohttp

from connectors.calls import TOKEN_PAUSE, call
from connectors.tracker import TrackerError
from domain import foreign
from domain.delivery.message import Failure, FailureKind

EARLY = 120  # seconds before its end that a token is replaced
SHORTEST = 300  # seconds that a token lasts where the endpoint doesn't say
LONGEST = 24 * 3600  # seconds that a token is used, whatever the endpoint says


class ClientTokens:
    """`url` is the endpoint; tokens are asked for with the id and the secret of a client."""

    def __init__(self, url: str, client: str, secret: str, session: aiohttp.ClientSession) -> None:
        self._url, self._client, self._secret, self._session = url, client, secret, session
        self._lock, self._token, self._until = asyncio.Lock(), "", 0.0

    async def get(self) -> str:
        """Return a token; raise TrackerError, which says of a wrong secret what it says of a wrong token."""
        async with self._lock:
            if not self._token or time.monotonic() >= self._until:
                await self._fetch()
            return self._token

    def forget(self, token: str) -> None:
        """Have the next token fetched anew, since this one was not accepted."""
        self._token = "" if self._token == token else self._token

    async def _fetch(self) -> None:
        asked = {"grant_type": "client_credentials", "client_id": self._client, "client_secret": self._secret}
        try:
            found = await call(self._session, "POST", self._url, lambda _body: "", json=asked)
            token, lasts = read_token(found)
        except TrackerError as error:
            if error.is_refusal:
                raise TrackerError(Failure("http_401", FailureKind.TEMPORARY, TOKEN_PAUSE)) from None
            raise
        except ValueError:
            raise TrackerError(Failure("no_answer", FailureKind.OUTAGE, TOKEN_PAUSE)) from None
        self._token, self._until = token, time.monotonic() + lasts


def read_token(answer: Any) -> tuple[str, float]:
    """Return the token of an endpoint's answer, and for how many seconds it is used; ValueError where it has none."""
    given = foreign.table(answer)
    token, lasts = read_word(given.get("access_token")), foreign.number(given.get("expires_in") or SHORTEST)
    if not token or lasts is None:
        raise ValueError("no token")
    lasts = min(max(lasts, 0.0), LONGEST)
    return token, max(lasts - EARLY, lasts / 2)


def read_word(value: Any) -> str:
    """Return a token as it can be sent in a header; "" for anything else."""
    return value if isinstance(value, str) and value.isascii() and value.isprintable() and " " not in value else ""
