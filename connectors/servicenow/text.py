"""Text of ServiceNow, which is plain; in journals, parts between [code] and [/code] are HTML."""

import re
from html import unescape

from connectors.markup import BlockKind, Span, TextBlock, read_mrkdwn

CODE = re.compile(r"\[code\](.*?)\[/code\]", re.DOTALL | re.IGNORECASE)
BREAK = re.compile(r"<(?:br\s*/?|/p|/li|/div|/tr)>", re.IGNORECASE)
TAG = re.compile(r"<[^<>]+>")
SIGNS = {BlockKind.BULLET: "• ", BlockKind.NUMBER: "• ", BlockKind.QUOTE: "> "}


def write_plain(mrkdwn: str) -> str:
    """Return mrkdwn as plain text; an address stands after the words that link to it."""
    return "\n".join(map(_written, read_mrkdwn(mrkdwn)))


def read_plain(text: str) -> str:
    """Return the words of a journal entry, of its HTML parts too."""
    return CODE.sub(lambda found: unescape(TAG.sub("", BREAK.sub("\n", found[1]))), text.replace("\r\n", "\n")).strip()


def _written(block: TextBlock) -> str:
    words, sign = "".join(map(_span, block.spans)), SIGNS.get(block.kind, "")
    return "\n".join(f"{sign}{line}" for line in words.split("\n"))


def _span(span: Span) -> str:
    return f"{span.text} ({span.link})" if span.link and span.link != span.text else span.text
