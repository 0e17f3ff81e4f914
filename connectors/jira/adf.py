"""Jira Cloud's Atlassian Document Format, to and from formatted text.

https://developer.atlassian.com/cloud/jira/platform/apis/document/structure/
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from connectors.markup import BlockKind, Document, Span, TextBlock, block, joined, looking

Node = Mapping[str, Any]
MARKS = {"strong": "bold", "em": "italic", "strike": "strike", "code": "code"}
# What has no equal in Slack, and what becomes of it. The text is never among it.
LOSSES = {
    "heading": "becomes bold text",
    "textColor": "has no colour", "backgroundColor": "has no colour", "underline": "is not underlined",
    "subsup": "is on the line", "panel": "becomes paragraphs", "expand": "is open", "nestedExpand": "is open",
    "table": "becomes a line for each row", "media": "becomes the name of the file",
    "mention": "becomes the name", "emoji": "becomes its short name", "date": "becomes a day in UTC",
    "status": "becomes its text", "inlineCard": "becomes its address", "taskItem": "becomes an item of a list",
    "rule": "is left out", "annotation": "is left out", "extension": "is left out",
    "listItem": "of a list within a list becomes an item of the outer list",
}  # fmt: skip


def write_adf(document: Document) -> dict[str, Any]:
    """Return an ADF document; an empty one has an empty paragraph, since Jira wants one."""
    content: list[dict[str, Any]] = []
    for one in document:
        made = _node(one)
        if content and made["type"] in ("bulletList", "orderedList") and content[-1]["type"] == made["type"]:
            content[-1]["content"] += made["content"]
        else:
            content.append(made)
    return {"version": 1, "type": "doc", "content": content or [{"type": "paragraph", "content": []}]}


def read_adf(node: Node | None) -> Document:
    """Return what an ADF document says. What this does not know is read for the text within."""
    return tuple(_blocks(node or {}, BlockKind.TEXT))


def _node(one: TextBlock) -> dict[str, Any]:
    if one.kind is BlockKind.CODE:
        return {"type": "codeBlock", "content": [{"type": "text", "text": one.text}]}
    paragraph = {"type": "paragraph", "content": [*_inline(one.spans)]}
    if one.kind is BlockKind.TEXT:
        return paragraph
    if one.kind is BlockKind.QUOTE:
        return {"type": "blockquote", "content": [paragraph]}
    name = "bulletList" if one.kind is BlockKind.BULLET else "orderedList"
    return {"type": name, "content": [{"type": "listItem", "content": [paragraph]}]}


def _inline(spans: Sequence[Span]) -> Iterator[dict[str, Any]]:
    for span in spans:
        for number, line in enumerate(span.text.split("\n")):
            if number:
                yield {"type": "hardBreak"}
            if line:
                marks = [*_marks(span)]
                yield {"type": "text", "text": line} | ({"marks": marks} if marks else {})


def _marks(span: Span) -> Iterator[dict[str, Any]]:
    """Return the marks; Jira allows code with a link, and with no other look."""
    if span.link:
        yield {"type": "link", "attrs": {"href": span.link}}
    for name, attribute in MARKS.items():
        if getattr(span, attribute) and (name == "code" or not span.code):
            yield {"type": name}


def _blocks(node: Node, kind: BlockKind) -> Iterator[TextBlock]:
    name, content = node.get("type"), node.get("content") or ()
    if name == "codeBlock":
        yield from block(BlockKind.CODE, [Span(str(child.get("text") or "")) for child in content])
    elif name in ("bulletList", "taskList", "decisionList"):
        yield from _items(content, BlockKind.BULLET)
    elif name == "orderedList":
        yield from _items(content, BlockKind.NUMBER)
    elif name == "heading":
        yield from block(kind, (replace(span, bold=True) for span in _spans(content)))
    elif name == "tableRow":
        cells = (" ".join(one.text for child in content_of(cell) for one in _blocks(child, kind)) for cell in content)
        yield from block(kind, [Span(" | ".join(cells))])
    elif any(child.get("type") in INLINE for child in content):
        yield from block(kind, _spans(content))
    else:
        inner = BlockKind.QUOTE if name == "blockquote" else kind
        for child in content:
            yield from block(kind, _spans([child])) if child.get("type") == "media" else _blocks(child, inner)


def _items(items: Sequence[Node], kind: BlockKind) -> Iterator[TextBlock]:
    for item in items:
        inside = content_of(item)
        if any(child.get("type") in INLINE for child in inside):
            yield from block(kind, _spans(inside))
        for child in inside:
            if child.get("type") not in INLINE:
                yield from _blocks(child, kind)


def content_of(node: Node) -> Sequence[Node]:
    found: Sequence[Node] = node.get("content") or ()
    return found


INLINE = frozenset({"text", "hardBreak", "mention", "emoji", "date", "status", "inlineCard", "mediaInline"})


def _spans(nodes: Sequence[Node]) -> Sequence[Span]:
    return joined(_span(node) for node in nodes)


def _span(node: Node) -> Span:
    given: Mapping[str, Any] = node.get("attrs") or {}
    match node.get("type"):
        case "text":
            return _look(str(node.get("text") or ""), node.get("marks") or ())
        case "hardBreak":
            return Span("\n")
        case "mention":
            name = str(given.get("text") or given.get("id") or "")
            return Span(name if name.startswith("@") else f"@{name}")
        case "emoji":
            return Span(str(given.get("shortName") or given.get("text") or ""))
        case "date":
            return Span(_day(given.get("timestamp")))
        case "inlineCard":
            return Span(str(given.get("url") or ""))
        case "status":
            return Span(str(given.get("text") or ""))
        case "media" | "mediaInline":
            return Span(str(given.get("alt") or given.get("id") or "file"))
        case _:
            return Span("".join(span.text for span in _spans(content_of(node))))


def _look(text: str, marks: Sequence[Node]) -> Span:
    made = Span(text)
    for mark in marks:
        if mark.get("type") == "link":
            made = replace(made, link=str((mark.get("attrs") or {}).get("href") or ""))
        elif name := MARKS.get(str(mark.get("type"))):
            made = looking(made, name)
    return made


def _day(timestamp: Any) -> str:
    """Return the day of a date node, which counts milliseconds since 1970."""
    text = str(timestamp or "")
    return f"{datetime.fromtimestamp(int(text) / 1000, UTC):%d %b %Y}" if text.isdecimal() else text
