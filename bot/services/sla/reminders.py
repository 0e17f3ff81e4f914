"""SLA warnings to the team, news for reporters who hear nothing, and new deadlines after a phase changed."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.context import AppContext
from bot.services.sla import deadlines
from bot.services.tickets.session import TicketSession, lock_ticket
from bot.views.sla import targets as views
from bot.views.tickets import posts
from domain.phases.permissions import Person
from domain.phases.phase import Phase
from domain.phases.settings import PhaseState
from domain.sla.clocks import SlaClock, SlaTarget, first_due, pending_warnings
from domain.tickets.event import EventKind
from storage.operations.timers import Timer
from storage.transaction import Transaction

RECALCULATE = "sla_refresh"
BATCH = 100  # tickets in one transaction
CALLING_SHARE = 0.8  # of the time of a target, from which people are called


def remind(app: AppContext, tx: Transaction, timer: Timer) -> None:
    """Warn the team of the targets that are due, and tell the reporter how it stands if they have heard nothing.

    Each share of a target is warned of once, the largest only, and what is due together is one message.
    """
    session = lock_ticket(app, tx, timer.ticket_id)
    if session is None or not session.ticket.status.is_open:
        return
    events = tx.tickets.list_events(session.ticket.id)
    found = deadlines.clocks(session.ticket, session.phase, events)
    pending = pending_warnings(events, found, session.at)
    for clock, share in pending:
        session.log(EventKind.SLA_WARNING, target=clock.target.value, since=clock.since.isoformat(), share=str(share))
    if pending:
        said = [views.warning(session.ticket, one.target, share, one.due or session.at) for one, share in pending]
        session.conversation.tell_team(views.warnings(said, _called(session, max(share for _, share in pending))))
    due = deadlines.tell_at(session, events)
    if due and due <= session.at:
        _tell_reporter(session, found[SlaTarget.RESOLVE].missed_by(session.at), asked=_is_called(pending))
    session.finish()


def _tell_reporter(session: TicketSession, missed: datetime | None, *, asked: bool) -> None:
    """Tell the reporter how the ticket stands, and ask the owner or the leads to write, unless they just were."""
    session.log(EventKind.STATUS_TOLD)
    if not asked:
        called = (session.ticket.owner,) if session.ticket.owner else session.phase.leads
        session.conversation.tell_team(views.silent(session.ticket, called))
    following = deadlines.tell_at(session, session.list_events()) or session.at
    session.conversation.tell_reporter(
        posts.how_it_stands(session.ticket, following, missed, is_paging=session.is_escalating())
    )


def _is_called(pending: Sequence[tuple[SlaClock, float]]) -> bool:
    return any(share >= CALLING_SHARE for _, share in pending)


def _called(session: TicketSession, share: float) -> tuple[str, ...]:
    """Return the people to mention: none at half of the time, later the owner, and at the end the leads too."""
    owner = (session.ticket.owner,) if session.ticket.owner else session.phase.leads
    if share < CALLING_SHARE:
        return ()
    return owner if share < 1.0 else tuple(dict.fromkeys((*owner, *session.phase.leads)))


def recalculate(app: AppContext, tx: Transaction, timer: Timer) -> None:
    """Calculate the deadlines of a phase's open tickets again, a batch at a time."""
    phase = tx.phases.get(timer.data["phase"])
    found = tx.tickets.list_open_ids(phase.id, int(timer.data.get("from", 0)), BATCH)
    for ticket_id in found:
        ticket = tx.tickets.lock_ticket(ticket_id)
        if ticket is None:
            continue
        due = first_due(deadlines.measure(tx, ticket, phase, tx.tickets.list_events(ticket.id)))
        if ticket.due_at != (due.due if due else None):
            TicketSession(app, tx, phase, ticket, Person(app.bot_user), app.now()).finish()
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
