"""Check who sent an HTTP request, on its raw bytes and before anything in it is read.

https://docs.slack.dev/authentication/verifying-requests-from-slack
"""

import hashlib
import hmac
import re
from collections.abc import Mapping

MAX_AGE_SECONDS = 300  # of a request's own time; Slack's advice against replays
TIMESTAMP = re.compile(r"[0-9]{1,12}")
SIGNATURE = re.compile(r"v0=[0-9a-f]{64}")


def may_be_signed(headers: Mapping[str, str], now: float) -> bool:
    """Return whether the headers alone leave it open that Slack signed this within the last minutes."""
    stamp, given = headers.get("X-Slack-Request-Timestamp", ""), headers.get("X-Slack-Signature", "")
    has_form = TIMESTAMP.fullmatch(stamp) and SIGNATURE.fullmatch(given)
    return bool(has_form) and abs(now - int(stamp)) <= MAX_AGE_SECONDS


def is_signed(secret: str, headers: Mapping[str, str], body: bytes, now: float) -> bool:
    """Return whether Slack signed these bytes within the last minutes; `now` is in seconds since 1970."""
    if not may_be_signed(headers, now):
        return False
    stamp, given = headers["X-Slack-Request-Timestamp"], headers["X-Slack-Signature"]
    expected = hmac.new(secret.encode(), b"v0:" + stamp.encode() + b":" + body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(f"v0={expected}".encode(), given.encode())
