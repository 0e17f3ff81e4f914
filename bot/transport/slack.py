"""Calls to Slack over one keep-alive session, without the SDK's retries, which could post twice."""

from collections.abc import Mapping
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.workers.message_sender import Unanswered
from domain.delivery.message import FailureKind

CALL_TIMEOUT = 10  # seconds for one call
MAYBE_DONE = frozenset({"internal_error", "fatal_error", "service_unavailable", "request_timeout"})
BODY_AS_JSON = ("chat.", "views.")


class AioSlackClient:
    """Slack's Web API for the dispatcher. Open it inside the loop; close() when done."""

    def __init__(self, token: str, base_url: str) -> None:
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=CALL_TIMEOUT))
        self.reachable = True  # whether the last call got an answer
        self.client = AsyncWebClient(token=token, base_url=base_url, session=self._session, retry_handlers=[])

    async def call(self, method: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Return Slack's answer, `ok` or not; raise Unanswered when it was lost or unreadable."""
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
    if status == 429:
        return {"ok": False, "error": "ratelimited", "retry_after": _seconds(response.headers.get("Retry-After"))}
    reason = data.get("error") if isinstance(data, dict) else None
    if reason in MAYBE_DONE or status >= 500 or not reason:
        kind = FailureKind.OUTAGE if reason else FailureKind.UNREADABLE
        raise Unanswered(str(reason or "unreadable_answer"), maybe_done=True, kind=kind) from None
    return {"ok": False, "error": str(reason)}


def _seconds(value: Any) -> int:
    """Return the seconds of Retry-After; 30, Slack's default, when it is missing or invalid."""
    return int(value) if str(value).isdecimal() else 30
