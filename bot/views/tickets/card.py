"""The card: a ticket's message in the triage channel, where the team works on it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.views.gateways import knowledge
from bot.views.signals.alerts import on_card
from bot.views.sla.targets import DUE_ON_CARD, MISSED_ON_CARD
from bot.views.text import (
    Block,
    actions,
    button,
    context,
    duration,
    escape,
    header,
    message,
    plain,
    quote,
    rich,
    section,
    when,
)
from bot.views.tickets.posts import who
from bot.views.tickets.ticket import EXCERPT, attached, rank, reported_by, state
from bot.views.tickets.timeline import entry
from domain.followup.promises import Promise, PromiseKind
from domain.followup.waiting import WaitingTimes
from domain.gateways.knowledge import EndpointKnowledge
from domain.signals.summary import AlertSummary
from domain.sla.clocks import SlaClock
from domain.text import plural
from domain.ticket_log import SHOWN, by_people
from domain.tickets.event import Event
from domain.tickets.status import Status, WaitingOn
from domain.tickets.ticket import Ticket

PROMISES = {
    PromiseKind.FIX: "Fix by {due}",
    PromiseKind.UPDATE: "Update by {due}",
    PromiseKind.RESUME: "Work resumes by {due}",
}
WAITING = {
    WaitingOn.TEAM: "Waiting on the team since {since}",
    WaitingOn.REPORTER: "Waiting on the reporter since {since}",
}
MORE = (("status", "Change status"), ("severity", "Severity and priority"), ("assign", "Assign"),
        ("waiting", "Ask the reporter"), ("defer", "Defer"))  # fmt: skip


@dataclass(frozen=True, slots=True)
class CardContext:
    """What a card shows besides its ticket.

    `source` is the address of the reported message, `due` the SLA clock that is due next, `promised` are the open
    promises, `turn` says who is waited on, `alerts` are those of monitoring systems, and `gateway` is what the API
    gateway saw around the report.
    """

    source: str | None = None
    due: SlaClock | None = None
    promised: Sequence[Promise] = ()
    turn: WaitingTimes | None = None
    alerts: AlertSummary | None = None
    gateway: Sequence[EndpointKnowledge] = ()


def card(ticket: Ticket, events: Sequence[Event], around: CardContext) -> dict[str, Any]:
    """Return the card of a ticket; `around` is what it shows besides."""
    report = ticket.report
    affected = max(ticket.affected, report.people or 0)
    people = plural(affected, "1 person affected", "{count} people affected") if affected > 1 else ""
    is_work = report.type.is_work
    priority = f"Priority {ticket.priority:.0f}" if ticket.status.is_open and is_work else ""
    kind = report.type.label if report.type.is_sorted and is_work else ""
    facts = [kind, escape(report.category), escape(report.module), escape(report.process),
             f"<{around.source}|original message>" if around.source else "",
             priority, people]  # fmt: skip
    by = f"Reported by {reported_by(ticket)} {when(ticket.opened_at)}"
    blocks = [
        header(f"{rank(ticket)} · {ticket.name}"),
        section(f"*{quote(ticket.summary)}*"),
        context(" · ".join([by, *filter(None, facts)])),
        *([rich(report.happened, limit=EXCERPT, style="rich_text_quote")] if report.happened else []),
        *([section(f"*Business impact:* {quote(report.impact, 400)}")] if report.impact else []),
        *([section(on_card(around.alerts))] if around.alerts else []),
        *([section(knowledge.on_card(around.gateway))] if around.gateway else []),
        section(state(ticket) + _due(around.due)),
        *([section(f"*Promised:* {_promises(around.promised)}")] if around.promised else []),
        *attached(ticket),
        *([context(_turn(around.turn))] if around.turn and around.turn.now is not WaitingOn.NO_ONE else []),
        context("\n".join(entry(e, ticket) for e in by_people(events)[-SHOWN:])),
        actions(*_buttons(ticket)),
    ]
    return message(f"{ticket.name} · {rank(ticket)} · {quote(ticket.summary)} · {ticket.status.label}", blocks)


def _promises(open_promises: Sequence[Promise]) -> str:
    """Return the open promises on one line, each with its date and the person who made it."""
    return " · ".join(f"{promise_line(one.kind, one.due)} ({who(one.maker)})" for one in open_promises)


def promise_line(kind: PromiseKind, due: datetime) -> str:
    """Return what is promised and by when, for a row of a list."""
    return PROMISES[kind].format(due=when(due))


def _buttons(ticket: Ticket) -> list[Block]:
    value = str(ticket.id)
    everything = button("Show everything", "show", value)
    if ticket.status is Status.MERGED:
        return [button("Unmerge", "unmerge", value), everything]
    if not ticket.status.is_open or ticket.status is Status.DEFERRED:
        again = [button("Change date", "defer", value)] if ticket.status is Status.DEFERRED else []
        return [button("Reopen", "reopen", value), *again, button("Reply", "reply", value), everything]
    if not ticket.report.type.is_work:  # what was sorted wrongly gets another type under “Add details”
        return [button("Reply", "reply", value), everything]
    first = button("Acknowledge", "acknowledge", value, style="primary") if ticket.status is Status.RECEIVED else None
    options = [{"text": plain(label), "value": f"{name}:{value}"} for name, label in MORE]
    more = {"type": "overflow", "action_id": "more", "options": options}
    work = [button("Take", "take", value), button("Reply", "reply", value),
            button("Resolve", "resolve", value), everything, more]  # fmt: skip
    return [first, *work] if first else work


def _due(due: SlaClock | None) -> str:
    if due is None or due.due is None:
        return ""
    line = (MISSED_ON_CARD if due.missed else DUE_ON_CARD)[due.target].format(due=when(due.due))
    return f"\n{line}"


def _turn(turns: WaitingTimes) -> str:
    """Who has to act, and how the working time so far was shared."""
    text = WAITING[turns.now].format(since=when(turns.since))
    shared = {"team": turns.spent[WaitingOn.TEAM], "reporter": turns.spent[WaitingOn.REPORTER]}
    parts = [f"{name} {duration(spent.total_seconds() / 60)}" for name, spent in shared.items() if spent]
    return f"{text} · working time so far: {', '.join(parts)}" if len(parts) > 1 else text
