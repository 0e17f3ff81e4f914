"""Encrypt the ids of people and of their files with the secret, so that the database alone doesn't reveal them."""

import base64
import hashlib

SEALED = "sealed-"  # what the sealed id of a file begins with


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


def seal_file(secret: bytes, file_id: str) -> str:
    """Encrypt the id of a file, which could tell its uploader; the result is always the same, so that it is an id."""
    if file_id.startswith(SEALED):
        return file_id
    return SEALED + base64.urlsafe_b64encode(_siv(secret).encrypt(file_id.encode(), None)).decode()


def unseal_file(secret: bytes, file_id: str) -> str:
    """Return the id that Slack knows, of a sealed id or of one that isn't sealed; "" after the secret has changed."""
    from cryptography.exceptions import InvalidTag  # noqa: PLC0415 - most processes never need it

    if not file_id.startswith(SEALED):
        return file_id
    try:
        return str(_siv(secret).decrypt(base64.urlsafe_b64decode(file_id.removeprefix(SEALED)), None).decode())
    except InvalidTag:
        return ""


def _siv(secret: bytes):  # type: ignore[no-untyped-def]  # noqa: ANN202 - the library is loaded when it is needed
    from cryptography.hazmat.primitives.ciphers.aead import AESSIV  # noqa: PLC0415

    return AESSIV(hashlib.sha512(b"file:" + secret).digest())


def _fernet(secret: bytes):  # type: ignore[no-untyped-def]  # noqa: ANN202 - the library is loaded when it is needed
    from cryptography.fernet import Fernet  # noqa: PLC0415

    return Fernet(base64.urlsafe_b64encode(hashlib.sha256(b"seal:" + secret).digest()))
