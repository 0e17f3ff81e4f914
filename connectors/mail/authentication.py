"""Whether a mail server has proven a sender: its Authentication-Results header (RFC 8601)."""

import re
from collections.abc import Sequence

COMMENT = re.compile(r"\([^()]*\)")
PROPERTY = re.compile(r"([\w.-]+)\s*=\s*(\"[^\"]*\"|[^\s;]+)")


def is_authenticated(headers: Sequence[str], authserv: str, address: str) -> bool:
    """Return whether the trusted server has proven the domain of an address, by DMARC, DKIM or SPF.

    Only the topmost header with its name counts: the server writes it above what came with the mail.
    """
    domain = address.rpartition("@")[2].lower()
    for header in headers:
        server, _, results = _plain(header).partition(";")
        if server.split()[:1] == [authserv.lower()]:
            return any(_proves(one, domain) for one in results.split(";"))
    return False


def _plain(header: str) -> str:
    """Return a header without comments, which may be nested, in lower case."""
    text, before = header.lower(), ""
    while text != before:
        before, text = text, COMMENT.sub(" ", text)
    return text


def _proves(result: str, domain: str) -> bool:
    found: dict[str, str] = {name: value.strip('"') for name, value in PROPERTY.findall(result)}
    method = next(iter(found), "")
    if found.get(method) != "pass":
        return False
    if method == "dmarc":
        return found.get("header.from", domain) == domain
    if method == "dkim":
        return _covers(found.get("header.d") or found.get("header.i", "").rpartition("@")[2], domain)
    return method == "spf" and _covers(found.get("smtp.mailfrom", "").rpartition("@")[2], domain)


def _covers(proven: str, domain: str) -> bool:
    """Whether a proven domain is that of the address, or one above it with a name of its own."""
    return proven == domain or (proven.count(".") > 0 and domain.endswith(f".{proven}"))
