"""Links to a report: signed with the secret and valid for some days, and no one can forge or extend one."""

from datetime import UTC, datetime
from hashlib import sha256

from itsdangerous import BadData, URLSafeSerializer


def sign(secret: bytes, key: str, until: datetime) -> str:
    """Return the token that opens the report of the phase `key` until then; it is safe to use in a URL."""
    return _serializer(secret).dumps([key, int(until.timestamp())])


def opened(secret: bytes, token: str, now: datetime) -> str | None:
    """Return the key of the phase whose report the token opens; None when it has expired or was not signed here."""
    if not secret:
        return None
    try:
        key, until = _serializer(secret).loads(token)
    except BadData:
        return None
    # Compared here and not by the library's own timestamps: each link has its own length, and tests move the clock.
    return str(key) if datetime.fromtimestamp(until, UTC) > now else None


def _serializer(secret: bytes) -> URLSafeSerializer:
    signing = {"key_derivation": "hmac", "digest_method": sha256}
    return URLSafeSerializer(secret, salt="report-link", signer_kwargs=signing)
