"""Messages about promises: that a date was named, whether it holds, and that it was missed."""

from datetime import datetime
from typing import Any

from bot.views.text import actions, button, message, quote, section, when
from bot.views.tickets.posts import reporter_status, who
from domain.followup.promises import KeptPromises, Promise, PromiseKind
from domain.text import plural
from domain.tickets.ticket import Ticket

Message = dict[str, Any]
PROMISED = {
    PromiseKind.FIX: "{who} promises a fix for *{ticket}* by {due}.",
    PromiseKind.UPDATE: "{who} promises an update on *{ticket}* by {due}.",
    PromiseKind.RESUME: "{who} promises to resume work on *{ticket}* by {due}.",
}
MOVED = {
    PromiseKind.FIX: "{who} promises a fix for *{ticket}* by {due} instead of {before}.",
    PromiseKind.UPDATE: "{who} promises an update on *{ticket}* by {due} instead of {before}.",
    PromiseKind.RESUME: "{who} promises to resume work on *{ticket}* by {due} instead of {before}.",
}
MISSED = {
    PromiseKind.FIX: "We promised a fix for *{ticket}* by {due} and missed that date.",
    PromiseKind.UPDATE: "We promised an update on *{ticket}* by {due} and missed that date.",
    PromiseKind.RESUME: "We promised to resume work on *{ticket}* by {due} and missed that date.",
}
MISSED_FOR_TEAM = {
    PromiseKind.FIX: "We promised a fix for *{ticket}* by {due}. The reporter knows that it's late. Set a new date.",
    PromiseKind.UPDATE: (
        "We promised an update on *{ticket}* by {due}. The reporter knows that it's late. Set a new date."
    ),
    PromiseKind.RESUME: (
        "We promised to resume work on *{ticket}* by {due}. The reporter knows that it's late. Set a new date."
    ),
}
CHECK = {
    PromiseKind.FIX: "You promised a fix for *{ticket}* · {summary} by {due}. Will you make it?",
    PromiseKind.UPDATE: "You promised an update on *{ticket}* · {summary} by {due}. Will you make it?",
    PromiseKind.RESUME: "You promised to resume work on *{ticket}* · {summary} by {due}. Will you make it?",
}


def promised(
    ticket: Ticket, kind: PromiseKind, by: str, due: datetime, words: str, *, before: datetime | None, first: bool
) -> Message:  # fmt: skip
    """Tell the followers of a promise.

    `before` is the date it replaces. `first` says that the reporter has not heard from the team yet, so that they also
    read where the ticket stands.
    """
    sentence = (MOVED if before else PROMISED)[kind]
    text = sentence.format(who=who(by), ticket=ticket.name, due=when(due), before=when(before) if before else "")
    return message(" ".join(filter(None, (reporter_status(ticket) if first else "", text, quote(words)))))


def broken(ticket: Ticket, one: Promise) -> Message:
    """Tell the followers that the date was missed."""
    missed = MISSED[one.kind].format(ticket=ticket.name, due=when(one.due))
    return message(f"{missed} We've asked the team for a new date and will post it here.")


def check(ticket: Ticket, one: Promise) -> Message:
    """Ask the person who promised whether the date still holds."""
    text = CHECK[one.kind].format(ticket=ticket.name, summary=quote(ticket.summary, 100), due=when(one.due))
    yes = button("On track", "holds", f"{one.kind}:{ticket.id}", style="primary")
    return message(text, [section(text), actions(yes, new_date(ticket))])


def summary(kept: KeptPromises) -> str:
    """How promises went; empty while none is decided."""
    if kept.share is None:
        return ""
    share = kept.share.scaled(100)
    text = f"Promises: {kept.kept} kept, {kept.renewed} moved, {kept.broken} missed."
    text = f"{text} {share.value:.0f} % were kept, with 95 % confidence at least {share.low:.0f} %."
    if not kept.slip:
        return text
    slip = plural(kept.slip, "Moved dates slipped by 1 working day.", "Moved dates slipped by {count} working days.")
    return f"{text} {slip}"


def new_date(ticket: Ticket) -> Any:
    """Return the button that changes a promised date."""
    return button("Change date", "promise", str(ticket.id))
