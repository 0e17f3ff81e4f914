"""What is said about promises: that a day was named, whether it holds, and that it passed."""

from datetime import datetime
from typing import Any

from bot.views.text import actions, button, message, quote, section, when
from bot.views.tickets.lines import stands, who
from domain.followup.promises import KeptPromises, Promise, PromiseKind
from domain.tickets.ticket import Ticket

Message = dict[str, Any]


def promised(
    ticket: Ticket, kind: PromiseKind, by: str, due: datetime, words: str, *, before: datetime | None, first: bool
) -> Message:  # fmt: skip
    """To everybody whom it concerns; `before` is when it was due, where it is put off.

    With the `first` words they read that somebody is looking.
    """
    put_off = f", instead of {when(before)}" if before else ""
    why = f" {quote(words)}" if words else ""
    status = f" {stands(ticket)}." if first else ""
    return message(f"*{ticket.name}*:{status} {who(by)} promises {kind.label} by {when(due)}{put_off}.{why}")


def broken(ticket: Ticket, one: Promise) -> Message:
    """The honest line, to everybody whom it concerns."""
    text = f"*{ticket.name}*: we promised {one.kind.label} by {when(one.due)}, and did not keep that."
    return message(f"{text} The team has been asked for a new day; you hear it here.")


def broken_for_team(ticket: Ticket, one: Promise, responsible: str) -> Message:
    text = f"<@{responsible}>: {one.kind.label} was promised for *{ticket.name}* by {when(one.due)}."
    text = f"{text} Its reporter has been told that it did not come; please name a new day."
    return message(text, [section(text), actions(_new_day(ticket))])


def check(ticket: Ticket, one: Promise) -> Message:
    """To whoever promised it."""
    said = f"you promised {one.kind.label} by {when(one.due)}. Does it hold?"
    text = f"*{ticket.name}* · {quote(ticket.summary, 100)}: {said}"
    yes = button("Yes, it holds", "holds", f"{one.kind}:{ticket.id}", style="primary")
    return message(text, [section(text), actions(yes, _new_day(ticket))])


def summary(kept: KeptPromises) -> str:
    """How promises went; empty when none was decided."""
    if kept.share is None:
        return ""
    share, slip = kept.share.scaled(100), f" (by {kept.slip} working days in all)" if kept.slip else ""
    counts = f"{kept.kept} kept, {kept.renewed} renewed{slip}, {kept.broken} broken"
    return f"Promises: {counts}; {share.value:.0f} % kept, at least {share.low:.0f} %"


def _new_day(ticket: Ticket) -> Any:
    return button("Name a new day", "promise", str(ticket.id))
