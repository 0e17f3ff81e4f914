"""Plain text from people: cleaned of what could break or disguise a message, and cut where it must be."""

import re
import unicodedata
from fnmatch import fnmatchcase

# Two private-use characters that mark a link still to be filled in (see domain/delivery/message.py); never typed.
LINK_OPEN, LINK_CLOSE = "\ue000", "\ue001"
NAME_OPEN, NAME_CLOSE = "\ue002", "\ue003"  # mark a person whose name is filled in when a message is sent
FILLERS = frozenset("\u115f\u1160\u3164\uffa0\u2800")  # letters by their category, and nothing to see
# Control characters, lone surrogates, our own marks, and bidi overrides, which can make a line read differently from
# what it says; bidi marks (LRM, RLM) and isolates are harmless.
MARKDOWN_START = re.compile(r"^(\d*)([-+=.)])")  # of a list or a heading
HARMFUL = re.compile("[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\\ud800-\\udfff\\u202a-\\u202e\\ue000-\\ue003]")


def clean(text: str) -> str:
    """Text without control characters, bidi overrides and surrounding space; line breaks stay."""
    unified = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n")
    return HARMFUL.sub("", unified).strip()


def from_outside(text: str) -> str:
    """Return a clean text that was not written in Slack: nothing in it is a mention, which would notify a person."""
    return clean(text).replace("<@", "< @")


def one_line(text: str) -> str:
    """The same text on a single line, runs of space folded."""
    return " ".join(clean(text).split())


def lines_of(text: str) -> list[str]:
    """Return the lines that say something, each folded by `one_line`."""
    return [line for raw in text.split("\n") if (line := one_line(raw))]


def is_blank(text: str) -> bool:
    """Whether nothing of it can be seen: only space, invisible marks and joiners."""
    return all(unicodedata.category(c) in ("Cf", "Zs", "Zl", "Zp", "Cc") or c in FILLERS for c in text)


def shorten(text: str, limit: int) -> str:
    """Text of at most `limit` characters; a cut shows as an ellipsis and falls between words where it can."""
    if len(text) <= limit:
        return text
    head = text[: limit - 1]
    at_word = head.rsplit(" ", 1)[0]
    return (at_word if len(at_word) > limit // 2 else head).rstrip() + "…"


def split(text: str, size: int) -> list[str]:
    """Text in pieces of at most `size` characters, cut at line ends or spaces where there are any."""
    pieces = []
    while len(text) > size:
        cut = max(text.rfind("\n", size // 2, size), text.rfind(" ", size // 2, size))
        cut = cut if cut > 0 else size
        pieces.append(text[:cut])
        text = text[cut:].lstrip("\n ") if text[cut : cut + 1] in ("\n", " ") else text[cut:]
    return [*pieces, text] if text or not pieces else pieces


def fits_pattern(text: str, pattern: str) -> bool:
    """Whether a text is as a pattern of the settings says: `*` is any text, and everything else is itself."""
    return fnmatchcase(text, pattern.replace("[", "[[]").replace("?", "[?]"))


def escape_markdown(text: str) -> str:
    """One line of text as it is in Markdown: what Markdown would read is escaped, also where a line begins."""
    escaped = "".join(f"\\{letter}" if letter in "\\`*_[]<>#|~&" else letter for letter in text)
    return MARKDOWN_START.sub(r"\1\\\2", escaped)


def plural(count: int, one: str, many: str, *, none: str = "", **values: object) -> str:
    """A sentence about a number: `one` for exactly one, else `many`, with {count} and the other placeholders filled in.

    `none` is for zero, where "0 tickets" would read like a machine.

    Whole sentences, never pieces, so that each can be translated: plural(n, "1 ticket is open.",
    "{count} tickets are open.").
    """
    said = none if none and not count else one if count == 1 else many
    return said.format(count=f"{count:,}", **values)
