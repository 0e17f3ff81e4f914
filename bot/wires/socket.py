"""Socket Mode: envelopes in, acknowledgements out, over slack_sdk's aiohttp client (its builtin one loses bursts)."""

import json
import logging
from typing import Any

import aiohttp
import structlog
from slack_bolt import BoltResponse
from slack_sdk.errors import SlackApiError
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse
from slack_sdk.web.async_client import AsyncWebClient

from bot.wires.inbound import Inbound

log = structlog.get_logger()
PING = 10  # seconds
DRAIN = 1.5  # seconds a stop waits for requests in hand; Slack delivers what is not answered again
FATAL = frozenset({"invalid_auth", "not_authed", "not_allowed_token_type", "token_revoked", "account_inactive",
                   "missing_scope", "token_expired"})  # fmt: skip


class BadToken(Exception):  # noqa: N818 - shown as a sentence
    """Slack does not accept a token."""


class Socket:
    """One connection that mends itself. start() returns once it stands."""

    def __init__(self, app_token: str, base_url: str, inbound: Inbound) -> None:
        self._inbound = inbound
        # The SDK logs whole messages at debug level and a traceback for each failed attempt; ours says what matters.
        quiet = logging.getLogger("hypercare.socket")
        quiet.setLevel(logging.CRITICAL)
        self._token = app_token
        self._web = AsyncWebClient(base_url=base_url, retry_handlers=[])
        self._client = SocketModeClient(app_token=app_token, web_client=self._web, ping_interval=PING, logger=quiet)
        self._client.socket_mode_request_listeners.append(self._received)

    async def start(self) -> None:
        """Connect; BadToken when trying again cannot help."""
        try:
            self._client.wss_uri = await self._client.issue_new_wss_url()
        except SlackApiError as error:
            reason = str(error.response.get("error"))
            if reason in FATAL:
                raise BadToken(
                    f"Slack does not accept the app token ({reason}). Is HYPERCARE_APP_TOKEN right?"
                ) from None
            log.warning("Slack does not give a connection yet", error=reason)
        except (aiohttp.ClientError, OSError) as error:
            log.warning("Slack cannot be reached yet", error=type(error).__name__)  # connect() tries until it can
        await self._client.connect()  # type: ignore[no-untyped-call]
        log.info("connected to Slack", mode="socket")

    async def stop(self) -> None:
        """Answer what is in hand, then hang up."""
        await self._inbound.drained(DRAIN)
        self._client.auto_reconnect_enabled = False
        await self._client.close()  # type: ignore[no-untyped-call]

    async def _received(self, client: AsyncBaseSocketModeClient, request: SocketModeRequest) -> None:
        response = await self._inbound.dispatch("socket_mode", request.payload, _retries(request))
        acknowledgement = _acknowledgement(request.envelope_id, response)
        if acknowledgement is None:
            log.warning("envelope not acknowledged", status=response.status, type=request.type)
            return
        try:
            await client.send_socket_mode_response(acknowledgement)
        except (ConnectionError, AttributeError) as error:
            # The link was being replaced; Slack delivers events again, and the second delivery is recognised.
            log.warning("acknowledgement lost", error=type(error).__name__, type=request.type)


def _acknowledgement(envelope_id: str, response: BoltResponse) -> SocketModeResponse | None:
    if response.status != 200:
        return None
    if not response.body:
        return SocketModeResponse(envelope_id=envelope_id)
    kind = (response.headers.get("content-type") or [""])[0]
    payload: dict[str, Any] = (
        json.loads(response.body) if kind.startswith("application/json") else {"text": response.body}
    )
    return SocketModeResponse(envelope_id=envelope_id, payload=payload)


def _retries(request: SocketModeRequest) -> dict[str, str]:
    """The headers that HTTP mode would carry, so that both modes look the same inside."""
    headers = {}
    if request.retry_attempt is not None:
        headers["x-slack-retry-num"] = str(request.retry_attempt)
    if request.retry_reason is not None:
        headers["x-slack-retry-reason"] = request.retry_reason
    return headers
