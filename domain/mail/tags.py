"""Signed marks by which an answer is recognised as one to a ticket: in the Message-ID and in the subject."""

import hashlib
import hmac
import re

SIGNED_ID = re.compile(r"<hc\.(\d{1,18})\.(\w{1,40})\.([0-9a-f]{16})@[^<>\s]+>")
TAG = re.compile(r"\[([A-Z][A-Z0-9]{1,9}-\d{1,9}) ([0-9a-f]{8})\]")


def message_id(secret: bytes, ticket_id: int, number: str, host: str) -> str:
    """Return the Message-ID of our mail of that number about a ticket."""
    return f"<hc.{ticket_id}.{number}.{_signature(secret, f'{ticket_id}.{number}')[:16]}@{host}>"


def ticket_of(secret: bytes, references: tuple[str, ...]) -> int | None:
    """Return the id of the ticket of the last of these Message-IDs that is one of ours."""
    for reference in reversed(references):
        found = SIGNED_ID.fullmatch(reference)
        if found and hmac.compare_digest(_signature(secret, f"{found[1]}.{found[2]}")[:16], found[3]):
            return int(found[1])
    return None


def subject_tag(secret: bytes, ticket_name: str) -> str:
    """Return the mark that the subject of our mails about a ticket ends with."""
    return f"[{ticket_name} {_signature(secret, ticket_name)[:8]}]"


def named_in(secret: bytes, subject: str) -> str | None:
    """Return the name of the ticket that a subject is marked with, such as PAY-42."""
    marks = (found[1] for found in TAG.finditer(subject)
             if hmac.compare_digest(_signature(secret, found[1])[:8], found[2]))  # fmt: skip
    return next(marks, None)


def without_tags(subject: str) -> str:
    """Return a subject without marks and without the prefixes of answers."""
    return re.sub(r"^((re|aw|fw|fwd|wg|antw|sv|tr)\s*:\s*)+", "", TAG.sub("", subject).strip(), flags=re.IGNORECASE)


def _signature(secret: bytes, text: str) -> str:
    return hmac.new(secret, b"mail:" + text.encode(), hashlib.sha256).hexdigest()
