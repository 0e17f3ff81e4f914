"""Messages about fixes: what was done, whether it is fixed, and that the problem is back."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from bot.views.text import Block, actions, button, mention, message, quote, rich, section, when
from bot.views.tickets.posts import loud, who
from domain.tickets.status import Status
from domain.tickets.ticket import Fix, Ticket

Message = dict[str, Any]
QUESTION = "Is this fixed?"
# How long a fix lasts, for people who don't know the team's kinds of fixes.
LASTS = {
    Fix.WORKAROUND: "You can work again, but the cause isn't fixed yet.",
    Fix.SYMPTOM: "It works again, but the problem may come back.",
    Fix.ROOT_CAUSE: "The cause is fixed, so the problem shouldn't come back.",
}


def resolved(ticket: Ticket, *, asks: bool = True, over: bool = False) -> Message:
    """What was done and the workaround; with `asks` also whether it is fixed. `over` ends an earlier workaround."""
    text = f"{_what(ticket)}\nWhat we did:"
    blocks = [section(text), rich(ticket.note)]
    if ticket.workaround:
        blocks += [section("*Workaround:*"), rich(ticket.workaround)]
    if ticket.fix:
        blocks += [section(LASTS[ticket.fix])]
    if over:
        blocks += [section("You no longer need the earlier workaround. If you use it, stop now.")]
    if not asks:
        return loud(message(f"{text} {quote(ticket.note)}", blocks))
    return loud(message(f"{text} {quote(ticket.note)} {QUESTION}", [*blocks, section(QUESTION), _answers(ticket)]))


def _what(ticket: Ticket) -> str:
    return (
        f"*{ticket.name}* is resolved: {quote(ticket.summary)}" if ticket.summary else f"*{ticket.name}* is resolved."
    )


def asked_again(ticket: Ticket) -> Message:
    """Remind a person who has not answered."""
    text = f"{_what(ticket)}\nWhat we did: {quote(ticket.note)} {QUESTION}"
    return message(text, [section(text), _answers(ticket)])


def _answers(ticket: Ticket) -> Block:
    value = str(ticket.id)
    return actions(button("Yes, fixed", "confirm", value, style="primary"), button("Still broken", "reject", value),
                   button("Can't check", "cannot_check", value))  # fmt: skip


def verified(ticket: Ticket) -> Message:
    return message(f"*{ticket.name}* is confirmed fixed. Thank you.")


def works_for_you(ticket: Ticket) -> Message:
    """Thank an affected person who is not the reporter."""
    return message(
        f"*{ticket.name}*: thank you, we've noted that it's fixed for you. The reporter still has to confirm."
    )


def cannot_check(ticket: Ticket, *, others: bool) -> Message:
    """Thank a person who can't check; `others` are still asked, or else the team checks."""
    follows = "We'll wait for the other affected people to check." if others else "The team checks the fix itself now."
    return message(f"*{ticket.name}*: thanks for telling us. {follows}")


def no_one_can_check(ticket: Ticket, leads: Sequence[str]) -> Message:
    """Ask the team to verify a fix that none of the people who were asked can check."""
    called = mention(ticket.owner) if ticket.owner else " ".join(map(mention, leads))
    text = f"{called}: no one who was asked can check whether *{ticket.name}* is fixed. Test it, and confirm it here."
    return message(text, [section(text), actions(button("Yes, fixed", "confirm", str(ticket.id), style="primary"),
                                                 button("Still broken", "reject", str(ticket.id)))])  # fmt: skip


def unconfirmed(ticket: Ticket, *, asks: bool = True) -> Message:
    """Tell followers that the reminders end; with `asks` the buttons stay."""
    text = f"*{ticket.name}* was closed without confirmation, because we got no answer."
    if not asks:
        return message(text)
    text = f"{text} You can still tell us whether it's fixed."
    return message(text, [section(text), _answers(ticket)])


def reopened(ticket: Ticket) -> Message:
    if ticket.status is Status.RECEIVED:
        return message(f"*{ticket.name}* was reopened and is waiting for a person to take it.")
    text = f"*{ticket.name}* was reopened and is under investigation."
    return message(f"{text} We've told {mention(ticket.owner)}." if ticket.owner else text)


def reopened_for_team(ticket: Ticket, why: str, by: str, *, fixed: bool) -> Message:
    """Tell the team why the ticket was reopened; the owner is mentioned unless they did it.

    `fixed` says that it was resolved, and not deferred, withdrawn or closed without a fix.
    """
    text = f"*{ticket.name}* is still broken and was reopened." if fixed else f"*{ticket.name}* was reopened."
    text = f"{text} {_author(ticket, by)} wrote:"
    if ticket.owner and ticket.owner != by:
        text = f"{mention(ticket.owner)}, {text}"
    return message(f"{text} {quote(why)}", [section(text), rich(why)])


def confirmed_for_team(ticket: Ticket, by: str) -> Message:
    return message(f"{_author(ticket, by)} confirmed that *{ticket.name}* is fixed.")


def sounds_broken(ticket: Ticket) -> Message:
    """Ask a person whose message says that a resolved problem is still there."""
    text = f"It sounds like *{ticket.name}* isn't fixed. Do you want to reopen it?"
    value = str(ticket.id)
    if ticket.status is Status.VERIFIED:
        return message(text, [section(text), actions(button("Reopen", "reject", value))])
    fixed = button("It's fixed", "confirm", value)
    return message(text, [section(text), actions(button("Reopen", "reject", value), fixed)])


def recurred(ticket: Ticket, by: str, fixed_at: datetime) -> Message:
    """Ask the team whether a problem that was resolved lately is back."""
    text = f"{_author(ticket, by)} reports that *{ticket.name}* is happening again."
    if ticket.fix:
        text = f"{text} Its root cause was fixed {when(fixed_at)}."
    text = f"{text} If it's the same problem, reopen it."
    if ticket.owner:
        text = f"{mention(ticket.owner)}: {text}"
    return message(text, [section(text), actions(button("Reopen", "reopen", str(ticket.id)))])


def looks_like(ticket: Ticket, fixed: Ticket, at: datetime) -> Message:
    """Ask the team of a new ticket whether it is one that was resolved lately."""
    text = f"This looks like *{fixed.name}* · {quote(fixed.summary)}, which was resolved {when(at)}. Is it back?"
    if fixed.fix:
        text = f"{text} Kind of fix: {fixed.fix.label.lower()}."
    back = button("Reopen, merge", "recurs", f"{ticket.id}:{fixed.id}")
    return message(text, [section(text), actions(back, button(f"Show {fixed.name}", "show", str(fixed.id)))])


def _author(ticket: Ticket, by: str) -> str:
    """The reporter by role, so that they are not pinged for their own act; others by mention."""
    return "The reporter" if by in ("", ticket.reporter) else who(by)
