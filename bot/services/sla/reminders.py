"""Reminders of what was promised: to the team before it is over its time."""

from datetime import timedelta

from bot.context import AppContext
from bot.services.sla import deadlines
from bot.services.tickets.session import TicketSession, lock_ticket
from bot.views.sla import targets as views
from domain.phases.permissions import Person
from domain.phases.phase import Phase
from domain.phases.settings import PhaseState
from domain.sla.clocks import first_due, pending_warnings
from domain.tickets.event import EventKind
from storage.operations.timers import Timer
from storage.transaction import Transaction

REWIND = "rewind"
FEW = 100  # tickets looked at in one transaction


def remind(app: AppContext, tx: Transaction, timer: Timer) -> None:
    """So much of the time is gone. Each share of each promise is said once, and only the largest of them."""
    session = lock_ticket(app, tx, timer.ticket_id)
    if session is None or not session.ticket.status.is_open:
        return
    events = tx.tickets.events(session.ticket.id)
    for clock, share in pending_warnings(events, deadlines.clocks(session.ticket, session.phase, events), session.at):
        session.log(EventKind.SLA_WARNING, goal=clock.goal.value, since=clock.since.isoformat(), share=str(share))
        over = clock.due or session.at
        session.conversation.tell_team(views.warning(session.ticket, clock.goal, share, over, _called(session, share)))
    session.finish()


def _called(session: TicketSession, share: float) -> tuple[str, ...]:
    """Half of the time is a word in the thread; later the owner is called, and at the end the leads too."""
    owner = (session.ticket.owner,) if session.ticket.owner else session.phase.leads
    if share < 0.8:
        return ()
    return owner if share < 1.0 else tuple(dict.fromkeys((*owner, *session.phase.leads)))


def rewind(app: AppContext, tx: Transaction, timer: Timer) -> None:
    """What a phase promises may have changed, or is promised for the first time: its open tickets, a few at a time."""
    phase = tx.phases.get(timer.data["phase"])
    found = tx.tickets.open_after(phase.id, int(timer.data.get("from", 0)), FEW)
    for ticket_id in found:
        ticket = tx.tickets.lock(ticket_id)
        if ticket is None:
            continue
        due = first_due(deadlines.measure(tx, ticket, phase, tx.tickets.events(ticket.id)))
        if ticket.due_at != (due.due if due else None):
            TicketSession(app, tx, phase, ticket, Person(app.bot_user), app.now()).finish()
    if len(found) == FEW:
        again(tx, phase, app, start=found[-1], pause=timedelta(seconds=1))


def again(tx: Transaction, phase: Phase, app: AppContext, *, start: int = 0, pause: timedelta = timedelta(0)) -> None:
    """Have the open tickets of a phase looked at anew, those after `start`."""
    data = {"phase": phase.id, "from": start}
    tx.timers.once(key_of(phase), REWIND, app.now() + pause, data=data)


def set_up(app: AppContext, tx: Transaction) -> None:
    """Give the open tickets of a phase from a release without targets their deadlines."""
    for phase in tx.phases.list_phases():
        if not tx.timers.is_known(key_of(phase)):
            again(tx, phase, app)


def team_changed(app: AppContext, tx: Transaction) -> None:
    """Somebody came into a user group or left one: where it has hours of its own, other promises may hold now."""
    for phase in tx.phases.list_phases():
        if phase.state is PhaseState.ACTIVE and any(calendar.team for calendar in phase.sla.calendars):
            again(tx, phase, app)


def key_of(phase: Phase) -> str:
    """Of the timer that has them looked at."""
    return f"{REWIND}:{phase.id}"
