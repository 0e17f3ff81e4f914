"""Links to a report: signed with the secret, and good for a while; nobody can make or stretch one."""

import hmac
from datetime import UTC, datetime
from hashlib import sha256


def sign(secret: bytes, key: str, until: datetime) -> str:
    """What an address ends with: the phase, until when, and the proof."""
    said = f"{key}.{int(until.timestamp())}"
    return f"{said}.{_proof(secret, said)}"


def opened(secret: bytes, token: str, now: datetime) -> str | None:
    """The key of the phase whose report it opens; None when it is over, or was not made here."""
    said, _, proof = token.rpartition(".")
    key, _, until = said.partition(".")
    if not (secret and until.isdecimal() and hmac.compare_digest(proof.encode(), _proof(secret, said).encode())):
        return None
    return key if datetime.fromtimestamp(int(until), UTC) > now else None


def _proof(secret: bytes, said: str) -> str:
    return hmac.new(secret, f"report:{said}".encode(), sha256).hexdigest()
