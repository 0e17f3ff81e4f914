"""Webhooks of Jira: signed over the raw body, and read only for which issue has news.

What changed is read back from Jira, so one that comes twice, late or in the wrong order does no harm.
https://developer.atlassian.com/cloud/jira/platform/webhooks/
"""

import json
from collections.abc import Mapping

from connectors.tracker import NO_ISSUE, id_from
from domain.signals.proof import Signature

SIGNATURE, DELIVERY = Signature("x-hub-signature", "sha256="), "x-atlassian-webhook-identifier"


def is_signed(secret: str, headers: Mapping[str, str], body: bytes) -> bool:
    """Return whether these bytes were signed with the secret; `headers` have lower-case names."""
    return bool(secret) and SIGNATURE.accepts(secret, headers, body)


def issue_of(body: bytes) -> str:
    """Return the id of the issue that has news; "" when the body names none."""
    try:
        given = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    issue = given.get("issue") if isinstance(given, Mapping) else None
    return id_from(issue.get("id")) if isinstance(issue, Mapping) else ""


def sample(secret: str) -> tuple[bytes, Mapping[str, str]]:
    """Return the body and the headers of a webhook about an issue that Jira can't have."""
    body = json.dumps({"webhookEvent": "jira:issue_updated", "issue": {"id": NO_ISSUE}}).encode()
    return body, SIGNATURE.of(secret, body)
