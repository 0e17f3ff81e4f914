"""What each status of a ticket means: one row a status, from which everything else about it is read."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from domain.tables import check_complete


class WaitingOn(StrEnum):
    """Who has to act next."""

    TEAM = "team"
    REPORTER = "reporter"
    NO_ONE = "no one"  # deferred, or closed


class Status(StrEnum):
    RECEIVED = "received"
    ACKNOWLEDGED = "acknowledged"
    INVESTIGATING = "investigating"
    FIXING = "fixing"
    WAITING = "waiting"
    DEFERRED = "deferred"
    RESOLVED = "resolved"
    VERIFIED = "verified"
    WITHDRAWN = "withdrawn"
    MERGED = "merged"

    @property
    def meaning(self) -> "StatusMeaning":
        return STATUSES[self]

    @property
    def is_open(self) -> bool:
        return STATUSES[self].is_open

    @property
    def label(self) -> str:
        return STATUSES[self].label

    @property
    def next(self) -> frozenset["Status"]:
        return frozenset(STATUSES[self].next)

    @property
    def waiting_on(self) -> WaitingOn:
        return STATUSES[self].waiting_on

    @property
    def sla_runs(self) -> bool:
        """Whether the SLA clocks run: while the team has to act."""
        return STATUSES[self].waiting_on is WaitingOn.TEAM


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusMeaning:
    """One row of the table.

    `label` is what cards, lists and the timeline show. `for_reporter` is the sentence that the reporter reads, with
    placeholders for the ticket and its owner; `for_reporter_unassigned` is read when there is no owner. `next` are the
    statuses that may follow; `chosen` means that a responder may pick it from the list of statuses, without a form of
    its own.
    """

    label: str
    for_reporter: str
    waiting_on: WaitingOn
    next: tuple[Status, ...]
    is_open: bool = True
    chosen: bool = False
    for_reporter_unassigned: str = ""


_ENDS = (Status.WITHDRAWN, Status.MERGED)
_SET_ASIDE = (Status.WAITING, Status.DEFERRED, Status.RESOLVED, *_ENDS)
STATUSES: Mapping[Status, StatusMeaning] = {
    Status.RECEIVED: StatusMeaning(
        label="received",
        for_reporter="{ticket} is received.",
        waiting_on=WaitingOn.TEAM,
        next=(Status.ACKNOWLEDGED, *_ENDS),
    ),
    Status.ACKNOWLEDGED: StatusMeaning(
        label="acknowledged",
        for_reporter="{owner} is looking into {ticket}.",
        for_reporter_unassigned="The team is looking into {ticket}.",
        waiting_on=WaitingOn.TEAM,
        next=(Status.INVESTIGATING, Status.FIXING, *_SET_ASIDE),
    ),
    Status.INVESTIGATING: StatusMeaning(
        label="under investigation",
        for_reporter="{ticket} is under investigation.",
        waiting_on=WaitingOn.TEAM,
        next=(Status.FIXING, *_SET_ASIDE),
        chosen=True,
    ),
    Status.FIXING: StatusMeaning(
        label="fix in progress",
        for_reporter="{ticket} is being fixed.",
        waiting_on=WaitingOn.TEAM,
        next=(Status.INVESTIGATING, *_SET_ASIDE),
        chosen=True,
    ),
    Status.WAITING: StatusMeaning(
        label="waiting on the reporter",
        for_reporter="{ticket} is waiting on your answer.",
        waiting_on=WaitingOn.REPORTER,
        next=(Status.ACKNOWLEDGED, Status.INVESTIGATING, Status.FIXING, Status.DEFERRED, Status.RESOLVED, *_ENDS),
    ),
    Status.DEFERRED: StatusMeaning(
        label="deferred",
        for_reporter="{ticket} is deferred.",
        waiting_on=WaitingOn.NO_ONE,
        next=(Status.INVESTIGATING, *_ENDS),
    ),
    Status.RESOLVED: StatusMeaning(
        label="resolved",
        for_reporter="{ticket} is resolved.",
        waiting_on=WaitingOn.REPORTER,
        next=(Status.VERIFIED, Status.INVESTIGATING),
        is_open=False,
    ),
    Status.VERIFIED: StatusMeaning(
        label="confirmed fixed",
        for_reporter="{ticket} is confirmed fixed.",
        waiting_on=WaitingOn.NO_ONE,
        next=(Status.INVESTIGATING,),
        is_open=False,
    ),
    Status.WITHDRAWN: StatusMeaning(
        label="withdrawn",
        for_reporter="{ticket} is withdrawn.",
        waiting_on=WaitingOn.NO_ONE,
        next=(Status.RECEIVED, Status.INVESTIGATING),
        is_open=False,
    ),
    Status.MERGED: StatusMeaning(
        label="merged",
        for_reporter="{ticket} is handled together with another ticket.",
        waiting_on=WaitingOn.NO_ONE,
        next=(),  # unmerging puts it back where it was
        is_open=False,
    ),
}
check_complete(Status, STATUSES)
OPEN_STATUSES = tuple(status for status, meaning in STATUSES.items() if meaning.is_open)
CLOSED_STATUSES = tuple(status for status, meaning in STATUSES.items() if not meaning.is_open)
CHOSEN_STATUSES = tuple(status for status, meaning in STATUSES.items() if meaning.chosen)
