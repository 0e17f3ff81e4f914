"""The status machine: every legal change of a ticket, and the words in which the others are refused."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from domain.errors import Refused
from domain.tickets.event import Event, EventKind
from domain.tickets.status import CHOSEN_STATUSES, Status
from domain.tickets.ticket import Deferral, Severity, Ticket

S = Status


@dataclass(frozen=True, slots=True)
class Transition:
    """A ticket as it will be, and the event that says why."""

    ticket: Ticket
    event: Event


def check(ticket: Ticket, to: Status) -> None:
    """Refuse a move that the table does not hold, saying what can be done instead."""
    if to in ticket.status.next:
        return
    if to is ticket.status:
        raise Refused(f"{ticket.name} is already {to}.")
    if to is S.RESOLVED and not ticket.status.is_open:
        raise Refused(f"{ticket.name} is {ticket.status}, so there is nothing left to resolve.")
    ways = " or ".join(sorted(ticket.status.next)) or "nothing else"
    raise Refused(f"{ticket.name} is {ticket.status}; from there it can become {ways}, not {to}.")


def acknowledge(ticket: Ticket, *, by: str, at: datetime) -> Transition:
    """Somebody looks at it. The first one becomes the owner, so that it is never nobody's."""
    if ticket.status is not S.RECEIVED:
        if ticket.owner and ticket.status.is_open:
            raise Refused(f"{ticket.name} is already acknowledged. {{owner}} is looking into it.", owner=ticket.owner)
        raise Refused(f"{ticket.name} is {ticket.status}; there is nothing to acknowledge.")
    return changed(ticket, EventKind.ACKNOWLEDGED, by, at, {}, status=S.ACKNOWLEDGED, owner=ticket.owner or by)


def claim(ticket: Ticket, *, by: str, at: datetime) -> Transition:
    """Somebody says that it is theirs, where it is looked at already."""
    return changed(ticket, EventKind.CLAIMED, by, at, {"owner": by}, owner=by)


def lapse(ticket: Ticket, *, by: str, at: datetime) -> Transition:
    """Whoever had it was silent for too long: it is as if nobody had looked at it."""
    data = {"owner": ticket.owner or "", "from": ticket.status}
    status = S.RECEIVED if ticket.status in (S.ACKNOWLEDGED, *CHOSEN_STATUSES) else ticket.status
    return changed(ticket, EventKind.OWNER_SILENT, by, at, data, status=status, owner=None)


def assign(ticket: Ticket, *, to: str, by: str, at: datetime, again: bool = False) -> Transition:
    """Give it an owner; `again` when they may be asked anew, since it climbs."""
    if not ticket.status.is_open:
        raise Refused(f"{ticket.name} is {ticket.status}; reopen it before somebody takes it.")
    if ticket.owner == to and not again:
        raise Refused(f"{ticket.name} is already assigned to {{owner}}.", owner=to)
    return changed(ticket, EventKind.ASSIGNED, by, at, {"owner": to, "from": ticket.owner or ""}, owner=to)


def work(ticket: Ticket, to: Status, *, by: str, at: datetime) -> Transition:
    """Investigating or fixing."""
    if not to.meaning.chosen:
        raise Refused(f"{to.capitalize()} is not set from this list; it has a form of its own.")
    check(ticket, to)
    data = {"from": ticket.status, "to": to}
    owner = ticket.owner or by
    return changed(ticket, EventKind.STATUS, by, at, data, status=to, owner=owner, previous_status=None, note="")


def wait(ticket: Ticket, question: str, *, by: str, at: datetime) -> Transition:
    """Ask the reporter; the ticket returns to where it was when they answer."""
    if not question:
        raise Refused("Please say what you need to know.", field="question")
    previous = ticket.previous_status if ticket.status is S.WAITING else ticket.status
    if ticket.status is not S.WAITING:  # asking a second question is fine
        check(ticket, S.WAITING)
    data = {"question": question, "from": ticket.status}
    return changed(ticket, EventKind.WAITING, by, at, data, status=S.WAITING, previous_status=previous, note=question)


def answer(ticket: Ticket, *, by: str, at: datetime) -> Transition:
    """The reporter wrote: whatever waited for them goes on."""
    if ticket.status is not S.WAITING:
        return changed(ticket, EventKind.ANSWERED, by, at, {})
    back = ticket.previous_status or S.ACKNOWLEDGED
    data = {"from": S.WAITING, "to": back}
    return changed(ticket, EventKind.ANSWERED, by, at, data, status=back, previous_status=None, note="")


def defer(
    ticket: Ticket, reason: Deferral, text: str, due: date | None, *, by: str, at: datetime, today: date
) -> Transition:
    """Put it off, with a reason, and a date or the words why there is none. `today` is the desk's own date."""
    if ticket.status is not S.DEFERRED:  # another day, or one at last, is fine
        check(ticket, S.DEFERRED)
    if due is None and not text:
        raise Refused("Please give a date, or say why there is none yet.", field="text")
    if due is not None and due <= today:
        raise Refused("Please give a day after today; on that day it comes back.", field="date")
    data = {"reason": reason, "text": text, "due": due.isoformat() if due else "", "from": ticket.status}
    return changed(
        ticket,
        EventKind.DEFERRED,
        by,
        at,
        data,
        status=S.DEFERRED,
        deferral=reason,
        note=text,
        due=due,
        previous_status=None,
    )


def return_deferred(ticket: Ticket, *, by: str, at: datetime) -> Transition:
    """Take a deferred ticket up again on its date."""
    check(ticket, S.INVESTIGATING)
    data = {"due": ticket.due.isoformat() if ticket.due else ""}
    return changed(
        ticket, EventKind.RETURNED, by, at, data, status=S.INVESTIGATING, note="", due=None, deferral=None
    )  # fmt: skip


def weigh(ticket: Ticket, inputs: Mapping[str, object], effort: str, *, by: str, at: datetime) -> Transition:
    """What its priority is made of, besides its severity."""
    report = replace(ticket.report, **inputs)  # type: ignore[arg-type]
    if report == ticket.report and effort == ticket.effort:
        raise Refused(f"That is how {ticket.name} is weighed already.")
    data = {**{k: str(v) for k, v in inputs.items()}, "effort": effort}
    return changed(ticket, EventKind.PRIORITY_INPUTS, by, at, data, report=report, effort=effort)


def set_severity(ticket: Ticket, to: Severity, why: str, *, by: str, at: datetime) -> Transition:
    if to is ticket.severity:
        raise Refused(f"{ticket.name} is {to} already.", field="severity")
    if not ticket.status.is_open:
        raise Refused(f"{ticket.name} is {ticket.status}; reopen it first.", field="severity")
    data = {"from": ticket.severity, "to": to, "why": why}
    return changed(ticket, EventKind.SEVERITY, by, at, data, report=replace(ticket.report, severity=to))


def changed(
    ticket: Ticket, kind: EventKind, by: str, at: datetime, data: Mapping[str, str], **values: object
) -> Transition:
    """It with these values, and what is logged of that."""
    after = replace(ticket, **values, changed_at=at)  # type: ignore[arg-type]
    return Transition(after, Event(kind=kind, actor=by, at=at, data={k: str(v) for k, v in data.items()}))
