"""What a message to the bot in Microsoft Teams asks for."""

import re
from dataclasses import dataclass
from enum import StrEnum

from domain.text import clean

MENTION = re.compile(r"<at\b[^<>]*>.*?</at>", re.IGNORECASE | re.DOTALL)
COMMAND = re.compile(r"^/?hypercare\b[\s:,]*", re.IGNORECASE)
REPORT = re.compile(r"^report\b[\s:,]*", re.IGNORECASE)
NAMED = re.compile(r"^(?:show\s+)?([a-z][a-z0-9]{1,9}-[0-9]{1,9})\b[\s:,]*", re.IGNORECASE)
HELP = frozenset({"help", "/help", "?"})


class Wish(StrEnum):
    HELP = "help"
    REPORT = "report"  # a new one, even while another is open
    TICKET = "ticket"  # show it, or write to it
    TALK = "talk"  # to the ticket that the chat was about, or else a report


@dataclass(frozen=True, slots=True)
class Asked:
    """A wish, the name of the ticket where one is named, and the other words."""

    wish: Wish
    text: str = ""
    ticket: str = ""


def read_words(text: str) -> Asked:
    """Return what a message asks for."""
    words = COMMAND.sub("", clean(MENTION.sub("", text)), count=1)
    if not words or words.casefold() in HELP:
        return Asked(Wish.HELP)
    if found := REPORT.match(words):
        return Asked(Wish.REPORT, words[found.end() :])
    if found := NAMED.match(words):
        return Asked(Wish.TICKET, words[found.end() :], found[1].upper())
    return Asked(Wish.TALK, words)
