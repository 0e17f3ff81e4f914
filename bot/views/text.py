"""Text for Slack messages: escaped, so that a person's text can't ping, spoof a link or break a message.

Slack's rules: https://api.slack.com/reference/surfaces/formatting#escaping
"""

import json
import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from domain.address import is_channel, is_direct, is_group, is_outside, is_person
from domain.text import NAME_CLOSE, NAME_OPEN, clean, one_line, shorten

Block = dict[str, Any]
MAX_TEXT_CHARS, MAX_VALUE_CHARS = 3000, 2000  # of a text object, and of a button's value
MAX_MESSAGE_CHARS = 3900  # Slack refuses 4,000 in an update
MAX_BLOCKS, MAX_BLOCKS_JSON = 50, 12_900  # Slack refuses a message of about 13,000 characters of JSON
FOLDED_CHARS, FOLDED_LINES = 500, 5  # from which Slack may fold the text of a section in a message
NOTHING = "–"  # where a text is empty, which Slack refuses
CUT_NOTE = "… and more. The message is too long for Slack."
MENTION = re.compile(r"<@([UW][A-Z0-9]+)(?:\|([^<>]*))?>")
CONTROL = re.compile(r"<([^<>]*)>")


def escape(text: str) -> str:
    """Escape text for mrkdwn, so that it has no control sequences."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def from_event(text: str) -> str:
    """Return plain text from the text of a Slack event, which is escaped and has control sequences.

    Mentions of people stay as `<@U…>`, which only `rich` turns into mentions. Anything that could ping a channel or
    a group, or disguise a link, becomes plain text.
    """
    return clean(unescape(CONTROL.sub(_plain, text)))


def named(text: str) -> str:
    """Replace mentions by the names that Slack sends with them, so that no one is notified."""
    return MENTION.sub(lambda found: f"@{found.group(2) or 'someone'}", text)


def summary_of(text: str) -> str:
    """Return the first line of a text, without mentions, so that lists notify no one."""
    lines = [line for line in clean(text).split("\n") if line.strip()]
    return one_line(MENTION.sub("@someone", lines[0])) if lines else ""


def mention(named: str) -> str:
    """Mention a person or a user group by id, which notifies them; one without an account is only named."""
    if is_outside(named):
        return f"{NAME_OPEN}{named}{NAME_CLOSE}"
    return f"<!subteam^{named}>" if is_group(named) else f"<@{named}>"


def address(named: str) -> str:
    """A channel, a person or a user group by id, as Slack shows it; anything else as plain text."""
    if is_channel(named):
        return f"<#{named}>"
    return mention(named) if is_group(named) or is_person(named) or is_direct(named) else escape(named)


def quote(text: str, limit: int = 300) -> str:
    """Return a person's text as one safe line of mrkdwn, at most `limit` characters long when escaped."""
    words = one_line(MENTION.sub("@someone", text))
    # An escaped & is five characters, so a fifth always fits.
    cuts = (escape(shorten(words, limit // part)) for part in (1, 2, 3, 5))
    return next(cut for cut in cuts if len(cut) <= limit)


def rich(text: str, *, limit: int = 3000, style: str = "rich_text_section") -> Block:
    """Return a person's text as a rich text block, which Slack does not parse."""
    elements: list[Block] = []
    at = 0
    short = shorten(text, limit)
    for found in MENTION.finditer(short):
        elements += _words(short[at : found.start()])
        elements.append({"type": "user", "user_id": found.group(1)})
        at = found.end()
    elements += _words(short[at:])
    return {"type": "rich_text", "elements": [{"type": style, "elements": elements or _words("…")}]}


def file_link(permalink: str, name: str) -> str:
    """Return a mrkdwn link to a file; just its name if the address is not http."""
    label = quote(name, 60).replace("|", "/")
    return f"<{permalink}|{label}>" if permalink.startswith(("https://", "http://")) else label


def mrkdwn(text: str) -> Block:
    return {"type": "mrkdwn", "text": fitting(text, MAX_TEXT_CHARS)}


def fitting(text: str, limit: int) -> str:
    """Return mrkdwn that Slack takes: not empty, and cut before a mention, a link or a date that would be split."""
    if len(text) <= limit:
        return text if text.strip() else NOTHING
    cut = text[: limit - 1]
    begins, ends = cut.rfind("<"), cut.rfind(">")
    cut = cut[:begins] if begins > ends else cut
    entity = cut.rfind("&", max(0, len(cut) - len("&amp;")))
    cut = cut[:entity] if entity >= 0 and ";" not in cut[entity:] else cut
    return f"{cut.rstrip()}…"


def plain(text: str, limit: int = MAX_TEXT_CHARS) -> Block:
    return {"type": "plain_text", "text": shorten(text, limit) or NOTHING, "emoji": False}


def section(text: str, **more: Any) -> Block:
    """Return a section, of which nothing hides behind “See more”: what people wrote is shortened before."""
    is_long = len(text) > FOLDED_CHARS or text.count("\n") >= FOLDED_LINES
    return {"type": "section", "text": mrkdwn(text), **({"expand": True} if is_long else {}), **more}


def header(text: str) -> Block:
    """Return a heading of plain text, which screen readers can jump to; Slack takes 150 characters."""
    return {"type": "header", "text": plain(text, 150)}


def context(*texts: str) -> Block:
    return {"type": "context", "elements": [mrkdwn(t) for t in texts]}


def button(
    label: str, action: str, value: str = "", *, style: str | None = None, name: str = "",
    confirm: tuple[str, str, str] | None = None,
) -> Block:  # fmt: skip
    """Return a button. `name` is what a screen reader says; `confirm` asks first: (title, text, label of yes)."""
    made: Block = {"type": "button", "action_id": action, "text": plain(label, 75)}
    made |= {"value": value[:MAX_VALUE_CHARS]} if value else {}
    made |= {"accessibility_label": shorten(name, 75)} if name else {}
    if confirm:
        title, text, yes = confirm
        made["confirm"] = {"title": plain(title, 100), "text": plain(text, 300), "confirm": plain(yes, 30),
                           "deny": plain("Cancel", 30)}  # fmt: skip
    return made | ({"style": style} if style else {})


def actions(*elements: Block, block_id: str | None = None) -> Block:
    made: Block = {"type": "actions", "elements": list(elements)}
    return made | ({"block_id": block_id} if block_id else {})


def when(at: datetime) -> str:
    """Return a time that each reader sees in their own time zone."""
    fallback = at.strftime("%Y-%m-%d %H:%M UTC")
    return f"<!date^{int(at.timestamp())}^{{date_short_pretty}} {{time}}|{fallback}>"


def day(on: date, near: datetime | None = None) -> str:
    """A day such as `15 Dec`; with its year when that is not the year of `near`."""
    return f"{on.day} {on:%b}" if near is None or on.year == near.year else f"{on.day} {on:%b} {on.year}"


def message(text: str, blocks: list[Block] | None = None) -> dict[str, Any]:
    """Return a message; `text` (mrkdwn) is read by notifications and screen readers. What is too long is cut."""
    quiet = {"unfurl_links": False, "unfurl_media": False}
    return {"text": fitting(text, MAX_MESSAGE_CHARS), **quiet} | ({"blocks": fitted(blocks)} if blocks else {})


def answer(text: str, blocks: list[Block]) -> dict[str, Any]:
    """Return what only one person sees in answer to a command or a button."""
    return {name: value for name, value in message(text, blocks).items() if name in ("text", "blocks")}


def fitted(blocks: list[Block]) -> list[Block]:
    """Return the blocks that Slack takes in one message, with a note where some are left out; buttons stay."""
    sizes = [len(json.dumps(one, ensure_ascii=False)) + 2 for one in blocks]
    if len(blocks) <= MAX_BLOCKS and sum(sizes) <= MAX_BLOCKS_JSON:
        return blocks
    rows = [at for at, one in enumerate(blocks) if one["type"] == "actions"][-1:]
    budget, kept = MAX_BLOCKS_JSON - sum(sizes[at] for at in rows) - len(CUT_NOTE) - 100, list[int]()
    for at, size in enumerate(sizes):
        if at not in rows and size <= budget and len(kept) < MAX_BLOCKS - len(rows) - 1:
            kept.append(at)
            budget -= size
    shown = [blocks[at] for at in kept if not rows or at < rows[0]]
    last = [blocks[at] for at in kept if rows and at > rows[0]]
    return [*shown, context(CUT_NOTE), *(blocks[at] for at in rows), *last]


def _words(text: str) -> list[Block]:
    return [{"type": "text", "text": text}] if text else []


def unescape(text: str) -> str:
    """Return text that Slack has escaped as it was written."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _plain(found: re.Match[str]) -> str:
    inside = found.group(1)
    if MENTION.fullmatch(found.group(0)):
        return found.group(0)
    target, _, label = inside.partition("|")
    if target.startswith("!date"):
        return label
    if target[:1] in ("!", "#"):
        word = label or target.split("^")[0].lstrip("!#")
        return word if word[:1] in ("@", "#") else ("#" if target[0] == "#" else "@") + word
    address = target.removeprefix("mailto:")
    return address if label in ("", address, target) else f"{label} ({address})"


def duration(minutes: float | None) -> str:
    """Return minutes as text, such as `2 h 05 min`."""
    if minutes is None:
        return "–"
    whole = round(minutes)
    if whole < 60:
        return f"{whole} min" if whole else "< 1 min"
    return f"{whole // 60} h {whole % 60:02} min" if whole < 24 * 60 else f"{whole / 60:.0f} h"


def declined_scopes(missing: Mapping[str, str]) -> list[Block]:
    """Return what a place in Slack leaves out because of scopes that were declined at the install; one line each."""
    lines = [f"• Without `{scope}` {without}." for scope, without in missing.items()]
    return [context("\n".join(["Slack permissions that are not granted:", *lines]))] if lines else []
