"""Endpoints without what identifies a person or a thing: ids in paths are folded, queries are dropped."""

import re
from functools import lru_cache
from urllib.parse import unquote

MAX_SEGMENTS, MAX_ENDPOINT, MAX_CONSUMER, MAX_WORD = 8, 200, 60, 40
FOLDED = "{id}"
A_PERSON = "(a person)"  # a consumer that is named by an address of a person or a machine
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE"})
PLAIN = re.compile(rf"[A-Za-z0-9._~:{{}}*-]{{1,{MAX_WORD}}}")
DIGITS = re.compile(r"\d")
VERSION = re.compile(r"v\d{1,3}(\.\d{1,3}){0,2}")
NUMBER = re.compile(r"\d+([._:-]\d+)*")
HEXADECIMAL = re.compile(r"[0-9a-fA-F-]{8,}")
ADDRESS = re.compile(r"[\d.]{7,15}|[0-9a-fA-F:]*:[0-9a-fA-F:]+")
CUT = re.compile(r"[?#;]")
# A path of words, versions and numbers, and its numbers.
SIMPLE = re.compile(rf"((?:/(?:[A-Za-z]{{1,{MAX_WORD}}}|v?[0-9]{{1,3}}|[0-9]+)){{1,{MAX_SEGMENTS}}})/?(?=[?#;]|\Z)")
NUMBERS = re.compile(r"/[0-9]+(?=/|\Z)")
ORIGIN = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*")


def endpoint_of(method: str, path: str) -> str:
    """Return the endpoint of a request, such as `GET /v2/payslips/{id}`."""
    return _named(method, fold_path(path))


@lru_cache(maxsize=8192)
def _named(method: str, folded: str) -> str:
    verb = method.upper()
    return f"{verb} {folded}"[:MAX_ENDPOINT] if verb in METHODS else folded


def fold_path(path: str) -> str:
    """Return a path without host, query and ids."""
    if found := SIMPLE.match(path):  # as most are
        return NUMBERS.sub("/" + FOLDED, found[1])[:MAX_ENDPOINT]
    plain = CUT.split(ORIGIN.sub("", path.strip()), maxsplit=1)[0]
    segments = [fold_segment(unquote(one)) for one in plain.split("/") if one]
    more = ["…"] if len(segments) > MAX_SEGMENTS else []
    return ("/" + "/".join([*segments[:MAX_SEGMENTS], *more]))[:MAX_ENDPOINT]


@lru_cache(maxsize=8192)
def fold_segment(segment: str) -> str:
    """Return a part of a path, or `{id}` where it looks like an id, a name or anything but a word of the API."""
    if not PLAIN.fullmatch(segment) or NUMBER.fullmatch(segment):
        return FOLDED
    digits = len(DIGITS.findall(segment))
    if VERSION.fullmatch(segment) or not digits:
        return segment
    return FOLDED if digits > 3 or HEXADECIMAL.fullmatch(segment) or len(segment) >= 20 else segment


def path_of(endpoint: str) -> str:
    """Return the path of an endpoint, without its method."""
    return endpoint.partition(" ")[2] or endpoint


@lru_cache(maxsize=2048)
def consumer_of(name: str) -> str:
    """Return the name of an application that calls; "" without one. Names of people and machines are left out."""
    plain = " ".join(part for part in name.split() if part.isprintable())[:MAX_CONSUMER]
    if plain in ("", "-"):
        return ""
    return A_PERSON if "@" in plain or ADDRESS.fullmatch(plain) else plain
