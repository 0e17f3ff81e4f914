"""Say a message or a view with simpler blocks, for a workspace that refuses some of them: rich, plain, text.

Slack releases new kinds of blocks step by step, so a workspace may refuse what another one shows.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from bot.views.text import Block, escape, section
from domain.text import shorten, split

Content = dict[str, Any]
# Slack has known these for years, so one that is refused has a fault of its own.
BASIC = frozenset({"section", "context", "actions", "divider", "header", "image", "input"})
MAX_SECTION_CHARS = 3000
MAX_TEXT_CHARS = 3900  # Slack refuses more than 4,000 in an update
MAX_BLOCKS = {"modal": 100, "home": 100}
NO_BUTTONS = "The buttons of this message can't be shown here. `/hypercare help` lists what you can type instead."


def types_of(content: Content) -> frozenset[str]:
    """Return the types of the blocks of a message or a view."""
    return frozenset(str(one.get("type")) for one in content.get("blocks") or ())


def without(content: Content, refused: Collection[str]) -> Content:
    """Return the content with plain sections in place of the blocks of these types."""
    blocks = content.get("blocks")
    if not blocks or not types_of(content) & set(refused):
        return content
    plain = [part for one in blocks for part in (_sections(one) if one["type"] in refused else [one])]
    most = MAX_BLOCKS.get(str(content.get("type")), 50)
    return {**content, "blocks": plain[:most] or [section("–")]}


def as_text(content: Content) -> Content | None:
    """Return a message without blocks, or a view with one section; None for a form, whose inputs can't be text."""
    blocks = content.get("blocks") or []
    said = [line for one in blocks for line in lines_of(one)]
    if "type" in content:
        if "input" in types_of(content):
            return None
        return {**content, "blocks": [section(shorten("\n".join(said) or "–", MAX_SECTION_CHARS))]}
    text, parts = str(content.get("text") or ""), ["\n".join(lines_of(one)) for one in blocks]
    # The text sums up what the blocks say, and often in the same words.
    lines = parts if all(word in "\n".join(said) for word in text.split()) else [text, *parts]
    lines += [NO_BUTTONS] if any(_is_pressed(one) for one in blocks) else []
    rest = {name: value for name, value in content.items() if name != "blocks"}
    # An update without blocks keeps the old ones unless they are taken away.
    return {**rest, "text": shorten("\n\n".join(filter(None, lines)), MAX_TEXT_CHARS), "blocks": []}


def shorter(content: Content) -> Content:
    """Return the message with a text that Slack takes in posts and updates alike."""
    return {**content, "text": shorten(str(content.get("text") or ""), MAX_TEXT_CHARS)}


def lines_of(block: Block) -> list[str]:
    """Return what a block says as lines of mrkdwn; nothing for a line or a row of buttons."""
    known = READERS.get(str(block.get("type")))
    lines = known(block) if known else _all_texts(block)
    return [line for line in lines if line.strip()]


def _sections(block: Block) -> list[Block]:
    """Return open sections: Slack folds a long one, and numbers that were a chart are all read."""
    return [{**section(part), "expand": True} for part in split("\n".join(lines_of(block)), MAX_SECTION_CHARS) if part]


def _is_pressed(block: Block) -> bool:
    return block.get("type") == "actions" and any("url" not in one for one in block["elements"])


def _text(found: Any) -> str:
    """Return a text object as mrkdwn."""
    if not isinstance(found, Mapping):
        return ""
    text = str(found.get("text") or "")
    return text if found.get("type") == "mrkdwn" else escape(text)


def _texts(block: Block) -> list[str]:
    return [_text(block.get("text")), *map(_text, block.get("fields") or ())]


def _context(block: Block) -> list[str]:
    return [" ".join(_text(one) for one in block["elements"])]


def _links(block: Block) -> list[str]:
    return [f"<{one['url']}|{_text(one['text'])}>" for one in block["elements"] if one.get("url")]


def _rich(block: Block) -> list[str]:
    return [_pieces(part) for part in block["elements"]]


def _pieces(part: Block) -> str:
    inner = part.get("elements") or ()
    if part["type"] == "rich_text_list":
        return "\n".join(f"• {_pieces(one)}" for one in inner)
    said = "".join(map(_piece, inner))
    return f"> {said}".replace("\n", "\n> ") if part["type"] == "rich_text_quote" else said


def _piece(piece: Block) -> str:
    match piece["type"]:
        case "user":
            return f"<@{piece['user_id']}>"
        case "channel":
            return f"<#{piece['channel_id']}>"
        case "usergroup":
            return f"<!subteam^{piece['usergroup_id']}>"
        case "emoji":
            return f":{piece['name']}:"
        case "link":
            return f"<{piece['url']}>"
        case _:
            return escape(str(piece.get("text") or piece.get("fallback") or ""))


def _table(block: Block) -> list[str]:
    """Return a line for each row: the first cell, and the others with the name of their column."""
    head, *rows = [[_cell(cell) for cell in row] for row in block["rows"]]
    caption = escape(str(block.get("caption") or ""))
    return [f"*{caption}*" if caption else "", *(f"• {' · '.join(_row(head, row))}" for row in rows)]


def _row(head: list[str], row: list[str]) -> list[str]:
    several = len(head) > 2
    others = zip(head[1:], row[1:], strict=True)
    return [row[0], *(f"{name} {cell}" if several else cell for name, cell in others)]


def _cell(cell: Block) -> str:
    return " ".join(_rich(cell)) if cell["type"] == "rich_text" else escape(str(cell.get("text") or cell.get("value")))


def _chart(block: Block) -> list[str]:
    """Return a line for each category, with the values of all series."""
    chart, title = block["chart"], f"*{escape(block['title'])}*"
    if chart["type"] == "pie":
        return [title, ", ".join(f"{escape(one['label'])}: {one['value']}" for one in chart["segments"])]
    return [title, *(f"{escape(one)}: {', '.join(_values(chart, one))}" for one in chart["axis_config"]["categories"])]


def _values(chart: Block, category: str) -> Iterable[str]:
    for series in chart["series"]:
        yield from (f"{escape(series['name'])} {p['value']}" for p in series["data"] if p["label"] == category)


def _all_texts(found: Any) -> list[str]:
    """Return every text in a block of a kind that isn't known here."""
    if isinstance(found, Mapping):
        own = [_text(found)] if isinstance(found.get("text"), str) else []
        return own + [line for value in found.values() for line in _all_texts(value)]
    return [line for one in found for line in _all_texts(one)] if isinstance(found, list) else []


READERS: dict[str, Callable[[Block], list[str]]] = {
    "section": _texts,
    "header": _texts,
    "context": _context,
    "actions": _links,
    "divider": lambda _block: [],
    "image": lambda block: [escape(block["alt_text"])],
    "input": lambda block: [_text(block["label"])],
    "markdown": lambda block: [escape(block["text"])],
    "rich_text": _rich,
    "data_table": _table,
    "table": _table,
    "data_visualization": _chart,
}
