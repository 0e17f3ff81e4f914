"""The team's work on a ticket: acknowledge, assign, change status and severity, reply; and withdrawing a report."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bot.context import AppContext
from bot.services.tickets.promising import record_promise
from bot.services.tickets.session import TicketSession, edit_ticket
from bot.views.followup.promises import promised
from bot.views.tickets import posts
from domain.conversations.comment import TEAM
from domain.conversations.following import NewsKind
from domain.errors import Refused
from domain.followup.promises import PromiseKind
from domain.phases.permissions import Action, Person, is_responder
from domain.tickets import closing, transitions
from domain.tickets.event import EventKind
from domain.tickets.status import Status
from domain.tickets.ticket import ChangeScope, Severity, Ticket


def acknowledge(app: AppContext, ticket_id: int, person: Person, request: str | None = None) -> Ticket:
    """Acknowledge a ticket; one with an owner changes hands only while it is escalating."""
    with edit_ticket(app, ticket_id, person, Action.WORK, request) as session:
        acknowledge_in(session)
    return session.ticket


def acknowledge_in(session: TicketSession) -> None:
    """Acknowledge a ticket within a transaction."""
    session.claim()
    if not session.has_logged:
        session.apply(transitions.acknowledge(session.ticket, by=session.person.id, at=session.at))


def take(app: AppContext, ticket_id: int, person: Person, request: str | None = None) -> Ticket:
    """Make the person the owner, and acknowledge a ticket that was only received."""
    with edit_ticket(app, ticket_id, person, Action.WORK, request) as session:
        if session.ticket.status is Status.RECEIVED:
            session.acknowledge_first()
        else:
            session.apply(
                transitions.assign(
                    session.ticket, to=person.id, by=session.person.id, at=session.at, again=session.is_escalating()
                )
            )
            session.conversation.tell_reporter(posts.owner_changed(session.ticket))
    return session.ticket


def assign(app: AppContext, ticket_id: int, person: Person, to: str, request: str | None = None) -> Ticket:
    """Make a responder the owner, and acknowledge a ticket that was only received."""
    with edit_ticket(app, ticket_id, person, Action.ASSIGN, request) as session:
        if not is_responder(app.known_person(session.tx, to), session.phase):
            raise Refused(f"Only responders and leads of {session.phase.name} can own a ticket.", field="owner")
        assign_in(session, to)
        if to != person.id:
            session.conversation.tell_team(posts.assigned_for_team(session.ticket))
    return session.ticket


def assign_in(session: TicketSession, to: str, why: str = "") -> None:
    """Change the owner within a session, without telling the team."""
    first = session.acknowledge_first(quietly=True)
    if session.ticket.owner != to or not (first or session.has_logged):
        session.apply(
            transitions.assign(
                session.ticket, to=to, by=session.person.id, at=session.at, again=session.is_escalating(), why=why
            )
        )
    session.conversation.tell_reporter(
        posts.acknowledged(session.ticket) if first else posts.owner_changed(session.ticket)
    )


def set_status(
    app: AppContext,
    ticket_id: int,
    person: Person,
    to: Status,
    request: str | None = None,
    *,
    by: datetime | None = None,
    why: str = "",
) -> Ticket:
    """Change the status; `by` is when a fix is promised, `why` the reason for a later date than before."""
    with edit_ticket(app, ticket_id, person, Action.WORK, request) as session:
        session.acknowledge_first(quietly=True)
        if session.ticket.status in (Status.RESOLVED, Status.VERIFIED, Status.DEFERRED):
            session.apply(
                closing.reopen(session.ticket, "Work continues.", by=session.person.id, at=session.at,
                               confirmed=session.find_last(EventKind.VERIFIED))
            )  # fmt: skip
        if session.ticket.status is not to or not session.has_logged:
            session.apply(transitions.work(session.ticket, to, by=session.person.id, at=session.at))
        if by:
            record_promise(session, PromiseKind.FIX, by, why)
        session.conversation.announce(posts.status_changed(session.ticket, promised=by))
    return session.ticket


def weigh(
    app: AppContext, ticket_id: int, person: Person, severity: Severity, why: str, inputs: Mapping[str, Any],
    request: str | None = None,
) -> Ticket:  # fmt: skip
    """Change the severity and the other inputs of the priority; only what changes is logged.

    A ticket that becomes critical is paged like one that was reported so.
    """
    with edit_ticket(app, ticket_id, person, Action.WEIGH, request) as session:
        was, effort = session.ticket.severity, str(inputs.get("effort", session.ticket.effort))
        said = {name: value for name, value in inputs.items() if name != "effort"}
        changed = effort != session.ticket.effort or any(
            getattr(session.ticket.report, n) != v for n, v in said.items()
        )
        if changed:
            session.apply(transitions.weigh(session.ticket, said, effort, by=session.person.id, at=session.at))
        if severity is not was or not changed:
            session.apply(transitions.set_severity(session.ticket, severity, why, by=session.person.id, at=session.at))
            session.conversation.tell_team(posts.severity_for_team(session.ticket, was, why, person.id))
            session.request_responder()
    return session.ticket


def set_scope(
    app: AppContext, ticket_id: int, person: Person, request: str | None = None, *, scope: ChangeScope
) -> Ticket:  # fmt: skip
    """Set how the change of an accepted ticket is delivered: as a hotfix, a patch or with a release."""
    with edit_ticket(app, ticket_id, person, Action.WORK, request) as session:
        session.apply(transitions.set_scope(session.ticket, scope, by=session.person.id, at=session.at))
    return session.ticket


def reply(
    app: AppContext, ticket_id: int, person: Person, text: str, request: str | None = None, *,
    all_followers: bool = False, by: datetime | None = None,
) -> Ticket:  # fmt: skip
    """Send an answer to the reporter, or to all followers with `all_followers`; the team sees what was sent.

    `by` is when the next update is promised.
    """
    with edit_ticket(app, ticket_id, person, Action.WORK, request) as session:
        first = session.acknowledge_first(quietly=True)
        session.log(EventKind.UPDATED if all_followers else EventKind.REPLIED)
        session.conversation.record_comment(TEAM, text)
        if by:
            record_promise(session, PromiseKind.UPDATE, by, text)
        words = posts.reply(session.ticket, person.id, text, promised=by, first=first)
        session.conversation.tell_reporter(*words)
        if all_followers:
            session.conversation.tell_others(*words, news=NewsKind.WORDS)
        elif by:
            session.conversation.tell_others(
                promised(session.ticket, PromiseKind.UPDATE, person.id, by, "", before=None, first=False)
            )
        session.conversation.tell_team(*posts.reply_for_team(person.id, text, all_followers=all_followers))
    return session.ticket


def withdraw(app: AppContext, ticket_id: int, person: Person, request: str | None = None) -> Ticket:
    """Take a report back, as its reporter."""
    with edit_ticket(app, ticket_id, person, Action.WITHDRAW, request) as session:
        session.apply(closing.withdraw(session.ticket, by=session.person.id, at=session.at))
        by = session.conversation.visible_name(session.person.id)
        session.conversation.tell_reporter(posts.withdrawn(session.ticket, by))
        plain = [posts.withdrawn_for_followers(session.ticket.without_summary(), by)]
        told = posts.withdrawn_for_followers(session.ticket, by)
        session.conversation.tell_others(told, news=NewsKind.OUTCOME, guests=plain)
    return session.ticket


def close(app: AppContext, ticket_id: int, person: Person, why: str, request: str | None = None) -> Ticket:
    """End a ticket that needs no fix, as a lead; its followers read why, and it can be reopened."""
    with edit_ticket(app, ticket_id, person, Action.CLOSE, request) as session:
        session.apply(closing.withdraw(session.ticket, by=session.person.id, at=session.at, why=why))
        session.conversation.record_comment(TEAM, why)
        plain = [posts.closed(session.ticket.without_summary(), person.id, why)]
        session.conversation.announce(posts.closed(session.ticket, person.id, why), news=NewsKind.OUTCOME, guests=plain)
    return session.ticket
