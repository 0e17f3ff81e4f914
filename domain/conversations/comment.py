"""A comment of the reporter or the team on a ticket."""

from dataclasses import dataclass
from datetime import datetime

REPORTER, TEAM = "reporter", "team"
INSIDE = "inside"  # what the team writes among itself, which is not kept


@dataclass(frozen=True, slots=True)
class Comment:
    """`side` is REPORTER or TEAM; `changed_at` is None when it was not edited."""

    person: str
    side: str
    words: str
    at: datetime
    changed_at: datetime | None = None
