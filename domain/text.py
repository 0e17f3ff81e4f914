"""Plain text from people: cleaned of what could break or disguise a message, and cut where it must be."""

import unicodedata

# Two private-use characters that mark a link still to be filled in (see domain/letter.py); nobody may type them.
LINK_OPEN, LINK_CLOSE = "\ue000", "\ue001"
# Bidi overrides can make a line read differently from what it says; marks (LRM, RLM) and isolates are harmless.
FILLERS = frozenset("\u115f\u1160\u3164\uffa0\u2800")  # letters by their category, and nothing to see
BIDI_OVERRIDES = frozenset("\u202a\u202b\u202c\u202d\u202e")


def clean(text: str) -> str:
    """Text without control characters, bidi overrides and surrounding space; line breaks stay."""
    unified = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n")
    kept = (c for c in unified if c in "\n\t" or _is_harmless(c))
    return "".join(kept).strip()


def one_line(text: str) -> str:
    """The same text on a single line, runs of space folded."""
    return " ".join(clean(text).split())


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


def _is_harmless(char: str) -> bool:
    if char in BIDI_OVERRIDES or char in (LINK_OPEN, LINK_CLOSE):
        return False
    return unicodedata.category(char) not in ("Cc", "Cs")
