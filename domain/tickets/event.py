"""Events: the append-only log of a ticket, from which timelines and all figures are calculated."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class EventKind(StrEnum):
    """What can happen to a ticket. Each has its line in the timeline and its row in docs/glossary.md."""

    OPENED = "opened"
    ACKNOWLEDGED = "acknowledged"
    ASSIGNED = "assigned"
    STATUS = "status"
    SEVERITY = "severity"
    DETAILS = "details"
    SOURCE_EDITED = "source_edited"  # the message that was reported was edited
    SOURCE_DELETED = "source_deleted"
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
    MERGED_IN = "merged_in"  # of the primary, when another ticket was merged into it
    AFFECTED = "affected"  # another person is affected too
    PRIORITY_INPUTS = "priority_inputs"
    ESCALATED = "escalated"  # by hand, with a reason
    CLAIMED = "claimed"  # a responder took it during an escalation
    DECLINED = "declined"  # a person who was paged can't take it
    OWNER_SILENT = "owner_silent"  # the owner did nothing for too long, so it is unassigned again
    SLA_WARNING = "sla_warning"
    STATUS_TOLD = "status_told"  # the reporter was told how it stands, since the team had not written
    WORKS_FOR_ME = "works_for_me"  # an affected person says that it is fixed
    CANNOT_CHECK = "cannot_check"  # a person who was asked cannot tell whether it is fixed
    UNCONFIRMED = "unconfirmed"  # no one said whether it is fixed, and no one is asked any more
    RECURRED = "recurred"  # it was resolved, and happens again
    REMINDED = "reminded"  # a person was reminded of a pending reply
    UNANSWERED = "unanswered"  # all reminders went without a reply
    UPDATED = "updated"  # the team wrote to all followers
    PROMISED = "promised"  # a date was named
    PROMISE_MISSED = "promise_missed"
    PROMISE_ON_TRACK = "promise_on_track"
    ALERT_FIRED = "alert_fired"  # its alert fires again
    ALERT_RECOVERED = "alert_recovered"  # all its alerts are over
    ACTION_ADDED = "action_added"  # a person is to do something about it until a date
    ACTION_CHANGED = "action_changed"
    ACTION_DONE = "action_done"
    TESTED = "tested"  # how the test of an action went
    DECIDED = "decided"  # something about it was decided
    WAR_ROOM_OPENED = "war_room_opened"
    WAR_ROOM_ROLES = "war_room_roles"  # who does what in it was set
    WAR_ROOM_CLOSED = "war_room_closed"
    TIMELINE = "timeline"  # a message was put into the timeline of its war room, or taken out
    NOTED = "noted"  # what was said about it in a meeting was noted
    DISCUSSED = "discussed"  # it came up in a session with users
    JUDGED = "judged"  # it was said whether it is as agreed, and whose it is
    SCOPE = "scope"  # how its change is delivered was set
    AUTOMATED = "automated"  # a rule acted on it
    ADDED_TO_PROBLEM = "added_to_problem"
    CAUSE_FOUND = "cause_found"  # the root cause of its problem is gone
    WORKAROUND_UNTIL = "workaround_until"  # the day its workaround is to end was changed
    WORKAROUND_OVER = "workaround_over"  # people were told that they no longer need its workaround
    DEFERRAL_REVIEW = "deferral_review"  # the leads are asked about a ticket that is deferred without a date


# In the data of OPENED, when a ticket of another system was imported: this team is answerable from then on.
IMPORTED = "imported"
# Of the data of events: what figures are made of. It is kept when words and people are erased, and sealed for an exit.
FIGURE_DATA = frozenset({"severity", "intake", "from", "to", "reason", "due", "effort", "target", "share", "since",
                         "fix", "promise", IMPORTED})  # fmt: skip


def taken_over_at(opened: "Event") -> datetime:
    """Return since when this team is answerable for a ticket: when it was opened, or imported from another system."""
    return datetime.fromisoformat(opened.data[IMPORTED]) if IMPORTED in opened.data else opened.at


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Who did what, when and why; `data` holds plain strings and depends on the kind."""

    kind: EventKind
    actor: str
    at: datetime
    data: dict[str, str] = field(default_factory=dict)
