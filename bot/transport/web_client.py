"""Calls of handlers to Slack: the few that answer a person, and the question who a person is."""

import threading
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Any

import structlog
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.web import SlackResponse

from bot.transport.answers import is_as_expected, refusal_in
from bot.transport.pauses import CallPauses
from domain.people.profile import Profile, profile_from

log = structlog.get_logger()
LOOKUP_TIMEOUT = 1  # seconds; a person waits for the answer
LOOKUP_PAUSE = 10.0  # seconds until a person whom Slack did not tell about is asked about again
MAX_FAILED = 1000  # people


class NotSlack(OSError):  # noqa: N818 - says what it is
    """What came back is no answer of Slack's Web API, such as the page of a proxy; the text says what it is."""

    def __init__(self, what: str, response: SlackResponse | None = None) -> None:
        super().__init__(what)
        self.response = response


class CheckedWebClient(WebClient):
    """Slack's client for threads, without retries: it refuses with SlackApiError, and fails with OSError."""

    def __init__(self, token: str | None = None, *, base_url: str, timeout: int) -> None:
        super().__init__(token=token, base_url=base_url, timeout=timeout, retry_handlers=[])
        self.proxy = None  # the SDK's own reading knows no NO_PROXY, and urllib does

    def api_call(self, api_method: str, **given: Any) -> SlackResponse:
        """Call a method; raise SlackApiError when Slack refuses, and NotSlack when someone else answers."""
        try:
            response = super().api_call(api_method, **given)
        except SlackApiError as error:
            if refusal_in(error.response.data):
                raise
            raise NotSlack(f"HTTP {error.response.status_code}", error.response) from None
        except (AttributeError, TypeError):  # of a body that is JSON and no object
            raise NotSlack("unreadable answer") from None
        if not (isinstance(response.data, dict) and is_as_expected(api_method, response.data)):
            raise NotSlack("unreadable answer", response)
        return response


class PausedWebClient(CheckedWebClient):
    """A client that makes no call which Slack asked to wait with."""

    def __init__(self, token: str, base_url: str, timeout: int, pauses: CallPauses) -> None:
        super().__init__(token, base_url=base_url, timeout=timeout)
        self._pauses = pauses

    def api_call(self, api_method: str, **given: Any) -> SlackResponse:
        """Call a method; raise SlackApiError when Slack refuses, or asked to wait, and NotSlack as above."""
        arguments = _arguments(given)
        if self._pauses.remaining(api_method, arguments):
            refused = SlackResponse(
                client=self, http_verb="POST", api_url=api_method, req_args={}, headers={},
                data={"ok": False, "error": "ratelimited"}, status_code=HTTPStatus.TOO_MANY_REQUESTS,
            )  # fmt: skip
            raise SlackApiError("Slack asked to wait.", refused)  # type: ignore[no-untyped-call]
        try:
            return super().api_call(api_method, **given)
        except (SlackApiError, NotSlack) as error:
            if error.response and error.response.status_code == HTTPStatus.TOO_MANY_REQUESTS:
                self._pauses.note(api_method, arguments, error.response.headers.get("Retry-After"))
            raise


class ProfileLookup:
    """Asks Slack about one person, in time for an answer to them."""

    def __init__(self, client: WebClient, now: Callable[[], datetime]) -> None:
        self._client, self._now = client, now
        self._failed: dict[str, float] = {}
        self._lock = threading.Lock()

    def __call__(self, person: str) -> Profile | None:
        """Return the person's profile; None when Slack doesn't know them or doesn't answer."""
        if time.monotonic() - self._failed.get(person, -LOOKUP_PAUSE) < LOOKUP_PAUSE:
            return None
        try:
            user = self._client.users_info(user=person).get("user")
        except (SlackApiError, OSError) as error:
            reason = error.response.get("error") if isinstance(error, SlackApiError) else type(error).__name__
            log.warning("person_not_looked_up", reason=reason)
            user = None
        found = profile_from(user, self._now()) if isinstance(user, Mapping) else None
        if found is None or found.id != person:
            self._remember_failed(person)
            return None
        return found

    def by_address(self, address: str) -> Profile | None:
        """Return the profile of the person with that e-mail address; None when Slack knows none or doesn't answer."""
        try:
            user = self._client.users_lookupByEmail(email=address).get("user")
        except (SlackApiError, OSError) as error:
            reason = error.response.get("error") if isinstance(error, SlackApiError) else type(error).__name__
            if reason != "users_not_found":
                log.warning("person_not_looked_up", reason=reason)
            return None
        return profile_from(user, self._now()) if isinstance(user, Mapping) else None

    def _remember_failed(self, person: str) -> None:
        with self._lock:
            if len(self._failed) >= MAX_FAILED:
                self._failed.clear()
            self._failed[person] = time.monotonic()


def _arguments(given: Mapping[str, Any]) -> dict[str, Any]:
    parts = (given.get(name) for name in ("params", "data", "json"))
    return {name: value for part in parts if isinstance(part, Mapping) for name, value in part.items()}
