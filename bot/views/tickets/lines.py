"""What is said in a thread: to the reporter what they care about, to the team what they must hear."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from bot.views.text import Block, actions, button, context, day, mention, message, quote, rich, section, when
from domain.text import plural, split
from domain.tickets.ticket import Ticket

PIECE = 6000  # characters of somebody's words in one message; Slack takes about 13,000 characters of JSON
Message = dict[str, Any]


def who(by: str) -> str:
    """A mention; somebody who gives no name has no id here."""
    return f"<@{by}>" if by else "The reporter"


def received(ticket: Ticket, home: str, *, assumed: bool, reply_by: datetime | None = None) -> Message:
    """Confirm a report.

    `assumed` says that the severity was not asked for, so the reporter can correct it; `reply_by` is when the team has
    to acknowledge it.
    """
    text = f"Thank you. Your report is *{ticket.name}*: {quote(ticket.summary)}"
    if ticket.severity == "critical":
        text = f"{text}\nWe've paged the people on call."
    severity = f"Severity: {ticket.severity.capitalize()}."
    if assumed:
        severity = f"{severity} If that's wrong, change it under “Add details”."
    reply = f"We'll reply here by {when(reply_by)}." if reply_by else "We'll reply here."
    hint = f"{severity} {reply} You can add more in this thread. <{home}|All your reports>"
    value = str(ticket.id)
    buttons = actions(button(f"Show {ticket.name}", "show", value), button("Add details", "details", value),
                      button("Withdraw", "withdraw", value))  # fmt: skip
    return message(text, [section(text), context(hint), buttons])


def acknowledged(ticket: Ticket) -> Message:
    return message(f"*{ticket.name}* is {stands(ticket)}.")


def stands(ticket: Ticket) -> str:
    """Where it stands, in the words its reporter reads."""
    meaning = ticket.status.meaning
    if ticket.owner or not meaning.for_reporter_unassigned:
        return meaning.for_reporter.format(owner=mention(ticket.owner or ""))
    return meaning.for_reporter_unassigned


def with_the_team_again(ticket: Ticket) -> Message:
    """Tell the reporter that their answer has arrived."""
    return message(f"Thank you. *{ticket.name}* is with the team again and is {stands(ticket)}.")


def lapsed(ticket: Ticket, owner: str) -> Message:
    """Whoever had it does not come to it; it is called for anew."""
    return message(f"*{ticket.name}*: {who(owner)} does not come to it. It is {stands(ticket)}, and others are called.")


def handed_over(ticket: Ticket) -> Message:
    return message(f"*{ticket.name}*: <@{ticket.owner}> has it now.")


def critical_again(ticket: Ticket, leads: Sequence[str]) -> Message:
    called = " ".join(map(mention, leads))
    return message(f"*{ticket.name}* is critical again. {called}".strip())


def progress(ticket: Ticket, promised: datetime | None = None) -> Message:
    """Say that a ticket is investigated or fixed; `promised` is when the fix is promised."""
    text = f"*{ticket.name}* is {stands(ticket)}."
    return message(f"{text} We promise a fix by {when(promised)}." if promised else text)


def asked(ticket: Ticket, by: str) -> Message:
    text = f"*{ticket.name}* is waiting on your answer. {who(by)} asks:"
    tail = context("Answer here in the thread, and the team continues.")
    return loud(message(f"{text} {quote(ticket.note)}", [section(text), rich(ticket.note), tail]))


def asked_again(ticket: Ticket) -> Message:
    """Remind a reporter who has not answered."""
    text = f"*{ticket.name}* is still waiting on your answer. Answer here so that the team can continue:"
    return message(f"{text} {quote(ticket.note)}", [section(text), rich(ticket.note)])


def no_answer(ticket: Ticket, asked: datetime, called: Sequence[str]) -> Message:
    """Tell the team that the reporter has not answered."""
    text = f"The reporter of *{ticket.name}* hasn't answered since {when(asked)}, after two reminders."
    text = f"{text} Continue without the answer, defer it, or resolve it."
    return message(f"{' '.join(map(mention, called))}: {text}" if called else text)


def deferred(ticket: Ticket) -> Message:
    reason = ticket.deferral.label.lower() if ticket.deferral else "later"
    if ticket.due:
        until = day(ticket.due, ticket.changed_at)
        text = f"*{ticket.name}* is deferred until {until}: {reason}. We'll continue on {until} and tell you here."
    else:
        text = f"*{ticket.name}* is deferred without a date: {reason}. We'll tell you here when we continue."
    return loud(message(text, [section(text), *([rich(ticket.note)] if ticket.note else [])]))


def still_deferred(ticket: Ticket, since: datetime, leads: Sequence[str]) -> Message:
    """Ask the leads about a ticket that is deferred without a date."""
    text = f"{' '.join(map(mention, leads))}: *{ticket.name}* has been deferred without a date since {when(since)}."
    return message(f"{text} Set a date, reopen it, or say in this thread that it stays deferred.")


def came_back(ticket: Ticket, leads: Sequence[str]) -> Message:
    """Tell the team that the date has come."""
    whom = mention(ticket.owner) if ticket.owner else " ".join(map(mention, leads))
    return message(f"{whom}: *{ticket.name}* was deferred until today and is under investigation again.")


def taken_up(ticket: Ticket) -> Message:
    return message(f"*{ticket.name}* was deferred until today and is under investigation again.")


def withdrawn(ticket: Ticket, by: str) -> Message:
    whom = "you" if by in ("", ticket.reporter) else who(by)
    return message(f"*{ticket.name}*: withdrawn by {whom}.")


def withdrawn_for_others(ticket: Ticket, by: str) -> Message:
    """To whoever it concerns too."""
    text = f"*{ticket.name}* · {quote(ticket.summary)}: withdrawn by {who(by)}."
    return message(f"{text} If it is still wrong for you, please report it: `/hypercare report`.")


def answer(
    ticket: Ticket, by: str, text: str, files: Sequence[str] = (), *, promised: datetime | None = None,
    first: bool = False,
) -> list[Message]:  # fmt: skip
    """A responder's words for the reporter. `files` are links, and `promised` is when they hear more.

    With the `first` words they read that somebody is looking.
    """
    next_ = f" (the next update is promised by {when(promised)})" if promised else ""
    intro = f"*{ticket.name}*: {stands(ticket)}. {who(by)} writes" if first else f"*{ticket.name}*: {who(by)} writes"
    return [loud(m) for m in _said(f"{intro}{next_}", text, files)]


def reporter_wrote(by: str, text: str, files: Sequence[str] = (), *, edited: bool = False) -> list[Message]:
    """Words from the reporter thread, for the team."""
    return _said(f"{who(by)} wrote in the reporter thread" + (" (edited)" if edited else ""), text, files)


def me_too(by: str, people: int) -> Message:
    return message(
        plural(
            people,
            "{who} is affected too: 1 person so far.",
            "{who} is affected too: {count} people so far.",
            who=who(by),
        )
    )


def merged(ticket: Ticket, into: Ticket) -> Message:
    """Tell the followers of the merged ticket."""
    text = f"*{ticket.name}* is the same problem as *{into.name}* · {quote(into.summary)}. We'll continue there."
    return message(text, [section(text), actions(button(f"Show {into.name}", "show", str(into.id)))])


def merged_elsewhere(ticket: Ticket) -> Message:
    """Tell a guest of another company, who may not read what others reported."""
    return message(f"*{ticket.name}* is the same problem as another report. We'll tell you here when it's resolved.")


def unmerged(ticket: Ticket, source: Ticket) -> Message:
    return message(
        f"*{ticket.name}* is a different problem than {source.name}, so it's a separate ticket again. "
        f"It is {stands(ticket)}."
    )


def took_in(ticket: Ticket, people: int, by: str) -> Message:
    """Tell the team of the primary ticket."""
    text = f"{who(by)} merged *{ticket.name}* · {quote(ticket.summary)} into this ticket."
    if not people:
        return message(text)
    return message(text + plural(people, " 1 more person is affected.", " {count} more people are affected."))


def many(by: str, did: str, tickets: Sequence[Ticket]) -> Message:
    """One message for the team about a change of many."""
    names = ", ".join(ticket.name for ticket in tickets)
    return message(f"{who(by)} {did}: {len(tickets)} ticket{'s' if len(tickets) != 1 else ''}, {names}.")


def let_go(ticket: Ticket, by: str) -> Message:
    return message(f"{who(by)} separated *{ticket.name}* from this ticket again.")


def deleted(by: str) -> Message:
    return message(f"{who(by)} deleted what stood here.")


def replied(by: str, text: str, files: Sequence[str] = (), *, everybody: bool = False) -> list[Message]:
    """What a responder told the reporter, or everybody whom it concerns, for the team."""
    return _said(f"{who(by)} wrote to {'everybody whom it concerns' if everybody else 'the reporter'}", text, files)


def answered_page(by: str, text: str, files: Sequence[str] = ()) -> list[Message]:
    """What somebody who was called said to that, for the team."""
    return _said(f"{who(by)} answered the call", text, files)


def said_of_promise(by: str, text: str, files: Sequence[str] = ()) -> list[Message]:
    """What somebody said who was asked whether a promise holds, for the team."""
    return _said(f"{who(by)} says of the promise", text, files)


def owned(ticket: Ticket, by: str) -> Message:
    return message(f"<@{ticket.owner}>, {who(by)} gave you *{ticket.name}*.")


def severity(ticket: Ticket, was: str, why: str, by: str) -> Message:
    reason = f" {quote(why)}" if why else ""
    return message(f"{who(by)} changed the severity from {was} to *{ticket.severity}*.{reason}")


def details_added(by: str) -> Message:
    return message(f"{who(by)} added details to the report.")


def _said(intro: str, text: str, files: Sequence[str] = ()) -> list[Message]:
    """Somebody's words, in as many messages as they need."""
    pieces = split(text, PIECE) if text else [""]
    made = []
    for i, piece in enumerate(pieces):
        title = f"{intro}:" if i == 0 else f"{intro} ({i + 1} of {len(pieces)}):"
        words = [rich(part, style="rich_text_quote") for part in split(piece, 3000)] if piece else []
        last = _files(files) if i == len(pieces) - 1 else []
        made.append(message(f"{title} {quote(piece)}".strip(), [section(title), *words, *last]))
    return made


def _files(links: Sequence[str]) -> list[Block]:
    return [context("Files: " + " · ".join(links[:10]))] if links else []


def loud(made: Message) -> Message:
    """Something the reporter should not miss: in a direct message it also shows outside the thread."""
    return {**made, "broadcast": True}
