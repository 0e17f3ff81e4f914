"""SLA warnings to the team, news for reporters who hear nothing, and new deadlines after a phase changed."""

from datetime import datetime, timedelta

from bot.context import AppContext
from bot.services.followup.team_reminders import Reminder, remind_team, responsible
from bot.services.sla import deadlines
from bot.services.tickets.session import TicketSession, lock_ticket
from bot.views.tickets import posts
from domain.followup.team_reminders import has_to_call
from domain.phases.permissions import Person
from domain.phases.phase import Phase
from domain.phases.settings import PhaseState
from domain.sla.clocks import SlaTarget, first_due, pending_warnings
from domain.tickets.event import EventKind
from storage.operations.timers import Timer
from storage.transaction import Transaction

RECALCULATE = "sla_refresh"
BATCH = 100  # tickets in one transaction


def remind(app: AppContext, tx: Transaction, timer: Timer) -> None:
    """Warn the team of the targets that are due, and tell the reporter how it stands if they have heard nothing.

    Each share of a target is warned of once, the largest only, and what is due on one day is one message.
    """
    session = lock_ticket(app, tx, timer.ticket_id)
    if session is None or not session.ticket.status.is_open:
        return
    found = deadlines.clocks_of(session)
    pending = pending_warnings(session.list_events(), found, session.at)
    new: list[Reminder] = [
        (EventKind.SLA_WARNING, {"target": clock.target.value, "since": clock.since.isoformat(), "share": str(share),
                                 "due": (clock.due or session.at).isoformat()})
        for clock, share in pending
    ]  # fmt: skip
    due = deadlines.tell_at(session)
    tells = due is not None and due <= session.at
    if tells:
        new.append((EventKind.STATUS_TOLD, {}))
    if new:
        calls = tells or has_to_call(found, session.phase.local_date, session.at)
        remind_team(session, new, responsible(session) if calls else ())
    if tells:
        _tell_reporter(session, found[SlaTarget.RESOLVE].missed_by(session.at))
    session.finish()


def _tell_reporter(session: TicketSession, missed: datetime | None) -> None:
    """Tell the reporter how the ticket stands, and when they hear of it next."""
    following = deadlines.tell_at(session) or session.at
    session.conversation.tell_reporter(
        posts.how_it_stands(session.ticket, following, missed, is_paging=session.is_escalating())
    )


def recalculate(app: AppContext, tx: Transaction, timer: Timer) -> None:
    """Calculate the deadlines of a phase's open tickets again, a batch at a time."""
    phase = tx.phases.get(timer.data["phase"])
    found = tx.tickets.list_open_ids(phase.id, int(timer.data.get("from", 0)), BATCH)
    for ticket_id in found:
        ticket = tx.tickets.lock_ticket(ticket_id)
        if ticket is None:
            continue
        session = TicketSession(app, tx, phase, ticket, Person(app.bot_user), app.now())
        due = first_due(deadlines.measure(session))
        if ticket.due_at != (due.due if due else None):
            session.finish()
    if len(found) == BATCH:
        schedule_recalculation(tx, phase, app, start=found[-1], pause=timedelta(seconds=1))


def schedule_recalculation(
    tx: Transaction, phase: Phase, app: AppContext, *, start: int = 0, pause: timedelta = timedelta(0)
) -> None:
    """Have the deadlines of a phase's open tickets calculated again, of those after the id `start`."""
    data = {"phase": phase.id, "from": start}
    tx.timers.set_once(key_of(phase), RECALCULATE, app.now() + pause, data=data)


def set_up(app: AppContext, tx: Transaction) -> None:
    """Give the open tickets of a phase from a release without targets their deadlines."""
    for phase in tx.phases.list_phases():
        if not tx.timers.exists(key_of(phase)):
            schedule_recalculation(tx, phase, app)


def team_changed(app: AppContext, tx: Transaction) -> None:
    """Have deadlines calculated again after a user group changed, in phases where groups have working hours."""
    for phase in tx.phases.list_phases():
        if phase.state is PhaseState.ACTIVE and any(calendar.team for calendar in phase.sla.calendars):
            schedule_recalculation(tx, phase, app)


def key_of(phase: Phase) -> str:
    """Return the key of that timer."""
    return f"{RECALCULATE}:{phase.id}"
