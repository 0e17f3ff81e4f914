"""Chats of people with the bot in Microsoft Teams: messages to them, and who they are.

https://learn.microsoft.com/en-us/azure/bot-service/rest-api/bot-framework-rest-connector-api-reference
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

import aiohttp

from connectors.calls import CALL_TIMEOUT, TOKEN_PAUSE, call, fetch
from connectors.oauth import read_token
from connectors.sessions import open_session
from connectors.teams.messages import activity_of
from connectors.tracker import TrackerError
from domain import foreign
from domain.delivery.message import Failure, FailureKind
from domain.teams.hosts import is_file_host, is_microsoft
from domain.teams.incoming import TeamsFile
from domain.teams.outgoing import TeamsMessage

LOGIN = "https://login.microsoftonline.com"
SCOPE = "https://api.botframework.com/.default"
MAX_BYTES = 20 * 1024 * 1024  # of the files of one message
FETCH_TIMEOUT = 8.0  # seconds for the files of a message; Teams waits for an answer for 15
MAX_FETCHES = 3  # messages whose files are fetched at the same time, each in memory
GUEST = "#ext#"  # in the name of a person who is a guest in the company's directory


@dataclass(frozen=True, slots=True)
class BotAccess:
    """The bot's registration. With `local`, only that address on this machine is called, without a token."""

    app_id: str
    secret: str
    tenant: str
    local: str = ""
    login: str = LOGIN

    def reaches(self, service_url: str) -> bool:
        """Whether messages may be sent to that address."""
        if self.local:
            return service_url == self.local or service_url.startswith(f"{self.local}/")
        return is_microsoft(service_url)

    def gets_files_of(self, address: str) -> bool:
        """Whether a file may be fetched from there, which needs no token."""
        return self.reaches(address) if self.local else is_file_host(address)


class TeamsChatClient:
    """`proxy_for` returns the proxy for an address, if any."""

    def __init__(self, access: BotAccess, proxy_for: Callable[[str], str | None]) -> None:
        self._access, self._proxy_for = access, proxy_for
        self._session = open_session(timeout=aiohttp.ClientTimeout(total=CALL_TIMEOUT))
        self._token, self._until = "", 0.0
        self._fetches = asyncio.Semaphore(MAX_FETCHES)

    async def send(self, message: TeamsMessage) -> str | Failure:
        """Send a message, or put it in the place of an earlier one; return what Teams calls it, or why not."""
        path = f"/v3/conversations/{quote(message.conversation, safe='')}/activities"
        method = "PUT" if message.replaces else "POST"
        path += f"/{quote(message.replaces, safe='')}" if message.replaces else ""
        try:
            answer = await self._call(method, message.service_url, path, json=activity_of(message))
        except TrackerError as error:
            if message.replaces and error.failure.reason == "http_404":
                return message.replaces  # the person has deleted it, so there is nothing to replace
            return error.failure
        found = foreign.scalar(foreign.table(answer).get("id")) or message.replaces
        return found or Failure("unreadable_answer", FailureKind.UNREADABLE, maybe_sent=True)

    async def find_address(self, service_url: str, conversation: str, account: str) -> str:
        """Return the e-mail address of a person in the company's own directory; "" of any other. TrackerError.

        The address of a guest, or in another company's directory, is whatever that company says.
        """
        path = f"/v3/conversations/{quote(conversation, safe='')}/members/{quote(account, safe='')}"
        found = await self._call("GET", service_url, path)
        given = foreign.table(found)
        if not foreign.scalar(given.get("id")):  # a person in Teams has one, and the page of a gateway has none
            raise TrackerError(Failure("unreadable_answer", FailureKind.UNREADABLE))
        ours = foreign.scalar(given.get("tenantId")).casefold() == self._access.tenant.casefold() != ""
        name = foreign.scalar(given.get("userPrincipalName")).casefold()
        if not ours or GUEST in name or given.get("userRole") == "guest":
            return ""
        return foreign.scalar(given.get("email")).strip().casefold()

    async def fetch(self, files: Sequence[TeamsFile]) -> tuple[TeamsFile, ...]:
        """Return the files of a message with their content, as far as it can be had in time."""
        found = list[TeamsFile]()
        try:
            async with asyncio.timeout(FETCH_TIMEOUT), self._fetches:
                for file in files:
                    left = MAX_BYTES - sum(len(one.content or b"") for one in found)
                    found.append(replace(file, content=await self._fetch(file, left)))
        except TimeoutError:
            pass  # the person is told which files are missing
        return (*found, *files[len(found) :])

    async def _fetch(self, file: TeamsFile, most: int) -> bytes | None:
        may = self._access.reaches(file.url) if file.with_token else self._access.gets_files_of(file.url)
        if not may:
            return None
        try:
            headers = await self._headers() if file.with_token else {}
            return await fetch(self._session, file.url, most, headers=headers, proxy=self._proxy_for(file.url))
        except TrackerError:
            return None

    async def check(self) -> None:
        """Get a token; raise TrackerError when that fails."""
        self._token = ""
        await self._headers()

    async def close(self) -> None:
        await self._session.close()

    async def _call(self, method: str, service_url: str, path: str, **given: Any) -> Any:
        if not self._access.reaches(service_url):
            raise TrackerError(Failure("not_microsoft"))
        address, had_token = f"{service_url}{path}", bool(self._token)
        while True:
            try:
                return await call(self._session, method, address, lambda _body: "", headers=await self._headers(),
                                  proxy=self._proxy_for(address), **given)  # fmt: skip
            except TrackerError as error:
                self._token = "" if error.failure.reason == "http_401" else self._token
                if self._token or not had_token:
                    raise
                had_token = False  # it may have been taken back before its end, so a new one is tried once

    async def _headers(self) -> dict[str, str]:
        if self._access.local:
            return {}
        if not self._token or time.monotonic() >= self._until:
            await self._get_token()
        return {"Authorization": f"Bearer {self._token}"}

    async def _get_token(self) -> None:
        address = f"{self._access.login}/{quote(self._access.tenant, safe='')}/oauth2/v2.0/token"
        asked = {"grant_type": "client_credentials", "client_id": self._access.app_id, "scope": SCOPE,
                 "client_secret": self._access.secret}  # fmt: skip
        try:
            found = await call(self._session, "POST", address, lambda _body: "", data=asked,
                               proxy=self._proxy_for(address))  # fmt: skip
            token, lasts = read_token(found)
        except TrackerError as error:
            lost = error.failure
            if lost.kind is not FailureKind.PERMANENT:  # nothing of the message was sent yet
                raise TrackerError(Failure(lost.reason, lost.kind, lost.retry_after)) from None
            raise TrackerError(Failure("http_401", FailureKind.TEMPORARY, TOKEN_PAUSE)) from None
        except ValueError:
            raise TrackerError(Failure("no_token", FailureKind.TEMPORARY, TOKEN_PAUSE)) from None
        self._token, self._until = token, time.monotonic() + lasts
