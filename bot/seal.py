"""Encrypt a person's ID with the secret, so that the database alone doesn't reveal it."""

import base64
import hashlib


def seal(secret: bytes, person: str) -> str:
    """Encrypt the ID; the result differs each time."""
    return str(_fernet(secret).encrypt(person.encode()).decode())


def unseal(secret: bytes, sealed: str) -> str | None:
    """Decrypt an ID; None when it was sealed with another secret."""
    from cryptography.fernet import InvalidToken  # noqa: PLC0415 - most processes never need it

    try:
        return str(_fernet(secret).decrypt(sealed.encode()).decode())
    except InvalidToken:
        return None


def _fernet(secret: bytes):  # type: ignore[no-untyped-def]  # noqa: ANN202 - the library is loaded when it is needed
    from cryptography.fernet import Fernet  # noqa: PLC0415

    return Fernet(base64.urlsafe_b64encode(hashlib.sha256(b"seal:" + secret).digest()))
