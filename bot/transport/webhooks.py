"""Calls to other systems: webhooks named in the settings, PagerDuty's Events API v2, and channels of Teams.

https://developer.pagerduty.com/docs/events-api-v2-overview
"""

import json
import time
from collections.abc import Mapping, Sequence
from typing import Any

import aiohttp

from bot.transport.proxies import proxy_for
from connectors.sessions import open_session
from connectors.teams import cards
from domain import foreign
from domain.api.signing import headers_of
from domain.delivery.message import Failure, FailureKind
from domain.delivery.retry_after import read_retry_after
from domain.teams.settings import PREFIX as TEAMS

CALL_TIMEOUT = 10  # seconds
LIMIT_PAUSE = 30  # seconds, where a system that takes no more names none
PAGERDUTY = "pagerduty"


class AioWebhooks:
    """`addresses` are URLs by system, as in `webhook:ops` and `teams:ops`, `secrets` what each webhook is signed with.

    They and PagerDuty's key are secrets and never logged.
    """

    def __init__(self, addresses: Mapping[str, str], key: str | None, secrets: Mapping[str, Sequence[bytes]]) -> None:
        self._addresses, self._key, self._secrets = addresses, key, secrets
        self._session = open_session(timeout=aiohttp.ClientTimeout(total=CALL_TIMEOUT))

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
                return await _failure_of(system, answer)
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


async def _failure_of(system: str, answer: aiohttp.ClientResponse) -> Failure | None:
    """Return why an answer does not say that the payload was accepted, or None.

    A webhook accepts with any status from 200 to 299 (Standard Webhooks). PagerDuty says so in JSON, and Teams sends no
    page: others answer so in their place, such as a proxy that wants a login.
    """
    status = answer.status
    if status == 429:
        wait = read_retry_after(answer.headers.get("Retry-After"), LIMIT_PAUSE)
        return Failure("http_429", kind=FailureKind.TEMPORARY, retry_after=wait)
    if not 200 <= status < 300:
        is_refusal = 400 <= status < 500
        return Failure(f"http_{status}", kind=FailureKind.PERMANENT if is_refusal else FailureKind.UNREADABLE)
    if system == PAGERDUTY:
        is_accepted = await _status_of(answer) == "success"
    else:
        is_accepted = not (system.startswith(TEAMS) and (await answer.text()).lstrip().startswith("<"))
    return None if is_accepted else Failure("unreadable_answer", kind=FailureKind.UNREADABLE, maybe_sent=True)


async def _status_of(answer: aiohttp.ClientResponse) -> str:
    try:
        return foreign.scalar(foreign.table(await answer.json(content_type=None)).get("status"))
    except ValueError:
        return ""
