"""HTTP mode: signed requests to the app's own URL."""

import asyncio
import hashlib
import hmac
import json
import time
from typing import Any
from urllib.parse import urlencode

import aiohttp

from sandbox.delivery.delivery import ACK_SECONDS, Answer, Delivery
from sandbox.delivery.presence import Presence
from sandbox.manifest import VERIFICATION_TOKEN

VERIFY_EVERY = 0.3
FORM = "application/x-www-form-urlencoded"


def signature(secret: str, timestamp: str, body: bytes) -> str:
    base = b"v0:" + timestamp.encode() + b":" + body
    return "v0=" + hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()


def encode(delivery: Delivery) -> tuple[str, bytes]:
    """Content type and body, which differ for events, commands and interactions."""
    if delivery.kind == "event":
        return "application/json", json.dumps(delivery.payload).encode()
    if delivery.kind == "command":
        return FORM, urlencode(delivery.payload).encode()
    return FORM, urlencode({"payload": json.dumps(delivery.payload)}).encode()


class HttpTransport:
    def __init__(self, url: str, secret: str) -> None:
        self._url = url
        self._secret = secret
        self._session: aiohttp.ClientSession | None = None
        self._presence = Presence()
        self._verifying: asyncio.Task[None] | None = None

    @property
    def connected(self) -> bool:
        return self._presence.here

    async def start(self) -> None:
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=ACK_SECONDS))
        self._verifying = asyncio.create_task(self._verify())

    async def stop(self) -> None:
        if self._verifying:
            self._verifying.cancel()
        if self._session:
            await self._session.close()

    async def wait_connected(self, seconds: float | None) -> bool:
        return await self._presence.wait(seconds)

    def move(self, url: str) -> None:
        """Deliver to another URL from now on, which is verified first."""
        self._url = url
        self._presence.go()
        if self._verifying:
            self._verifying.cancel()
            self._verifying = asyncio.create_task(self._verify())

    async def _verify(self) -> None:
        """Asks until the app shows that it has the signing secret and lives at this URL."""
        body = {"token": VERIFICATION_TOKEN, "challenge": "sandbox-challenge", "type": "url_verification"}
        while True:
            answer = await self.send(Delivery("event", "url_verification", body))
            if answer.ok and "sandbox-challenge" in json.dumps(answer.payload):
                break
            await asyncio.sleep(VERIFY_EVERY)
        self._presence.come()

    async def send(self, delivery: Delivery) -> Answer:
        content_type, body = encode(delivery)
        delivery.sent.set()
        try:
            return await self._post(body, self._headers(delivery, content_type, body))
        except TimeoutError:
            return Answer("timeout", reason="http_timeout")
        except aiohttp.ClientConnectorError:
            return Answer("not_connected", reason="connection_failed")
        except aiohttp.ClientError:
            return Answer("error", reason="connection_failed")

    def _headers(self, delivery: Delivery, content_type: str, body: bytes) -> dict[str, str]:
        stamp = str(int(time.time()))
        headers = {
            "Content-Type": content_type,
            "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
            "X-Slack-Request-Timestamp": stamp,
            "X-Slack-Signature": signature(self._secret, stamp, body),
        }
        if delivery.retry:
            headers |= {"X-Slack-Retry-Num": str(delivery.retry), "X-Slack-Retry-Reason": delivery.reason}
        return headers

    async def _post(self, body: bytes, headers: dict[str, str]) -> Answer:
        if not self._session:
            return Answer("not_connected", reason="connection_failed")
        async with self._session.post(self._url, data=body, headers=headers) as response:
            text = await response.text()
            if not 200 <= response.status < 300:
                final = response.headers.get("X-Slack-No-Retry") == "1"
                return Answer("error", {"status": response.status}, "http_error", final)
            return Answer("acked", _parsed(text))


def _parsed(text: str) -> dict[str, Any]:
    """A JSON object is an answer, any other text is what to tell the person."""
    if not text.strip():
        return {}
    try:
        found = json.loads(text)
    except ValueError:
        return {"text": text}
    return found if isinstance(found, dict) else {"text": text}
