"""The message a ticket was reported with: when it is edited or deleted, the ticket follows."""

from dataclasses import dataclass
from itertools import zip_longest

from bot.context import AppContext
from bot.services.tickets.quotations import DELETED, EDITED, take_back
from bot.services.tickets.session import TicketSession
from bot.views.intake.source import Rewording, follow_message
from bot.views.tickets import posts
from domain.phases.permissions import Person
from domain.tickets.event import Event, EventKind
from domain.tickets.ticket import File, Intake, Ticket
from domain.tickets.transitions import Transition


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageChange:
    """A message that was edited, or deleted when it says nothing any more; `author` is empty for another app's."""

    channel: str
    ts: str
    author: str
    words: Rewording
    files: tuple[File, ...] = ()
    files_before: tuple[File, ...] = ()
    request: str

    @property
    def is_deleted(self) -> bool:
        return not self.words.after and not self.files

    @property
    def removed_files(self) -> tuple[File, ...]:
        left = {file.id for file in self.files}
        return tuple(file for file in self.files_before if file.id not in left)


def follow_source(app: AppContext, change: MessageChange) -> bool:
    """Have the tickets follow that were reported with the message; return whether there are any."""
    with app.store.read() as tx:
        ids = tx.tickets.list_ids_by_origin(change.channel, change.ts)
    if not ids:
        return False
    with app.transaction(change.request) as tx:
        for ticket_id in ids:
            ticket = tx.tickets.lock_ticket(ticket_id)
            if ticket is not None and ticket.is_kept:
                person = Person(change.author or app.bot_user)
                _follow(TicketSession(app, tx, tx.phases.get(ticket.phase_id), ticket, person, app.now()), change)
    return True


def _follow(session: TicketSession, change: MessageChange) -> None:
    before = session.ticket.report
    kind = EventKind.SOURCE_DELETED if change.is_deleted else EventKind.SOURCE_EDITED
    session.remove_files(change.removed_files)
    session.conversation.pass_on_to_team(session.add_files(change.files))
    words = change.words
    if change.is_deleted and not words.before and before_form(session.ticket):
        words = Rewording(before.happened or before.summary, "")  # Slack no longer knew what the message said
    report = follow_message(session.ticket.report, words, has_files=bool(change.files))
    changed = session.ticket.with_report(report)
    session.apply(Transition(changed, Event(kind=kind, actor=session.person.id, at=session.at, data={})))
    _tell_team(session, change)
    gone = [(line, DELETED if change.is_deleted else EDITED) for line in words.gone]
    summary = [(before.summary, report.summary)] if before.summary not in report.summary else []
    take_back(session, [*summary, *gone], [(file.name, DELETED) for file in change.removed_files])
    session.finish()


def before_form(ticket: Ticket) -> bool:
    """Whether the report is what the message said, since no form was filled in."""
    return ticket.intake in (Intake.MENTION, Intake.REACTION, Intake.DIRECT, Intake.CHANNEL)


def _tell_team(session: TicketSession, change: MessageChange) -> None:
    """Say in the team's thread what the message says now, in the same place at each edit."""
    if change.is_deleted:
        says = [posts.source_deleted(change.author)]
    else:
        says = posts.source_edited(change.author, change.words.after, session.links_to(change.files))
    tx, lane = session.tx, session.conversation.open_team_lane()
    copies = tx.mirrors.find_copies(change.channel, change.ts)
    sent = copies[1] if copies and copies[0] == session.ticket.id else []
    for queued, piece in zip_longest(sent, says[: len(sent)], fillvalue=posts.superseded()):
        tx.outbox.update(lane, queued, piece, at=session.at)  # type: ignore[arg-type]
        tx.quotations.update_payload(queued, piece)  # type: ignore[arg-type]
    more = session.conversation.tell_team(*says[len(sent) :])
    tx.mirrors.insert_copies(change.channel, change.ts, more, session.ticket.id, first=len(sent))
