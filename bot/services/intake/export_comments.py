"""Comments in the exports of other systems, with their author and time where a system writes them.

Jira: one column each, `date;author;text`. ServiceNow: one text, with `date - author (Additional comments)` on a line
before each. Others: the text alone.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from domain.intake.dates import DateOrder, UnreadableDate, read_date
from domain.intake.settings import ImportBase

SERVICENOW_ENTRY = re.compile(
    r"^(\d[\d/.-]+ \d[\d:]+(?: ?[AP]M)?) - (.{1,100}?) \(([^()\n]{3,40})\)[ \t]*$", re.MULTILINE
)
INTERNAL = ("work notes", "arbeitsnotizen", "notes de travail", "notas de trabajo")


@dataclass(frozen=True, slots=True)
class ImportedComment:
    """What a person wrote in another system.

    `author` is "" and `at` None where the file doesn't say, and `person` is the author's Slack id, if it is known.
    """

    author: str
    text: str
    at: datetime | None
    person: str = ""
    by_reporter: bool = False


def read_comments(
    text: str, base: ImportBase | None, order: DateOrder | None, zone: str
) -> tuple[list[ImportedComment], int]:
    """Return the comments of one value, and how many internal notes it has, which are no comments."""
    if base is ImportBase.JIRA:
        return [_of_jira(text, order, zone)], 0
    if base is ImportBase.SERVICENOW and SERVICENOW_ENTRY.search(text):
        entries = list(_of_servicenow(text, order, zone))
        comments = [comment for comment, is_internal in entries if not is_internal]
        return [comment for comment in comments if comment.text], len(entries) - len(comments)
    return [ImportedComment("", text, None)], 0


def _of_jira(text: str, order: DateOrder | None, zone: str) -> ImportedComment:
    when, first, rest = text.partition(";")
    author, second, words = rest.partition(";")
    at = _moment(when, order, zone)
    if at is None or not (first and second):
        return ImportedComment("", text, None)
    return ImportedComment(author.strip(), words.strip(), at)


def _of_servicenow(text: str, order: DateOrder | None, zone: str) -> Iterator[tuple[ImportedComment, bool]]:
    heads = list(SERVICENOW_ENTRY.finditer(text))
    for head, following in zip(heads, [*heads[1:], None], strict=True):
        words = text[head.end() : following.start() if following else len(text)].strip()
        is_internal = head[3].strip().lower() in INTERNAL
        yield ImportedComment(head[2].strip(), words, _moment(head[1], order, zone)), is_internal


def _moment(text: str, order: DateOrder | None, zone: str) -> datetime | None:
    try:
        return read_date(text.strip(), order, zone)
    except UnreadableDate:
        return None
