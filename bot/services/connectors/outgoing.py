"""What a tracker is told of a ticket: a new issue, that fields have changed, comments and files."""

from collections.abc import Iterator, Sequence
from typing import Any

from bot.context import AppContext
from bot.services.tickets.links import link_to
from bot.services.tickets.session import Signal, TicketSession, edit_ticket
from bot.views.connectors import issues as views
from domain.connectors.merging import REFUSED, fresh, ours
from domain.connectors.settings import Connection
from domain.conversations.comment import REPORTER, TEAM
from domain.delivery.lanes import LaneKind, lane_name
from domain.delivery.message import Lane
from domain.errors import Refused
from domain.phases.permissions import Action, Person
from domain.phases.phase import Phase
from domain.tickets.ticket import File, Ticket
from storage.connectors.issue_links import IssueLink
from storage.operations.timers import Timer
from storage.transaction import Transaction

RETRY = "tracker_retry"
BATCH = 100  # links in one transaction
FROM_TRACKER = "connectors"  # a part of a session: the system from which its changes come


def may_leave(connection: Connection, ticket: Ticket) -> bool:
    """Return whether a tracker may know of a ticket."""
    return connection.private or not (ticket.private or ticket.anonymous)


def connection_of(phase: Phase, system: str) -> Connection | None:
    """Return the connection of a phase to that system."""
    return next((one for one in phase.connections if one.system == system), None)


def label_of(ticket: Ticket) -> str:
    """Return the label by which the issue of a ticket is found."""
    return f"hypercare-{ticket.name}"


def want_issue(
    app: AppContext, ticket_id: int, person: Person, key: str = "", request: str | None = None
) -> tuple[Ticket, str]:
    """Have an issue made for a ticket, or link the one with that key; return the ticket and the name of the system.

    Refused when the phase has no connection, the ticket has an issue, or the ticket may not leave.
    """
    with edit_ticket(app, ticket_id, person, Action.WORK, request) as session:
        connection, label = _require_way(session, next(iter(session.phase.connections), None))
        known = session.tx.issue_links.find(connection.system, session.ticket.id, lock=True)
        if known and not known.gone:
            raise Refused(f"{session.ticket.name} has an issue already: {known.key or 'it is being made'}.")
        if known:
            session.tx.issue_links.delete(known.id)
        session.signals.add(Signal.TRACKER_ASKED_AGAIN)
        _begin(session, connection, key.strip())
    return session.ticket, label


def try_again(
    app: AppContext, ticket_id: int, system: str, person: Person, request: str | None = None
) -> tuple[Ticket, str]:
    """Have a tracker asked again for what it refused: to make an issue, or to change it; return what `want_issue` does.

    Refused when it refuses nothing of the ticket any more.
    """
    with edit_ticket(app, ticket_id, person, Action.WORK, request) as session:
        connection, label = _require_way(session, connection_of(session.phase, system))
        link = session.tx.issue_links.find(system, session.ticket.id, lock=True)
        if link is None or not link.is_refused:
            raise Refused(f"{label} refuses nothing of {session.ticket.name} any more. There is nothing to try again.")
        session.signals.add(Signal.TRACKER_ASKED_AGAIN)
        if link.issue_id is None:
            session.tx.issue_links.delete(link.id)
            _begin(session, connection, "")
        else:
            open_again = {name: "" if value.startswith(f"{REFUSED} ") else value for name, value in link.ours.items()}
            session.tx.issue_links.update(link.id, ours=open_again, version=link.version + 1)
            ask_again(app, session.tx, link)
    return session.ticket, label


def _require_way(session: TicketSession, connection: Connection | None) -> tuple[Connection, str]:
    """Return a connection and the name of its tracker; Refused when there is none, or the ticket may not leave."""
    if connection is None:
        raise Refused(f"{session.phase.name} is not connected to a tracker. docs/jira.md says how to connect one.")
    label = session.app.trackers.get(connection.system, connection.system)
    if not may_leave(connection, session.ticket):
        raise Refused(f"{session.ticket.name} is private or anonymous, so it gets no issue in {label}.")
    return connection, label


def queue_changes(session: TicketSession) -> None:
    """Queue what trackers have to know of a session: a consequence of every change."""
    if not session.phase.connections:
        return
    links = (
        {} if session.is_new else {one.system: one for one in session.tx.issue_links.list_by_ticket(session.ticket.id)}
    )
    for connection in session.phase.connections:
        link = links.get(connection.system)
        if link is None:
            if not session.is_quiet and (session.is_new or session.has_logged):
                begin_by_rule(session, connection)
        elif not link.gone:
            _queue_fields(session, link)
            if session.parts.get(FROM_TRACKER) != connection.system and may_leave(connection, session.ticket):
                _queue_words(session, connection)


def ask_again(app: AppContext, tx: Transaction, link: IssueLink) -> None:
    """Have the fields of an issue and of its ticket compared, since there is news of one of them."""
    lane = _lane(tx, LaneKind.ISSUE_FIELDS, link.ticket_id, link.system)
    tx.outbox.call_tracker_once(lane, {"do": "fields", "ticket": link.ticket_id}, at=app.now())


def plan_retry(tx: Transaction, phase: Phase, app: AppContext, *, start: int = 0) -> None:
    """Have trackers told again what they refused, since the settings of the phase may name what was missing.

    Those of the links after the id `start`.
    """
    if phase.connections:
        data = {"phase": phase.id, "from": start}
        tx.timers.set_once(f"{RETRY}:{phase.id}", RETRY, app.now(), data=data)


def retry_refused(app: AppContext, tx: Transaction, timer: Timer) -> None:
    """Have fields compared again of which a tracker refused one, a batch at a time."""
    phase = tx.phases.get(timer.data["phase"])
    found = tx.issue_links.list_with(REFUSED, phase.id, timer.data["from"], BATCH)
    for link in found:
        ask_again(app, tx, link)
    if len(found) == BATCH:
        plan_retry(tx, phase, app, start=found[-1].id)


def begin_by_rule(session: TicketSession, connection: Connection, *, is_quiet: bool = False) -> None:
    """Have an issue made for an open ticket when the severity says so; the team isn't told of it if `is_quiet`."""
    wanted = session.ticket.severity in connection.create and session.ticket.status.is_open
    if wanted and may_leave(connection, session.ticket):
        _begin(session, connection, "", is_quiet=is_quiet)


def _begin(session: TicketSession, connection: Connection, key: str, *, is_quiet: bool = False) -> None:
    """Write the link, and queue the call that makes the issue or looks at the one with that key."""
    ticket, tx = session.ticket, session.tx
    if not tx.issue_links.insert(connection.system, ticket.id, ours(ticket) if key else fresh(ticket)):
        return
    if key:
        payload: dict[str, Any] = {"do": "link", "key": key}
    else:
        text = views.description(ticket, link_to(session.app, ticket))
        payload = {
            "do": "create", "project": connection.project, "issue_type": connection.issue_type,
            "summary": f"{ticket.name}: {ticket.summary}", "text": text,
            "label": label_of(ticket), "priority": connection.priorities.get(ticket.severity, ""),
            "fields": dict(connection.fields), "is_quiet": is_quiet,
        }  # fmt: skip
    lane = _lane(tx, LaneKind.ISSUE, ticket.id, connection.system)
    tx.outbox.call_tracker(lane, payload | {"ticket": ticket.id}, at=session.at)
    if not key:
        _queue_files(session, connection, ticket.report.files)


def _queue_fields(session: TicketSession, link: IssueLink) -> None:
    if link.issue_id is not None and ours(session.ticket) != link.ours:
        ask_again(session.app, session.tx, link)


def _queue_words(session: TicketSession, connection: Connection) -> None:
    """Queue comments: what one side wrote to the other is public, what the team wrote among itself is not."""
    lane = _lane(session.tx, LaneKind.ISSUE, session.ticket.id, connection.system)
    for text, public in _words(session, connection):
        payload = {"do": "comment", "ticket": session.ticket.id, "text": text, "public": public}
        session.tx.outbox.call_tracker(lane, payload, at=session.at)
    _queue_files(session, connection, session.new_files)


def _words(session: TicketSession, connection: Connection) -> Iterator[tuple[str, bool]]:
    nameless = session.ticket.private or session.ticket.anonymous
    person = "" if nameless else session.conversation.visible_name(session.person.id)
    for side, words in session.said:
        public = side in (TEAM, REPORTER)
        if words and (public or connection.notes):
            yield views.comment(person, words), public


def _queue_files(session: TicketSession, connection: Connection, files: Sequence[File]) -> None:
    lane = _lane(session.tx, LaneKind.ISSUE, session.ticket.id, connection.system)
    for file in files:
        if not file.inside or connection.notes:
            payload = {"do": "file", "ticket": session.ticket.id, "file": file.id, "name": file.name}
            session.tx.outbox.call_tracker(lane, payload, at=session.at)


def _lane(tx: Transaction, kind: LaneKind, ticket_id: int, system: str) -> Lane:
    return tx.outbox.lane(lane_name(kind, ticket_id, system), system, ticket_id=ticket_id)
