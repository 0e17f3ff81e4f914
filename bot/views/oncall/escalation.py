"""What the people on call read: the page, the one card that shows how a climb stands, and the lines beside it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.views.text import Block, actions, button, context, message, quote, section, when
from bot.views.tickets.lines import loud, who
from domain.oncall.escalation import Escalation, EscalationState
from domain.text import mention
from domain.tickets.status import Status
from domain.tickets.ticket import Severity, Ticket

Message = dict[str, Any]
MAX_NAMES = 8  # people in one line
MAX_TICKETS = 10  # tickets in one message about many
SNOOZE = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class EscalationNotice:
    """Who was called and when; `warning` is why that may not reach them."""

    person: str
    at: datetime
    warning: str = ""


@dataclass(frozen=True, slots=True)
class EscalationCard:
    """A climb as it is shown. `link` leads to the ticket's card; `next_people` are told at `escalation.next_at`."""

    ticket: Ticket
    escalation: Escalation | None
    link: str
    told: Sequence[EscalationNotice] = ()
    next_people: Sequence[str] = ()
    leads: Sequence[str] = ()


def card(shown: EscalationCard) -> Message:
    """For the on-call channel: one message, changed in place."""
    ticket, escalation = shown.ticket, shown.escalation
    if ticket.severity is not Severity.CRITICAL and not (escalation and escalation.is_live):
        gone = f"No longer critical, now {ticket.severity}"
        return message(f"{gone}: {ticket.name} · {quote(ticket.summary)}",
                       [section(f"{gone}: *{shown.link}* · {quote(ticket.summary)}")])  # fmt: skip
    called = _called(shown)
    text = f"{_kind(shown)}: {ticket.name} · {quote(ticket.summary)} {called}".strip()
    return message(
        text, [section(f"{_title(shown)}\n{_state(shown)} {called}".rstrip()), *_facts(shown), *_buttons(shown)]
    )


def page(shown: EscalationCard, person: str) -> Message:
    """For one of the people who are called, in their direct messages."""
    ticket, escalation = shown.ticket, shown.escalation
    whom = f"<@{person}>, " if escalation and escalation.state is EscalationState.ESCALATING else ""
    text = f"{whom}{_kind(shown)}: {ticket.name} · {quote(ticket.summary)}"
    return message(text, [section(f"{whom}{_title(shown)}\n{_state(shown)}"), *_facts(shown), *_buttons(shown)])


def step_taken(shown: EscalationCard, *, again: bool) -> Message:
    """Beside the card: the next ones are called."""
    ticket, escalation = shown.ticket, shown.escalation
    since = f" since {when(escalation.started_at)}" if escalation else ""
    said = "is critical again" if again and ticket.severity is Severity.CRITICAL else f"has nobody{since}"
    return message(f"*{ticket.name}* {said}. {_called(shown)}".strip())


def page_again(shown: EscalationCard, person: str) -> Message:
    """Once more to somebody who was called before."""
    return loud(message(f"<@{person}>, *{shown.ticket.name}* still has nobody.", _repeat_blocks(shown, person)))


def check_in(shown: EscalationCard, person: str) -> Message:
    """To whoever has it and has not said a word for long."""
    escalation, ticket = shown.escalation, shown.ticket
    assert escalation is not None
    text = f"<@{person}>, do you still have *{ticket.name}*? There was no news for {escalation.policy.silence}."
    then = (
        context(f"Without an answer it climbs again {when(escalation.next_at)}.") if escalation.next_at else context("")
    )
    buttons = actions(
        button("Still on it", "still_on_it", str(escalation.id), style="primary"),
        button("Not me", "decline", str(escalation.id)),
    )
    return loud(message(text, [section(text), then, buttons]))


def owner_silent(ticket: Ticket, owner: str | None) -> Message:
    whom = f"<@{owner}>" if owner else "its owner"
    return message(f"No word from {whom} about *{ticket.name}*: nobody has it now, and it climbs again.")


def snooze_over(ticket: Ticket) -> Message:
    return message(f"*{ticket.name}* was put off for a while; that is over, and it climbs on.")


def exhausted(ticket: Ticket, leads: Sequence[str]) -> Message:
    called = " ".join(map(mention, leads))
    return message(f"Everybody was called for *{ticket.name}*, and nobody came. {called}".strip())


def declined(person: str, ticket: Ticket) -> Message:
    return message(f"<@{person}> cannot take *{ticket.name}*.")


def escalated(ticket: Ticket, by: str, reason: str) -> Message:
    return message(f"{who(by)} escalated *{ticket.name}*: {quote(reason)}")


def delivery_warning(ticket: Ticket, person: str, warning: str) -> Message:
    return message(f"*{ticket.name}* may not reach <@{person}>: {warning}.")


def storm(tickets: Sequence[Ticket], count: int) -> Message:
    """Many at once: one message, whatever their number."""
    if not count:
        return message("All of them have somebody now.")
    they = "is critical and has" if count == 1 else "are critical and have"
    text = f":rotating_light: *{count}{'+' if count >= MAX_TICKETS * 5 else ''} more* {they} nobody yet."
    rows = "\n".join(f"• *{t.name}* · {quote(t.summary, 100)}" for t in tickets[:MAX_TICKETS])
    more = [context("… and more: `/hypercare list critical` has all of them.")] if count > MAX_TICKETS else []
    take = actions(button("Acknowledge all of them", "acknowledge_all", style="primary"))
    return message(text, [section(text), *([section(rows)] if rows else []), *more, take])


def _kind(shown: EscalationCard) -> str:
    return "Critical" if shown.ticket.severity is Severity.CRITICAL else "Escalated"


def _title(shown: EscalationCard) -> str:
    return f":rotating_light: *{_kind(shown)}* · *{shown.link}* · {quote(shown.ticket.summary)}"


def _called(shown: EscalationCard) -> str:
    """Those whom the last step told, while nobody has it."""
    escalation = shown.escalation
    if (
        escalation is None
        or not escalation.is_live
        or escalation.state in (EscalationState.OWNED, EscalationState.ASKED, EscalationState.SNOOZED)
    ):
        return ""
    people = escalation.notified if escalation.state is EscalationState.ESCALATING else shown.leads
    more = f" and {len(people) - MAX_NAMES} more" if len(people) > MAX_NAMES else ""
    return " ".join(map(mention, people[:MAX_NAMES])) + more


def _state(shown: EscalationCard) -> str:
    escalation, ticket = shown.escalation, shown.ticket
    if escalation is None or not escalation.is_live:
        return f"*{ticket.status.capitalize()}*" + (f" · owner <@{ticket.owner}>" if ticket.owner else "")
    match escalation.state:
        case EscalationState.ESCALATING:
            return "Nobody has it yet."
        case EscalationState.EXHAUSTED:
            return "Everybody was called, and nobody came."
        case EscalationState.SNOOZED:
            return f"Put off by <@{escalation.owner}>" + (
                f" until {when(escalation.next_at)}." if escalation.next_at else "."
            )
        case EscalationState.ASKED:
            return (
                f"<@{escalation.owner}> has it and is silent; it climbs again {when(escalation.next_at)}."
                if escalation.next_at
                else ""
            )
    waits = " and waits for the reporter" if ticket.status is Status.WAITING else ""
    return f"*{ticket.status.capitalize()}* · <@{escalation.owner}> has it{waits}."


def _facts(shown: EscalationCard) -> list[Block]:
    """Who was told before, who is next and when, and why it was begun."""
    escalation = shown.escalation
    if escalation is None or not escalation.is_live:
        return []
    told = [f"<@{t.person}> {when(t.at)}{f' ({t.warning})' if t.warning else ''}" for t in shown.told[-MAX_NAMES:]]
    lines = [f"Called: {' · '.join(told)}"] if told else []
    if escalation.state is EscalationState.ESCALATING and escalation.next_at:
        people = " ".join(f"<@{p}>" for p in shown.next_people[:MAX_NAMES])
        lines += [f"Next: {people} {when(escalation.next_at)}" if people else f"Next step: {when(escalation.next_at)}"]
    whom = f"<@{escalation.started_by}>" if escalation.started_by else "the reporter"
    if escalation.reason:
        lines += [f"Escalated by {whom}: {quote(escalation.reason, 200)}"]
    return [context("\n".join(lines))] if lines else []


def _buttons(shown: EscalationCard) -> list[Block]:
    escalation, ticket = shown.escalation, shown.ticket
    everything = button("Show everything", "show", str(ticket.id))
    if escalation is None or not escalation.is_live:
        return []
    not_me, later = (
        button("Not me", "decline", str(escalation.id)),
        button("In 15 minutes", "snooze", str(escalation.id)),
    )
    if escalation.state.is_owned:
        return [actions(not_me, later, everything)]
    first = button("Acknowledge", "acknowledge", str(ticket.id), style="primary")
    return [actions(first, *([not_me, later] if escalation.state is EscalationState.ESCALATING else []), everything)]


def _repeat_blocks(shown: EscalationCard, person: str) -> list[Block]:
    text = f"<@{person}>, *{shown.link}* · {quote(shown.ticket.summary)} still has nobody."
    return [section(text), *_facts(shown), *_buttons(shown)]
