"""What happened to a ticket: one entry of the append-only log that timelines and every figure are drawn from."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class EventKind(StrEnum):
    OPENED = "opened"
    ACKNOWLEDGED = "acknowledged"
    OWNED = "owned"
    STATUS = "status"
    SEVERITY = "severity"
    DETAILS = "details"
    WAITING = "waiting"
    ANSWERED = "answered"  # the reporter wrote
    REPLIED = "replied"  # the team wrote to the reporter
    DEFERRED = "deferred"
    RETURNED = "returned"  # the date it was deferred to has come
    RESOLVED = "resolved"
    VERIFIED = "verified"
    REOPENED = "reopened"
    WITHDRAWN = "withdrawn"
    MERGED = "merged"
    UNMERGED = "unmerged"
    TOOK_IN = "took in"  # the primary, when another was merged into it
    ME_TOO = "me too"
    INPUTS = "inputs"  # of its priority
    ESCALATED = "escalated"  # somebody asked for it, with a reason
    CLAIMED = "claimed"  # somebody said "mine" of one that climbs
    PASSED = "passed"  # somebody who was called said "not me"
    LAPSED = "lapsed"  # whoever had it was silent for too long
    TARGET = "target"  # so much of the time promised is gone
    HELPED = "helped"  # somebody whom it concerns too says that it works
    CANNOT_CHECK = "cannot check"  # a person who was asked cannot tell whether it is fixed
    UNCONFIRMED = "unconfirmed"  # nobody said whether it helped
    RECURRED = "recurred"  # it was resolved, and happens again
    REMINDED = "reminded"  # somebody who owes an answer was asked again
    UNANSWERED = "unanswered"  # they were asked again and again
    UPDATED = "updated"  # the team wrote to everybody whom it concerns
    PROMISED = "promised"  # a day was named
    BROKEN = "broken"  # it came, and what was promised did not
    KEEPING = "keeping"  # whoever promised says that it holds
    REVIEW = "review"  # what was put off without a date was held up to the leads again


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Who did what, when and why; `data` holds plain strings and depends on the kind."""

    kind: EventKind
    actor: str
    at: datetime
    data: dict[str, str] = field(default_factory=dict)
