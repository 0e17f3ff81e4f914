"""Calls to Slack over one keep-alive session, without the SDK's retries, which could post twice."""

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.transport.answers import is_as_expected, refusal_in
from bot.transport.pauses import CallPauses
from bot.transport.proxies import proxy_for
from bot.workers.message_sender import Unanswered
from connectors.sessions import open_session
from domain.delivery.message import FailureKind

log = structlog.get_logger()
CALL_TIMEOUT = 10  # seconds for one call
TRANSFER_TIMEOUT = aiohttp.ClientTimeout(total=60)  # for the bytes of one file
PIECE_BYTES = 64 * 1024
MAYBE_DONE = frozenset({"internal_error", "fatal_error", "service_unavailable", "request_timeout"})
BODY_AS_JSON = ("chat.", "views.", "canvases.", "conversations.canvases.", "functions.")
# Methods that the token of an org-wide install can only call about one workspace.
BY_TEAM = frozenset({
    "users.list", "usergroups.list", "usergroups.users.list", "usergroups.users.update", "conversations.list",
    "users.conversations", "dnd.teamInfo", "conversations.create",
})  # fmt: skip
REJECTED = frozenset({
    "invalid_auth", "not_authed", "token_revoked", "token_expired", "account_inactive", "org_login_required",
})  # fmt: skip
ELSEWHERE = frozenset({"no_such_subteam", "invalid_team", "team_access_not_granted"})  # perhaps in another workspace


class AioSlackClient:
    """Slack's Web API for the dispatcher. Open it inside the loop; close() when done.

    `teams` are the workspaces of an org-wide install; there are none to name otherwise. `machine` is the clock that is
    compared with Slack's.
    """

    def __init__(
        self, token: str, base_url: str, pauses: CallPauses,
        machine: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:  # fmt: skip
        self._pauses, self._machine = pauses, machine
        self.teams: tuple[str, ...] = ()
        # Not by `trust_env`, which reads the environment and ~/.netrc in a thread at each call.
        self._session = open_session(timeout=aiohttp.ClientTimeout(total=CALL_TIMEOUT))
        self.reachable = True  # whether the last call got an answer
        self.rejected = ""  # Slack's error while it does not accept the token
        self.clock_offset = timedelta(0)  # by how much our clock is ahead of Slack's
        self._compared = 0.0  # when it was measured, on the clock that no one sets
        self.scopes: frozenset[str] | None = None  # as Slack's last answer said; None where it doesn't
        self.client = AsyncWebClient(token=token, base_url=base_url, session=self._session, retry_handlers=[])
        self.client.proxy = proxy_for(base_url)  # the SDK's own reading knows no NO_PROXY

    async def call(self, method: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Return Slack's answer, `ok` or not; raise Unanswered when it was lost or unreadable.

        A method that Slack asked to wait with isn't called: the answer is `ratelimited` at once.
        """
        if not self.teams or method not in BY_TEAM or "team_id" in arguments:
            return await self._call(method, arguments)
        answer: dict[str, Any] = {}
        for team in self.teams:
            answer = await self._call(method, {**arguments, "team_id": team})
            if answer.get("ok") or answer.get("error") not in ELSEWHERE:
                break
        return answer

    async def _call(self, method: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        if wait := self._pauses.remaining(method, arguments):
            return {"ok": False, "error": "ratelimited", "retry_after": wait}
        try:
            answer = await self._answer(method, arguments)
        except Unanswered as lost:
            self.reachable = lost.reason not in ("unreachable", "no_answer")
            raise
        self.reachable = True
        self._note_token(answer)
        return answer

    def _note_token(self, answer: Mapping[str, Any]) -> None:
        """Remember whether Slack accepts the token; it logs the moment when that changes."""
        error = str(answer.get("error") or "")
        if error in REJECTED and not self.rejected:
            log.error("token_rejected", reason=error)
        if error in REJECTED or answer.get("ok"):
            self.rejected = error

    async def compare_clock(self, within: float) -> None:
        """Ask Slack for nothing but the time, unless it told that within so many seconds."""
        if not self._compared or time.monotonic() - self._compared >= within:
            await self.call("api.test", {})

    async def download(self, url: str, limit: int) -> tuple[str, bytes] | None:
        """Return the content type and at most `limit` + 1 bytes of a file; None when they can't be read now."""
        if not self._is_slack(url):
            return None
        allowed = {"Authorization": f"Bearer {self.client.token}"}
        try:
            proxy = proxy_for(url)
            async with self._session.get(url, headers=allowed, timeout=TRANSFER_TIMEOUT, proxy=proxy) as answer:
                if answer.status >= 400:
                    return None
                content = bytearray()
                async for piece in answer.content.iter_chunked(PIECE_BYTES):
                    content += piece
                    if len(content) > limit:
                        break
                return answer.content_type, bytes(content)
        except (aiohttp.ClientError, TimeoutError, OSError):
            return None

    def _is_slack(self, url: str) -> bool:
        """Whether the token may go there."""
        host = urlsplit(url).hostname or ""
        return host == urlsplit(self.client.base_url).hostname or host.endswith(".slack.com")

    async def upload(self, url: str, content: bytes) -> bool:
        """Send bytes to an upload address; return whether they arrived."""
        try:
            proxy = proxy_for(url)
            async with self._session.post(
                url, data=content, timeout=TRANSFER_TIMEOUT, proxy=proxy, allow_redirects=False
            ) as answer:
                return answer.status < 300
        except (aiohttp.ClientError, TimeoutError, OSError):
            return False

    async def _answer(self, method: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        try:
            if method.startswith(BODY_AS_JSON):
                answer = await self.client.api_call(method, json=dict(arguments))
            else:
                answer = await self.client.api_call(method, data=dict(arguments))
        except SlackApiError as error:
            if getattr(error.response, "status_code", 0) == 429:
                wait = self._pauses.note(method, arguments, error.response.headers.get("Retry-After"))
                return {"ok": False, "error": "ratelimited", "retry_after": wait}
            return _refusal(error)
        except aiohttp.ClientConnectorError:
            raise Unanswered("unreachable", maybe_done=False) from None
        except (aiohttp.ClientError, TimeoutError, OSError):
            raise Unanswered("no_answer", maybe_done=True) from None
        except (AttributeError, TypeError, ValueError):
            raise Unanswered("unreadable_answer", maybe_done=True, kind=FailureKind.UNREADABLE) from None
        self._note_scopes(answer.headers)
        self._note_clock(answer.headers)
        if not (isinstance(answer.data, dict) and is_as_expected(method, answer.data)):
            raise Unanswered("unreadable_answer", maybe_done=True, kind=FailureKind.UNREADABLE)
        return answer.data

    def _note_scopes(self, headers: Mapping[str, Any]) -> None:
        told = next((value for name, value in headers.items() if name.lower() == "x-oauth-scopes"), None)
        if told is not None:
            self.scopes = frozenset(one.strip() for one in str(told).split(",")) - {""}

    def _note_clock(self, headers: Mapping[str, Any]) -> None:
        """Compare our clock with the date of Slack's answer, which is whole seconds and as old as the way here."""
        told = next((value for name, value in headers.items() if name.lower() == "date"), None)
        with suppress(ValueError, TypeError, OverflowError):  # of a date without a zone, or one that no clock has
            if told is not None:
                self.clock_offset = self._machine() - parsedate_to_datetime(str(told))
                self._compared = time.monotonic()

    async def close(self) -> None:
        await self._session.close()


def _refusal(error: SlackApiError) -> dict[str, Any]:
    response = error.response
    status = getattr(response, "status_code", 0)
    data = getattr(response, "data", None)
    reason = refusal_in(data)
    if reason in MAYBE_DONE or status >= 500 or not reason:
        kind = FailureKind.OUTAGE if reason else FailureKind.UNREADABLE
        raise Unanswered(reason or "unreadable_answer", maybe_done=True, kind=kind) from None
    metadata = data.get("response_metadata") if isinstance(data, dict) else None
    messages = metadata.get("messages") if isinstance(metadata, dict) else None
    return {"ok": False, "error": reason, "messages": messages if isinstance(messages, list) else []}
