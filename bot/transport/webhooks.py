"""Calls to other systems: webhooks named in the settings, PagerDuty's Events API v2, and channels of Teams.

https://developer.pagerduty.com/docs/events-api-v2-overview
"""

import json
import time
from collections.abc import Mapping, Sequence
from typing import Any

import aiohttp

from bot.transport.proxies import proxy_for
from connectors.teams import cards
from domain.api.signing import headers_of
from domain.delivery.message import Failure, FailureKind
from domain.teams.settings import PREFIX as TEAMS

CALL_TIMEOUT = 10  # seconds
PAGERDUTY = "pagerduty"


class AioWebhooks:
    """`addresses` are URLs by system, as in `webhook:ops` and `teams:ops`, `secrets` what each webhook is signed with.

    They and PagerDuty's key are secrets and never logged.
    """

    def __init__(self, addresses: Mapping[str, str], key: str | None, secrets: Mapping[str, Sequence[bytes]]) -> None:
        self._addresses, self._key, self._secrets = addresses, key, secrets
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=CALL_TIMEOUT))

    async def tell(self, system: str, number: int, body: Mapping[str, Any]) -> Failure | None:
        """Send a payload to a system; return None when it was accepted, else the failure.

        `number` is the same whenever the same message is sent again, so that its receiver can know it.
        """
        address = self._addresses.get(system)
        if address is None or (system == PAGERDUTY and not self._key):
            return Failure("not_in_the_settings")
        raw = self._written(system, body)
        headers = {"Content-Type": "application/json", **self._signature(system, number, raw)}
        try:
            proxy = proxy_for(address)
            async with self._session.post(
                address, data=raw, headers=headers, allow_redirects=False, proxy=proxy
            ) as answer:
                return _failure(answer.status, answer.headers.get("Retry-After"))
        except aiohttp.ClientConnectorError:
            return Failure("unreachable", kind=FailureKind.OUTAGE)
        except (aiohttp.ClientError, TimeoutError, OSError):
            return Failure("no_answer", kind=FailureKind.OUTAGE, maybe_sent=True)
        except ValueError:
            return Failure("not_an_address")

    def _written(self, system: str, body: Mapping[str, Any]) -> bytes:
        if system.startswith(TEAMS):
            return cards.written(body)
        sent = {**body, "routing_key": self._key} if system == PAGERDUTY else dict(body)
        return json.dumps(sent, ensure_ascii=False, separators=(",", ":")).encode()

    def _signature(self, system: str, number: int, raw: bytes) -> dict[str, str]:
        """Return the headers of Standard Webhooks, each time with the moment of this attempt."""
        secrets = self._secrets.get(system)
        return headers_of(secrets, f"msg_{number}", int(time.time()), raw) if secrets else {}

    async def close(self) -> None:
        await self._session.close()


def _failure(status: int, retry_after: str | None) -> Failure | None:
    if 200 <= status < 300:
        return None
    if status == 429:
        wait = int(retry_after) if retry_after and retry_after.isdecimal() else 30
        return Failure("http_429", kind=FailureKind.TEMPORARY, retry_after=wait)
    return Failure(f"http_{status}", kind=FailureKind.UNREADABLE) if status >= 500 else Failure(f"http_{status}")
