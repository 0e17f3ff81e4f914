"""Duplicates: suggestions while a report is written, affected people, recurrences, and merging."""

import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog

from bot.context import AppContext
from bot.services.followup.resumption import resume
from bot.services.followup.verification import reopen_in
from bot.services.tickets.session import TicketSession, edit_ticket, require_ticket
from bot.views.conversations import following
from bot.views.followup import verification
from bot.views.tickets import posts
from domain.conversations.following import FollowLevel, NewsKind
from domain.errors import Refused, Repeated
from domain.phases.permissions import Action, Person, is_lead, may, require_kept
from domain.phases.phase import Phase
from domain.tickets import closing
from domain.tickets.event import Event, EventKind
from domain.tickets.filters import Filter
from domain.tickets.status import Status
from domain.tickets.ticket import Intake, Ticket
from storage.store import StoreFailure
from storage.tickets.lists import ListReader
from storage.transaction import Transaction

log = structlog.get_logger()
HOUR = timedelta(hours=1)
MAX_TARGETS = 50  # to choose from in the form that merges a ticket
MIN_WORDS = 2  # words needed for a suggestion
RESOLVED = (Status.RESOLVED, Status.VERIFIED)
UNCHECKED_SPAN, MAX_UNCHECKED = timedelta(days=1), 100  # the tickets that are compared again at a start
REOPEN_REASON = "It happened again."


def suggest_tickets(app: AppContext, phase: Phase, words: str, person: Person) -> list[Ticket]:
    """Return the tickets that these words may describe, of those that the person may see."""
    if len(words.split()) < MIN_WORDS:
        return []
    with app.store.read() as tx:
        found = app.likely.find(tx.connection, phase, words, "", app.now())
        tickets = {t.id: t for t in tx.tickets.list_by_ids(found)}
    known = [tickets[id_] for id_ in found if id_ in tickets]
    return [t for t in known if t.is_kept and may(person, Action.SEE, t, phase)]


def add_affected(app: AppContext, ticket_id: int, person: Person, request: str | None = None) -> tuple[Ticket, bool]:
    """Add an affected person, on the primary of a merged ticket; return the ticket and whether they are new."""
    with app.store.read() as tx:
        found, _, _ = require_ticket(app, tx, tx.tickets.find_ticket(ticket_id), person, Action.SEE)
    to = found.primary_id or ticket_id
    with edit_ticket(app, to, person, Action.SEE, request) as session:
        require_kept(session.ticket)
        if session.ticket.status is Status.WITHDRAWN:
            raise Refused(f"{session.ticket.name} was withdrawn. Please report the problem again.")
        person = session.person  # under their alias, where it is their own anonymous report
        new = session.tx.affected.insert_person(session.ticket.id, person.id, "me too", session.at)
        counts = _counts(session)
        if counts:
            session.tx.affected.insert_occurrence(session.ticket.id, "me too", session.at)
        if session.tx.followers.find_level(session.ticket.id, person.id) is FollowLevel.NOTHING:
            session.tx.followers.update_level(session.ticket.id, person.id, FollowLevel.ALL, session.at)
        if new:
            session.log(EventKind.AFFECTED)
            session.conversation.welcome(person.id, following.you_follow(session.ticket))
        if session.ticket.status in RESOLVED and counts:
            report_recurrence(session)
        elif new:
            session.conversation.tell_team(
                posts.affected_for_team(
                    session.conversation.visible_name(person.id),
                    len(session.tx.affected.list_people(session.ticket.id)),
                )
            )
    return session.ticket, new


def _counts(session: TicketSession) -> bool:
    """Return whether a person's word that it happened counts: once an hour, so that no one can push a ticket.

    It counts again once the ticket was resolved. The person is kept as an HMAC among the keys of requests, which are
    deleted after some days.
    """
    hour = int(session.at.timestamp() // HOUR.total_seconds())
    fixed = session.find_last(EventKind.RESOLVED) if session.ticket.status in RESOLVED else None
    about = f"{session.ticket.id}:{session.person.id}:{hour}:{fixed}"
    key = hmac.new(session.app.secret, about.encode(), hashlib.sha256).hexdigest()[:32]
    try:
        session.tx.insert_request(f"me too:{key}", session.at)
    except Repeated:
        return False
    return True


def report_recurrence(session: TicketSession) -> None:
    """Record that a resolved ticket happens again; reopen it if its fix was not to last, else ask the team."""
    fixed = session.find_last(EventKind.RESOLVED) or session.at
    if not closing.may_reopen(session.ticket, session.find_last(EventKind.VERIFIED), session.at):
        raise Refused(f"{session.ticket.name} was resolved too long ago to reopen. Please report the problem again.")
    session.log(EventKind.RECURRED)
    if session.ticket.fix is not None and not session.ticket.fix.lasts:
        reopen_in(session, REOPEN_REASON)
        return
    session.conversation.tell_team(
        verification.recurred(session.ticket, session.conversation.visible_name(session.person.id), fixed)
    )


def propose_recurrences(app: AppContext, new: Sequence[Ticket]) -> None:
    """Ask the team about each new ticket that says nearly the same as a recently resolved one.

    Each ticket is asked about once, so after a StoreFailure all of them can be given again. Another error with one
    ticket does not affect the others.
    """
    with app.store.read() as tx:
        app.likely.refresh(tx.connection, app.now())
        found = [(ticket, *alike) for ticket in new if (alike := _fixed_lately(app, tx, ticket))]
    for ticket, fixed, at in found:
        try:
            _propose(app, ticket, fixed, at)
        except Repeated:
            pass
        except StoreFailure:
            raise
        except Exception as error:  # noqa: BLE001 - the report stands, and people can merge it
            log.warning("recurrence_not_suggested", ticket=ticket.id, error=type(error).__name__)


def list_unchecked(app: AppContext) -> list[Ticket]:
    """Return the open tickets of the last day, which an earlier process may not have compared before it ended."""
    with app.store.read() as tx:
        return [
            ticket
            for ticket in tx.tickets.list_newest(app.now() - UNCHECKED_SPAN, MAX_UNCHECKED)
            if ticket.intake is not Intake.IMPORT and ticket.status.is_open
        ]


def _propose(app: AppContext, ticket: Ticket, fixed: Ticket, at: datetime) -> None:
    with app.transaction(f"recurrence:{ticket.id}") as tx:
        now = tx.tickets.lock_ticket(ticket.id)
        if now and now.status.is_open:
            session = TicketSession(app, tx, tx.phases.get(now.phase_id), now, Person(app.bot_user), app.now())
            session.conversation.tell_team(verification.looks_like(now, fixed, at))


def _fixed_lately(app: AppContext, tx: Transaction, ticket: Ticket) -> tuple[Ticket, datetime] | None:
    """Return the most similar ticket that was resolved recently, and when; None without one."""
    if ticket.private or len(ticket.summary.split()) < MIN_WORDS:
        return None
    words = f"{ticket.report.happened} {ticket.report.actual}"
    found = app.likely.find_same(ticket.phase_id, ticket.summary, words, ticket.id)
    known = {t.id: t for t in tx.tickets.list_by_ids(found) if t.status in RESOLVED and t.is_kept and not t.private}
    alike = next((known[id_] for id_ in found if id_ in known), None)
    fixed = last_event(tx.tickets.list_events(alike.id), EventKind.RESOLVED) if alike else None
    if alike is None or fixed is None or fixed.at > ticket.opened_at:
        return None
    return (alike, fixed.at) if app.now() - fixed.at <= closing.NON_RECURRENCE else None


def reopen_and_merge(
    app: AppContext, ticket_id: int, fixed_id: int, person: Person, request: str | None = None
) -> Ticket:
    """Reopen a resolved ticket, and merge the new one into it."""
    with edit_ticket(app, fixed_id, person, Action.WORK, request, also=ticket_id) as session:
        found = session.tx.tickets.lock_ticket(ticket_id)
        new, phase, _ = require_ticket(app, session.tx, found, person, Action.SEE)
        if phase.id != session.phase.id:
            raise Refused("These two tickets belong to different phases, so they can't be merged.")
        session.log(EventKind.RECURRED)
        if session.ticket.status in RESOLVED:
            reopen_in(session, f"Reported again as {new.name}: {new.summary}")
        merged = open_other(session, new)
        merge_in(merged, session)
        merged.finish()
    return session.ticket


def list_merge_targets(app: AppContext, ticket: Ticket, phase: Phase, person: Person) -> list[Ticket]:
    """Return the tickets into which this one may be merged: those that it may repeat, then the most urgent ones."""
    likely = suggest_tickets(app, phase, ticket.summary, person)
    reader = ListReader(id=person.id, leads=(phase.id,) if is_lead(person, phase) else ())
    with app.store.read() as tx:
        urgent = tx.lists.list_page(Filter(), [phase], reader, app.now(), skip=0, limit=MAX_TARGETS)
    found = {one.id: one for one in (*likely, *urgent) if one.id != ticket.id and one.status is not Status.MERGED}
    return [*found.values()][:MAX_TARGETS]


def merge(app: AppContext, ticket_id: int, into_id: int, person: Person, request: str | None = None) -> Ticket:
    """Merge a ticket into another one; each follower is told once."""
    with edit_ticket(app, ticket_id, person, Action.MERGE, request, also=into_id) as session:
        found = session.tx.tickets.lock_ticket(into_id)
        try:
            into, _, _ = require_ticket(app, session.tx, found, person, Action.SEE)
        except Refused as no:
            raise no.under("primary") from None
        other = open_other(session, into)
        merge_in(session, other)
        other.finish()
    return session.ticket


def merge_in(session: TicketSession, other: TicketSession) -> None:
    """The same within a transaction."""
    into, by = other.ticket, session.person.id
    session.apply(closing.merge(session.ticket, into, by=by, at=session.at))
    known = set(session.tx.affected.list_people(into.id))
    people = session.tx.affected.list_people(session.ticket.id)
    foreign = any(event.data.get("foreign") for event in session.list_events())
    session.conversation.tell_reporter(
        posts.merged_for_guest(session.ticket) if foreign else posts.merged(session.ticket, into)
    )
    plain = [posts.merged_for_guest(session.ticket)]
    session.conversation.tell_others(following.merged(session.ticket, into), news=NewsKind.OUTCOME, guests=plain)
    anonymous = {session.ticket.reporter} if session.ticket.anonymous else set[str]()  # is told in the anonymous thread
    session.tx.affected.move_people(session.ticket.id, into.id, session.at, but=anonymous)
    session.tx.followers.copy_followers(session.ticket.id, into.id)
    other.log(EventKind.MERGED_IN, ticket=session.ticket.name)
    other.conversation.tell_team(posts.merged_for_team(session.ticket, len(set(people) - known - anonymous), by))


def unmerge(app: AppContext, ticket_id: int, person: Person, request: str | None = None) -> Ticket:
    """Undo a merge; the people who came with the ticket go back with it."""
    with app.store.read() as tx:
        known, _, _ = require_ticket(app, tx, tx.tickets.find_ticket(ticket_id), person, Action.MERGE)
    with edit_ticket(app, ticket_id, person, Action.MERGE, request, also=known.primary_id) as session:
        merged = last_event(session.list_events(), EventKind.MERGED)
        source = session.tx.tickets.lock_ticket(session.ticket.primary_id) if session.ticket.primary_id else None
        if merged is None or source is None:
            raise Refused(f"{session.ticket.name} isn't merged into another ticket, so there's nothing to undo.")
        session.apply(closing.unmerge(session.ticket, merged, by=person.id, at=session.at))
        session.tx.affected.move_people_back(session.ticket.id, source.id)
        session.conversation.announce(posts.unmerged(session.ticket, source), news=NewsKind.OUTCOME)
        resume(session)
        session.request_responder()
        other = open_other(session, source)
        other.conversation.tell_team(posts.unmerged_for_team(session.ticket, person.id))
        other.finish()
    return session.ticket


def last_event(events: Sequence[Event], kind: EventKind) -> Event | None:
    """Return the newest event of that kind; None without one."""
    return next((e for e in reversed(events) if e.kind is kind), None)


def open_other(session: TicketSession, ticket: Ticket) -> TicketSession:
    """Open another ticket in the same transaction."""
    return TicketSession(session.app, session.tx, session.phase, ticket, session.person, session.at)
