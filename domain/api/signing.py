"""Signatures of our webhooks after Standard Webhooks, by which a receiver knows who sent one, and when.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence

PREFIX = "whsec_"
SHORTEST, LONGEST = 24, 64  # bytes of a secret
FORM = f"must be {PREFIX} and {SHORTEST} to {LONGEST} random bytes in Base64"


def read_secrets(text: str) -> tuple[bytes, ...]:
    """Return the secrets that a setting holds, with spaces between them; ValueError with the form of a right one.

    While a secret is replaced there are two, and every webhook is signed with both.
    """
    found = tuple(map(_read, text.split()))
    if not found:
        raise ValueError(FORM)
    return found


def headers_of(secrets: Sequence[bytes], message_id: str, sent_at: int, body: bytes) -> dict[str, str]:
    """Return the headers that sign a body; `sent_at` is in seconds since 1970, and is signed with it."""
    signed = f"{message_id}.{sent_at}.".encode() + body
    signatures = (base64.b64encode(hmac.digest(secret, signed, hashlib.sha256)).decode() for secret in secrets)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(sent_at),
        "webhook-signature": " ".join(f"v1,{one}" for one in signatures),
    }


def _read(text: str) -> bytes:
    try:
        secret = base64.b64decode(text.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError(FORM) from None
    if not text.startswith(PREFIX) or not SHORTEST <= len(secret) <= LONGEST:
        raise ValueError(FORM)
    return secret
