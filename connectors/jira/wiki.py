"""Jira Data Center's wiki markup, to and from formatted text.

https://jira.atlassian.com/secure/WikiRendererHelpAction.jspa?section=all
"""

import re
from collections.abc import Iterator
from dataclasses import replace

from connectors.markup import BlockKind, Document, Span, TextBlock, block, joined, looking

SPECIAL = re.compile(r"([\\{}\[\]*_|!~^])|((?:^|(?<=\s))[-+](?=\S))", re.MULTILINE)
AT_START = re.compile(r"^(?=(?:-{1,5}|#+) )", re.MULTILINE)
ESCAPED = re.compile(r"\\([\\{}\[\]*_|!~^+#-])")
FENCE = re.compile(r"\{(code|noformat)(?::[^}]*)?\}\n?(.*?)\n?\{\1\}", re.DOTALL)
QUOTE = re.compile(r"\{quote\}\n?(.*?)\n?\{quote\}", re.DOTALL)
DROPPED = re.compile(r"(?<!\\)\{(?:color|panel|anchor|section|column)(?::[^}]*)?\}")
HEADING = re.compile(r"^h[1-6]\. +")
ITEM = re.compile(r"^([*#-]+) +(?=\S)")
ROW = re.compile(r"^\|\|?(.*?)\|?\|$")
INLINE = re.compile(
    r"(?<!\\)\{\{(?P<code>.+?)(?<!\\)\}\}"
    r"|(?<!\\)\[~(?:accountid:)?(?P<mention>[^\]\s]+)\]"
    r"|(?<!\\)\[(?:(?P<label>[^\]|\n]+)\|)?(?P<link>(?:https?://|mailto:)[^\]|\s]+)\]"
    r"|(?<![\\\w*])\*(?P<bold>[^*\s](?:(?:[^*\n\\]|\\.)*?[^*\s\\])?)\*(?![\w*])"
    r"|(?<![\\\w_])_(?P<italic>[^_\s](?:(?:[^_\n\\]|\\.)*?[^_\s\\])?)_(?![\w_])"
    r"|(?<![\\\w-])-(?P<strike>[^-\s](?:(?:[^-\n\\]|\\.)*?[^-\s\\])?)-(?![\w-])"
    r"|(?<!\\)!(?P<file>[^!|\s]+\.\w{2,5})(?:\|[^!]*)?!"
)
SIGNS = {"bold": "*", "italic": "_", "strike": "-"}
# What has no equal in Slack, and what becomes of it. The text is never among it.
LOSSES = {
    "h1. to h6.": "becomes bold text", "{color}": "has no colour", "{panel}": "becomes paragraphs",
    "||table||": "becomes a line for each row", "!image.png!": "becomes the name of the file",
    "[~name]": "becomes the name", "+underline+, ^up^, ~down~": "keep their signs",
    "** list": "of a list within a list becomes an item of the outer list", "{quote}": "has no look within",
}  # fmt: skip


def write_wiki(document: Document) -> str:
    """Return wiki markup, with everything escaped that would be read as such."""
    lines: list[str] = []
    before: TextBlock | None = None
    for one in document:
        in_list = one.kind in (BlockKind.BULLET, BlockKind.NUMBER)
        if before is not None and not (in_list and before.kind is one.kind):
            lines.append("")
        lines.append(_written(one))
        before = one
    return "\n".join(lines)


def read_wiki(text: str | None) -> Document:
    """Return what wiki markup says. What this does not know stays as it is written."""
    return tuple(_blocks(DROPPED.sub("", (text or "").replace("\r\n", "\n"))))


def _written(one: TextBlock) -> str:
    if one.kind is BlockKind.CODE:
        return f"{{noformat}}\n{one.text}\n{{noformat}}"
    words = "".join(map(_marked, one.spans))
    if one.kind is BlockKind.QUOTE:
        return f"{{quote}}\n{words}\n{{quote}}"
    if one.kind is BlockKind.TEXT:
        return words
    return f"{'*' if one.kind is BlockKind.BULLET else '#'} {words.replace(chr(10), ' ')}"


def _marked(span: Span) -> str:
    return "".join(_marked_line(replace(span, text=line)) for line in re.split(r"(\n)", span.text))


def _marked_line(span: Span) -> str:
    words = span.text.strip()
    if not words:
        return span.text
    safe = _escaped(words)
    if span.strike:
        safe = re.sub(r"(?<!\\)-", r"\\-", safe)  # a hyphen within would end it
    made = f"{{{{{safe}}}}}" if span.code else safe
    if span.link and not span.code:
        made = f"[{span.link}]" if words == span.link else f"[{made}|{span.link}]"
    if not span.code:
        for name, sign in SIGNS.items():
            made = f"{sign}{made}{sign}" if getattr(span, name) else made
    head, _, tail = span.text.partition(words)
    return f"{head}{made}{tail}"


def _escaped(text: str) -> str:
    return AT_START.sub(lambda _: "\\", SPECIAL.sub(lambda found: f"\\{found.group()}", text))


def _unescaped(text: str) -> str:
    return ESCAPED.sub(r"\1", text)


def _blocks(text: str) -> Iterator[TextBlock]:
    at = 0
    for found in FENCE.finditer(text):
        yield from _quotes(text[at : found.start()])
        yield from block(BlockKind.CODE, [Span(found.group(2))])
        at = found.end()
    yield from _quotes(text[at:])


def _quotes(text: str) -> Iterator[TextBlock]:
    at = 0
    for found in QUOTE.finditer(text):
        yield from _lines(text[at : found.start()])
        yield from block(BlockKind.QUOTE, _spans(found.group(1)))
        at = found.end()
    yield from _lines(text[at:])


def _lines(text: str) -> Iterator[TextBlock]:
    held: list[str] = []
    for line in [*text.split("\n"), ""]:
        special = _special(line)
        if special or not line.strip():
            yield from block(BlockKind.TEXT, _spans("\n".join(held)))
            held = []
        else:
            held.append(line)
        if special:
            yield from block(*special)


def _special(line: str) -> tuple[BlockKind, tuple[Span, ...]] | None:
    """Return what a line is that is a block of its own: an item, a heading, a quotation, or a row of a table."""
    if item := ITEM.match(line):
        kind = BlockKind.NUMBER if item.group(1).endswith("#") else BlockKind.BULLET
        return kind, _spans(line[item.end() :])
    if heading := HEADING.match(line):
        return BlockKind.TEXT, tuple(replace(span, bold=True) for span in _spans(line[heading.end() :]))
    if line.startswith("bq. "):
        return BlockKind.QUOTE, _spans(line[4:])
    if row := ROW.match(line):
        return BlockKind.TEXT, _spans(" | ".join(cell.strip() for cell in re.split(r"\|\|?", row.group(1))))
    return None


def _spans(text: str) -> tuple[Span, ...]:
    return joined(_inline(text, Span("")))


def _inline(text: str, look: Span) -> Iterator[Span]:
    found = INLINE.search(text)
    if found is None:
        yield replace(look, text=_unescaped(text))
        return
    yield replace(look, text=_unescaped(text[: found.start()]))
    name, inside = str(found.lastgroup), str(found.group(str(found.lastgroup)))
    if name in SIGNS:
        yield from _inline(inside, looking(look, name))
    elif name == "code":
        yield replace(look, text=_unescaped(inside), code=True)
    elif name == "link":
        yield replace(look, text=_unescaped(found.group("label") or inside), link=inside)
    else:
        yield replace(look, text=f"@{inside}" if name == "mention" else inside)
    yield from _inline(text[found.end() :], look)
