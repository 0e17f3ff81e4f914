"""Formatted text as values, and Slack's mrkdwn; each connector adds the notation of its system.

https://docs.slack.dev/messaging/formatting-message-text
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

CODE = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"<((?:https?://|mailto:)[^<>|\s]+)(?:\|([^<>|\n]+))?>")
MARKS = {
    "bold": re.compile(r"(?<![\w*])\*(?![\s*])([^*\n]*[^*\s])\*(?![\w*])"),
    "italic": re.compile(r"(?<![\w_])_(?![\s_])([^_\n]*[^_\s])_(?![\w_])"),
    "strike": re.compile(r"(?<![\w~])~(?![\s~])([^~\n]*[^~\s])~(?![\w~])"),
}
SIGNS = {"bold": "*", "italic": "_", "strike": "~"}
FENCE = "```"
ITEM = re.compile(r"^(?P<bullet>[•*-]|\d{1,3}\.) +(?=\S)")


class BlockKind(StrEnum):
    TEXT = "text"
    QUOTE = "quote"
    CODE = "code"
    BULLET = "bullet"  # one item of a list
    NUMBER = "number"


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of text that looks alike; `link` is its address. Line breaks are part of the text."""

    text: str
    bold: bool = False
    italic: bool = False
    strike: bool = False
    code: bool = False
    link: str = ""


@dataclass(frozen=True, slots=True)
class TextBlock:
    """A paragraph, a quotation, a block of code, or one item of a list."""

    kind: BlockKind
    spans: tuple[Span, ...]

    @property
    def text(self) -> str:
        return "".join(span.text for span in self.spans)


Document = tuple[TextBlock, ...]


def joined(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Return the spans without empty ones, and with neighbours of the same look as one."""
    found: list[Span] = []
    for span in spans:
        if not span.text:
            continue
        if found and replace(found[-1], text="") == replace(span, text=""):
            found[-1] = replace(span, text=found[-1].text + span.text)
        else:
            found.append(span)
    return tuple(found)


def block(kind: BlockKind, spans: Iterable[Span]) -> Iterator[TextBlock]:
    """Return the block, unless nothing is in it."""
    made = joined(spans)
    if any(span.text.strip() for span in made):
        yield TextBlock(kind, made)


def looking(span: Span, name: str) -> Span:
    """Return a span that has that look too: bold, italic, strike or code."""
    looks: dict[str, bool] = {name: True}
    return replace(span, **looks)  # type: ignore[arg-type]


def plain_text(document: Document) -> str:
    """Return the text without any look."""
    return "\n".join(one.text for one in document)


def read_mrkdwn(text: str) -> Document:
    """Return what Slack's mrkdwn says; `text` is not escaped."""
    return tuple(_blocks(text.replace("\r\n", "\n")))


def write_mrkdwn(document: Document) -> str:
    """Return mrkdwn, not escaped; items of a list and lines of a quotation are lines."""
    lines: list[str] = []
    before: TextBlock | None = None
    number = 0
    for one in document:
        number = number + 1 if one.kind is BlockKind.NUMBER else 0
        in_list = one.kind in (BlockKind.BULLET, BlockKind.NUMBER)
        if before is not None and not (in_list and before.kind is one.kind):
            lines.append("")
        lines.append(_written(one, number))
        before = one
    return "\n".join(lines)


def _written(one: TextBlock, number: int) -> str:
    words = "".join(map(_marked, one.spans))
    match one.kind:
        case BlockKind.CODE:
            return f"{FENCE}\n{one.text}\n{FENCE}"
        case BlockKind.QUOTE:
            return "\n".join(f"> {line}" for line in words.split("\n"))
        case BlockKind.BULLET:
            return f"• {words.replace(chr(10), ' ')}"
        case BlockKind.NUMBER:
            return f"{number}. {words.replace(chr(10), ' ')}"
        case BlockKind.TEXT:
            return words


def _marked(span: Span) -> str:
    """Return a span with its signs around the words, not around the space beside them."""
    return "".join(_marked_line(replace(span, text=line)) for line in re.split(r"(\n)", span.text))


def _marked_line(span: Span) -> str:
    words = span.text.strip()
    if not words:
        return span.text
    if span.code:
        made = f"`{words}`"
    else:
        made = (
            f"<{span.link}|{words}>" if span.link and words != span.link else f"<{span.link}>" if span.link else words
        )
    for name, sign in SIGNS.items():
        made = f"{sign}{made}{sign}" if getattr(span, name) else made
    head, _, tail = span.text.partition(words)
    return f"{head}{made}{tail}"


def _blocks(text: str) -> Iterator[TextBlock]:
    for number, part in enumerate(text.split(FENCE)):
        if number % 2:
            yield from block(BlockKind.CODE, [Span(part.strip("\n"))])
        else:
            yield from _outside_code(part)


def _outside_code(text: str) -> Iterator[TextBlock]:
    """Read lines; neighbouring ones of one kind are one block, and each item of a list is its own."""
    kind, held = BlockKind.TEXT, list[str]()
    for line in text.split("\n"):
        item = ITEM.match(line)
        quoted = line.startswith(">")
        now = BlockKind.QUOTE if quoted else BlockKind.TEXT
        if item or not line.strip() or now is not kind:
            yield from block(kind, _spans("\n".join(held)))
            held = []
        if item:
            is_bullet = not item.group("bullet")[0].isdecimal()
            yield from block(BlockKind.BULLET if is_bullet else BlockKind.NUMBER, _spans(line[item.end() :]))
            kind = BlockKind.TEXT
        elif line.strip():
            kind = now
            held.append(line[1:].removeprefix(" ") if quoted else line)
    yield from block(kind, _spans("\n".join(held)))


def _spans(text: str, look: Span = Span("")) -> Iterator[Span]:
    """Return the spans of a text; code is read first, then links, then the other marks, which may be nested."""
    for pattern in (CODE, LINK):
        found = pattern.search(text)
        if found is None:
            continue
        yield from _spans(text[: found.start()], look)
        if pattern is CODE:
            yield replace(look, text=found.group(1), code=True)
        else:
            yield replace(look, text=found.group(2) or found.group(1), link=found.group(1))
        yield from _spans(text[found.end() :], look)
        return
    matches = [(found, name) for name, pattern in MARKS.items() if (found := pattern.search(text))]
    if not matches:
        yield replace(look, text=text)
        return
    found, name = min(matches, key=lambda one: one[0].start())
    yield replace(look, text=text[: found.start()])
    yield from _spans(found.group(1), looking(look, name))
    yield from _spans(text[found.end() :], look)
