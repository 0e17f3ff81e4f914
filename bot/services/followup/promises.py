"""Promises: a responder names a date, is asked beforehand whether it holds, and followers hear if it is missed."""

from datetime import datetime

from bot.context import AppContext
from bot.services.followup import promise_deadlines
from bot.services.followup.team_reminders import remind_team
from bot.services.tickets.promising import list_open_promises, record_promise
from bot.services.tickets.session import TicketSession, edit_ticket, lock_ticket
from bot.views.followup import promises as views
from domain.conversations.following import NewsKind
from domain.delivery.lanes import LaneKind, lane_name
from domain.errors import Refused
from domain.followup.pending_reply import PendingReply
from domain.followup.promises import Promise, PromiseKind, check_at
from domain.phases.permissions import Action, Person, is_responder
from domain.sla.targets import working_hours
from domain.tickets.event import EventKind
from domain.tickets.ticket import Ticket
from storage.followup.reminders import Reminder
from storage.operations.timers import Timer
from storage.transaction import Transaction


def make_promise(
    app: AppContext,
    ticket_id: int,
    person: Person,
    kind: PromiseKind,
    due: datetime,
    words: str,
    request: str | None = None,
) -> Ticket:
    """Promise a date, replacing an earlier promise of that kind, and tell the followers."""
    with edit_ticket(app, ticket_id, person, Action.WORK, request) as session:
        first = session.acknowledge_first(quietly=True)
        before = record_promise(session, kind, due, words)
        session.conversation.announce(
            views.promised(session.ticket, kind, person.id, due, words, before=before, first=first)
        )
    return session.ticket


def confirm_promise(
    app: AppContext, ticket_id: int, person: Person, kind: PromiseKind, request: str | None = None
) -> Promise:
    """Record that a promise is on track; return it."""
    with edit_ticket(app, ticket_id, person, Action.WORK, request) as session:
        found = next((one for one in list_open_promises(session) if one.kind is kind), None)
        if found is None:
            raise Refused(f"That promise for {session.ticket.name} is settled, so there's nothing to confirm.")
        session.log(EventKind.PROMISE_ON_TRACK, promise=kind.value, due=found.due.isoformat())
    return found


def on_timer(app: AppContext, tx: Transaction, timer: Timer) -> None:
    """Ask about promises that are due soon, and report those that are broken."""
    session = lock_ticket(app, tx, timer.ticket_id)
    if session is None:
        return
    ticket, summary = session.ticket, session.summarize()
    made, events = summary.promises, summary.events
    for one in promise_deadlines.newly_broken(made, events, ticket, session.at):
        session.conversation.announce(views.broken(ticket, one), news=NewsKind.CHANGE)
        missed = (EventKind.PROMISE_MISSED, {"promise": one.kind.value, "due": one.due.isoformat()})
        remind_team(session, [missed], [_responsible(session, one)])
    for one in promise_deadlines.unchecked(made, events):
        if check_at(one, working_hours(session.phase)) <= session.at < one.due:
            session.log(
                EventKind.REMINDED, of=PendingReply.PROMISE.value, promise=one.kind.value, due=one.due.isoformat()
            )
            session.conversation.remind(
                _responsible(session, one), PendingReply.PROMISE, one.due.isoformat(), which=one.kind
            )
    session.finish()


def send_reminder(session: TicketSession, reminder: Reminder) -> None:
    """Ask the person who promised whether the date holds, unless the promise changed meanwhile."""
    kind = reminder.kind.partition(":")[2]
    for one in list_open_promises(session):
        if one.kind.value == kind and one.due.isoformat() == reminder.about:
            lane = session.tx.outbox.lane(
                lane_name(LaneKind.PROMISE, session.ticket.id, reminder.person),
                reminder.person,
                ticket_id=session.ticket.id,
            )
            session.conversation.post(lane, views.check(session.ticket, one))


def _responsible(session: TicketSession, one: Promise) -> str:
    """Return the maker while they are on the team; else the owner, or a lead."""
    if is_responder(session.app.known_person(session.tx, one.maker), session.phase):
        return one.maker
    return session.ticket.owner or session.phase.lead_people[0]
