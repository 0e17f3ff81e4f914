"""The sandbox's control API as Python: one call, JSON in and out."""

import json
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from typing import Any, TypeVar

from tests.support.changes import CHANGES

T = TypeVar("T")
PATIENCE = 60.0  # seconds a story waits for what it expects; a bound, not a measurement


class ControlError(AssertionError):
    """The sandbox said no."""


class Control:
    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")

    def get(self, path: str, **query: Any) -> Any:
        given = {k: v for k, v in query.items() if v is not None}
        return self._send("GET", f"{path}?{urllib.parse.urlencode(given)}" if given else path, None)

    def post(self, path: str, **body: Any) -> Any:
        return self._send("POST", path, {k: v for k, v in body.items() if v is not None})

    def delete(self, path: str) -> Any:
        return self._send("DELETE", path, None)

    def _send(self, verb: str, path: str, body: dict[str, Any] | None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            f"{self.url}/sandbox/{path}", data=data, method=verb, headers={"Content-Type": "application/json"}
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as error:
            raise ControlError(f"{verb} {path}: {error.read().decode()}") from None


def eventually(
    look: Callable[[], T | None], what: str, patience: float = PATIENCE, *, instead: Callable[[], str] = str
) -> T:
    """The first true thing that `look` sees; else an AssertionError: what was expected, and what is there `instead`."""
    until = time.monotonic() + patience
    while True:
        seen = CHANGES.count
        found = look()
        if found:
            return found
        if time.monotonic() > until:
            raise AssertionError("\n".join(filter(None, (f"never seen: {what}", instead()))))
        CHANGES.wait(seen)
