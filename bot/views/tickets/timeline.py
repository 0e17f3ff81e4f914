"""The timeline of a ticket: each event as a line."""

from collections.abc import Callable, Mapping
from datetime import datetime

from bot.views.sla.targets import logged as sla_warning
from bot.views.text import quote, when
from domain.followup.pending_reply import PendingReply
from domain.followup.promises import PromiseKind
from domain.sla.clocks import SlaTarget
from domain.tickets.event import Event, EventKind
from domain.tickets.status import Status
from domain.tickets.ticket import Fix, Ticket

REMINDED_OF = {
    PendingReply.VERIFICATION: "confirmation that it's fixed",
    PendingReply.ANSWER: "an answer",
    PendingReply.PROMISE: "an answer on the promised date",
}


def entry(event: Event, ticket: Ticket) -> str:
    """One line of the timeline."""
    hidden = ticket.anonymous and event.actor == ticket.reporter
    who = ("The reporter" if hidden else f"<@{event.actor}>") if ticket.is_kept else "A person"
    return f"{when(event.at)} · {who} {_did(event)}"


def _did(event: Event) -> str:
    says = SAYS.get(event.kind)
    return says(event) if says else DID[event.kind]


def _owned(event: Event) -> str:
    to = event.data.get("owner")
    if to == event.actor:
        return "took it"
    return f"assigned it to <@{to}>" if to else "assigned it"


def _target(event: Event) -> str:
    target, share = SlaTarget(event.data.get("target", SlaTarget.RESOLVE)), float(event.data.get("share", 1.0))
    return sla_warning(target, share)


def _lapsed(event: Event) -> str:
    whom = f"<@{event.data['owner']}>" if event.data.get("owner") else "its owner"
    return (
        f"unassigned {whom}, whose account is deactivated" if event.data.get("gone") else f"got no answer from {whom}"
    )


def _merged(event: Event) -> str:
    return f"merged {event.data.get('ticket', 'it')} into {event.data.get('into', 'it')}"


def _promise(event: Event) -> str:
    kept = "promised" if event.kind is EventKind.PROMISED else "noted a missed promise:"
    return f"{kept} {PromiseKind(event.data['promise']).label} by {when(datetime.fromisoformat(event.data['due']))}"


def _resolved(event: Event) -> str:
    return "resolved it" + (f" ({Fix(event.data['fix']).label.lower()})" if event.data.get("fix") else "")


SAYS: Mapping[EventKind, Callable[[Event], str]] = {
    EventKind.STATUS: lambda event: f"set it to {Status(event.data['to']).label}",
    EventKind.ASSIGNED: _owned,
    EventKind.SEVERITY: lambda event: f"changed the severity from {event.data['from']} to {event.data['to']}",
    EventKind.REOPENED: lambda event: f"reopened it: {quote(event.data.get('why', ''), 120)}",
    EventKind.SLA_WARNING: _target,
    EventKind.ESCALATED: lambda event: f"escalated it: {quote(event.data.get('why', ''), 120)}",
    EventKind.OWNER_SILENT: _lapsed,
    EventKind.MERGED: _merged,
    EventKind.MERGED_IN: _merged,
    EventKind.RESOLVED: _resolved,
    EventKind.REMINDED: lambda event: (
        f"sent a reminder for {REMINDED_OF[PendingReply(event.data.get('of', PendingReply.VERIFICATION))]}"
    ),
    EventKind.PROMISED: _promise,
    EventKind.PROMISE_MISSED: _promise,
}
DID = {
    EventKind.OPENED: "reported it",
    EventKind.ACKNOWLEDGED: "acknowledged it",
    EventKind.DETAILS: "added details",
    EventKind.SOURCE_EDITED: "edited the reported message",
    EventKind.SOURCE_DELETED: "deleted the reported message",
    EventKind.WAITING: "asked the reporter",
    EventKind.ANSWERED: "answered",
    EventKind.REPLIED: "wrote to the reporter",
    EventKind.DEFERRED: "deferred it",
    EventKind.RETURNED: "resumed it on its date",
    EventKind.VERIFIED: "confirmed that it's fixed",
    EventKind.WITHDRAWN: "withdrew it",
    EventKind.UNMERGED: "unmerged it",
    EventKind.AFFECTED: "is affected too",
    EventKind.PRIORITY_INPUTS: "changed the inputs of its priority",
    EventKind.CLAIMED: "took it over",
    EventKind.DECLINED: "can't take it",
    EventKind.WORKS_FOR_ME: "says it's fixed for them",
    EventKind.CANNOT_CHECK: "can't check whether it's fixed",
    EventKind.UNCONFIRMED: "closed it without confirmation",
    EventKind.UNANSWERED: "noted that the reporter hasn't answered",
    EventKind.RECURRED: "says it happened again",
    EventKind.UPDATED: "wrote to all followers",
    EventKind.PROMISE_ON_TRACK: "confirmed the promised date",
    EventKind.DEFERRAL_REVIEW: "asked whether it stays deferred",
}
