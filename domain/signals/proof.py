"""Prove who sent a signal: by a secret in a header, or by a signature over the raw bytes.

Secrets are compared by their SHA-256, which takes as long for a wrong one as for a right one.
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

SECRET_HEADER = "x-hypercare-secret"  # noqa: S105 - the name of a header
TIMESTAMP = re.compile(r"[0-9]{1,12}")
MAX_AGE_SECONDS = 300  # of a signed request, where its time is signed with it


@dataclass(frozen=True, slots=True)
class Signature:
    """HMAC-SHA256 of the body in hexadecimal digits, in the header of that lower-case name, after `prefix`.

    Where the sender adds `stamp`, a header with its time in seconds since 1970, it signs `<time>:<body>`.
    """

    header: str
    prefix: str = ""
    stamp: str = ""

    def accepts(self, secret: str, headers: Mapping[str, str], body: bytes, now: float = 0.0) -> bool:
        """Return whether the sender signed these bytes, lately where it says when; `now` in seconds since 1970."""
        given, stamp = headers.get(self.header, ""), headers.get(self.stamp, "") if self.stamp else ""
        if not given.startswith(self.prefix):
            return False
        if stamp and not (TIMESTAMP.fullmatch(stamp) and abs(now - int(stamp)) <= MAX_AGE_SECONDS):
            return False
        signed = stamp.encode() + b":" + body if stamp else body
        return hmac.compare_digest(_digest(secret, signed).encode(), _raw(given.removeprefix(self.prefix)))

    def of(self, secret: str, body: bytes) -> Mapping[str, str]:
        """Return the header with the signature of these bytes, without a time."""
        return {self.header: self.prefix + _digest(secret, body)}


def _digest(secret: str, signed: bytes) -> str:
    return hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


def hash_of(secret: str) -> str:
    """Return what is stored of a secret. It is long and random, so a fast hash is enough."""
    return hashlib.sha256(_raw(secret)).hexdigest()


def sends_secret(headers: Mapping[str, str], hashes: Sequence[str]) -> bool:
    """Return whether a header has a secret with one of these hashes."""
    found = False
    for given in _given(headers):
        for wanted in hashes:
            found |= hmac.compare_digest(hash_of(given).encode(), wanted.encode())
    return found


def _given(headers: Mapping[str, str]) -> Iterator[str]:
    scheme, _, value = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        yield value.strip()
    if scheme.lower() == "basic":
        try:
            yield base64.b64decode(_raw(value.strip()), validate=True).decode().partition(":")[2]
        except (binascii.Error, ValueError):
            return
    if SECRET_HEADER in headers:
        yield headers[SECRET_HEADER]


def _raw(text: str) -> bytes:
    """Return a header as it was sent: aiohttp keeps bytes that are not UTF-8 as surrogates."""
    return text.encode("utf-8", "surrogateescape")
