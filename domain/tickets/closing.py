"""Transitions that close a ticket and that reopen it: resolve, verify, withdraw, merge, reopen, unmerge."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.errors import Refused
from domain.tickets.event import Event, EventKind
from domain.tickets.status import Status
from domain.tickets.ticket import Fix, Ticket
from domain.tickets.transitions import Transition, changed, check

REOPENABLE = (Status.RESOLVED, Status.VERIFIED, Status.DEFERRED, Status.WITHDRAWN)
NON_RECURRENCE = timedelta(days=14)  # within ten working days, a problem that returns is the same ticket


@dataclass(frozen=True, slots=True, kw_only=True)
class Solution:
    """What was done, how deep the fix goes, and the test that proves it.

    `tested_by` is who proved it, and `untested` a lead's reason to resolve without a test where one is required.
    """

    explanation: str
    workaround: str = ""
    fix: Fix | None = None
    test: str = ""
    tested_by: str = ""
    untested: str = ""


def resolve(
    ticket: Ticket, done: Solution, *, by: str, at: datetime, proof: bool = False, lead: bool = False,
    unproven: Sequence[str] = (),
) -> Transition:  # fmt: skip
    """Resolve a ticket. `proof` requires a test, or the reason of a `lead`; so do actions that are `unproven`."""
    check(ticket, Status.RESOLVED)
    if not done.explanation:
        raise Refused("The explanation is empty. Say in plain words what was done.", field="explanation")
    waived = lead and bool(done.untested)
    if unproven and not waived:
        names = ", ".join(unproven)
        raise Refused(f"The test of {names} has not passed. Record it there, or ask a lead to resolve with a reason.")
    if proof and not done.test and not waived:
        raise Refused(UNPROVEN if not done.untested else UNTESTED, field="test" if not done.untested else "untested")
    data = {"explanation": done.explanation, "workaround": done.workaround, "from": ticket.status,
            "fix": done.fix or "", "test": done.test, "untested": done.untested,
            "tested_by": (done.tested_by or by) if done.test else ""}  # fmt: skip
    return changed(
        ticket, EventKind.RESOLVED, by, at, data, status=Status.RESOLVED, note=done.explanation,
        workaround=done.workaround, fix=done.fix, test=done.test, unconfirmed=False, previous_status=None,
        owner=ticket.owner or by,
    )  # fmt: skip


def recover(ticket: Ticket, explanation: str, *, by: str, at: datetime) -> Transition:
    """Resolve a ticket that no one has taken, because what was wrong is over by itself."""
    if ticket.status is not Status.RECEIVED or ticket.owner:
        raise Refused(f"{ticket.name} was taken, so only its team can resolve it.")
    data = {"explanation": explanation, "from": ticket.status}
    return changed(
        ticket, EventKind.RESOLVED, by, at, data, status=Status.RESOLVED, note=explanation, unconfirmed=False
    )  # fmt: skip


UNPROVEN = "This fix needs a test that passed. Name it, or ask a lead to resolve the ticket with a reason."
UNTESTED = "Only a lead can resolve without a test. Name the test that proves the fix."


def verify(ticket: Ticket, *, by: str, at: datetime) -> Transition:
    """Confirm a fix."""
    check(ticket, Status.VERIFIED)
    return changed(ticket, EventKind.VERIFIED, by, at, {}, status=Status.VERIFIED, unconfirmed=False)


def stay_unconfirmed(ticket: Ticket, *, by: str, at: datetime) -> Transition:
    """Close a resolved ticket without confirmation."""
    if ticket.status is not Status.RESOLVED or ticket.unconfirmed:
        raise Refused(f"{ticket.name} isn't waiting for confirmation, so there's nothing to close.")
    return changed(ticket, EventKind.UNCONFIRMED, by, at, {}, unconfirmed=True)


def reopen(ticket: Ticket, why: str, *, by: str, at: datetime, confirmed: datetime | None = None) -> Transition:
    """Reopen a ticket, which returns to its owner. `confirmed` is when it was confirmed."""
    check_reopen(ticket)
    if ticket.status is Status.VERIFIED and not may_reopen(ticket, confirmed, at):
        raise Refused(f"{ticket.name} was confirmed over two weeks ago. Report the problem again instead.")
    if not why:
        raise Refused("The reason is empty. Say what still doesn't work.", field="why")
    # A report that was withdrawn before anyone took it begins anew.
    to = Status.RECEIVED if ticket.status is Status.WITHDRAWN and not ticket.owner else Status.INVESTIGATING
    data = {"why": why, "from": ticket.status, "to": to}
    return changed(
        ticket,
        EventKind.REOPENED,
        by,
        at,
        data,
        status=to,
        note="",
        workaround="",
        fix=None,
        test="",
        unconfirmed=False,
        due=None,
        deferral=None,
    )


def check_reopen(ticket: Ticket) -> None:
    """Refuse to reopen a ticket that is open, or merged into another one."""
    if ticket.status not in REOPENABLE:
        if ticket.status is Status.MERGED:
            raise Refused(f"{ticket.name} was merged into another ticket. Reopen that one, or unmerge this one first.")
        raise Refused(f"{ticket.name} is still open, so there's nothing to reopen.")


def may_reopen(ticket: Ticket, confirmed: datetime | None, at: datetime) -> bool:
    """Whether a recurrence belongs to this ticket; `confirmed` is when its fix was confirmed."""
    if ticket.status is Status.VERIFIED:
        return confirmed is None or at - confirmed <= NON_RECURRENCE
    return ticket.status is Status.RESOLVED


def withdraw(ticket: Ticket, *, by: str, at: datetime, why: str = "") -> Transition:
    """Take a report back, or close it as a lead for the reason `why`; either can be reopened."""
    check(ticket, Status.WITHDRAWN)
    data = {"from": ticket.status, **({"why": why} if why else {})}
    return changed(ticket, EventKind.WITHDRAWN, by, at, data, status=Status.WITHDRAWN, note=why, previous_status=None)


def merge(ticket: Ticket, into: Ticket, *, by: str, at: datetime) -> Transition:
    """Merge a ticket into another one, which describes the same problem."""
    if ticket.id == into.id:
        raise Refused(f"{ticket.name} can't be merged into itself. Choose another ticket.", field="primary")
    if ticket.phase_id != into.phase_id or ticket.private != into.private:
        raise Refused(
            f"{ticket.name} and {into.name} can't be merged: one is private, or their phases differ.", field="primary"
        )
    if into.status in (Status.MERGED, Status.WITHDRAWN):
        raise Refused(
            f"{into.name} is {into.status.label}. Choose a ticket that is neither merged nor withdrawn.",
            field="primary",
        )
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
    """Undo a merge; `merged` is its event. The ticket gets its earlier status back."""
    if ticket.status is not Status.MERGED:
        raise Refused(f"{ticket.name} isn't merged into another ticket, so there's nothing to undo.")
    previous = Status(merged.data["previous_status"]) if merged.data["previous_status"] else None
    return changed(
        ticket, EventKind.UNMERGED, by, at, {"from": merged.data["into"], "to": merged.data["from"]},
        status=Status(merged.data["from"]), previous_status=previous, note=merged.data["note"], primary_id=None,
    )  # fmt: skip
