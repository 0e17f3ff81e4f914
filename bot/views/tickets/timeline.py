"""The timeline of a ticket: each event as a line."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from bot.views.people.names import name_of
from bot.views.sla.targets import logged as sla_warning
from bot.views.text import quote, when
from domain.actions.action_item import Proof
from domain.followup.pending_reply import PendingReply
from domain.followup.promises import PromiseKind
from domain.sla.clocks import SlaTarget
from domain.text import plural
from domain.ticket_log import AUTOMATIC
from domain.tickets.event import Event, EventKind
from domain.tickets.status import Status
from domain.tickets.ticket import Fix, Intake, Judgement, Ticket

REMINDED = {
    PendingReply.VERIFICATION: "{who} sent a reminder to confirm that it's fixed",
    PendingReply.ANSWER: "{who} sent a reminder to answer",
    PendingReply.PROMISE: "{who} sent a reminder about the promised date",
}
PROMISED = {
    PromiseKind.FIX: "{who} promised a fix by {due}",
    PromiseKind.UPDATE: "{who} promised an update by {due}",
    PromiseKind.RESUME: "{who} promised to resume work by {due}",
}
PROMISE_MISSED = {
    PromiseKind.FIX: "{who} noted that the fix promised by {due} was missed",
    PromiseKind.UPDATE: "{who} noted that the update promised by {due} was missed",
    PromiseKind.RESUME: "{who} noted that work did not resume by {due} as promised",
}


def entry(event: Event, ticket: Ticket) -> str:
    """One line of the timeline."""
    hidden = ticket.anonymous and event.actor == ticket.reporter
    if ticket.intake is Intake.SIGNAL and event.kind is EventKind.OPENED:
        return f"{when(event.at)} · Monitoring reported it"
    who = ("The reporter" if hidden else name_of(event.actor)) if ticket.is_kept else "A person"
    return f"{when(event.at)} · {_sentence(event, who)}"


def folded_reminders(events: Sequence[Event]) -> str:
    """Return one line about the bot's reminders; empty without any."""
    found = [event for event in events if event.kind in AUTOMATIC]
    if not found:
        return ""
    return plural(len(found), "1 automatic reminder, {last}", "{count} automatic reminders, the last {last}",
                  last=when(found[-1].at))  # fmt: skip


def _sentence(event: Event, who: str) -> str:
    says = SAYS.get(event.kind)
    return says(event, who) if says else DID[event.kind].format(who=who)


def _owned(event: Event, who: str) -> str:
    to = event.data.get("owner")
    if to == event.actor:
        return f"{who} took it"
    if to and (why := event.data.get("why")):
        return f"{who} assigned it to <@{to}>: {quote(why, 120)}"
    return f"{who} assigned it to <@{to}>" if to else f"{who} assigned it"


def _target(event: Event, who: str) -> str:
    target, share = SlaTarget(event.data.get("target", SlaTarget.RESOLVE)), float(event.data.get("share", 1.0))
    return sla_warning(target, share).format(who=who)


def _lapsed(event: Event, who: str) -> str:
    owner = event.data.get("owner")
    if event.data.get("gone"):
        sentence = "{who} unassigned {owner}, whose account is deactivated" if owner else "{who} unassigned its owner"
    else:
        sentence = "{who} got no answer from {owner}" if owner else "{who} got no answer from its owner"
    return sentence.format(who=who, owner=f"<@{owner}>")


def _merged(event: Event, who: str) -> str:
    return f"{who} merged {event.data.get('ticket', 'it')} into {event.data.get('into', 'it')}"


def _promise(event: Event, who: str) -> str:
    sentences = PROMISED if event.kind is EventKind.PROMISED else PROMISE_MISSED
    due = when(datetime.fromisoformat(event.data["due"]))
    return sentences[PromiseKind(event.data["promise"])].format(who=who, due=due)


def _reminded(event: Event, who: str) -> str:
    return REMINDED[PendingReply(event.data.get("of", PendingReply.VERIFICATION))].format(who=who)


def _withdrawn(event: Event, who: str) -> str:
    why = event.data.get("why")
    return f"{who} closed it: {quote(why, 120)}" if why else f"{who} withdrew it"


def _tested(event: Event, who: str) -> str:
    return f"{who} recorded: {Proof(event.data['result']).label.lower()}"


def _resolved(event: Event, who: str) -> str:
    fix = event.data.get("fix")
    return f"{who} resolved it ({Fix(fix).label.lower()})" if fix else f"{who} resolved it"


SAYS: Mapping[EventKind, Callable[[Event, str], str]] = {
    EventKind.STATUS: lambda event, who: f"{who} set it to {Status(event.data['to']).label}",
    EventKind.ASSIGNED: _owned,
    EventKind.SEVERITY: lambda event, who: (
        f"{who} changed the severity from {event.data['from']} to {event.data['to']}"
    ),
    EventKind.REOPENED: lambda event, who: f"{who} reopened it: {quote(event.data.get('why', ''), 120)}",
    EventKind.SLA_WARNING: _target,
    EventKind.ESCALATED: lambda event, who: f"{who} escalated it: {quote(event.data.get('why', ''), 120)}",
    EventKind.OWNER_SILENT: _lapsed,
    EventKind.WITHDRAWN: _withdrawn,
    EventKind.MERGED: _merged,
    EventKind.MERGED_IN: _merged,
    EventKind.RESOLVED: _resolved,
    EventKind.TESTED: _tested,
    EventKind.JUDGED: lambda event, who: (
        f"{who} judged it: {Judgement(event.data['to']).label.lower()}, {quote(event.data.get('party', ''), 75)}"
    ),
    EventKind.SCOPE: lambda event, who: f"{who} chose how its change is delivered: {event.data['to']}",
    EventKind.AUTOMATED: lambda event, _: f"The rule {quote(event.data.get('rule', ''), 40)} acted on it",
    EventKind.REMINDED: _reminded,
    EventKind.PROMISED: _promise,
    EventKind.PROMISE_MISSED: _promise,
}
DID = {
    EventKind.OPENED: "{who} reported it",
    EventKind.ACKNOWLEDGED: "{who} acknowledged it",
    EventKind.DETAILS: "{who} added details",
    EventKind.SOURCE_EDITED: "{who} edited the reported message",
    EventKind.SOURCE_DELETED: "{who} deleted the reported message",
    EventKind.WAITING: "{who} asked the reporter",
    EventKind.ANSWERED: "{who} answered",
    EventKind.REPLIED: "{who} wrote to the reporter",
    EventKind.STATUS_TOLD: "{who} sent the reporter a status update",
    EventKind.DEFERRED: "{who} deferred it",
    EventKind.RETURNED: "{who} resumed it on its date",
    EventKind.VERIFIED: "{who} confirmed that it's fixed",
    EventKind.UNMERGED: "{who} unmerged it",
    EventKind.AFFECTED: "{who} is affected too",
    EventKind.PRIORITY_INPUTS: "{who} changed its impact, urgency or effort",
    EventKind.CLAIMED: "{who} took it over",
    EventKind.DECLINED: "{who} can't take it",
    EventKind.WORKS_FOR_ME: "{who} says it's fixed for them",
    EventKind.CANNOT_CHECK: "{who} can't check whether it's fixed",
    EventKind.UNCONFIRMED: "{who} closed it without confirmation",
    EventKind.UNANSWERED: "{who} noted that the reporter hasn't answered",
    EventKind.RECURRED: "{who} says it happened again",
    EventKind.UPDATED: "{who} wrote to all followers",
    EventKind.PROMISE_ON_TRACK: "{who} confirmed the promised date",
    EventKind.ALERT_FIRED: "{who} noted that its alert fires again",
    EventKind.ALERT_RECOVERED: "{who} noted that all its alerts are over",
    EventKind.ACTION_ADDED: "{who} added an action",
    EventKind.ACTION_CHANGED: "{who} changed an action",
    EventKind.ACTION_DONE: "{who} finished an action",
    EventKind.DECIDED: "{who} made a decision about it",
    EventKind.WAR_ROOM_OPENED: "{who} opened a war room",
    EventKind.WAR_ROOM_ROLES: "{who} set who does what in the war room",
    EventKind.WAR_ROOM_CLOSED: "{who} closed the war room",
    EventKind.TIMELINE: "{who} changed the timeline of the war room",
    EventKind.NOTED: "{who} noted what was said about it in a meeting",
    EventKind.DISCUSSED: "{who} noted that it came up in a session",
    EventKind.ADDED_TO_PROBLEM: "{who} added it to a problem",
    EventKind.CAUSE_FOUND: "{who} resolved the root cause of its problem",
    EventKind.WORKAROUND_UNTIL: "{who} changed the day its workaround ends",
    EventKind.WORKAROUND_OVER: "{who} said that its workaround is no longer needed",
    EventKind.DEFERRAL_REVIEW: "{who} asked whether it stays deferred",
}
