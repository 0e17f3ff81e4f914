"""Reminders of what was promised: to the team before it is over its time, and a list of what is, every morning."""

from datetime import time, timedelta

from bot.desk import Desk
from bot.services import levels
from bot.services.case import Case
from bot.views import promises as views
from domain.event import EventKind
from domain.filters import Filter
from domain.letter import Priority
from domain.levels import reached
from domain.permissions import Person
from domain.phase import Phase, PhaseState
from domain.schedule import Plan
from storage.lists import Reader
from storage.store import Tx
from storage.timers import Timer

LATE = "late"
MORNING = time(9)
MOST = 20  # tickets in the list


def remind(desk: Desk, tx: Tx, timer: Timer) -> None:
    """So much of the time is gone. Each share of each promise is said once, and only the largest of them."""
    ticket = tx.tickets.lock(timer.ticket_id) if timer.ticket_id else None
    if ticket is None or not ticket.status.is_open:
        return
    case = Case(desk, tx, tx.phases.get(ticket.phase_id), ticket, Person(desk.bot_user), desk.now())
    events = tx.tickets.events(ticket.id)
    said = {(e.data["goal"], e.data["since"]): float(e.data["share"]) for e in events if e.kind is EventKind.TARGET}
    for clock in levels.clocks(ticket, case.phase, events).values():
        share, since = reached(clock, case.at), clock.since.isoformat()
        if share is not None and clock.due and share > said.get((clock.goal.value, since), 0.0):
            case.log(EventKind.TARGET, goal=clock.goal.value, since=since, share=str(share))
            case.tell_team(views.target(case.ticket, clock.goal.label, share, clock.due, _called(case, share)))
    case.refresh()


def _called(case: Case, share: float) -> tuple[str, ...]:
    """Half of the time is a word in the thread; later the owner is called, and at the end the leads too."""
    owner = (case.ticket.owner,) if case.ticket.owner else case.phase.leads
    if share < 0.8:
        return ()
    return owner if share < 1.0 else tuple(dict.fromkeys((*owner, *case.phase.leads)))


def plan(tx: Tx, phase: Phase, desk: Desk) -> None:
    """The phase's list in the morning of its working days."""
    days = ",".join(day[:2].upper() for day in phase.work_days.split())
    morning = Plan(at=MORNING, zone=phase.timezone, days=f"FREQ=WEEKLY;BYDAY={days}", catch_up=timedelta(hours=6))
    if phase.state is PhaseState.ACTIVE:
        tx.timers.plan(f"{LATE}:{phase.id}", LATE, morning, desk.now(), data={"phase": phase.id})
    else:
        tx.timers.cancel(f"{LATE}:{phase.id}")


def list_late(desk: Desk, tx: Tx, timer: Timer) -> None:
    """What is over its time, most urgent first; nothing when nothing is. Private tickets are not for everybody."""
    phase = next((p for p in tx.phases.all() if p.id == timer.data.get("phase")), None)
    if phase is None or phase.state is not PhaseState.ACTIVE or desk.now().date() in phase.holidays:
        return
    found = tx.lists.page(Filter(late=True), [phase], Reader(id=""), desk.now(), skip=0, limit=MOST + 1)
    if found:
        channel = phase.digest_channel or phase.desk_channel
        lane = tx.outbox.lane(f"{LATE}:{phase.id}:{timer.pending}", channel)
        tx.outbox.post(lane, views.late(found[:MOST], more=len(found) > MOST), at=desk.now(), priority=Priority.DIGEST)
