"""Read a message from Slack: everything it says, in the order in which a person reads it, and its files.

A message says things in `text`, `blocks` (https://docs.slack.dev/reference/block-kit/blocks), `attachments`
(https://docs.slack.dev/legacy/legacy-messaging/legacy-secondary-message-attachments; forwarded messages, pasted tables
and alerts of other apps) and `files`. `text` only repeats the blocks where there are any.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bot.views.inputs import file_references
from bot.views.text import from_event, unescape
from domain.text import clean
from domain.tickets.ticket import File

Payload = Mapping[str, Any]
MAX_DEPTH = 12  # levels of blocks in blocks; Slack's go to six
NAMED_CHANNEL = re.compile(r"<#(C[A-Z0-9]+)\|([^<>]+)>")
NAMED_GROUP = re.compile(r"<!subteam\^(S[A-Z0-9]+)\|@?([^<>]+)>")
# Keys of a block that hold what people read, in reading order. Menus, confirmations and placeholders are not shown.
READ = ("title", "subtitle", "label", "text", "fields", "caption", "description", "body", "subtext", "author_name",
        "provider_name", "details", "output", "rows", "chart", "segments", "series", "name", "data", "axis_config",
        "categories", "x_label", "y_label", "value", "elements", "element", "child_blocks", "tasks", "sources",
        "actions", "accessory", "hero_image", "alt_text", "positive_button", "negative_button", "hint")  # fmt: skip
LINKS = ("url", "title_url", "video_url")


@dataclass(frozen=True, slots=True)
class IncomingMessage:
    """What a message says as plain text, in which people are mentioned as `<@U…>`, and the files it carries."""

    text: str
    files: tuple[File, ...] = ()


def read_message(message: Payload) -> IncomingMessage:
    """Return what a message says; anything in it that is malformed is left out."""
    text = message.get("text")
    plain = from_event(text) if isinstance(text, str) else ""
    names = _names(text if isinstance(text, str) else "")
    parts = [_blocks(message.get("blocks"), names) or plain]
    attachments = [one for one in _dicts(message.get("attachments")) if not _is_preview(one)]
    parts += [_attachment(one, names) for one in attachments]
    files = [*_dicts(message.get("files")), *(file for one in attachments for file in _dicts(one.get("files")))]
    return IncomingMessage(clean("\n".join(filter(None, parts))), _references(files))


def is_from_app(message: Payload) -> bool:
    """Whether another app, a workflow or we ourselves wrote the message, and no person."""
    return bool(message.get("bot_id") or message.get("subtype") == "bot_message")


def without_words(message: Payload) -> dict[str, Any]:
    """Return a message as it is once it was deleted: where and whose it was, and nothing that it said."""
    return {name: value for name, value in message.items() if name not in ("text", "blocks", "attachments", "files")}


def without_first_mention(text: str) -> str:
    """Return `the till is down` of `<@UBOT> the till is down`."""
    stripped = text.strip()
    if stripped.startswith("<@") and ">" in stripped:
        return stripped.split(">", 1)[1].lstrip(" :,")
    return stripped


def is_tombstone(message: Payload) -> bool:
    """Whether it stands in place of a deleted message that has replies."""
    return message.get("subtype") == "tombstone"


def _references(files: list[Payload]) -> tuple[File, ...]:
    kept = {str(file.get("id")): file for file in files if file.get("mode") != "tombstone"}
    return file_references([*kept.values()])


def _is_preview(attachment: Payload) -> bool:
    """Whether Slack added it for a link in the text, so that it isn't what the person said."""
    return bool(attachment.get("from_url")) and not attachment.get("is_share")


def _attachment(one: Payload, names: Mapping[str, str], depth: int = 0) -> str:
    shared = [_blocks((part.get("message") or {}).get("blocks"), names) for part in _dicts(one.get("message_blocks"))
              if isinstance(part.get("message"), Mapping)]  # fmt: skip
    body = "\n".join(filter(None, shared)) or _blocks(one.get("blocks"), names) or _words(one.get("text"))
    author = _words(one.get("author_name"))
    if one.get("is_share"):
        author = f"Forwarded from {author}:" if author else "Forwarded:"
    named = ((_words(field.get("title")), _words(field.get("value"))) for field in _dicts(one.get("fields")))
    fields = [": ".join(filter(None, field)) for field in named]
    nested = [_attachment(inner, names, depth + 1) for inner in _dicts(one.get("attachments")) if depth < MAX_DEPTH]
    said = [_words(one.get("pretext")), author, _linked(_words(one.get("title")), one.get("title_link")), body, *fields,
            *nested, "" if one.get("is_share") else _words(one.get("footer"))]  # fmt: skip
    return "\n".join(filter(None, said)) or _words(one.get("fallback"))


def _blocks(blocks: Any, names: Mapping[str, str], depth: int = 0) -> str:
    return "\n".join(filter(None, (_block(one, names, depth) for one in _dicts(blocks))))


def _block(block: Payload, names: Mapping[str, str], depth: int) -> str:
    """Return the words of a block, an element or an object, of a kind that is known or not."""
    kind = block.get("type")
    if depth > MAX_DEPTH:
        return ""
    if kind == "rich_text":
        return "\n".join(filter(None, (_rich(one, names) for one in _dicts(block.get("elements")))))
    if kind == "mrkdwn":
        return _words(block.get("text"))
    if kind in ("table", "data_table"):
        return "\n".join(filter(None, (_words(block.get("caption")), *_rows(block, names, depth))))
    found = dict.fromkeys(filter(None, (_value(block, key, names, depth) for key in READ)))  # a title is often the alt
    words = "\n".join(found)
    for key in LINKS:
        words = _linked(words, block.get(key))
    return words


def _value(block: Payload, key: str, names: Mapping[str, str], depth: int) -> str:
    """Return the words behind a key: a text, a number, or a block inside."""
    value = block.get(key)
    match value:
        case str():
            return "" if key == "value" else clean(unescape(value))
        case bool():
            return ""
        case int() | float():
            return "" if "text" in block else str(value)
        case Mapping():
            return _block(value, names, depth + 1)
        case list():
            parts = (clean(unescape(one)) if isinstance(one, str) else _block(one, names, depth + 1)
                     for one in value if isinstance(one, str | Mapping))  # fmt: skip
            return "\n".join(filter(None, parts))
    return ""


def _rows(block: Payload, names: Mapping[str, str], depth: int) -> Iterator[str]:
    rows = block.get("rows")
    for row in rows if isinstance(rows, list) else ():
        cells = (" ".join(_block(cell, names, depth + 1).split()) for cell in _dicts(row))
        yield " | ".join(cells).strip()


def _rich(element: Payload, names: Mapping[str, str]) -> str:
    """Return a section, list, quote or preformatted text of rich text."""
    kind = element.get("type")
    if kind == "rich_text_list":
        return _list(element, names)
    words = "".join(_leaf(one, names) for one in _dicts(element.get("elements"))).removesuffix("\n")
    if kind == "rich_text_quote":
        return "\n".join(f">{'' if line.startswith('>') else ' '}{line}" for line in words.split("\n"))
    return words


def _list(element: Payload, names: Mapping[str, str]) -> str:
    indent, first = element.get("indent"), element.get("offset")
    before = "  " * min(indent if isinstance(indent, int) else 0, 8)
    start = (first if isinstance(first, int) else 0) + 1
    ordered = element.get("style") == "ordered"
    items = enumerate((_rich(one, names) for one in _dicts(element.get("elements"))), start)
    return "\n".join(f"{before}{f'{number}.' if ordered else '•'} {words}" for number, words in items)


def _leaf(leaf: Payload, names: Mapping[str, str]) -> str:
    read = LEAVES.get(str(leaf.get("type")))
    if read:
        return read(leaf, names)
    return _words(leaf.get("text")) or _words(leaf.get("fallback")) or _words(leaf.get("name"))


def _emoji(leaf: Payload, _names: Mapping[str, str]) -> str:
    tone = leaf.get("skin_tone")
    return f":{leaf.get('name')}:" + (f":skin-tone-{tone}:" if isinstance(tone, int) else "")


def _date(leaf: Payload, _names: Mapping[str, str]) -> str:
    """Return the words that people without the date's format read, or else the moment itself."""
    return _linked(str(leaf.get("fallback") or leaf.get("timestamp") or ""), leaf.get("url"))


LEAVES: Mapping[str, Callable[[Payload, Mapping[str, str]], str]] = {
    "text": lambda leaf, _names: str(leaf.get("text") or ""),
    "link": lambda leaf, _names: _linked(str(leaf.get("text") or ""), leaf.get("url")),
    "user": lambda leaf, _names: f"<@{leaf.get('user_id')}>",
    "usergroup": lambda leaf, names: f"@{_named(leaf.get('usergroup_id'), names)}",
    "channel": lambda leaf, names: f"#{_named(leaf.get('channel_id'), names)}",
    "team": lambda leaf, names: f"@{_named(leaf.get('team_id'), names)}",
    "broadcast": lambda leaf, _names: f"@{leaf.get('range')}",
    "emoji": _emoji,
    "color": lambda leaf, _names: str(leaf.get("value") or ""),
    "date": _date,
}


def _named(id_: Any, names: Mapping[str, str]) -> str:
    return names.get(str(id_), str(id_ or ""))


def _names(text: str) -> dict[str, str]:
    """Return the names of channels and groups by id, which only the text of a message tells."""
    return {found[1]: found[2] for pattern in (NAMED_CHANNEL, NAMED_GROUP) for found in pattern.finditer(text)}


def _linked(words: str, address: Any) -> str:
    """Return a label with the address behind it."""
    url = str(address or "").removeprefix("mailto:")
    if not url or url in words:
        return words
    return f"{words} ({url})" if words else url


def _words(value: Any) -> str:
    return from_event(value) if isinstance(value, str) else ""


def _dicts(value: Any) -> list[Payload]:
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list | tuple) else []
