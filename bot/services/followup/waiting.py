"""Waiting on a reporter: they are asked and reminded in working hours, and then the team decides."""

from bot.context import AppContext
from bot.services.followup import pending_replies
from bot.services.followup.team_reminders import remind_team, responsible
from bot.services.tickets.session import TicketSession, edit_ticket, lock_ticket
from bot.views.tickets import posts
from domain.conversations.comment import TEAM
from domain.followup.pending_reply import REMINDER_DAYS, PendingReply
from domain.phases.permissions import Action, Person
from domain.tickets import transitions
from domain.tickets.event import EventKind
from domain.tickets.status import Status
from domain.tickets.ticket import Ticket
from storage.followup.reminders import Reminder
from storage.operations.timers import Timer
from storage.transaction import Transaction

KIND = "waiting"


def ask_reporter(app: AppContext, ticket_id: int, person: Person, question: str, request: str | None = None) -> Ticket:
    """Ask the reporter; the ticket waits on them until they answer."""
    with edit_ticket(app, ticket_id, person, Action.WORK, request) as session:
        session.acknowledge_first(quietly=True)
        session.apply(transitions.wait(session.ticket, question, by=session.person.id, at=session.at))
        session.conversation.record_comment(TEAM, question)
        session.conversation.tell_reporter(posts.question(session.ticket, person.id))
        pending_replies.schedule_check(session, KIND, 0, session.at)
    return session.ticket


def on_answer(session: TicketSession) -> None:
    """Continue a ticket that waited on its reporter, and tell them."""
    waited = session.ticket.status is Status.WAITING
    session.apply(transitions.answer(session.ticket, by=session.person.id, at=session.at))
    if waited:
        session.conversation.tell_reporter(posts.answer_received(session.ticket))


def on_timer(app: AppContext, tx: Transaction, timer: Timer) -> None:
    """Remind the reporter, or on the last day tell the team that they have not answered."""
    session = lock_ticket(app, tx, timer.ticket_id)
    if session is None or session.ticket.status is not Status.WAITING:
        return
    number, asked = int(timer.data["number"]), session.find_last(EventKind.WAITING) or session.at
    if number < len(REMINDER_DAYS):
        session.conversation.remind(session.ticket.reporter, PendingReply.ANSWER, asked.isoformat())
        pending_replies.schedule_check(session, KIND, number + 1, asked)
    else:
        remind_team(session, [(EventKind.UNANSWERED, {"since": asked.isoformat()})], responsible(session))
        session.finish()


def send_reminder(session: TicketSession, reminder: Reminder) -> None:
    """Remind the reporter, unless they have answered meanwhile."""
    asked = session.find_last(EventKind.WAITING)
    if session.ticket.status is Status.WAITING and asked and reminder.about == asked.isoformat():
        session.log(EventKind.REMINDED, of=PendingReply.ANSWER.value, person=reminder.person)
        session.conversation.tell_reporter(posts.question_reminder(session.ticket))
