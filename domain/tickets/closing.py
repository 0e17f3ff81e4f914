"""Moves that end a ticket, and those that open it again: resolved, confirmed, withdrawn, merged, and back."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.errors import Refused
from domain.tickets.event import Event, EventKind
from domain.tickets.status import Status
from domain.tickets.ticket import Fix, Ticket
from domain.tickets.transitions import Transition, changed, check

NON_RECURRENCE = timedelta(days=14)  # for ten working days, what was fixed and happens again is the same ticket


@dataclass(frozen=True, slots=True, kw_only=True)
class Solution:
    """What was done: in plain words, how deep it goes, and the test that proved it.

    `untested` is why a lead lets it pass without one, where the phase asks for tests.
    """

    explanation: str
    workaround: str = ""
    fix: Fix | None = None
    test: str = ""
    untested: str = ""


def resolve(
    ticket: Ticket, done: Solution, *, by: str, at: datetime, proof: bool = False, lead: bool = False
) -> Transition:
    """Done, in the team's eyes; whomever it concerns is asked whether it helped. `proof`: only with a test."""
    check(ticket, Status.RESOLVED)
    if not done.explanation:
        raise Refused("Please say in plain words what was done.", field="explanation")
    if proof and not done.test and not (lead and done.untested):
        raise Refused(UNPROVEN if not done.untested else UNTESTED, field="test" if not done.untested else "untested")
    data = {"explanation": done.explanation, "workaround": done.workaround, "from": ticket.status,
            "fix": done.fix or "", "test": done.test, "untested": done.untested}  # fmt: skip
    return changed(
        ticket, EventKind.RESOLVED, by, at, data, status=Status.RESOLVED, note=done.explanation,
        workaround=done.workaround, fix=done.fix, test=done.test, unconfirmed=False, previous_status=None,
        owner=ticket.owner or by,
    )  # fmt: skip


UNPROVEN = "Please say which test proved it; this desk resolves nothing without one, unless a lead says why."
UNTESTED = "Only a lead can let it pass without a test. Please say which test proved it."


def verify(ticket: Ticket, *, by: str, at: datetime) -> Transition:
    """Somebody whom it concerns says that it works."""
    check(ticket, Status.VERIFIED)
    return changed(ticket, EventKind.VERIFIED, by, at, {}, status=Status.VERIFIED, unconfirmed=False)


def stay_unconfirmed(ticket: Ticket, *, by: str, at: datetime) -> Transition:
    """Nobody said whether it helped: it stays resolved, and is never taken for confirmed."""
    if ticket.status is not Status.RESOLVED or ticket.unconfirmed:
        raise Refused(f"{ticket.name} does not wait for anybody's word.")
    return changed(ticket, EventKind.UNCONFIRMED, by, at, {}, unconfirmed=True)


def reopen(ticket: Ticket, why: str, *, by: str, at: datetime, confirmed: datetime | None = None) -> Transition:
    """Not fixed, or back again: it returns to the one who had it. `confirmed` is when it was confirmed."""
    if ticket.status not in (Status.RESOLVED, Status.VERIFIED, Status.DEFERRED):
        raise Refused(f"{ticket.name} is {ticket.status}; only something that was closed can be reopened.")
    if ticket.status is Status.VERIFIED and not may_reopen(ticket, confirmed, at):
        raise Refused(f"{ticket.name} was confirmed long ago. Please report it again, so that it gets its own number.")
    if not why:
        raise Refused("Please say what still does not work.", field="why")
    data = {"why": why, "from": ticket.status}
    return changed(
        ticket,
        EventKind.REOPENED,
        by,
        at,
        data,
        status=Status.INVESTIGATING,
        note="",
        workaround="",
        fix=None,
        test="",
        unconfirmed=False,
        due=None,
        deferral=None,
    )


def may_reopen(ticket: Ticket, confirmed: datetime | None, at: datetime) -> bool:
    """Whether something that was resolved is still the same when it happens again; `confirmed` is when it was."""
    if ticket.status is Status.VERIFIED:
        return confirmed is None or at - confirmed <= NON_RECURRENCE
    return ticket.status is Status.RESOLVED


def withdraw(ticket: Ticket, *, by: str, at: datetime) -> Transition:
    check(ticket, Status.WITHDRAWN)
    data = {"from": ticket.status}
    return changed(ticket, EventKind.WITHDRAWN, by, at, data, status=Status.WITHDRAWN, note="", previous_status=None)


def merge(ticket: Ticket, into: Ticket, *, by: str, at: datetime) -> Transition:
    """It is the same as another one, and followed up there."""
    if ticket.id == into.id:
        raise Refused(f"{ticket.name} cannot be merged into itself.", field="primary")
    if ticket.phase_id != into.phase_id or ticket.private != into.private:
        raise Refused(f"{ticket.name} and {into.name} are not of one desk, so they stay apart.", field="primary")
    if into.status in (Status.MERGED, Status.WITHDRAWN):
        raise Refused(f"{into.name} is {into.status}; please name the one that is followed up.", field="primary")
    check(ticket, Status.MERGED)
    data = {
        "into": into.name,
        "from": ticket.status,
        "previous_status": ticket.previous_status or "",
        "note": ticket.note,
    }
    return changed(
        ticket,
        EventKind.MERGED,
        by,
        at,
        data,
        status=Status.MERGED,
        primary_id=into.id,
        previous_status=None,
        note=into.name,
    )


def unmerge(ticket: Ticket, merged: Event, *, by: str, at: datetime) -> Transition:
    """It was another thing after all, and stands where it stood. `merged` is what was logged then."""
    if ticket.status is not Status.MERGED:
        raise Refused(f"{ticket.name} is {ticket.status}; it was not merged into another one.")
    previous = Status(merged.data["previous_status"]) if merged.data["previous_status"] else None
    return changed(
        ticket, EventKind.UNMERGED, by, at, {"from": merged.data["into"], "to": merged.data["from"]},
        status=Status(merged.data["from"]), previous_status=previous, note=merged.data["note"], primary_id=None,
    )  # fmt: skip
