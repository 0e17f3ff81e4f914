"""Verified fixes: the reporter and affected people are asked whether a fix works, and reminded twice."""

from collections.abc import Sequence
from functools import partial

from bot.context import AppContext
from bot.services.followup import pending_replies, workarounds
from bot.services.tickets.bulk_changes import edit_many
from bot.services.tickets.session import TicketSession, edit_ticket, lock_ticket
from bot.views.followup import verification
from bot.views.tickets import posts
from domain.conversations.comment import REPORTER, TEAM
from domain.conversations.following import NewsKind
from domain.errors import Refused
from domain.followup.pending_reply import REMINDER_DAYS, PendingReply
from domain.followup.verification import answers, confirmed_by, is_awaiting_confirmation
from domain.phases.permissions import Action, Person, is_lead
from domain.tickets import closing
from domain.tickets.closing import Solution
from domain.tickets.event import EventKind
from domain.tickets.status import Status
from domain.tickets.ticket import Ticket
from storage.followup.reminders import Reminder
from storage.operations.timers import Timer
from storage.transaction import Transaction

KIND = "fix_check"


def resolve(app: AppContext, ticket_id: int, person: Person, done: Solution, request: str | None = None) -> Ticket:
    """Resolve a ticket, and ask whether the fix works."""
    with edit_ticket(app, ticket_id, person, Action.WORK, request) as session:
        resolve_in(session, done)
    return session.ticket


def resolve_all(app: AppContext, ids: Sequence[int], person: Person, done: Solution, request: str) -> int:
    """Resolve many tickets in one transaction; return how many."""
    return edit_many(
        app,
        ids,
        person,
        Action.WORK,
        request,
        lambda session: resolve_in(session, done),
        partial(posts.bulk_resolved, person.id),
    )


def resolve_in(session: TicketSession, done: Solution) -> None:
    """Resolve a ticket within a transaction."""
    ticket, lead = session.ticket, is_lead(session.person, session.phase)
    tests = session.tx.actions.list_proofs(ticket.id)
    proven = any(proof.has_result and not proof.is_missing for _, proof in tests)
    needs = session.phase.followup.needs_test(ticket.severity, done.fix) and not proven
    session.acknowledge_first(quietly=True)
    session.apply(
        closing.resolve(
            session.ticket, done, by=session.person.id, at=session.at, proof=needs, lead=lead,
            unproven=[name for name, proof in tests if proof.is_missing],
        )
    )  # fmt: skip
    ask_whether_fixed(session)
    session.conversation.record_comment(TEAM, done.explanation)


def ask_whether_fixed(session: TicketSession) -> None:
    """Tell the followers that a ticket is resolved, and ask its reporter and affected people to confirm it."""
    over = workarounds.settle(session)
    asked, plain = (verification.resolved(session.ticket, asks=asks, over=over) for asks in (True, False))
    guests = [verification.resolved(session.ticket.without_summary(), over=over)]
    session.conversation.announce(asked, news=NewsKind.OUTCOME, watchers=[plain], guests=guests)
    _schedule_check(session, 0)


def confirm(app: AppContext, ticket_id: int, person: Person, request: str | None = None) -> Ticket:
    """Record that the fix works for an affected person; the reporter, or the team for them, confirms it."""
    with edit_ticket(app, ticket_id, person, Action.CONFIRM, request) as session:
        others = session.person.id != session.ticket.reporter and session.person.id in session.tx.affected.list_people(
            session.ticket.id
        )
        if not others:
            _verify(session, session.person.id)
            return session.ticket
        _record_answer(session, EventKind.WORKS_FOR_ME)
        if not _confirm_if_decided(session, over=session.ticket.unconfirmed):
            session.conversation.post(
                session.conversation.open_lane(session.person.id), verification.works_for_you(session.ticket)
            )
    return session.ticket


def cannot_check(app: AppContext, ticket_id: int, person: Person, request: str | None = None) -> Ticket:
    """Record that a person can't check; the answers of the others count then."""
    with edit_ticket(app, ticket_id, person, Action.CONFIRM, request) as session:
        if session.person.id not in {session.ticket.reporter, *session.tx.affected.list_people(session.ticket.id)}:
            raise Refused("Only the reporter and affected people are asked, so your answer isn't needed.")
        _record_answer(session, EventKind.CANNOT_CHECK)
        if not _confirm_if_decided(session, over=False):
            others = bool(_list_unanswered(session))
            answer = verification.cannot_check(session.ticket, others=others)
            session.conversation.post(session.conversation.open_lane(session.person.id), answer)
            if not others:
                session.conversation.tell_team(verification.no_one_can_check(session.ticket, session.phase.leads))
    return session.ticket


def reopen(app: AppContext, ticket_id: int, person: Person, why: str, request: str | None = None) -> Ticket:
    """Reopen a ticket with the reason, and return it to its owner."""
    with edit_ticket(app, ticket_id, person, Action.REOPEN, request) as session:
        reopen_in(session, why)
    return session.ticket


def reopen_in(session: TicketSession, why: str) -> None:
    """Reopen a ticket within a transaction, and tell its followers."""
    fixed = session.ticket.status in (Status.RESOLVED, Status.VERIFIED)
    session.apply(
        closing.reopen(
            session.ticket, why, by=session.person.id, at=session.at, confirmed=session.find_last(EventKind.VERIFIED)
        )
    )
    if session.person.id in {session.ticket.reporter, *session.conversation.get_other_followers()}:
        session.conversation.record_comment(REPORTER, why)
    by = session.conversation.visible_name(session.person.id)
    session.conversation.tell_team(verification.reopened_for_team(session.ticket, why, by, fixed=fixed))
    session.conversation.announce(verification.reopened(session.ticket), news=NewsKind.OUTCOME)
    session.request_responder()


def on_timer(app: AppContext, tx: Transaction, timer: Timer) -> None:
    """Remind people who have not answered, or on the last day close without confirmation."""
    session = lock_ticket(app, tx, timer.ticket_id)
    if session is None or not is_awaiting_confirmation(session.ticket):
        return
    number = int(timer.data["number"])
    if number < len(REMINDER_DAYS):
        for person in _list_unanswered(session):
            session.conversation.remind(person, PendingReply.VERIFICATION, _fix_id(session))
        _schedule_check(session, number + 1)
        return
    if not _confirm_if_decided(session, over=True):
        session.apply(closing.stay_unconfirmed(session.ticket, by=app.bot_user, at=session.at))
        plain = verification.unconfirmed(session.ticket, asks=False)
        session.conversation.announce(verification.unconfirmed(session.ticket), news=NewsKind.OUTCOME, watchers=[plain])
    session.finish()


def send_reminder(session: TicketSession, reminder: Reminder) -> None:
    """Remind a person, unless they have answered meanwhile."""
    if (
        is_awaiting_confirmation(session.ticket)
        and reminder.about == _fix_id(session)
        and reminder.person in _list_unanswered(session)
    ):
        session.log(EventKind.REMINDED, of=PendingReply.VERIFICATION.value, person=reminder.person)
        conversation, person = session.conversation, reminder.person
        conversation.post(conversation.open_lane(person), verification.asked_again(conversation.told(person)))


def _fix_id(session: TicketSession) -> str:
    """Identify the fix, so that reminders never ask about an earlier one."""
    return str((session.find_last(EventKind.RESOLVED) or session.at).isoformat())


def _list_unanswered(session: TicketSession) -> list[str]:
    """Return the people who were asked and have not answered."""
    said, affected = (
        answers(session.list_events()),
        set(session.tx.affected.list_people(session.ticket.id)),
    )
    asked = (
        p
        for p, wants in session.conversation.get_other_followers().items()
        if wants.takes(NewsKind.OUTCOME) and p in affected
    )
    others = (p for p in asked if p != session.ticket.owner)  # who fixed it
    return [p for p in (session.ticket.reporter, *others) if p not in said]


def _record_answer(session: TicketSession, kind: EventKind) -> None:
    if session.ticket.status is Status.VERIFIED:
        raise Refused(f"{session.ticket.name} is already confirmed fixed, so there's nothing left to check.")
    if session.ticket.status is not Status.RESOLVED:
        raise Refused(f"{session.ticket.name} isn't resolved any more, so there's nothing to confirm yet.")
    session.log(kind)


def _confirm_if_decided(session: TicketSession, *, over: bool) -> bool:
    """Confirm the fix if the answers so far do; return whether they do."""
    said = answers(session.list_events())
    person = confirmed_by(session.ticket.reporter, said, over=over)
    if person:
        _verify(session, person)
    return person is not None


def _verify(session: TicketSession, person: str) -> None:
    session.apply(closing.verify(session.ticket, by=person, at=session.at))
    session.conversation.announce(verification.verified(session.ticket), news=NewsKind.OUTCOME)
    session.conversation.tell_team(
        verification.confirmed_for_team(session.ticket, session.conversation.visible_name(person))
    )
    session.tx.timers.cancel(f"{KIND}:{session.ticket.id}")


def _schedule_check(session: TicketSession, number: int) -> None:
    pending_replies.schedule_check(
        session, KIND, number, session.at if number == 0 else session.find_last(EventKind.RESOLVED) or session.at
    )
