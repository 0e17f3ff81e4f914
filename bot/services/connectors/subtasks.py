"""Actions of a ticket as sub-tasks of its issue: made once, and done on both sides."""

from dataclasses import dataclass

from bot.context import AppContext
from bot.services.actions.actions import follow_tracker
from bot.services.connectors.outgoing import FROM_TRACKER, connection_of, may_leave
from bot.services.tickets.session import TicketSession, lock_ticket
from bot.views.connectors import issues as views
from domain.actions.action_item import ActionItem
from domain.connectors.issue import Category, Issue, IssueChange, NewIssue, StatusWish
from domain.connectors.settings import Connection
from domain.connectors.subtasks import SubtaskStep, next_step
from domain.delivery.lanes import LaneKind, lane_name
from domain.errors import Refused
from domain.tickets.event import EventKind
from storage.connectors.issue_links import IssueLink
from storage.connectors.subtasks import Subtask
from storage.transaction import Transaction

ABOUT_ACTIONS = {EventKind.ACTION_ADDED, EventKind.ACTION_CHANGED, EventKind.ACTION_DONE}


@dataclass(frozen=True, slots=True)
class WantedSubtask:
    """A sub-task as it is known, and what makes it."""

    known: Subtask
    new: NewIssue


def queue_actions(session: TicketSession) -> None:
    """Have actions and sub-tasks compared when an action was added or changed here: a consequence of each change."""
    if not session.phase.connections or not session.logged & ABOUT_ACTIONS:
        return
    for link in session.tx.issue_links.list_by_ticket(session.ticket.id):
        if link.issue_id and not link.gone and session.parts.get(FROM_TRACKER) != link.system:
            ask_about_actions(session.app, session.tx, link)


def ask_about_actions(app: AppContext, tx: Transaction, link: IssueLink) -> None:
    """Have the actions of a ticket compared with the sub-tasks of its issue."""
    lane = tx.outbox.lane(lane_name(LaneKind.ISSUE_ACTIONS, link.ticket_id, link.system), link.system,
                          ticket_id=link.ticket_id)  # fmt: skip
    tx.outbox.call_tracker_once(lane, {"do": "actions", "ticket": link.ticket_id}, at=app.now())


def list_wanted(app: AppContext, tx: Transaction, link: IssueLink) -> list[WantedSubtask]:
    """Return the sub-tasks of an issue, with those that its ticket's open actions still need."""
    session = lock_ticket(app, tx, link.ticket_id)
    connection = connection_of(session.phase, link.system) if session else None
    if session is None or connection is None or not connection.subtask_type:
        return []
    items = {one.id: one for one in tx.actions.list_of_ticket(link.ticket_id)}
    if may_leave(connection, session.ticket):
        tx.subtasks.insert_missing(link.id, [one.id for one in items.values() if one.is_open])
    return [WantedSubtask(one, _new(connection, link, session, items[one.action_id]))
            for one in tx.subtasks.list_of_link(link.id)]  # fmt: skip


def _new(connection: Connection, link: IssueLink, session: TicketSession, item: ActionItem) -> NewIssue:
    """Return what makes a sub-task; it is in the project in which its issue is by now."""
    return NewIssue(
        project=link.key.rpartition("-")[0], issue_type=connection.subtask_type, parent=str(link.issue_id),
        summary=f"{item.name}: {item.title}", text=views.subtask_text(session.ticket, item),
        label=f"hypercare-{session.ticket.name}-{item.name}",
    )  # fmt: skip


def take_in(
    app: AppContext, tx: Transaction, link: IssueLink, label: str, subtask_id: int, issue: Issue
) -> IssueChange | None:  # fmt: skip
    """Let an action follow its sub-task; return what the sub-task has to follow, or None."""
    session, known = lock_ticket(app, tx, link.ticket_id), tx.subtasks.find_subtask(subtask_id)
    item = tx.actions.find_action(known.action_id, lock=True) if known else None
    connection = connection_of(session.phase, link.system) if session else None
    if session is None or known is None or item is None or connection is None:
        return None
    if not known.key:
        session.conversation.tell_team(views.subtask_made(label, item, issue.key, issue.link))
    theirs = issue.category is Category.DONE
    step = next_step(known.is_done, not item.is_open, theirs)
    tx.subtasks.update_subtask(known.id, key=issue.key, **({} if step is SubtaskStep.SEND else {"is_done": theirs}))
    if step is SubtaskStep.TAKE:
        session.parts[FROM_TRACKER] = link.system
        try:
            follow_tracker(app, tx, session, item, done=theirs)
        except Refused as no:
            session.conversation.tell_team(views.subtask_not_taken(label, item, issue.key, issue.link, no.text))
            step = SubtaskStep.SEND
    if step is not SubtaskStep.SEND:
        return None
    return _wish(connection, done=not item.is_open)


def _wish(connection: Connection, *, done: bool) -> IssueChange:
    category = Category.DONE if done else Category.OPEN
    values = connection.transition_fields if done else {}
    return IssueChange(status=StatusWish(category=category, values=values))


def note_gone(app: AppContext, tx: Transaction, link: IssueLink, label: str, known: Subtask) -> None:
    """Tell the team once that a sub-task was deleted; its action stays."""
    session = lock_ticket(app, tx, link.ticket_id)
    tx.subtasks.update_subtask(known.id, gone=True)
    if session:
        session.conversation.tell_team(views.subtask_gone(label, known.key, f"A{known.action_id}"))
