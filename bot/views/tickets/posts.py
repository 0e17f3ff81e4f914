"""Messages in a ticket's threads: to the reporter, the other followers and the team."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from bot.views.people.names import name_of
from bot.views.text import Block, actions, answer, button, context, day, mention, message, quote, rich, section, when
from domain.text import plural, split
from domain.tickets.ticket import Ticket

PIECE = 6000  # characters of a person's text in one message; Slack takes about 13,000 characters of JSON
Message = dict[str, Any]
WITHDRAW = ("Withdraw this report?", "The team stops working on it. You can reopen it later.", "Withdraw")


def who(by: str) -> str:
    """Name the person who acts, without calling them; an anonymous reporter has no id here and is named by role."""
    return name_of(by) if by else "The reporter"


HIDDEN_NAME = "You reported it anonymously: the team doesn't see who you are, and your name is stored only encrypted."
ONLY_HERE = "This ticket isn't in your lists, so keep this message."
PRIVATE = "It's private: only you, its owner and the leads can see it."


PAGING = "We're paging the people on call."  # no page has arrived yet


def received(
    ticket: Ticket, home: str, *, assumed: bool, is_paged: bool = False, reply_by: datetime | None = None
) -> Message:
    """Confirm a report.

    `assumed` says that the severity was not asked for, so the reporter can correct it; `is_paged` that an escalation
    begins; `reply_by` is when the team has to acknowledge it.
    """
    if not ticket.report.type.is_work:
        return _praised(ticket)
    text = f"Thank you. Your report is *{ticket.name}*: {quote(ticket.summary)}"
    if is_paged:
        text = f"{text}\n{PAGING}"
    severity = f"Severity: {ticket.severity.capitalize()}."
    if assumed:
        severity = f"{severity} If that's wrong, change it under “Add details”."
    reply = f"We'll reply here by {when(reply_by)}." if reply_by else "We'll reply here."
    hint = f"{severity} {reply} You can add more in this thread."
    hint = f"{hint} {ONLY_HERE}" if ticket.anonymous else f"{hint} <{home}|All your reports>"
    text = "\n".join([text, *([HIDDEN_NAME] if ticket.anonymous else []), *([PRIVATE] if ticket.private else [])])
    value = str(ticket.id)
    buttons = actions(button(f"Show {ticket.name}", "show", value), button("Add details", "details", value),
                      button("Withdraw", "withdraw", value, confirm=WITHDRAW))  # fmt: skip
    return message(text, [section(text), context(hint), buttons])


def where_to_look(ticket: Ticket, bot: str) -> Message:
    """Tell the person who reported, where they did, which ticket it is and where the replies come; `bot` is its id."""
    text = _where(ticket, bot)
    return answer(text, [section(text)])


def _where(ticket: Ticket, bot: str) -> str:
    name = f"*{ticket.name}*"
    if ticket.filed_by:
        return f"You reported {name} for {mention(ticket.reporter)}, who gets the replies."
    if not ticket.report.type.is_work:
        return f"Your praise is {name}. Thank you."
    more = ", without your name" if ticket.anonymous else ", and it's private" if ticket.private else ""
    return f"Your report is {name}{more}. We'll reply in your messages with {mention(bot)}."


def _praised(ticket: Ticket) -> Message:
    text = f"Thank you for the praise. The team reads it as *{ticket.name}*: {quote(ticket.summary)}"
    hint = "It's counted in the team's digest. There's nothing to do, so you won't hear of it again."
    text = "\n".join([text, *([HIDDEN_NAME] if ticket.anonymous else [])])
    buttons = actions(button(f"Show {ticket.name}", "show", str(ticket.id)),
                      button("Withdraw", "withdraw", str(ticket.id), confirm=WITHDRAW))  # fmt: skip
    return message(text, [section(text), context(hint), buttons])


def acknowledged(ticket: Ticket) -> Message:
    return message(reporter_status(ticket))


def reporter_status(ticket: Ticket) -> str:
    """Return the status as the sentence that its reporter reads."""
    meaning, name = ticket.status.meaning, f"*{ticket.name}*"
    if ticket.owner or not meaning.for_reporter_unassigned:
        return meaning.for_reporter.format(ticket=name, owner=mention(ticket.owner or ""))
    return meaning.for_reporter_unassigned.format(ticket=name)


def how_it_stands(ticket: Ticket, following: datetime, missed: datetime | None, *, is_paging: bool = False) -> Message:
    """Tell a reporter who has heard nothing how their ticket stands, and when they hear of it next.

    `missed` is when it should have been resolved.
    """
    name = f"*{ticket.name}*"
    if is_paging:
        text = f"{name} is still unassigned. We keep paging the people on call."
    elif ticket.owner:
        text = f"{reporter_status(ticket)} There's no news yet, so we've asked {name_of(ticket.owner)} for an update."
    else:
        text = f"{name} is still unassigned. We've asked the leads to assign it."
    if missed:
        text = f"{text} It should have been resolved by {when(missed)}."
    return message(f"{text} We'll write here again by {when(following)}.")


def answer_received(ticket: Ticket) -> Message:
    """Tell the reporter that their answer has arrived."""
    return message(f"Thank you for your answer. {reporter_status(ticket)}")


def owner_released(ticket: Ticket, owner: str) -> Message:
    """Tell the reporter that the owner can't take the ticket after all, so that other people are paged."""
    return message(f"{who(owner)} can't take *{ticket.name}*, so we're paging other people.")


def owner_left(ticket: Ticket) -> Message:
    """Tell the reporter that the owner has left the company."""
    text = f"*{ticket.name}* is unassigned again, because its owner has left. The leads are choosing another person."
    return message(f"{text} {reporter_status(ticket)}")


def owner_changed(ticket: Ticket) -> Message:
    return message(f"*{ticket.name}* is assigned to <@{ticket.owner}> now.")


def status_changed(ticket: Ticket, promised: datetime | None = None) -> Message:
    """Say that a ticket is investigated or fixed; `promised` is when the fix is promised."""
    text = reporter_status(ticket)
    return message(f"{text} We promise a fix by {when(promised)}." if promised else text)


def question(ticket: Ticket, by: str) -> Message:
    text = f"*{ticket.name}* is waiting on your answer. {who(by)} asks:"
    tail = context("Reply in this thread, and the team continues.")
    return loud(message(f"{text} {quote(ticket.note)}", [section(text), rich(ticket.note), tail]))


def question_reminder(ticket: Ticket) -> Message:
    """Remind a reporter who has not answered."""
    text = f"*{ticket.name}* is still waiting on your answer. Answer here so that the team can continue:"
    return message(f"{text} {quote(ticket.note)}", [section(text), rich(ticket.note)])


def deferred(ticket: Ticket) -> Message:
    reason = ticket.deferral.label.lower() if ticket.deferral else "later"
    if ticket.due:
        until = day(ticket.due, ticket.changed_at)
        text = f"*{ticket.name}* is deferred until {until}: {reason}. We'll continue on {until} and tell you here."
    else:
        text = f"*{ticket.name}* is deferred without a date: {reason}. We'll tell you here when we continue."
    return loud(message(text, [section(text), *([rich(ticket.note)] if ticket.note else [])]))


def resumed_for_team(ticket: Ticket, leads: Sequence[str]) -> Message:
    """Tell the team that the date has come."""
    whom = mention(ticket.owner) if ticket.owner else " ".join(map(mention, leads))
    return message(f"{whom}: *{ticket.name}* was deferred until today and is under investigation again.")


def resumed(ticket: Ticket) -> Message:
    return message(f"*{ticket.name}* was deferred until today and is under investigation again.")


def titled(ticket: Ticket) -> str:
    """Return number and summary, which is empty for people who may not read what others reported."""
    return f"*{ticket.name}* · {quote(ticket.summary, 150)}" if ticket.summary else f"*{ticket.name}*"


def withdrawn(ticket: Ticket, by: str) -> Message:
    if by in ("", ticket.reporter):
        return message(
            f"You withdrew *{ticket.name}*, so it's closed. To reopen it, type `/hypercare reopen {ticket.name}`."
        )
    return message(f"{who(by)} withdrew *{ticket.name}*, so it's closed.")


def closed(ticket: Ticket, by: str, why: str) -> Message:
    """Tell followers that a lead closed the ticket, and what to do if that is wrong."""
    text = f"{who(by)} closed {titled(ticket)}: {quote(why)}"
    again = "If you still have the problem, reopen it."
    return message(
        f"{text} {again}", [section(f"{text}\n{again}"), actions(button("Reopen", "reopen", str(ticket.id)))]
    )


def withdrawn_for_followers(ticket: Ticket, by: str) -> Message:
    """Tell the followers besides the reporter."""
    text = f"{who(by)} withdrew {titled(ticket)}, so it's closed."
    return message(f"{text} If you still have the problem, report it with `/hypercare report`.")


def reply(
    ticket: Ticket, by: str, text: str, files: Sequence[str] = (), *, promised: datetime | None = None,
    first: bool = False,
) -> list[Message]:  # fmt: skip
    """Return a responder's reply to the reporter. `files` are links, and `promised` is when the next update is due.

    `first` says that the reporter has not heard from the team yet, so that they also read where the ticket stands.
    """
    if promised:
        wrote = f"{who(by)} wrote about *{ticket.name}* and promises the next update by {when(promised)}"
    else:
        wrote = f"{who(by)} wrote about *{ticket.name}*"
    return [loud(m) for m in quoted(f"{reporter_status(ticket)} {wrote}" if first else wrote, text, files)]


def reporter_message_for_team(by: str, text: str, files: Sequence[str] = (), *, edited: bool = False) -> list[Message]:
    """Show the team what was written in the reporter thread."""
    if edited:
        return quoted(f"{who(by)} edited a message in the reporter thread", text, files)
    return quoted(f"{who(by)} wrote in the reporter thread", text, files)


def affected_for_team(by: str, people: int) -> Message:
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


def merged_for_guest(ticket: Ticket) -> Message:
    """Tell a guest of another company, who may not read what others reported."""
    return message(f"*{ticket.name}* is the same problem as another report. We'll tell you here when it's resolved.")


def unmerged(ticket: Ticket, source: Ticket) -> Message:
    return message(
        f"*{ticket.name}* is a different problem from {source.name}, so it's a separate ticket again. "
        f"{reporter_status(ticket)}"
    )


def merged_for_team(ticket: Ticket, people: int, by: str) -> Message:
    """Tell the team of the primary ticket."""
    text = f"{who(by)} merged *{ticket.name}* · {quote(ticket.summary)} into this ticket."
    if not people:
        return message(text)
    affected = plural(people, "1 more person is affected.", "{count} more people are affected.")
    return message(f"{text} {affected}")


def bulk_assigned(by: str, owner: str, why: str, tickets: Sequence[Ticket]) -> Message:
    """Tell the team once that many tickets have a new owner, and why."""
    reason = f" Reason: {quote(why, 300)}" if why else ""
    return _bulk(tickets, "{who} assigned 1 ticket to {owner}: {names}.{reason}",
                 "{who} assigned {count} tickets to {owner}: {names}.{reason}", who=who(by), owner=who(owner),
                 reason=reason)  # fmt: skip


def bulk_severity(by: str, severity: str, tickets: Sequence[Ticket]) -> Message:
    """Tell the team once that many tickets have a new severity."""
    return _bulk(tickets, "{who} changed the severity of 1 ticket to {severity}: {names}.",
                 "{who} changed the severity of {count} tickets to {severity}: {names}.",
                 who=who(by), severity=severity)  # fmt: skip


def bulk_resolved(by: str, tickets: Sequence[Ticket]) -> Message:
    """Tell the team once that many tickets are resolved."""
    return _bulk(tickets, "{who} resolved 1 ticket: {names}.", "{who} resolved {count} tickets: {names}.",
                 who=who(by))  # fmt: skip


def _bulk(tickets: Sequence[Ticket], one: str, many: str, **values: str) -> Message:
    return message(plural(len(tickets), one, many, names=", ".join(ticket.name for ticket in tickets), **values))


def unmerged_for_team(ticket: Ticket, by: str) -> Message:
    return message(f"{who(by)} unmerged *{ticket.name}* from this ticket.")


def deleted(by: str) -> Message:
    return message(f"{who(by)} deleted this message.")


def source_edited(by: str, text: str, files: Sequence[str] = ()) -> list[Message]:
    """Show the team what the reported message says now; `by` is empty for another app's."""
    intro = f"{name_of(by)} edited the reported message. It now says" if by else "The reported message now says"
    return quoted(intro, text, files)


def source_deleted(by: str) -> Message:
    """Tell the team that the reported message is gone."""
    text = "The reported message was deleted. Its words are removed here, from search and from exports."
    return message(f"{text} Ask {name_of(by)} whether it's still a problem." if by else text)


def superseded() -> Message:
    """Stand in for a part of a message that is shorter now."""
    return message("This part of the message was removed.")


def reply_for_team(by: str, text: str, files: Sequence[str] = (), *, all_followers: bool = False) -> list[Message]:
    """Show the team what a responder wrote to the reporter, or to all followers with `all_followers`."""
    if all_followers:
        return quoted(f"{who(by)} wrote to all followers", text, files)
    return quoted(f"{who(by)} wrote to the reporter", text, files)


def page_reply_for_team(by: str, text: str, files: Sequence[str] = ()) -> list[Message]:
    """Show the team what a person who was paged replied."""
    return quoted(f"{who(by)} replied to the page", text, files)


def promise_reply_for_team(by: str, text: str, files: Sequence[str] = ()) -> list[Message]:
    """Show the team what a person replied who was asked whether a promise holds."""
    return quoted(f"{who(by)} wrote about the promised date", text, files)


def assigned_for_team(ticket: Ticket) -> Message:
    return message(f"<@{ticket.owner}>, *{ticket.name}* is assigned to you now.")


def severity_for_team(ticket: Ticket, was: str, why: str, by: str) -> Message:
    reason = f" {quote(why)}" if why else ""
    return message(f"{who(by)} changed the severity from {was} to *{ticket.severity}*.{reason}")


def details_for_team(by: str) -> Message:
    return message(f"{who(by)} added details to the report.")


def quoted(intro: str, text: str, files: Sequence[str] = ()) -> list[Message]:
    """Quote a person's text, in as many messages as it needs."""
    pieces = split(text, PIECE) if text else [""]
    made = []
    for i, piece in enumerate(pieces):
        title = f"{intro}:" if i == 0 else f"{intro} ({i + 1} of {len(pieces)}):"
        words = [rich(part, style="rich_text_quote") for part in split(piece, 3000)] if piece else []
        last = _files(files) if i == len(pieces) - 1 else []
        made.append(message(f"{title} {quote(piece)}".strip(), [section(title), *words, *last]))
    return made


def _files(links: Sequence[str]) -> list[Block]:
    return [context(f"Files: {' · '.join(links[:10])}")] if links else []


def loud(made: Message) -> Message:
    """Return the message so that it also shows outside the thread, as the reporter should not miss it."""
    return {**made, "broadcast": True}
