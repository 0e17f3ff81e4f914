"""What is said about fixes: what was done, whether it helped, and that it happens again."""

from datetime import datetime
from typing import Any

from bot.views.text import Block, actions, button, message, quote, rich, section, when
from bot.views.tickets.lines import loud, who
from domain.tickets.ticket import Ticket

Message = dict[str, Any]
QUESTION = "Did it help?"


def resolved(ticket: Ticket, *, asks: bool = True) -> Message:
    """What was done, the workaround, and the question whether it helped to whoever it `asks`."""
    text = f"*{ticket.name}* is resolved. What was done:"
    blocks = [section(text), rich(ticket.note)]
    if ticket.workaround:
        blocks += [section("*Workaround:*"), rich(ticket.workaround)]
    if ticket.fix:
        blocks += [section(f"{ticket.fix.label}: {ticket.fix.meaning.lower()}.")]
    if not asks:
        return loud(message(f"{text} {quote(ticket.note)}", blocks))
    return loud(message(f"{text} {quote(ticket.note)} {QUESTION}", [*blocks, section(QUESTION), _answers(ticket)]))


def asked_again(ticket: Ticket) -> Message:
    """To whoever has not answered."""
    text = f"*{ticket.name}* · {quote(ticket.summary)} is resolved: {quote(ticket.note)} {QUESTION}"
    return message(text, [section(text), _answers(ticket)])


def _answers(ticket: Ticket) -> Block:
    value = str(ticket.id)
    return actions(button("Yes, it works", "confirm", value, style="primary"), button("Not fixed", "reject", value),
                   button("Not mine to say", "not_mine", value))  # fmt: skip


def verified(ticket: Ticket) -> Message:
    return message(f"*{ticket.name}*: confirmed, thank you.")


def works_for_you(ticket: Ticket) -> Message:
    """To somebody whom it concerns too, and who said that it works."""
    return message(f"*{ticket.name}*: thank you; it is noted that it works for you.")


def cannot_check(ticket: Ticket) -> Message:
    return message(f"*{ticket.name}*: all right; the others whom it concerns can say.")


def unconfirmed(ticket: Ticket, *, asks: bool = True) -> Message:
    """To everybody whom it concerns: nobody is asked any more, and whoever it `asks` can still say."""
    still = "; you can still say" if asks else ""
    text = f"*{ticket.name}* stays resolved. Nobody said whether it helped, so it counts as unconfirmed{still}."
    return message(text, [section(text), _answers(ticket)] if asks else None)


def reopened(ticket: Ticket) -> Message:
    owner = f" <@{ticket.owner}> has been told." if ticket.owner else ""
    return message(f"*{ticket.name}* is open again and under investigation.{owner}")


def still_broken(ticket: Ticket, why: str, by: str) -> Message:
    owner = f"<@{ticket.owner}>: " if ticket.owner and ticket.owner != by else ""
    text = f"{owner}*{ticket.name}* is not fixed, says {who(by)}:"
    return message(f"{text} {quote(why)}", [section(text), rich(why)])


def confirmed_for_team(ticket: Ticket, by: str) -> Message:
    return message(f"{who(by)} confirms that *{ticket.name}* works.")


def sounds_broken(ticket: Ticket) -> Message:
    """To whoever wrote that something which was resolved does not work."""
    text = f"It sounds as if *{ticket.name}* is not fixed. Should it be opened again?"
    value = str(ticket.id)
    yes, no = button("Yes, open it again", "reject", value), button("No, it works", "confirm", value)
    return message(text, [section(text), actions(yes, no)])


def recurred(ticket: Ticket, by: str, fix: str) -> Message:
    """For the team: somebody says so of what was resolved lately, and is asked to decide."""
    owner = f"<@{ticket.owner}>: " if ticket.owner else ""
    text = f"{owner}{who(by)} says that *{ticket.name}* happens again{fix}. Is it the same?"
    return message(text, [section(text), actions(button("Reopen", "reopen", str(ticket.id)))])


def looks_like(ticket: Ticket, fixed: Ticket, at: datetime) -> Message:
    """For the team of a new ticket: it may be one that was resolved lately."""
    kind = f", {fixed.fix.label.lower()}" if fixed.fix else ""
    text = f"This looks like *{fixed.name}* · {quote(fixed.summary)}, which was resolved {when(at)}{kind}. Is it back?"
    back = button(f"Reopen {fixed.name} and merge", "recurs", f"{ticket.id}:{fixed.id}")
    return message(text, [section(text), actions(back, button(f"Show {fixed.name}", "show", str(fixed.id)))])
