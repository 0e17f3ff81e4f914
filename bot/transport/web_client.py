"""Calls of handlers to Slack: the few that answer a person, and the question who a person is."""

import threading
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from http import HTTPStatus
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError
from urllib.request import HTTPRedirectHandler, Request, build_opener

import structlog
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.web import SlackResponse

from bot.transport.answers import is_as_expected, refusal_in
from bot.transport.pauses import CallPauses
from connectors.sessions import MAX_BYTES
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
        self._opener = build_opener(NoRedirects)

    def api_call(self, api_method: str, **given: Any) -> SlackResponse:
        """Call a method; raise SlackApiError when Slack refuses, and NotSlack when someone else answers."""
        try:
            response = super().api_call(api_method, **given)
        except SlackApiError as error:
            if refusal_in(error.response.data):
                raise
            raise NotSlack(f"HTTP {error.response.status_code}", error.response) from None
        except OSError:
            raise
        # Of what is no HTTP, ends too early, or is JSON and no object.
        except (HTTPException, AttributeError, TypeError, ValueError, LookupError, RecursionError):
            raise NotSlack("unreadable answer") from None
        if not (isinstance(response.data, dict) and is_as_expected(api_method, response.data)):
            raise NotSlack("unreadable answer", response)
        return response

    def _perform_urllib_http_request_internal(self, _url: str, req: Request) -> dict[str, Any]:
        """Return a body of at most MAX_BYTES; the SDK follows redirects, with the token, and reads without an end."""
        try:
            answer = self._opener.open(req, timeout=self.timeout)
        except HTTPError as refused:
            answer = refused
        with answer:
            body = answer.read(MAX_BYTES + 1)
            if len(body) > MAX_BYTES or (answer.length or 0) > 0:  # http.client tells nothing of a body cut short
                raise NotSlack("unreadable answer")
            errors = "strict" if answer.status < HTTPStatus.BAD_REQUEST else "replace"
            return {
                "status": answer.status,
                "headers": dict(answer.headers.items()),
                "body": body.decode(errors=errors),
            }


class NoRedirects(HTTPRedirectHandler):
    """Slack's methods send none, and the token would go where they lead."""

    def redirect_request(self, *_given: Any) -> None:
        return None


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
