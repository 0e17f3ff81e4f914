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
NAMES = 8  # people in one line
SOME = 10  # tickets in one message about many
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


def card(climb: EscalationCard) -> Message:
    """For the on-call channel: one message, changed in place."""
    ticket, e = climb.ticket, climb.escalation
    if ticket.severity is not Severity.CRITICAL and not (e and e.is_live):
        gone = f"No longer critical, now {ticket.severity}"
        return message(f"{gone}: {ticket.name} · {quote(ticket.summary)}",
                       [section(f"{gone}: *{climb.link}* · {quote(ticket.summary)}")])  # fmt: skip
    called = _called(climb)
    text = f"{_kind(climb)}: {ticket.name} · {quote(ticket.summary)} {called}".strip()
    return message(
        text, [section(f"{_title(climb)}\n{_state(climb)} {called}".rstrip()), *_facts(climb), *_buttons(climb)]
    )


def page(climb: EscalationCard, person: str) -> Message:
    """For one of the people who are called, in their direct messages."""
    ticket, e = climb.ticket, climb.escalation
    whom = f"<@{person}>, " if e and e.state is EscalationState.CLIMBING else ""
    text = f"{whom}{_kind(climb)}: {ticket.name} · {quote(ticket.summary)}"
    return message(text, [section(f"{whom}{_title(climb)}\n{_state(climb)}"), *_facts(climb), *_buttons(climb)])


def step(climb: EscalationCard, *, again: bool) -> Message:
    """Beside the card: the next ones are called."""
    ticket, e = climb.ticket, climb.escalation
    since = f" since {when(e.started_at)}" if e else ""
    said = "is critical again" if again and ticket.severity is Severity.CRITICAL else f"has nobody{since}"
    return message(f"*{ticket.name}* {said}. {_called(climb)}".strip())


def repeated(climb: EscalationCard, person: str) -> Message:
    """Once more to somebody who was called before."""
    return loud(message(f"<@{person}>, *{climb.ticket.name}* still has nobody.", _repeat_blocks(climb, person)))


def silent(climb: EscalationCard, person: str) -> Message:
    """To whoever has it and has not said a word for long."""
    e, ticket = climb.escalation, climb.ticket
    assert e is not None
    text = f"<@{person}>, do you still have *{ticket.name}*? There was no news for {e.policy.silence}."
    then = context(f"Without an answer it climbs again {when(e.next_at)}.") if e.next_at else context("")
    buttons = actions(
        button("Still on it", "still_mine", str(e.id), style="primary"), button("Not me", "not_me", str(e.id))
    )
    return loud(message(text, [section(text), then, buttons]))


def lapsed(ticket: Ticket, owner: str | None) -> Message:
    whom = f"<@{owner}>" if owner else "its owner"
    return message(f"No word from {whom} about *{ticket.name}*: nobody has it now, and it climbs again.")


def returned(ticket: Ticket) -> Message:
    return message(f"*{ticket.name}* was put off for a while; that is over, and it climbs on.")


def spent(ticket: Ticket, leads: Sequence[str]) -> Message:
    called = " ".join(map(mention, leads))
    return message(f"Everybody was called for *{ticket.name}*, and nobody came. {called}".strip())


def passed(person: str, ticket: Ticket) -> Message:
    return message(f"<@{person}> cannot take *{ticket.name}*.")


def escalated(ticket: Ticket, by: str, reason: str) -> Message:
    return message(f"{who(by)} escalated *{ticket.name}*: {quote(reason)}")


def warned(ticket: Ticket, person: str, warning: str) -> Message:
    return message(f"*{ticket.name}* may not reach <@{person}>: {warning}.")


def storm(tickets: Sequence[Ticket], count: int) -> Message:
    """Many at once: one message, whatever their number."""
    if not count:
        return message("All of them have somebody now.")
    they = "is critical and has" if count == 1 else "are critical and have"
    text = f":rotating_light: *{count}{'+' if count >= SOME * 5 else ''} more* {they} nobody yet."
    rows = "\n".join(f"• *{t.name}* · {quote(t.summary, 100)}" for t in tickets[:SOME])
    more = [context("… and more: `/hypercare list critical` has all of them.")] if count > SOME else []
    take = actions(button("Acknowledge all of them", "take_all", style="primary"))
    return message(text, [section(text), *([section(rows)] if rows else []), *more, take])


def _kind(climb: EscalationCard) -> str:
    return "Critical" if climb.ticket.severity is Severity.CRITICAL else "Escalated"


def _title(climb: EscalationCard) -> str:
    return f":rotating_light: *{_kind(climb)}* · *{climb.link}* · {quote(climb.ticket.summary)}"


def _called(climb: EscalationCard) -> str:
    """Those whom the last step told, while nobody has it."""
    e = climb.escalation
    if e is None or not e.is_live or e.state in (EscalationState.HELD, EscalationState.ASKED, EscalationState.SNOOZED):
        return ""
    people = e.told if e.state is EscalationState.CLIMBING else climb.leads
    more = f" and {len(people) - NAMES} more" if len(people) > NAMES else ""
    return " ".join(map(mention, people[:NAMES])) + more


def _state(climb: EscalationCard) -> str:
    e, ticket = climb.escalation, climb.ticket
    if e is None or not e.is_live:
        return f"*{ticket.status.capitalize()}*" + (f" · owner <@{ticket.owner}>" if ticket.owner else "")
    match e.state:
        case EscalationState.CLIMBING:
            return "Nobody has it yet."
        case EscalationState.SPENT:
            return "Everybody was called, and nobody came."
        case EscalationState.SNOOZED:
            return f"Put off by <@{e.owner}>" + (f" until {when(e.next_at)}." if e.next_at else ".")
        case EscalationState.ASKED:
            return f"<@{e.owner}> has it and is silent; it climbs again {when(e.next_at)}." if e.next_at else ""
    waits = " and waits for the reporter" if ticket.status is Status.WAITING else ""
    return f"*{ticket.status.capitalize()}* · <@{e.owner}> has it{waits}."


def _facts(climb: EscalationCard) -> list[Block]:
    """Who was told before, who is next and when, and why it was begun."""
    e = climb.escalation
    if e is None or not e.is_live:
        return []
    told = [f"<@{t.person}> {when(t.at)}{f' ({t.warning})' if t.warning else ''}" for t in climb.told[-NAMES:]]
    lines = [f"Called: {' · '.join(told)}"] if told else []
    if e.state is EscalationState.CLIMBING and e.next_at:
        people = " ".join(f"<@{p}>" for p in climb.next_people[:NAMES])
        lines += [f"Next: {people} {when(e.next_at)}" if people else f"Next step: {when(e.next_at)}"]
    whom = f"<@{e.started_by}>" if e.started_by else "the reporter"
    if e.reason:
        lines += [f"Escalated by {whom}: {quote(e.reason, 200)}"]
    return [context("\n".join(lines))] if lines else []


def _buttons(climb: EscalationCard) -> list[Block]:
    e, ticket = climb.escalation, climb.ticket
    everything = button("Show everything", "show", str(ticket.id))
    if e is None or not e.is_live:
        return []
    not_me, later = button("Not me", "not_me", str(e.id)), button("In 15 minutes", "snooze", str(e.id))
    if e.state.is_owned:
        return [actions(not_me, later, everything)]
    first = button("Acknowledge", "acknowledge", str(ticket.id), style="primary")
    return [actions(first, *([not_me, later] if e.state is EscalationState.CLIMBING else []), everything)]


def _repeat_blocks(climb: EscalationCard, person: str) -> list[Block]:
    text = f"<@{person}>, *{climb.link}* · {quote(climb.ticket.summary)} still has nobody."
    return [section(text), *_facts(climb), *_buttons(climb)]
