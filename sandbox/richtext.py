"""The text of a person's message and the rich_text block that Slack stores beside it, each made from the other."""

import re
from collections.abc import Callable, Iterator
from typing import Any

from sandbox.text import escape

Element = dict[str, Any]
FENCE = re.compile(r"```\n?(.*?)\n?```", re.DOTALL)
QUOTE = re.compile(r"&gt; ?(?!&gt;)(.*)")
BULLET = re.compile(r"( *)[•\-*] +(.+)")
NUMBER = re.compile(r"( *)\d+[.)] +(.+)")
INLINE = re.compile(
    r"<(?P<mark>[^<>\n]+)>"
    r"|`(?P<code>[^`\n]+)`"
    r"|(?<!\w)\*(?P<bold>[^\s*](?:[^*\n]*[^\s*])?)\*(?!\w)"
    r"|(?<!\w)_(?P<italic>[^\s_](?:[^_\n]*[^\s_])?)_(?!\w)"
    r"|(?<!\w)~(?P<strike>[^\s~](?:[^~\n]*[^\s~])?)~(?!\w)"
    r"|:(?P<emoji>[a-z][a-z0-9_+'-]*|\+1|-1)(?:::skin-tone-(?P<tone>[2-6]))?:"
)
STYLES = ("code", "bold", "italic", "strike")


def rich_text(text: str, block_id: str) -> Element:
    """Returns the block for a text that is escaped and has its mentions marked, as Slack stores it."""
    elements: list[Element] = []
    at = 0
    for found in FENCE.finditer(text):
        elements += _lines(text[at : found.start()].strip("\n"))
        elements.append({"type": "rich_text_preformatted", "elements": _text(found[1]), "border": 0})
        at = found.end()
    elements += _lines(text[at:].strip("\n") if at else text)
    return {"type": "rich_text", "block_id": block_id, "elements": elements}


def _lines(text: str) -> list[Element]:
    """Returns a section, quote or list for each run of lines of one kind."""
    groups: list[tuple[str, int, list[str]]] = []
    for line in text.split("\n") if text else []:
        kind, indent, words = _kind_of(line)
        if groups and groups[-1][:2] == (kind, indent):
            groups[-1][2].append(words)
        else:
            groups.append((kind, indent, [words]))
    return [made for kind, indent, lines in groups for made in _grouped(kind, indent, lines)]


def _kind_of(line: str) -> tuple[str, int, str]:
    if found := QUOTE.fullmatch(line):
        return "rich_text_quote", 0, found[1]
    if found := BULLET.fullmatch(line):
        return "bullet", min(len(found[1]) // 2, 8), found[2]
    if found := NUMBER.fullmatch(line):
        return "ordered", min(len(found[1]) // 2, 8), found[2]
    return "rich_text_section", 0, line


def _grouped(kind: str, indent: int, lines: list[str]) -> Iterator[Element]:
    if kind in ("bullet", "ordered"):
        items = [{"type": "rich_text_section", "elements": [*_leaves(line)]} for line in lines]
        yield {"type": "rich_text_list", "style": kind, "indent": indent, "border": 0, "elements": items}
    elif leaves := [*_leaves("\n".join(lines))]:
        yield {"type": kind, "elements": leaves}


def _leaves(text: str, style: dict[str, bool] | None = None) -> Iterator[Element]:
    at = 0
    styled = {"style": style} if style else {}
    for found in INLINE.finditer(text):
        yield from (one | styled for one in _text(text[at : found.start()]))
        yield from _leaf(found, style or {})
        at = found.end()
    yield from (one | styled for one in _text(text[at:]))


def _leaf(found: re.Match[str], style: dict[str, bool]) -> Iterator[Element]:
    if found["mark"]:
        yield _mark(found["mark"]) | ({"style": style} if style else {})
    elif found["emoji"]:
        tone = {"skin_tone": int(found["tone"])} if found["tone"] else {}
        yield {"type": "emoji", "name": found["emoji"]} | tone
    elif found["code"]:
        yield from (one | {"style": style | {"code": True}} for one in _text(found["code"]))
    else:
        name = next(name for name in STYLES if found[name])
        yield from _leaves(found[name], style | {name: True})


def _mark(mark: str) -> Element:
    target, _, label = mark.partition("|")
    shapes: dict[str, Callable[[], Element]] = {
        "@": lambda: {"type": "user", "user_id": target[1:]},
        "#": lambda: {"type": "channel", "channel_id": target[1:]},
        "!": lambda: _special(target[1:]),
    }
    if target[0] in shapes:
        return shapes[target[0]]()
    link = {"type": "link", "url": _plain(target)}
    return link | ({"text": _plain(label)} if label else {})


def _special(target: str) -> Element:
    kind, _, about = target.partition("^")
    if kind == "subteam":
        return {"type": "usergroup", "usergroup_id": about}
    return {"type": "broadcast", "range": kind}


def _text(escaped: str) -> list[Element]:
    return [{"type": "text", "text": _plain(escaped)}] if escaped else []


MARKS = {"code": "`", "bold": "*", "italic": "_", "strike": "~"}


def mrkdwn(block: Element, channel_name: Callable[[str], str]) -> str:
    """Returns the text that Slack stores beside a rich_text block, escaped and with its mentions marked."""
    return "\n".join(_part(one, channel_name) for one in block["elements"])


def _part(part: Element, channel_name: Callable[[str], str]) -> str:
    def words(elements: list[Element]) -> str:
        return "".join(_said(one, channel_name) for one in elements)

    match part["type"]:
        case "rich_text_list":
            items = [words(one["elements"]) for one in part["elements"]]
            first, space = part.get("offset", 0) + 1, "    " * part.get("indent", 0)
            marks = (
                [f"{n}." for n in range(first, first + len(items))]
                if part["style"] == "ordered"
                else ["•"] * len(items)
            )
            return "\n".join(f"{space}{mark} {item}" for mark, item in zip(marks, items, strict=True))
        case "rich_text_quote":
            return "\n".join(f"&gt; {line}" for line in words(part["elements"]).split("\n"))
        case "rich_text_preformatted":
            return f"```\n{words(part['elements'])}\n```"
    return words(part["elements"])


def _said(leaf: Element, channel_name: Callable[[str], str]) -> str:
    """One leaf in its marks; space at its edges stays outside of them, where they work."""
    words = _bare(leaf, channel_name)
    inner = words.strip()
    if not inner or "\n" in inner:
        return words
    left, right = words[: len(words) - len(words.lstrip())], words[len(words.rstrip()) :]
    for name, mark in MARKS.items():
        inner = f"{mark}{inner}{mark}" if leaf.get("style", {}).get(name) else inner
    return left + inner + right


def _bare(leaf: Element, channel_name: Callable[[str], str]) -> str:
    match leaf["type"]:
        case "user":
            return f"<@{leaf['user_id']}>"
        case "usergroup":
            return f"<!subteam^{leaf['usergroup_id']}>"
        case "channel":
            return f"<#{leaf['channel_id']}|{channel_name(leaf['channel_id'])}>"
        case "broadcast":
            return f"<!{leaf['range']}>"
        case "emoji":
            tone = f"::skin-tone-{leaf['skin_tone']}" if "skin_tone" in leaf else ""
            return f":{leaf['name']}{tone}:"
        case "link":
            return f"<{leaf['url']}|{escape(leaf['text'])}>" if leaf.get("text") else f"<{leaf['url']}>"
        case "date":
            return f"<!date^{leaf['timestamp']}^{leaf['format']}|{leaf.get('fallback', '')}>"
    return escape(str(leaf.get("text") or leaf.get("value") or ""))


def _plain(escaped: str) -> str:
    return escaped.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
