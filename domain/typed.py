"""What people's devices make of what they type, brought back to what the keys say.

Phones and word processors turn quotes and dashes into typographic ones, put spaces that do not break between words,
and type full-width letters where an Asian keyboard is on. Commands, names and filters are read without all that;
what people write for others to read stays as it is.
"""

import re
import unicodedata

DOUBLE, SINGLE = "“”„‟«»〝〞〟″〃", "‘’‚‛‹›′`´"
DASHES = "‐‑‒–—―−﹘﹣－"
_KEYS = str.maketrans(dict.fromkeys(DOUBLE, '"') | dict.fromkeys(SINGLE, "'") | dict.fromkeys(DASHES, "-"))
_SPACES = re.compile(r"[^\S\n]")
# The end of a sentence; two dots are left, as they are a range that is open.
_END = re.compile(r"(?:[,;!?]|(?<!\.)\.(?!\.))+(?=\s*$)")
_MARK = re.compile(r"^\s*(?:»\s*|[>＞]\s?[>＞])|^\s*[/／]{2}|^\s*[!！](?=[a-z])", re.MULTILINE)
_SKIN_TONE = "::"
_TICKET = re.compile(r"(?<!\S)(?!(?:and|into|with)\b)([A-Za-z][A-Za-z0-9]{1,9}) ?[- ] ?#?([0-9]{1,9})(?!\S)")
_AROUND = " :'\"*_~()[]"


def visible(text: str) -> str:
    """The text without characters that cannot be seen, and with plain spaces."""
    return _SPACES.sub(" ", "".join(one for one in text if unicodedata.category(one) != "Cf"))


def plain(text: str) -> str:
    """The text as a plain keyboard types it: ASCII quotes and dashes, letters of usual width, nothing invisible."""
    usual = unicodedata.normalize("NFKC", text.translate(_KEYS).replace("…", " "))
    return visible(usual.translate(_KEYS)).strip()


def same(one: str, other: str) -> bool:
    """Whether two names are the same however they were typed."""
    return plain(one).casefold() == plain(other).casefold()


def instruction(text: str) -> str:
    """A whole instruction in plain characters, without what ends a sentence."""
    return _END.sub("", plain(text)).strip()


def ticket_names(text: str) -> str:
    """An instruction with the names of tickets in one word each: `pay 1` is `pay-1`."""
    return _TICKET.sub(r"\1-\2", instruction(text)).strip(_AROUND)


def marked(text: str) -> str:
    """A message whose lines begin with the marks `>>`, `//` and `!`, also where the device typed others for them."""
    return _MARK.sub(_mark, text)


def emoji(name: str) -> str:
    """The name of an emoji without its skin tone."""
    return name.partition(_SKIN_TONE)[0]


def _mark(found: re.Match[str]) -> str:
    first = unicodedata.normalize("NFKC", found.group().strip())[0]
    return {"/": "//", "!": "!"}.get(first, ">>")
