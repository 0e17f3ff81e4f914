"""Calls to Slack over one keep-alive session, without the SDK's retries, which could post twice."""

from collections.abc import Mapping
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.transport.pauses import CallPauses
from bot.workers.message_sender import Unanswered
from domain.delivery.message import FailureKind

CALL_TIMEOUT = 10  # seconds for one call
MAYBE_DONE = frozenset({"internal_error", "fatal_error", "service_unavailable", "request_timeout"})
BODY_AS_JSON = ("chat.", "views.")
# Methods that the token of an org-wide install can only call about one workspace.
BY_TEAM = frozenset({
    "users.list", "usergroups.list", "usergroups.users.list", "usergroups.users.update", "conversations.list",
    "users.conversations", "dnd.teamInfo",
})  # fmt: skip
ELSEWHERE = frozenset({"no_such_subteam", "invalid_team", "team_access_not_granted"})  # perhaps in another workspace


class AioSlackClient:
    """Slack's Web API for the dispatcher. Open it inside the loop; close() when done.

    `teams` are the workspaces of an org-wide install; there are none to name otherwise.
    """

    def __init__(self, token: str, base_url: str, pauses: CallPauses) -> None:
        self._pauses = pauses
        self.teams: tuple[str, ...] = ()
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=CALL_TIMEOUT))
        self.reachable = True  # whether the last call got an answer
        self.client = AsyncWebClient(token=token, base_url=base_url, session=self._session, retry_handlers=[])

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
        return answer

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
        if not isinstance(answer.data, dict):
            raise Unanswered("unreadable_answer", maybe_done=True, kind=FailureKind.UNREADABLE)
        return answer.data

    async def close(self) -> None:
        await self._session.close()


def _refusal(error: SlackApiError) -> dict[str, Any]:
    response = error.response
    status = getattr(response, "status_code", 0)
    data = getattr(response, "data", None)
    reason = data.get("error") if isinstance(data, dict) else None
    if reason in MAYBE_DONE or status >= 500 or not reason:
        kind = FailureKind.OUTAGE if reason else FailureKind.UNREADABLE
        raise Unanswered(str(reason or "unreadable_answer"), maybe_done=True, kind=kind) from None
    return {"ok": False, "error": str(reason)}
