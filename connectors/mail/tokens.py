"""Access tokens for mail servers that take no passwords (OAuth 2.0), as those of Microsoft 365 and Gmail."""

import asyncio
import time
from dataclasses import dataclass
from threading import Lock
from typing import Any

import aiohttp

from connectors.calls import call
from connectors.oauth import read_token, read_word
from connectors.sessions import open_session
from connectors.tracker import TrackerError

TIMEOUT = 20.0  # seconds for all of it
REFUSALS = frozenset({"http_400", "http_401", "http_403"})


class NoMailTokenError(Exception):
    """No token is to be had; `is_refused` where trying again can't help until the settings are changed."""

    def __init__(self, *, is_refused: bool) -> None:
        super().__init__()
        self.is_refused = is_refused


@dataclass(frozen=True, slots=True)
class TokenAccess:
    """Where tokens are fetched and by which program. Without a `refresh_token`, the program acts for itself."""

    url: str
    client: str
    secret: str = ""
    refresh_token: str = ""
    scope: str = ""
    proxy: str | None = None


class MailTokens:
    """Keeps a token until shortly before its end. Threads may share it."""

    def __init__(self, access: TokenAccess) -> None:
        self._access, self._refresh_token = access, access.refresh_token
        self._lock, self._token, self._until = Lock(), "", 0.0

    def get(self) -> str:
        """Return a token; raise NoMailTokenError."""
        with self._lock:
            if not self._token or time.monotonic() >= self._until:
                self._fetch()
            return self._token

    def forget(self, token: str) -> None:
        """Have the next token fetched anew, since a server did not accept this one."""
        with self._lock:
            self._token = "" if self._token == token else self._token

    def _fetch(self) -> None:
        try:
            found = asyncio.run(self._ask())  # threads that send and read mails have no event loop
            token, lasts = read_token(found)
        except TrackerError as error:
            raise NoMailTokenError(is_refused=error.failure.reason in REFUSALS) from None
        except ValueError:
            raise NoMailTokenError(is_refused=False) from None
        self._token, self._until = token, time.monotonic() + lasts
        self._refresh_token = read_word(found.get("refresh_token")) or self._refresh_token

    async def _ask(self) -> Any:
        """Return the answer of the endpoint."""
        limit, headers = aiohttp.ClientTimeout(total=TIMEOUT), {"Accept": "application/json"}
        async with open_session(timeout=limit, headers=headers) as session:
            return await call(session, "POST", self._access.url, lambda _body: "", data=self._asked(),
                              proxy=self._access.proxy)  # fmt: skip

    def _asked(self) -> dict[str, str]:
        access = self._access
        asked = {"client_id": access.client, "client_secret": access.secret, "scope": access.scope}
        if self._refresh_token:
            asked |= {"grant_type": "refresh_token", "refresh_token": self._refresh_token}
        else:
            asked["grant_type"] = "client_credentials"
        return {name: value for name, value in asked.items() if value}


def xoauth2(user: str, token: str) -> str:
    """Return what a client says with the mechanism XOAUTH2.

    https://learn.microsoft.com/en-us/exchange/client-developer/legacy-protocols/how-to-authenticate-an-imap-pop-smtp-application-by-using-oauth
    """
    return f"user={user}\1auth=Bearer {token}\1\1"
