"""Transitions of open tickets: every allowed change, and why others are refused."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from domain.errors import Refused
from domain.tickets.event import Event, EventKind
from domain.tickets.status import CHOSEN_STATUSES, Status
from domain.tickets.ticket import ChangeScope, Deferral, Judgement, Severity, Ticket

S = Status


@dataclass(frozen=True, slots=True)
class Transition:
    """The changed ticket and the event of the change."""

    ticket: Ticket
    event: Event


def check(ticket: Ticket, to: Status) -> None:
    """Refuse a change of status that STATUSES does not allow, with those that it does."""
    if to in ticket.status.next:
        return
    if to is ticket.status:
        raise Refused(f"{ticket.name} is already {to}.")
    if to is S.RESOLVED and not ticket.status.is_open:
        raise Refused(f"{ticket.name} is {ticket.status.label}, so there's nothing left to resolve.")
    ways = " or ".join(sorted(ticket.status.next)) or "nothing else"
    raise Refused(f"{ticket.name} is {ticket.status}, so it can't become {to}. It can become {ways}.")


def acknowledge(ticket: Ticket, *, by: str, at: datetime) -> Transition:
    """Acknowledge a ticket; the person becomes its owner if it is unassigned."""
    if ticket.status is not S.RECEIVED:
        if ticket.owner and ticket.status.is_open:
            raise Refused(f"{ticket.name} is already acknowledged. {{owner}} is looking into it.", owner=ticket.owner)
        raise Refused(f"{ticket.name} is {ticket.status}, so there's nothing to acknowledge.")
    return changed(ticket, EventKind.ACKNOWLEDGED, by, at, {}, status=S.ACKNOWLEDGED, owner=ticket.owner or by)


def claim(ticket: Ticket, *, by: str, at: datetime) -> Transition:
    """Take over a ticket during an escalation."""
    return changed(ticket, EventKind.CLAIMED, by, at, {"owner": by}, owner=by)


def lapse(ticket: Ticket, *, by: str, at: datetime, gone: bool = False) -> Transition:
    """Unassign a ticket whose owner was silent for too long or is `gone`; work on it counts as not started."""
    data = {"owner": ticket.owner or "", "from": ticket.status} | ({"gone": "yes"} if gone else {})
    status = S.RECEIVED if ticket.status in (S.ACKNOWLEDGED, *CHOSEN_STATUSES) else ticket.status
    return changed(ticket, EventKind.OWNER_SILENT, by, at, data, status=status, owner=None)


def assign(ticket: Ticket, *, to: str, by: str, at: datetime, again: bool = False, why: str = "") -> Transition:
    """Assign a ticket; `again` allows the same owner once more, during an escalation."""
    if not ticket.status.is_open:
        raise Refused(f"{ticket.name} is {ticket.status}, so it can't be assigned. Reopen it first.")
    if ticket.owner == to and not again:
        raise Refused(f"{ticket.name} is already assigned to {{owner}}.", owner=to)
    data = {"owner": to, "from": ticket.owner or "", **({"why": why} if why else {})}
    return changed(ticket, EventKind.ASSIGNED, by, at, data, owner=to)


def work(ticket: Ticket, to: Status, *, by: str, at: datetime) -> Transition:
    """Set a status that is chosen from the list, such as investigating or fixing."""
    if not to.meaning.chosen:
        raise Refused(f"“{to.label.capitalize()}” can't be set here. Use its own button or command.")
    check(ticket, to)
    data = {"from": ticket.status, "to": to}
    owner = ticket.owner or by
    return changed(ticket, EventKind.STATUS, by, at, data, status=to, owner=owner, previous_status=None, note="")


def wait(ticket: Ticket, question: str, *, by: str, at: datetime) -> Transition:
    """Ask the reporter; the ticket returns to where it was when they answer."""
    if not question:
        raise Refused("The question is empty. Write what you need to know.", field="question")
    previous = ticket.previous_status if ticket.status is S.WAITING else ticket.status
    if ticket.status is not S.WAITING:  # asking a second question is fine
        check(ticket, S.WAITING)
    data = {"question": question, "from": ticket.status}
    return changed(ticket, EventKind.WAITING, by, at, data, status=S.WAITING, previous_status=previous, note=question)


def answer(ticket: Ticket, *, by: str, at: datetime) -> Transition:
    """Record the reporter's answer; a ticket that waited on it gets its earlier status back."""
    if ticket.status is not S.WAITING:
        return changed(ticket, EventKind.ANSWERED, by, at, {})
    back = ticket.previous_status or S.ACKNOWLEDGED
    data = {"from": S.WAITING, "to": back}
    return changed(ticket, EventKind.ANSWERED, by, at, data, status=back, previous_status=None, note="")


def defer(
    ticket: Ticket, reason: Deferral, text: str, due: date | None, *, by: str, at: datetime, today: date
) -> Transition:
    """Defer a ticket, until a date or with words why there is none. `today` is the date in the phase's time zone."""
    if ticket.status is not S.DEFERRED:  # a deferral may get another date
        check(ticket, S.DEFERRED)
    if due is None and not text:
        raise Refused("The date is missing. Choose one, or say why you don't know it yet.", field="text")
    if due is not None and due <= today:
        raise Refused("This date isn't after today. Choose the day on which the ticket returns.", field="date")
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
    """Set the inputs of the priority, other than the severity."""
    report = replace(ticket.report, **inputs)  # type: ignore[arg-type]
    if report == ticket.report and effort == ticket.effort:
        raise Refused(f"{ticket.name} already has these values, so nothing changed.")
    data = {**{k: str(v) for k, v in inputs.items()}, "effort": effort}
    return changed(ticket, EventKind.PRIORITY_INPUTS, by, at, data, report=report, effort=effort)


def judge(ticket: Ticket, to: Judgement, party: str, *, by: str, at: datetime, lead: bool) -> Transition:
    """Say what an accepted ticket is and whose; only a `lead` changes what was said."""
    if ticket.status is S.RECEIVED:
        raise Refused(f"{ticket.name} is {ticket.status.label}, so it can't be judged yet. Acknowledge it first.")
    if ticket.status in (S.MERGED, S.WITHDRAWN):
        raise Refused(f"{ticket.name} is {ticket.status.label}, so it can't be judged.")
    if (to, party) == (ticket.judgement, ticket.party):
        raise Refused(f"{ticket.name} is already judged that way.")
    if ticket.judgement and not lead:
        raise Refused(f"{ticket.name} was judged already. Only a lead can change that.")
    data = {"from": ticket.judgement or "", "to": to, "party": party}
    return changed(ticket, EventKind.JUDGED, by, at, data, judgement=to, party=party)


def set_scope(ticket: Ticket, to: ChangeScope, *, by: str, at: datetime) -> Transition:
    """Set how the change of an accepted ticket is delivered."""
    if ticket.status is S.RECEIVED:
        raise Refused(f"{ticket.name} is {ticket.status.label}, so it can't be planned yet. Acknowledge it first.")
    if ticket.status in (S.MERGED, S.WITHDRAWN):
        raise Refused(f"{ticket.name} is {ticket.status.label}, so it can't be planned.")
    if to is ticket.scope:
        raise Refused(f"{ticket.name} is already planned as a {to}.")
    return changed(ticket, EventKind.SCOPE, by, at, {"from": ticket.scope or "", "to": to}, scope=to)


def set_severity(ticket: Ticket, to: Severity, why: str, *, by: str, at: datetime) -> Transition:
    if to is ticket.severity:
        raise Refused(f"{ticket.name} already has the severity {to}.", field="severity")
    if not ticket.status.is_open:
        raise Refused(
            f"{ticket.name} is {ticket.status}, so its severity can't change. Reopen it first.", field="severity"
        )
    data = {"from": ticket.severity, "to": to, "why": why}
    return changed(ticket, EventKind.SEVERITY, by, at, data, report=replace(ticket.report, severity=to))


def set_module(ticket: Ticket, to: str, *, by: str, at: datetime) -> Transition:
    return changed(ticket, EventKind.DETAILS, by, at, {"fields": "module"}, report=replace(ticket.report, module=to))


def changed(
    ticket: Ticket, kind: EventKind, by: str, at: datetime, data: Mapping[str, str], **values: object
) -> Transition:
    """Return the ticket with these values, and the event of the change."""
    after = replace(ticket, **values, changed_at=at)  # type: ignore[arg-type]
    return Transition(after, Event(kind=kind, actor=by, at=at, data={k: str(v) for k, v in data.items()}))
