"""A ticket as people see it: the card in the desk channel, the whole of it in a modal, and as a line in a list."""

from collections.abc import Sequence
from typing import Any

from bot.views.promises import SHARES
from bot.views.text import (
    Block,
    actions,
    button,
    context,
    escape,
    file_link,
    message,
    plain,
    quote,
    rich,
    section,
    when,
)
from domain.event import Event, EventKind
from domain.levels import Clock, Goal
from domain.text import shorten
from domain.ticket import Report, Status, Ticket
from domain.types import asks

EXCERPT = 600  # characters of the description on the card; the whole is one button away
TIMELINE = 6  # entries on the card
LIST = 20  # tickets in one list

READS = {
    Status.RECEIVED: "received",
    Status.ACKNOWLEDGED: "acknowledged",
    Status.INVESTIGATING: "under investigation",
    Status.FIXING: "fix in progress",
    Status.WAITING: "waiting for the reporter",
    Status.DEFERRED: "deferred",
    Status.RESOLVED: "resolved",
    Status.VERIFIED: "confirmed by the reporter",
    Status.WITHDRAWN: "withdrawn",
    Status.MERGED: "followed up elsewhere",
}
MORE = (("status", "Change status"), ("severity", "Severity and priority"), ("assign", "Give to somebody"),
        ("waiting", "Ask the reporter"), ("defer", "Defer"))  # fmt: skip


def headline(ticket: Ticket) -> str:
    """mrkdwn: number, severity and summary on one line."""
    return f"*{ticket.name}* · *{ticket.severity.capitalize()}* · {quote(ticket.summary)}"


def card(
    ticket: Ticket, events: Sequence[Event], why: str, source: str | None = None, due: Clock | None = None
) -> dict[str, Any]:  # fmt: skip
    """The ticket's one message in the desk channel.

    `why` says in one line what its priority is made of; `source` is the address of the message it came from; `due`
    is what the team promised next.
    """
    report = ticket.report
    facts = [report.type.label, escape(report.category), escape(report.module), escape(report.process),
             f"<{source}|where it was said>" if source else ""]  # fmt: skip
    by = f"Reported by {reported_by(ticket)} {when(ticket.opened_at)}"
    blocks = [
        section(headline(ticket)),
        context(" · ".join([by, *filter(None, facts)]), why),
        *([rich(report.happened, limit=EXCERPT, style="rich_text_quote")] if report.happened else []),
        *([section(f"*Business impact:* {quote(report.impact, 400)}")] if report.impact else []),
        section(_state(ticket) + _promised(due)),
        *_attached(ticket),
        context("\n".join(_entry(e, ticket) for e in events[-TIMELINE:])),
        actions(*_buttons(ticket)),
    ]
    text = f"{ticket.name} · {ticket.severity.capitalize()} · {quote(ticket.summary)} · {READS[ticket.status]}"
    return message(text, blocks)


def details(ticket: Ticket, events: Sequence[Event], *, why: str = "", offers: Sequence[tuple[str, str]] = ()) -> Block:
    """Everything about a ticket, as a modal. `offers` are the buttons that this person gets: (action, label)."""
    blocks = [section(headline(ticket)), section(_state(ticket)), *_fields(ticket), *_attached(ticket, limit=50)]
    blocks += [section(why)] if why else []
    blocks += [actions(*(button(label, action, str(ticket.id)) for action, label in offers))] if offers else []
    blocks += [{"type": "divider"}, section("*Timeline*")]
    blocks += [context(_entry(e, ticket)) for e in events[-30:]]
    return {"type": "modal", "callback_id": "notice", "title": plain(ticket.name, 24), "close": plain("Close", 24),
            "blocks": blocks[:100]}  # fmt: skip


def summary(ticket: Ticket) -> dict[str, Any]:
    """A ticket for one person's eyes, with a button to the whole."""
    blocks = [section(headline(ticket)), section(_state(ticket))]
    if ticket.report.happened:
        blocks.append(rich(ticket.report.happened, limit=EXCERPT, style="rich_text_quote"))
    blocks.append(actions(button("Show everything", "show", str(ticket.id))))
    return {"text": f"{ticket.name} · {quote(ticket.summary)} · {READS[ticket.status]}", "blocks": blocks}


def listing(title: str, tickets: Sequence[Ticket], empty: str) -> dict[str, Any]:
    """A list for one person's eyes."""
    if not tickets:
        return {"text": empty, "blocks": [section(empty)]}
    blocks = [section(f"*{escape(title)}* ({len(tickets)})"), *(row(t) for t in tickets[:LIST])]
    if len(tickets) > LIST:
        blocks.append(context(f"… and {len(tickets) - LIST} more; the App Home shows them."))
    names = ", ".join(t.name for t in tickets[:LIST])
    return {"text": f"{title}: {names}", "blocks": blocks}


def row(ticket: Ticket) -> Block:
    """One ticket as a line of a list, with a button to all of it."""
    owner = f" · <@{ticket.owner}>" if ticket.owner else ""
    weight = f" · priority {ticket.priority:.0f}" if ticket.status.is_open else ""
    people = f" · {ticket.affected} affected" if ticket.affected > 1 else ""
    state = (
        f"{READS[ticket.status].capitalize()}{owner}{weight}{people} · {when(ticket.changed_at or ticket.opened_at)}"
    )
    return section(f"{headline(ticket)}\n{state}", accessory=button("Show", f"show:{ticket.id}", str(ticket.id)))


def _buttons(ticket: Ticket) -> list[Block]:
    value = str(ticket.id)
    everything = button("Show everything", "show", value)
    if ticket.status is Status.MERGED:
        return [button("Take out again", "unmerge", value), everything]
    if ticket.status is Status.WITHDRAWN:
        return [everything]
    if not ticket.status.is_open or ticket.status is Status.DEFERRED:
        return [button("Reopen", "reopen", value), button("Reply to reporter", "reply", value), everything]
    first = button("Acknowledge", "acknowledge", value, style="primary") if ticket.status is Status.RECEIVED else None
    options = [{"text": plain(label), "value": f"{name}:{value}"} for name, label in MORE]
    more = {"type": "overflow", "action_id": "more", "options": options}
    work = [button("Take", "take", value), button("Reply to reporter", "reply", value),
            button("Resolve", "resolve", value), everything, more]  # fmt: skip
    return [first, *work] if first else work


def _state(ticket: Ticket) -> str:
    owner = f" · owner <@{ticket.owner}>" if ticket.owner else " · no owner yet"
    state = f"*{READS[ticket.status].capitalize()}*{owner}"
    if ticket.status is Status.DEFERRED and ticket.deferral:
        until = f" until {ticket.due.isoformat()}" if ticket.due else ", no date"
        state = f"*Deferred*{until} ({ticket.deferral.label.lower()}){owner}"
    note = f"\n{quote(ticket.note, 500)}" if ticket.note else ""
    return state + note + (f"\n_Workaround:_ {quote(ticket.workaround, 300)}" if ticket.workaround else "")


def _promised(due: Clock | None) -> str:
    if due is None or due.due is None:
        return ""
    if due.missed:
        return f"\nThe time to {due.goal.label} is over since {when(due.due)}"
    return f"\nTo {due.goal.label} by {when(due.due)}"


def _fields(ticket: Ticket) -> list[Block]:
    report = ticket.report
    shown = (("What happened", report.happened), ("Steps to reproduce", report.steps), ("Expected", report.expected),
             ("Happened instead", report.actual), ("Business impact", report.impact),
             ("Environment", report.environment), *_extra(report))  # fmt: skip
    facts = [report.type.label, escape(report.category), escape(report.module) or "no module", escape(report.process),
             f"by {ticket.intake.value}", f"reported by {reported_by(ticket)} {when(ticket.opened_at)}",
             f"written by <@{ticket.filed_by}>" if ticket.filed_by else ""]  # fmt: skip
    blocks = [context(" · ".join(filter(None, facts)))]
    for label, text in shown:
        blocks += [section(f"*{label}*"), rich(text)] if text else []
    return blocks


def _attached(ticket: Ticket, limit: int = 10) -> list[Block]:
    """Links to the ticket's files."""
    files = ticket.report.files
    if not files:
        return []
    names = [file_link(f.permalink, f.name) for f in files[:limit]]
    rest = [f"and {len(files) - limit} more"] if len(files) > limit else []
    return [context(shorten("Files: " + " · ".join(names + rest), 2900))]


def _extra(report: Report) -> list[tuple[str, str]]:
    """What its type or its phase asks for besides."""
    labels = {ask.id: ask.label for ask in asks(report.type)}
    return [(escape(labels.get(name, name.replace("_", " ").capitalize())), text)
            for name, text in report.extra.items() if text]  # fmt: skip


def reported_by(ticket: Ticket) -> str:
    return "somebody who gives no name" if ticket.anonymous else f"<@{ticket.reporter}>"


def _entry(event: Event, ticket: Ticket) -> str:
    """One line of the timeline."""
    hidden = ticket.anonymous and event.actor == ticket.reporter
    who = ("The reporter" if hidden else f"<@{event.actor}>") if ticket.is_kept else "Somebody"
    return f"{when(event.at)} · {who} {_did(event)}"


def _did(event: Event) -> str:
    data = event.data
    match event.kind:
        case EventKind.STATUS:
            return f"set it to {READS[Status(data['to'])]}"
        case EventKind.OWNED:
            to = data.get("owner")
            return "took it" if to == event.actor else f"gave it to {f'<@{to}>' if to else 'somebody'}"
        case EventKind.SEVERITY:
            return f"changed the severity from {data['from']} to {data['to']}"
        case EventKind.REOPENED:
            return f"reopened it: {quote(data.get('why', ''), 120)}"
        case EventKind.TARGET:
            goal, share = Goal(data.get("goal", Goal.RESOLVE)), float(data.get("share", 1.0))
            return f"said that {SHARES[share]} of the time to {goal.label} is gone"
        case EventKind.ESCALATED:
            return f"escalated it: {quote(data.get('why', ''), 120)}"
        case EventKind.LAPSED:
            whom = f"<@{data['owner']}>" if data.get("owner") else "its owner"
            return f"heard nothing from {whom} for too long"
        case EventKind.MERGED | EventKind.TOOK_IN:
            return f"merged {data.get('ticket', 'it')} into {data.get('into', 'it')}"
        case _:
            return DID[event.kind]


DID = {
    EventKind.OPENED: "reported it", EventKind.ACKNOWLEDGED: "acknowledged it",
    EventKind.DETAILS: "added details", EventKind.WAITING: "asked the reporter", EventKind.ANSWERED: "answered",
    EventKind.REPLIED: "wrote to the reporter", EventKind.DEFERRED: "deferred it",
    EventKind.RETURNED: "brought it back on its day",
    EventKind.RESOLVED: "resolved it", EventKind.VERIFIED: "confirmed that it works",
    EventKind.WITHDRAWN: "withdrew it", EventKind.UNMERGED: "took it out again", EventKind.ME_TOO: "is affected too",
    EventKind.INPUTS: "weighed it anew", EventKind.CLAIMED: "said that it is theirs",
    EventKind.PASSED: "cannot take it",
}  # fmt: skip
