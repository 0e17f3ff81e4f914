"""What happened to a ticket in another system, as events and comments of the ticket that is made from it."""

from dataclasses import replace
from datetime import datetime

from bot.services.intake.export_rows import ImportedTicket
from bot.services.intake.intake import History
from bot.services.tickets.session import TicketSession
from domain.address import ERASED_USER
from domain.conversations.comment import REPORTER, TEAM, Comment
from domain.intake.settings import ImportStatus
from domain.text import shorten
from domain.tickets import closing, transitions
from domain.tickets.closing import Solution
from domain.tickets.status import Status
from domain.tickets.ticket import TEXT_LIMIT, Deferral
from domain.tickets.transitions import Transition

CLOSED = (ImportStatus.RESOLVED, ImportStatus.WITHDRAWN)


def history_of(ticket: ImportedTicket, now: datetime) -> History:
    """Return the history of a ticket that is imported now."""
    return History(ticket.opened_at or now, lambda session: _tell(session, ticket))


def _tell(session: TicketSession, other: ImportedTicket) -> None:
    opened = session.ticket.opened_at
    for comment in other.comments:
        side, at = REPORTER if comment.by_reporter else TEAM, min(max(comment.at or session.at, opened), session.at)
        person = other.reporter if comment.by_reporter else comment.person or ERASED_USER
        is_nameless = comment.author and person in (ERASED_USER, other.reporter) and not comment.person
        words = f"{comment.author}: {comment.text}" if is_nameless else comment.text
        session.tx.comments.insert_comment(session.ticket.id, Comment(person, side, shorten(words, TEXT_LIMIT), at))
    closed = other.closed_at or session.at
    at = min(max(closed, opened), session.at) if other.status in CLOSED else session.at
    if other.owner:
        session.apply(transitions.assign(session.ticket, to=other.owner, by=other.owner, at=at))
    for change in _changes(session, other, at):
        session.apply(change)


def _changes(session: TicketSession, other: ImportedTicket, at: datetime) -> list[Transition]:
    """Return the changes to the status that it has in the other system; without a known owner it stays unassigned."""
    by, system = other.owner or ERASED_USER, session.ticket.report.extra.get("imported_from", "")
    if other.status is ImportStatus.RECEIVED:
        return []
    if other.status is ImportStatus.WITHDRAWN:
        return [closing.withdraw(session.ticket, by=other.reporter, at=at)]
    changes = [transitions.acknowledge(session.ticket, by=by, at=at)]
    known = changes[0].ticket
    match other.status:
        case ImportStatus.INVESTIGATING | ImportStatus.FIXING:
            changes.append(transitions.work(known, Status(other.status), by=by, at=at))
        case ImportStatus.WAITING:
            changes.append(transitions.wait(known, f"{system} was waiting for an answer.", by=by, at=at))
        case ImportStatus.DEFERRED:
            today = session.phase.local_date(at)
            words = f"{system} was on hold."
            changes.append(transitions.defer(known, Deferral.OTHER, words, None, by=by, at=at, today=today))
        case ImportStatus.RESOLVED:
            done = Solution(explanation=other.solution or f"{system} was resolved.")
            changes.append(closing.resolve(known, done, by=by, at=at))
            changes.append(closing.stay_unconfirmed(changes[-1].ticket, by=by, at=at))
        case _:
            pass
    return changes if other.owner else [replace(one, ticket=replace(one.ticket, owner=None)) for one in changes]
