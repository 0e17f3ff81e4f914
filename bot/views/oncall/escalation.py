"""What people on call read: the page, the card that shows an escalation, and the messages in its thread."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.views.offers import while_asked
from bot.views.people.names import name_of
from bot.views.text import (
    Block,
    actions,
    button,
    context,
    duration,
    escape,
    mention,
    message,
    quote,
    rich,
    section,
    when,
)
from bot.views.tickets.posts import loud, who
from bot.views.tickets.ticket import reported_by
from domain.oncall.escalation import Escalation, EscalationState, max_silence
from domain.text import plural
from domain.tickets.ticket import Severity, Ticket

Message = dict[str, Any]
MAX_NAMES = 8  # people named in one line
MAX_TICKETS = 10  # tickets listed in one message
MAX_COUNT = 50  # a storm counts no further and shows "50+"
SNOOZE = timedelta(minutes=15)
MINUTE = timedelta(minutes=1)
MAX_EXCERPT = 300  # characters of what the reporter wrote


@dataclass(frozen=True, slots=True)
class EscalationNotice:
    """A page that was sent to a person; `warning` says why it may not reach them."""

    person: str
    at: datetime
    warning: str = ""


@dataclass(frozen=True, slots=True)
class EscalationCard:
    """An escalation as it is shown. `link` leads to the ticket's card; `next_people` are paged at its `next_at`."""

    ticket: Ticket
    escalation: Escalation | None
    link: str
    notices: Sequence[EscalationNotice] = ()
    next_people: Sequence[str] = ()
    leads: Sequence[str] = ()


def card(shown: EscalationCard) -> Message:
    """Return the message for the on-call channel, which is updated in place."""
    ticket, escalation = shown.ticket, shown.escalation
    if ticket.severity is not Severity.CRITICAL and not (escalation and escalation.is_live):
        return message(f"{ticket.name} is no longer critical, so paging has stopped: {quote(ticket.summary)}",
                       [section(f"*{shown.link}* is no longer critical, so paging has stopped: "
                                f"{quote(ticket.summary)}")])  # fmt: skip
    paged = _people_paged(shown)
    text = f"{_kind(shown)}: {ticket.name} · {quote(ticket.summary)} {paged}".strip()
    blocks = [section(f"{_title(shown)}\n{_state(shown)} {paged}".rstrip()), *_about(shown.ticket), *_facts(shown),
              *_buttons(shown)]  # fmt: skip
    return message(text, blocks)


def page(shown: EscalationCard, person: str) -> Message:
    """Return the direct message to a person who is paged; it mentions them only while it still escalates."""
    ticket, escalation = shown.ticket, shown.escalation
    text, head = f"{_kind(shown)}: {ticket.name} · {quote(ticket.summary)}", _title(shown)
    if escalation and escalation.state is EscalationState.ESCALATING:
        text = f"<@{person}>, you're paged for {ticket.name} ({_kind(shown).lower()}): {quote(ticket.summary)}"
        head = f"<@{person}>, you're paged.\n{head}"
    return message(text, [section(f"{head}\n{_state(shown)}"), *_about(ticket), *_facts(shown), *_buttons(shown)])


def step_taken(shown: EscalationCard, *, again: bool) -> Message:
    """Say in the card's thread that the next people are paged."""
    ticket, escalation = shown.ticket, shown.escalation
    paged = _people_paged(shown)
    calls = f"Now paging {paged}." if paged else ""
    if again and ticket.severity is Severity.CRITICAL:
        return message(f"*{ticket.name}* is critical again. {calls}".strip())
    if escalation is None:
        return message(f"*{ticket.name}* hasn't been acknowledged yet. {calls}".strip())
    since = when(escalation.started_at)
    return message(f"*{ticket.name}* hasn't been acknowledged since {since}. {calls}".strip())


def page_again(shown: EscalationCard, person: str) -> Message:
    """Page a person who was paged before."""
    text = f"<@{person}>, *{shown.ticket.name}* still hasn't been acknowledged."
    body = f"<@{person}>, *{shown.ticket.name}* still hasn't been acknowledged.\n{_title(shown)}"
    return loud(message(text, [section(body), *_about(shown.ticket), *_facts(shown), *_buttons(shown)]))


def check_in(shown: EscalationCard, person: str) -> Message:
    """Ask an owner who has been silent for long whether they are still on it."""
    escalation, ticket = shown.escalation, shown.ticket
    assert escalation is not None
    silence = duration(max_silence(escalation) / MINUTE)
    text = f"<@{person}>, are you still working on *{ticket.name}*? There has been no update for {silence}."
    next_at = escalation.next_at
    then = [while_asked(f"If you don't answer, paging starts again {when(next_at)}.")] if next_at else []
    buttons = actions(
        button("Still working", "still_on_it", str(escalation.id), style="primary"),
        button("Decline", "decline", str(escalation.id)),
    )
    return loud(message(text, [section(text), *then, buttons]))


def owner_silent(ticket: Ticket, owner: str | None) -> Message:
    if owner:
        return message(f"<@{owner}> didn't answer about *{ticket.name}*. It's unassigned now, and paging starts again.")
    return message(f"The owner of *{ticket.name}* didn't answer. It's unassigned now, and paging starts again.")


def snooze_over(ticket: Ticket) -> Message:
    return message(f"*{ticket.name}* is no longer snoozed, so paging starts again.")


def exhausted(ticket: Ticket, leads: Sequence[str]) -> Message:
    called = " ".join(map(mention, leads))
    if called:
        return message(f"Everyone was paged for *{ticket.name}*, and no one answered. {called} Please assign an owner.")
    return message(f"Everyone was paged for *{ticket.name}*, and no one answered. Please assign an owner.")


def declined(person: str, ticket: Ticket) -> Message:
    return message(f"{name_of(person)} can't take *{ticket.name}*.")


def acknowledged_in_pagerduty(ticket: Ticket, who_did: str, *, is_name: bool) -> Message:
    """Say who acknowledged a ticket in PagerDuty; `is_name` for the name of a person who is not known here."""
    if is_name:
        return message(f"{quote(who_did)} acknowledged *{ticket.name}* in PagerDuty, so paging has stopped. "
                       "They aren't known here, so the ticket has no owner yet.")  # fmt: skip
    return message(f"{name_of(who_did)} acknowledged *{ticket.name}* in PagerDuty.")


def resolved_in_pagerduty(ticket: Ticket, who_did: str, *, is_name: bool) -> Message:
    """Say who resolved the incident of a ticket in PagerDuty, which does not resolve the ticket."""
    person = quote(who_did) if is_name else name_of(who_did)
    return message(f"{person} resolved the incident of *{ticket.name}* in PagerDuty. "
                   f"The ticket is still open: once it's fixed, resolve it here too.")  # fmt: skip


def escalated(ticket: Ticket, by: str, reason: str) -> Message:
    return message(f"{who(by)} escalated *{ticket.name}*: {quote(reason)}")


def delivery_warning(ticket: Ticket, person: str, warning: str) -> Message:
    return message(f"The page for *{ticket.name}* may not reach <@{person}>. {warning}")


def storm(tickets: Sequence[Ticket], count: int) -> Message:
    """Return one message about many pages at once; `count` is how many wait, and `tickets` are the newest of them."""
    if not count:
        return message("All of these tickets have an owner now.")
    text = plural(
        count,
        ":rotating_light: *{shown} more* ticket hasn't been acknowledged yet.",
        ":rotating_light: *{shown} more* tickets haven't been acknowledged yet.",
        shown=f"{MAX_COUNT}+" if count >= MAX_COUNT else str(count),
    )
    rows = "\n".join(f"• *{t.name}* · {quote(t.summary, 100)}" for t in tickets[:MAX_TICKETS])
    more = [context("Only the newest are shown. `/hypercare list critical` shows all.")] if count > MAX_TICKETS else []
    take = actions(button("Acknowledge all", "acknowledge_all", style="primary"))
    return message(text, [section(text), *([section(rows)] if rows else []), *more, take])


def _kind(shown: EscalationCard) -> str:
    return "Critical" if shown.ticket.severity is Severity.CRITICAL else "Escalated"


def _title(shown: EscalationCard) -> str:
    return f":rotating_light: *{_kind(shown)}* · *{shown.link}* · {quote(shown.ticket.summary)}"


def _people_paged(shown: EscalationCard) -> str:
    """Mention the people that the last step paged, while the ticket has no owner."""
    escalation = shown.escalation
    if escalation is None or escalation.state not in (EscalationState.ESCALATING, EscalationState.EXHAUSTED):
        return ""
    people = escalation.notified if escalation.state is EscalationState.ESCALATING else shown.leads
    return _names(map(mention, people))


def _names(people: Iterable[str]) -> str:
    """Return at most MAX_NAMES mentions, and how many more there are."""
    every = list(people)
    rest = len(every) - MAX_NAMES
    return " ".join(every[:MAX_NAMES]) + (f" (+{rest})" if rest > 0 else "")


def _state(shown: EscalationCard) -> str:
    escalation, ticket = shown.escalation, shown.ticket
    if escalation is None or not escalation.is_live:
        return f"*{ticket.status.label.capitalize()}*" + (f" · owner <@{ticket.owner}>" if ticket.owner else "")
    owner, then = escalation.owner, when(escalation.next_at) if escalation.next_at else ""
    match escalation.state:
        case EscalationState.ESCALATING:
            return "Not acknowledged yet."
        case EscalationState.EXHAUSTED:
            return "Everyone was paged, and no one answered. Please acknowledge it."
        case EscalationState.SNOOZED:
            return f"Snoozed by {name_of(owner or '')}. Paging starts again {then}."
        case EscalationState.ASKED if owner is None:
            return f"{_elsewhere(escalation)} No one has sent an update since. Paging starts again {then}."
        case EscalationState.ASKED:
            return f"<@{owner}> has not sent an update. Without an answer, paging starts again {then}."
    if owner is None:
        return f"*{ticket.status.label.capitalize()}* · {_elsewhere(escalation)}"
    return f"*{ticket.status.label.capitalize()}* · <@{owner}> is on it."


def _elsewhere(escalation: Escalation) -> str:
    """Say who acknowledged it in another system."""
    return f"{quote(escalation.elsewhere) or 'A person'} acknowledged it in PagerDuty."


def _about(ticket: Ticket) -> list[Block]:
    """Say who reported it and when, what it is about and what it costs, as the person who is woken needs it."""
    report = ticket.report
    facts = (f"Reported by {reported_by(ticket)} {when(ticket.opened_at)}", escape(report.module),
             escape(report.process))  # fmt: skip
    said = report.impact or report.happened
    return [context(" · ".join(filter(None, facts))),
            *([rich(said, limit=MAX_EXCERPT, style="rich_text_quote")] if said else [])]  # fmt: skip


def _facts(shown: EscalationCard) -> list[Block]:
    """Say who was paged, who is next and when, and why a person escalated it."""
    escalation = shown.escalation
    if escalation is None or not escalation.is_live:
        return []
    paged = [f"<@{t.person}> {when(t.at)}{f' ({t.warning})' if t.warning else ''}" for t in shown.notices[-MAX_NAMES:]]
    lines = [f"Paged: {' · '.join(paged)}"] if paged else []
    if escalation.state is EscalationState.ESCALATING and escalation.next_at:
        people = " ".join(f"<@{p}>" for p in shown.next_people[:MAX_NAMES])
        lines += [f"Next: {people} {when(escalation.next_at)}" if people else f"Next step: {when(escalation.next_at)}"]
    reason = quote(escalation.reason, 200)
    if escalation.reason and escalation.started_by:
        lines += [f"Escalated by {name_of(escalation.started_by)}: {reason}"]
    elif escalation.reason:
        lines += [f"Escalated by the reporter: {reason}"]
    return [context("\n".join(lines))] if lines else []


def _buttons(shown: EscalationCard) -> list[Block]:
    escalation, ticket = shown.escalation, shown.ticket
    everything = button("Show everything", "show", str(ticket.id))
    if escalation is None or not escalation.is_live:
        return []
    cannot = button("Decline", "decline", str(escalation.id))
    later = button("Snooze", "snooze", str(escalation.id))
    if escalation.state.is_owned and escalation.owner:
        return [actions(cannot, later, everything)]
    first = button("Acknowledge", "acknowledge", str(ticket.id), style="primary")
    more = [cannot, later] if escalation.state is EscalationState.ESCALATING else []
    return [actions(first, *more, everything)]
