"""A ticket as people see it: in full in a modal, as a short summary, and as a row of a list."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from bot.views.people.names import name_of
from bot.views.text import (
    Block,
    actions,
    button,
    context,
    day,
    escape,
    file_link,
    message,
    plain,
    quote,
    rich,
    section,
    when,
)
from bot.views.tickets.timeline import entry, folded_reminders
from domain.conversations.comment import TEAM, Comment
from domain.followup.waiting import waiting_on
from domain.text import plural, shorten
from domain.ticket_log import by_people
from domain.tickets.event import Event
from domain.tickets.status import Status, WaitingOn
from domain.tickets.ticket import Intake, Report, Ticket
from domain.tickets.types import asks

TALK = 15  # comments shown
ROW = 5  # buttons side by side
DETAILS = "ticket_details"
EXCERPT = 600  # characters of the description on the card; the whole is one button away
LIST = 20  # tickets in one list


def headline(ticket: Ticket) -> str:
    """mrkdwn: number, severity and summary on one line."""
    return f"*{ticket.name}* · *{rank(ticket)}* · {quote(ticket.summary)}"


def rank(ticket: Ticket) -> str:
    """Return the severity in words; praise has none."""
    return ticket.severity.capitalize() if ticket.report.type.is_work else ticket.report.type.label


def details(
    ticket: Ticket, events: Sequence[Event], said: Sequence[Comment] = (), *, why: str = "",
    offers: Sequence[tuple[str, str]] = (), links: Sequence[tuple[str, str]] = (),
    plan: Sequence[Block] = (),
) -> Block:  # fmt: skip
    """Return a modal with everything about a ticket.

    `offers` are this person's buttons: (action, label), and `links` lead to its messages: (label, address).
    `plan` are its actions.
    """
    blocks = [section(headline(ticket)), section(state(ticket)), *_offered(ticket, offers)]
    blocks += [context(" · ".join(f"<{address}|{label}>" for label, address in links))] if links else []
    blocks += [*_fields(ticket), *attached(ticket, limit=50)]
    blocks += [section(why)] if why else []
    blocks += plan
    blocks += [{"type": "divider"}, section("*Conversation*"), *_talk(ticket, said)] if said else []
    blocks += [{"type": "divider"}, section("*Timeline*")]
    blocks += [context(entry(e, ticket)) for e in by_people(events)[-30:]]
    blocks += [context(reminders)] if (reminders := folded_reminders(events)) else []
    return {"type": "modal", "callback_id": DETAILS, "title": plain(ticket.name, 24), "close": plain("Close", 24),
            "private_metadata": json.dumps({"ticket": ticket.id}), "blocks": blocks[:100]}  # fmt: skip


def _offered(ticket: Ticket, offers: Sequence[tuple[str, str]]) -> list[Block]:
    """Return the buttons, five in a row, of which a screen reader names the ticket too."""
    made = [button(label, action, str(ticket.id), name=f"{label}: {ticket.name}") for action, label in offers]
    return [actions(*made[at : at + ROW], block_id=f"offers:{at}") for at in range(0, len(made), ROW)]


def _talk(ticket: Ticket, said: Sequence[Comment]) -> list[Block]:
    """Return the newest comments, oldest first; the export has all of them."""
    shown = said[-TALK:]
    blocks = (
        [
            context(
                plural(
                    len(said) - TALK,
                    "1 earlier comment is in the export.",
                    "{count} earlier comments are in the export.",
                )
            )
        ]
        if len(said) > TALK
        else []
    )
    for one in shown:
        hidden = ticket.anonymous and one.person == ticket.reporter
        by = "The reporter" if hidden else f"<@{one.person}>"
        side = "the team" if one.side == TEAM else "a reporter"
        edited = " · edited" if one.changed_at else ""
        blocks += [context(f"{by} ({side}) · {when(one.at)}{edited}"), rich(one.words or "A file", limit=1500)]
    return blocks


def summary(ticket: Ticket, link: str = "") -> dict[str, Any]:
    """Return a short view of a ticket, with a button that shows everything, and its link if it has one."""
    blocks = [section(headline(ticket)), section(state(ticket))]
    if ticket.report.happened:
        blocks.append(rich(ticket.report.happened, limit=EXCERPT, style="rich_text_quote"))
    blocks.append(actions(button("Show everything", "show", str(ticket.id))))
    blocks += [context(f"Link to share: {link}")] if link else []
    return {"text": f"{ticket.name} · {quote(ticket.summary)} · {ticket.status.label}", "blocks": blocks}


def listing(title: str, tickets: Sequence[Ticket], empty: str, now: datetime | None = None) -> dict[str, Any]:
    """Return a list of a reporter's own tickets, or the text `empty` when there are none."""
    if not tickets:
        return message(empty, [section(empty)])
    blocks = [
        section(f"*{escape(title)}* ({len(tickets)})"),
        *(row(t, now, team=False, mine=True) for t in tickets[:LIST]),
    ]
    if len(tickets) > LIST:
        blocks.append(context(f"… and {len(tickets) - LIST} more in the App Home."))
    names = ", ".join(t.name for t in tickets[:LIST])
    return message(f"{title}: {names}", blocks)


def row(ticket: Ticket, now: datetime | None = None, *, team: bool, mine: bool = False, place: str = "") -> Block:
    """Return a ticket as a row of a list, with a button that shows it; `now` tells what is overdue.

    Only the `team` reads the priority, by which it works: to others the number says nothing. `mine` is a report of
    the reader. `place` tells apart the rows of a ticket that stands twice in one view.
    """
    is_work = ticket.status.is_open and ticket.report.type.is_work
    owner = f"<@{ticket.owner}>" if ticket.owner else "unassigned" if is_work else ""
    people = plural(ticket.affected, "1 affected", "{count} affected") if ticket.affected > 1 else ""
    weight = f"priority {ticket.priority:.0f}" if is_work and team else ""
    facts = (_standing(ticket), owner, weight, people, _turn_of(ticket, mine=mine), _due_of(ticket, now),
             f"last change {when(ticket.changed_at or ticket.opened_at)}")  # fmt: skip
    show = button("Show", f"show:{place}{ticket.id}", str(ticket.id), name=f"Show {ticket.name}: {ticket.summary}")
    return section(f"{headline(ticket)}\n{' · '.join(filter(None, facts))}", accessory=show)


def _due_of(ticket: Ticket, now: datetime | None) -> str:
    """Return when the next target is due, or that it was missed, in words."""
    if ticket.due_at is None or not ticket.status.is_open:
        return ""
    return f"*overdue* since {when(ticket.due_at)}" if now and ticket.due_at <= now else f"due {when(ticket.due_at)}"


def state(ticket: Ticket) -> str:
    no_owner = " · unassigned" if ticket.report.type.is_work else ""
    owner = f" · owner <@{ticket.owner}>" if ticket.owner else no_owner
    reason = f" ({ticket.deferral.label.lower()})" if ticket.status is Status.DEFERRED and ticket.deferral else ""
    state = f"*{_standing(ticket)}*{reason}{owner}"
    note = f"\n{quote(ticket.note, 500)}" if ticket.note else ""
    return (
        state
        + note
        + (f"\n_Workaround:_ {quote(ticket.workaround, 300)}" if ticket.workaround else "")
        + _proof(ticket)
    )


def _proof(ticket: Ticket) -> str:
    """Return the kind of fix and the test that proved it."""
    kind = f"\n_{ticket.fix.label}:_ {ticket.fix.meaning.lower()}" if ticket.fix else ""
    kind += f"\n_Judged:_ {ticket.judgement.label.lower()}, {quote(ticket.party, 75)}" if ticket.judgement else ""
    kind += f"\n_Delivered as:_ {ticket.scope}" if ticket.scope else ""
    return kind + (f"\n_Test:_ {quote(ticket.test, 300)}" if ticket.test else "")


def _fields(ticket: Ticket) -> list[Block]:
    report = ticket.report
    shown = (("What happened", report.happened), ("Steps to reproduce", report.steps), ("Expected", report.expected),
             ("What happened instead", report.actual), ("Business impact", report.impact),
             ("Environment", report.environment), *_extra(report))  # fmt: skip
    facts = [report.type.label, escape(report.category), escape(report.module) or "no module", escape(report.process),
             f"by {ticket.intake.value}", f"reported by {reported_by(ticket)} {when(ticket.opened_at)}",
             f"written by <@{ticket.filed_by}>" if ticket.filed_by else ""]  # fmt: skip
    blocks = [context(" · ".join(filter(None, facts)))]
    for label, text in shown:
        blocks += [section(f"*{label}*"), rich(text)] if text else []
    return blocks


def attached(ticket: Ticket, limit: int = 10) -> list[Block]:
    """Links to the ticket's files."""
    files = ticket.report.files
    if not files:
        return []
    names = [file_link(f.permalink, f.name) for f in files[:limit]]
    rest = [f"and {len(files) - limit} more"] if len(files) > limit else []
    return [context(shorten(f"Files: {' · '.join(names + rest)}", 2900))]


def _extra(report: Report) -> list[tuple[str, str]]:
    """Return the answers to the questions that its type or its phase adds."""
    labels = {ask.id: ask.label for ask in asks(report.type)}
    return [(escape(labels.get(name, name.replace("_", " ").capitalize())), text)
            for name, text in report.extra.items() if text]  # fmt: skip


def status_of(ticket: Ticket) -> str:
    """Return the label of the status, and whether the fix is unconfirmed."""
    return ticket.status.label.capitalize() + (", unconfirmed" if ticket.unconfirmed else "")


def _standing(ticket: Ticket) -> str:
    """Return the label of the status; of a deferred ticket with its date."""
    if ticket.status is not Status.DEFERRED:
        return status_of(ticket)
    return f"Deferred until {day(ticket.due, ticket.changed_at)}" if ticket.due else "Deferred, no date"


def _turn_of(ticket: Ticket, *, mine: bool) -> str:
    """Return who has to act and since when, for a row of a list."""
    turn = waiting_on(ticket.status, unconfirmed=ticket.unconfirmed)
    if turn is WaitingOn.NO_ONE or ticket.waiting_since is None:
        return ""
    who = "you" if mine and turn is WaitingOn.REPORTER else f"the {turn.value}"
    return f"waiting on {who} since {when(ticket.waiting_since)}"


def reported_by(ticket: Ticket) -> str:
    if ticket.intake is Intake.SIGNAL:
        return "monitoring"
    return "an anonymous reporter" if ticket.anonymous else name_of(ticket.reporter)
