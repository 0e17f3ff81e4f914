"""What a business rule of ServiceNow sends: signed over the raw body, and read only for which incident has news.

What changed is read back, so a call that comes twice, late or in the wrong order does no harm. docs/servicenow.md has
the rule.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping

from connectors.tracker import NO_ISSUE, id_from

SIGNATURE, DELIVERY = "x-hypercare-signature", "x-hypercare-delivery"


def is_signed(secret: str, headers: Mapping[str, str], body: bytes) -> bool:
    """Return whether these bytes were signed with the secret; `headers` have lower-case names.

    ServiceNow's generateMac writes HMAC-SHA256 in Base64.
    """
    wanted = _signature(secret, body)
    given = headers.get(SIGNATURE, "").encode("utf-8", "surrogateescape")
    return bool(secret) and hmac.compare_digest(wanted, given)


def issue_of(body: bytes) -> str:
    """Return the sys_id of the incident that has news; "" when the body names none."""
    try:
        given = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    return id_from(given.get("sys_id")) if isinstance(given, Mapping) else ""


def sample(secret: str) -> tuple[bytes, Mapping[str, str]]:
    """Return the body and the headers of a call about an incident that ServiceNow can't have."""
    body = json.dumps({"sys_id": NO_ISSUE}).encode()
    return body, {SIGNATURE: _signature(secret, body).decode()}


def _signature(secret: str, body: bytes) -> bytes:
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest())
