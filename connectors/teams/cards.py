"""Write a message as an Adaptive Card for a Workflows webhook of Microsoft Teams.

https://adaptivecards.microsoft.com and
https://learn.microsoft.com/en-us/microsoftteams/platform/webhooks-and-connectors/how-to/add-incoming-webhook
All words are runs of text, which Teams takes as they are. In its other texts a person's words could become a link.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from html import unescape
from typing import Any

from connectors.markup import BlockKind, Span, TextBlock, read_mrkdwn

Json = dict[str, Any]
VERSION = "1.5"
MAX_BYTES = 28 * 1024  # of a message, else Teams refuses it
CUT_NOTE = "There is more in Slack. The message is too long for Teams."
CONTROL = re.compile(r"<([@#!][^<>]*)>")
EMOJI = {":hourglass:": "⏳", ":heart:": "❤️", ":mag:": "🔍", ":warning:": "⚠️", ":white_check_mark:": "✅", ":x:": "❌",
         ":large_yellow_circle:": "🟡", ":white_circle:": "⚪"}  # fmt: skip


def written(message: Mapping[str, Any]) -> bytes:
    """Return the body of a POST with the card of a message; what is too long is cut at its end, with a note."""
    body = [*_elements(message.get("blocks") or ())]
    links = [one for one in (message.get("link"), message.get("chat")) if one]
    while len(made := _envelope(body, links)) > MAX_BYTES:
        if body and body[-1] == _note():
            body.pop()
        body = [*body[:-1], _note()]
    return made


def _envelope(body: Sequence[Json], links: Sequence[Mapping[str, str]]) -> bytes:
    card: Json = {"$schema": "http://adaptivecards.io/schemas/adaptive-card.json", "type": "AdaptiveCard",
                  "version": VERSION, "body": [*body], "msteams": {"width": "Full"}}  # fmt: skip
    actions = [{"type": "Action.OpenUrl", "title": one["label"], "url": one["url"]} for one in links
               if one["url"].startswith(("https://", "http://"))]  # fmt: skip
    card |= {"actions": actions} if actions else {}
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
    return json.dumps({"type": "message", "attachments": [attachment]}, ensure_ascii=False).encode()


def _note() -> Json:
    return _line([Span(CUT_NOTE)], isSubtle=True)


def _elements(blocks: Sequence[Mapping[str, Any]]) -> Iterator[Json]:
    for block in blocks:
        match block.get("type"):
            case "header":
                yield _line([Span(block["text"]["text"])], size="Large", weight="Bolder")
            case "section":
                yield from _paragraphs(block)
            case "context":
                yield from _text("\n".join(str(one.get("text") or "") for one in block["elements"]), isSubtle=True)
            case "data_table":
                yield from _table(block["caption"], [[str(one["text"]) for one in row] for row in block["rows"]])
            case "data_visualization":
                yield from _table(block["title"], _rows(block["chart"]))


def _paragraphs(block: Mapping[str, Any]) -> Iterator[Json]:
    for one in (block.get("text"), *(block.get("fields") or ())):
        yield from _text(str(one["text"])) if one else ()


def _text(mrkdwn: str, **look: Any) -> Iterator[Json]:
    """Return a line for each line of a text; the first stands apart from what is above it."""
    first = True
    for block in read_mrkdwn(_words(mrkdwn)):
        for line in _lines(block):
            yield _line(line, **look) | ({} if first else {"spacing": "Small"})
            first = False


def _words(mrkdwn: str) -> str:
    """Return mrkdwn with signs in place of the names of emoji, and names in place of what only Slack resolves."""
    for name, sign in EMOJI.items():
        mrkdwn = mrkdwn.replace(name, sign)
    return CONTROL.sub(lambda found: found[1].partition("|")[2] or "someone", mrkdwn)


def _lines(block: TextBlock) -> Iterator[list[Span]]:
    line = [Span("• ")] if block.kind in (BlockKind.BULLET, BlockKind.NUMBER) else []
    for span in block.spans:
        first, *others = span.text.split("\n")
        line.append(_with(span, first))
        for words in others:
            yield line
            line = [_with(span, words)]
    yield line


def _with(span: Span, words: str) -> Span:
    return Span(words, span.bold, span.italic, span.strike, span.code, span.link)


def _line(spans: Sequence[Span], **look: Any) -> Json:
    runs = [_run(span, look) for span in spans if span.text]
    return {"type": "RichTextBlock", "inlines": runs or [{"type": "TextRun", "text": " "}]}


def _run(span: Span, look: Mapping[str, Any]) -> Json:
    made: Json = {"type": "TextRun", "text": unescape(span.text), **look}
    made |= {"weight": "Bolder"} if span.bold else {}
    made |= {"italic": True} if span.italic else {}
    made |= {"strikethrough": True} if span.strike else {}
    made |= {"fontType": "Monospace"} if span.code else {}
    return made | ({"selectAction": {"type": "Action.OpenUrl", "url": unescape(span.link)}} if span.link else {})


def _rows(chart: Mapping[str, Any]) -> list[list[str]]:
    """Return the values of a chart as the rows of a table, since cards have no charts that everyone sees."""
    if "segments" in chart:
        return [["", "Open"], *([str(one["label"]), f"{one['value']:g}"] for one in chart["segments"])]
    series = chart["series"]
    head = ["", *(str(one["name"]) for one in series)]
    values = zip(*([f"{point['value']:g}" for point in one["data"]] for one in series), strict=True)
    return [head, *([label, *row] for label, row in zip(chart["axis_config"]["categories"], values, strict=True))]


def _table(caption: str, rows: Sequence[Sequence[str]]) -> Iterator[Json]:
    yield _line([Span(caption)], weight="Bolder")
    cells = [[{"type": "TableCell", "items": [_line([Span(cell or " ")])]} for cell in row] for row in rows]
    yield {"type": "Table", "firstRowAsHeader": True, "columns": [{"width": 1} for _ in rows[0]],
           "rows": [{"type": "TableRow", "cells": row} for row in cells]}  # fmt: skip
