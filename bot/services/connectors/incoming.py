"""What comes of an issue as its tracker has it now: its fields, comments and files reach the ticket and its people."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from bot.context import AppContext
from bot.services.connectors.outgoing import FROM_TRACKER, ask_again, connection_of, may_leave
from bot.services.connectors.subtasks import ask_about_actions
from bot.services.followup import verification
from bot.services.tickets.offers import end_offers
from bot.services.tickets.session import Signal, TicketSession, lock_ticket
from bot.views.connectors import issues as views
from bot.views.tickets import posts
from domain.connectors.issue import Issue, IssueChange
from domain.connectors.merging import Accounts, Taken, after, decide, ours, settled, theirs
from domain.connectors.merging import refused as refused_fields
from domain.connectors.settings import Connection
from domain.conversations.comment import TEAM
from domain.delivery.file_copy import MAX_COPY_BYTES
from domain.errors import Refused
from domain.mail.incoming import safe_file_name
from domain.phases.permissions import is_responder
from domain.tickets import transitions
from domain.tickets.closing import Solution
from domain.tickets.event import EventKind
from domain.tickets.status import Status
from domain.tickets.ticket import File, Ticket
from storage.connectors.issue_links import COMMENT, FILE, IssueLink
from storage.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Answer:
    """What an issue has to follow, and the fields of the ticket that it has then.

    `connection` and `ticket` are as they were then, None where nothing has to be followed.
    """

    change: IssueChange
    sent: Mapping[str, str]
    connection: Connection | None = None
    ticket: Ticket | None = None


@dataclass(slots=True)
class _Inbox:
    """A ticket's session with the issue that has news."""

    session: TicketSession
    connection: Connection
    label: str
    issue: Issue
    accounts: Accounts


def note_news(app: AppContext, system: str, issue_id: str, request: str | None = None) -> bool:
    """Have an issue or its parent read because its tracker has news; return whether it belongs to a ticket."""
    with app.transaction(request) as tx:
        link = tx.issue_links.find_by_issue(system, issue_id)
        parents = [] if link else tx.subtasks.list_links(system, [issue_id])
        if link:
            ask_again(app, tx, link)
        for one in parents:
            ask_about_actions(app, tx, one)
    return bool(link or parents)


def issue_found(
    app: AppContext, tx: Transaction, system: str, label: str, ticket_id: int, issue: Issue, *, is_new: bool,
    is_quiet: bool = False,
) -> None:  # fmt: skip
    """Say which issue a ticket has, once, unless `is_quiet`; one that belongs to another ticket is not linked."""
    session, link = lock_ticket(app, tx, ticket_id), tx.issue_links.find(system, ticket_id, lock=True)
    connection = connection_of(session.phase, system) if session else None
    if session is None or link is None or connection is None or link.issue_id is not None:
        return
    if not tx.issue_links.attach_issue(link.id, issue.id):
        other = tx.issue_links.find_by_issue(system, issue.id)
        ticket = tx.tickets.find_ticket(other.ticket_id) if other else None
        tx.issue_links.delete(link.id)
        session.conversation.tell_team(views.taken(session.ticket, issue.key, ticket))
        return
    base = link.ours if is_new else ours(session.ticket)
    tx.issue_links.update(link.id, key=issue.key, link=issue.link,
                          ours=dict(base), theirs=theirs(issue), version=link.version + 1)  # fmt: skip
    if not is_new:  # what is already there is known to those who named the issue
        for one in issue.comments:
            tx.issue_links.insert_part(link.id, COMMENT, one.id)
        for file in issue.files:
            tx.issue_links.insert_part(link.id, FILE, file.id)
    say = views.made if is_new else views.linked
    if not is_quiet:
        session.conversation.tell_team(say(session.ticket, label, issue.key, issue.link))
    if connection.subtask_type and tx.actions.list_of_ticket(ticket_id):
        ask_about_actions(app, tx, link)
    if ours(session.ticket) != base or (is_new and (issue.comments or issue.files)):
        ask_again(app, tx, replace(link, issue_id=issue.id))


def not_found(app: AppContext, tx: Transaction, system: str, label: str, ticket_id: int, key: str) -> None:
    """Tell the team that there is no issue with the key that they named."""
    session, link = lock_ticket(app, tx, ticket_id), tx.issue_links.find(system, ticket_id, lock=True)
    if session and link and link.issue_id is None:
        tx.issue_links.delete(link.id)
        session.conversation.tell_team(views.not_linked(session.ticket, label, key))


def not_made(app: AppContext, tx: Transaction, system: str, label: str, ticket_id: int, detail: str) -> None:
    """Tell the team why no issue was made; another is made when they ask for it."""
    session, link = lock_ticket(app, tx, ticket_id), tx.issue_links.find(system, ticket_id, lock=True)
    if session and link and not link.gone:
        tx.issue_links.update(link.id, gone=True)
        session.conversation.tell_team(views.not_made(session.ticket, system, label, detail))


def refused(app: AppContext, tx: Transaction, system: str, label: str, ticket_id: int, detail: str) -> None:
    """Tell the team that a change was refused."""
    session, link = lock_ticket(app, tx, ticket_id), tx.issue_links.find(system, ticket_id)
    if session and link:
        session.conversation.tell_team(views.refused(session.ticket, system, label, link.key, detail))


def part_refused(app: AppContext, tx: Transaction, system: str, label: str, ticket_id: int, detail: str) -> None:
    """Tell the team that a comment, a file or a sub-task was refused, which is not tried again."""
    session, link = lock_ticket(app, tx, ticket_id), tx.issue_links.find(system, ticket_id)
    if session and link:
        session.conversation.tell_team(views.part_refused(label, link.key, detail))


def gone(app: AppContext, tx: Transaction, system: str, label: str, ticket_id: int) -> None:
    """Tell the team once that the issue was deleted; nothing more is sent there."""
    session, link = lock_ticket(app, tx, ticket_id), tx.issue_links.find(system, ticket_id, lock=True)
    if link and not link.gone:
        tx.issue_links.update(link.id, gone=True)
        if session:
            session.conversation.tell_team(views.gone(label, link.key))


def find_pair(tx: Transaction, link: IssueLink) -> tuple[Ticket, Connection | None]:
    """Return the ticket of a link, and its phase's connection to the tracker, where there is one by now."""
    ticket = tx.tickets.get_ticket(link.ticket_id)
    return ticket, connection_of(tx.phases.get(ticket.phase_id), link.system)


def take_in(
    app: AppContext, tx: Transaction, label: str, link: IssueLink, issue: Issue, accounts: Accounts
) -> Answer | None:  # fmt: skip
    """Take over what is new in an issue, and return what the issue has to follow.

    None when it was compared by another process since it was read, or the ticket has another owner than the one whose
    account was asked for, so that it has to be read again.
    """
    session, now = lock_ticket(app, tx, link.ticket_id), tx.issue_links.find(link.system, link.ticket_id, lock=True)
    connection = connection_of(session.phase, link.system) if session else None
    if session is None or now is None or connection is None or now.gone:
        return Answer(IssueChange(), {})
    if now.version != link.version or session.ticket.owner != accounts.owner:
        return None
    session.parts[FROM_TRACKER] = link.system
    inbox = _Inbox(session, connection, label, issue, accounts)
    change, taken = decide(connection, accounts, session.ticket, issue, now.ours, now.theirs)
    _take_fields(inbox, taken)
    _take_comments(inbox, now)
    _take_files(inbox, now)
    # What the ticket became counts as agreed; what is sent counts so when the issue was read again.
    tx.issue_links.update(
        now.id, key=issue.key, link=issue.link, version=now.version + 1,
        ours=settled(connection, accounts, session.ticket, issue, now.ours) if change.is_empty else dict(now.ours),
        theirs=theirs(issue),
    )  # fmt: skip
    if session.has_logged or session.signals:
        session.finish()
    leaves = may_leave(connection, session.ticket)
    sent = ours(session.ticket)
    return Answer(change if leaves else IssueChange(), sent, connection, session.ticket)


def agreed(app: AppContext, tx: Transaction, link: IssueLink, answer: Answer, issue: Issue | None) -> None:
    """Note what both sides have after the issue has followed; `issue` is as it is now, None where it refused.

    Only what was sent counts as agreed, since people may have changed the issue in the meantime.
    """
    now = tx.issue_links.find(link.system, link.ticket_id, lock=True)
    if now is None:
        return
    session = lock_ticket(app, tx, link.ticket_id)
    if session is None:
        return
    connection = connection_of(session.phase, link.system)
    base = dict(now.theirs) if issue is None else after(answer.change, now.theirs, issue)
    sent = dict(answer.sent)
    if issue is None and answer.connection and answer.ticket:
        sent = refused_fields(answer.connection, answer.change, answer.sent, answer.ticket)
    tx.issue_links.update(now.id, ours=sent, theirs=base, version=now.version + 1)
    if now.is_refused and issue is not None:
        session.signals.add(Signal.TRACKER_ASKED_AGAIN)
        end_offers(session)
    changed_here = connection and ours(session.ticket) != answer.sent
    if changed_here or (issue is not None and theirs(issue) != base):
        ask_again(app, tx, now)


def _take_fields(inbox: _Inbox, taken: Taken) -> None:
    session, lines = inbox.session, list[str]()
    if taken.status is not None:
        try:
            _take_status(inbox, taken.status)
            lines.append(views.status_line(inbox.issue.status))
        except Refused as no:
            lines.append(views.not_taken_line(inbox.issue.status, no.text))
    if taken.severity is not None and session.ticket.status.is_open and taken.severity is not session.ticket.severity:
        session.apply(transitions.set_severity(session.ticket, taken.severity, "", by=session.person.id, at=session.at))
        session.request_responder()
        lines.append(views.severity_line(taken.severity))
    if inbox.issue.assignee and taken.owner is not None:
        _take_owner(inbox, taken.owner)
        lines.append(views.owner_line(inbox.issue.assignee.name))
    if lines:
        session.conversation.tell_team(views.changed(inbox.label, inbox.issue.key, inbox.issue.link, lines))


def _take_status(inbox: _Inbox, to: Status) -> None:
    """Follow a status. A ticket that is closed is reopened, and one that is resolved there asks its reporter."""
    session = inbox.session
    is_closed = session.ticket.status in (Status.RESOLVED, Status.VERIFIED, Status.DEFERRED, Status.WITHDRAWN)
    if to in (Status.RESOLVED, Status.VERIFIED, Status.WITHDRAWN):
        if not is_closed or session.ticket.status is Status.DEFERRED:
            explanation = views.resolved_there(inbox.label, inbox.issue.key, inbox.issue.status)
            verification.resolve_in(session, Solution(explanation=explanation))
        return
    if is_closed:
        verification.reopen_in(session, views.resolved_there(inbox.label, inbox.issue.key, inbox.issue.status))
    if to is not Status.RECEIVED:
        session.acknowledge_first(quietly=to.meaning.chosen)
    if to.meaning.chosen and session.ticket.status is not to:
        session.apply(transitions.work(session.ticket, to, by=session.person.id, at=session.at))
        session.conversation.announce(posts.status_changed(session.ticket))


def _take_owner(inbox: _Inbox, person: str) -> None:
    """Assign the ticket to the person behind an account, where that is a responder."""
    session = inbox.session
    known = bool(person) and is_responder(session.app.known_person(session.tx, person), session.phase)
    if known and session.ticket.status.is_open and session.ticket.owner != person:
        session.apply(transitions.assign(session.ticket, to=person, by=session.person.id, at=session.at))
        session.conversation.tell_reporter(posts.owner_changed(session.ticket))


def _take_comments(inbox: _Inbox, link: IssueLink) -> None:
    """Pass on comments that are new: public ones to the reporter and the team, all others only to the team.

    What we wrote is known once its sender has noted it, who looks for what isn't when an answer was lost.
    """
    session, known = inbox.session, inbox.session.tx.issue_links.list_parts(link.id, COMMENT)
    for one in inbox.issue.comments:
        if one.author.is_us or one.id in known:
            continue
        if not session.tx.issue_links.insert_part(link.id, COMMENT, one.id) or not one.text.strip():
            continue
        author = one.author.name or inbox.label
        is_reporter = inbox.accounts.person_of(one.author.id) == session.ticket.reporter
        if not one.is_public or is_reporter:
            session.conversation.tell_team(*views.note_for_team(inbox.label, inbox.issue.key, author, one.text))
            continue
        session.acknowledge_first(quietly=True)
        session.log(EventKind.REPLIED)
        session.conversation.record_comment(TEAM, one.text)
        session.conversation.tell_reporter(*views.reply(session.ticket, author, one.text))
        session.conversation.tell_team(*views.reply_for_team(inbox.label, inbox.issue.key, author, one.text))


def _take_files(inbox: _Inbox, link: IssueLink) -> None:
    """Show the team the files that are new: as links, and those that are not too large as copies too.

    Only people with an account there may open the links. No tracker says of a file whether its customer may see it.
    """
    session, known = inbox.session, inbox.session.tx.issue_links.list_parts(link.id, FILE)
    new = [one for one in inbox.issue.files if one.id not in known and not one.author.is_us]
    for one in new:
        session.tx.issue_links.insert_part(link.id, FILE, one.id)
    if new:
        session.conversation.tell_team(views.files_for_team(inbox.label, inbox.issue.key, new))
        session.conversation.pass_on_to_team([
            File(one.id_for(link.system), safe_file_name(one.name, number), permalink="")
            for number, one in enumerate(new, 1) if 0 < one.size <= MAX_COPY_BYTES
        ])  # fmt: skip
