"""What was said between a reporter and the team, and by which of them."""

from dataclasses import dataclass
from datetime import datetime

REPORTER, TEAM = "reporter", "team"


@dataclass(frozen=True, slots=True)
class Comment:
    """`side` is REPORTER or TEAM; `changed_at` is None of what stands as it was said."""

    person: str
    side: str
    words: str
    at: datetime
    changed_at: datetime | None = None
