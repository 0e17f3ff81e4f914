"""Notes of a session: each line is an item, whose kind follows from a prefix or from its words."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from domain.errors import Refused
from domain.text import lines_of, shorten
from domain.tickets.types import TicketType

MAX_ITEMS = 30  # in notes that are filed at once
ITEM_LIMIT = 1000  # characters


class ItemKind(StrEnum):
    REPORT = "report"
    IDEA = "idea"
    PRAISE = "praise"
    QUESTION = "question"
    SECURITY = "security"  # only by its prefix: its ticket is private

    @property
    def label(self) -> str:
        return {ItemKind.SECURITY: "Security, private"}.get(self, self.value.capitalize())

    @property
    def type(self) -> TicketType:
        """Return the type of a ticket that such an item becomes; a report is sorted later."""
        return {
            ItemKind.REPORT: TicketType.NONE,
            ItemKind.IDEA: TicketType.FEATURE_REQUEST,
            ItemKind.PRAISE: TicketType.PRAISE,
            ItemKind.QUESTION: TicketType.QUESTION,
            ItemKind.SECURITY: TicketType.SECURITY,
        }[self]


PREFIXES = {"report": ItemKind.REPORT, "r": ItemKind.REPORT, "idea": ItemKind.IDEA, "wish": ItemKind.IDEA,
            "i": ItemKind.IDEA, "praise": ItemKind.PRAISE, "p": ItemKind.PRAISE, "question": ItemKind.QUESTION,
            "q": ItemKind.QUESTION, "security": ItemKind.SECURITY, "s": ItemKind.SECURITY}  # fmt: skip
PREFIX = re.compile(r"[-*•]?\s*(?P<word>[^:]{1,80}?)\s*:\s+(?=\S)")
BULLET = re.compile(r"(?:[-*•]|\d{1,2}[.)])\s+")
WORDS = (
    (ItemKind.IDEA, re.compile(
        r"\b(?:would be (?:nice|good|great|helpful|easier)|would help|wish(?:es)?|would like|(?:we|i)'d like|"
        r"please add|(?:could|can) (?:we|you|it) (?:have|get|add|show)|should (?:be|have|show|offer)|suggests?|idea)\b",
        re.IGNORECASE)),
    (ItemKind.PRAISE, re.compile(
        r"\b(?:thanks?|thank you|love[sd]?|great|excellent|fantastic|wonderful|happy with|"
        r"much (?:better|faster|easier)|works (?:well|fine|great)|like[sd]? (?:the|that|how|it))\b", re.IGNORECASE)),
)  # fmt: skip
BUT = re.compile(r"\b(?:but|not|isn't|doesn't|don't|can't|never|fails?|error|broken|wrong|slow)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteLine:
    """One line of notes; `person` is the id of who said it, and `ticket` the name of a known one, or empty."""

    number: int
    kind: ItemKind
    text: str
    person: str = ""
    ticket: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionItem:
    """An item that was filed, with its ticket."""

    session_id: int
    kind: ItemKind
    text: str
    person: str
    ticket_id: int
    filed_by: str
    at: datetime


def read_notes(text: str, key: str, people: Mapping[str, str]) -> list[NoteLine]:
    """Return an item for each line that says something; `people` are ids by the names that may stand before a colon.

    `key` is that of the phase: a line with PAY-42 in it is about that ticket.
    """
    ticket = re.compile(rf"\b{re.escape(key)}[- ]?(\d{{1,9}})\b", re.IGNORECASE)
    names = {name.casefold(): id_ for name, id_ in people.items() if name}
    found = []
    for number, raw in enumerate(lines_of(text), 1):
        line = BULLET.sub("", raw, count=1) if BULLET.match(raw) else raw
        kind, person, line = _prefixes(line, names)
        known = ticket.search(line)
        if known:
            line = " ".join(ticket.sub("", line).split()).strip(" :,-") or line
        found.append(NoteLine(number=number, kind=kind or kind_of(line), text=shorten(line, ITEM_LIMIT), person=person,
                              ticket=f"{key}-{int(known[1])}" if known else ""))  # fmt: skip
    return found


def _prefixes(line: str, names: Mapping[str, str]) -> tuple[ItemKind | None, str, str]:
    """Return the kind and the person that stand before colons, in either order, and the rest of the line."""
    kind, person = None, ""
    while found := PREFIX.match(line):
        word = found["word"].casefold().removeprefix("@")
        if kind is None and word in PREFIXES:
            kind = PREFIXES[word]
        elif not person and word in names:
            person = names[word]
        else:
            break
        line = line[found.end() :]
    return kind, person, line


def kind_of(words: str) -> ItemKind:
    """Return the kind that a line without a prefix has by its words; a report if they don't say."""
    if words.rstrip().endswith("?"):
        return ItemKind.QUESTION
    for kind, pattern in WORDS:
        if pattern.search(words) and not (kind is ItemKind.PRAISE and BUT.search(words)):
            return kind
    return ItemKind.REPORT


def with_speaker(lines: Sequence[NoteLine], present: Sequence[str]) -> list[NoteLine]:
    """Return the lines with who said them: in a talk with one person, what names no one is theirs."""
    if len(present) != 1:
        return [*lines]
    return [one if one.person else replace(one, person=present[0]) for one in lines]


def check_notes(lines: Sequence[NoteLine], field: str) -> None:
    """Refuse notes that say nothing or too much."""
    if not lines:
        raise Refused("The notes are empty. Write one line for each thing that was said.", field=field)
    if len(lines) > MAX_ITEMS:
        raise Refused(f"These are {len(lines)} items. File at most {MAX_ITEMS} at once, then the rest.", field=field)
