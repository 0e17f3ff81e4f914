"""Turns what a person types into the text Slack stores: escaped, with mentions and links marked."""

import re
from collections.abc import Callable
from html import unescape

_URL = re.compile(r"\b(https?://[^\s<>|]+[^\s<>|.,;:!?)'\"\]])")
_MAIL = re.compile(r"(?<![\w@.:/])([\w.+-]+@[\w-]+\.[\w.-]*\w)")
_AT = re.compile(r"(?<![\w@/.&])@([a-z0-9][a-z0-9._-]*)", re.IGNORECASE)
_HASH = re.compile(r"(?<![\w#/&])#([a-z0-9][a-z0-9_-]*)", re.IGNORECASE)
_BROADCAST = ("channel", "here", "everyone")

Find = Callable[[str], str | None]


def escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def typed(text: str, mark: Find, channel_id: Find) -> str:
    """`mark` returns the mention of a named person, `channel_id` the id of a named channel, or None."""
    marked = _MAIL.sub(r"<mailto:\1|\1>", _URL.sub(r"<\1>", escape(text)))
    parts = re.split(r"(<[^>]*>)", marked)
    return "".join(part if part.startswith("<") else _mentions(part, mark, channel_id) for part in parts)


def _mentions(text: str, mark: Find, channel_id: Find) -> str:
    with_people = _AT.sub(lambda match: _person(match, mark), text)
    return _HASH.sub(lambda match: _channel(match, channel_id), with_people)


def _person(match: re.Match[str], mark: Find) -> str:
    name = match[1].lower()
    tail = ""
    while name and not (name in _BROADCAST or mark(name)) and name[-1] in "._-":
        name, tail = name[:-1], name[-1] + tail
    if name in _BROADCAST:
        return f"<!{name}>{tail}"
    found = mark(name)
    return f"{found}{tail}" if found else match[0]


def _channel(match: re.Match[str], channel_id: Find) -> str:
    found = channel_id(match[1].lower())
    return f"<#{found}|{match[1].lower()}>" if found else match[0]


LINK = re.compile(r"<(https?://[^|>\s]+)(?:\|[^>]*)?>|(https?://[^\s<>|]+)")


def links_of(text: str) -> list[str]:
    """The addresses in a message, each once, as the event link_shared names them."""
    return list(dict.fromkeys(unescape(one or other) for one, other in LINK.findall(text)))
