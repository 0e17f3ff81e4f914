"""App Homes: what a person's Home shows, drawn when they open it and again after tickets on it have changed."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from bot.context import AppContext
from bot.services.actions import actions
from bot.services.gateways.state import states
from bot.services.oncall import shifts
from bot.views.home.home import NEEDS, SHOWN, HomeContent, LeadHome, OnCallHome, TicketList, home
from domain.errors import Refused
from domain.phases.permissions import Action, Person, is_lead, is_responder, may, reads
from domain.phases.phase import Phase
from domain.tickets.filters import Filter
from domain.tickets.ticket import Severity
from storage.tickets.lists import ListReader
from storage.transaction import Transaction

FRESH = timedelta(hours=1)  # a Home that was opened within this time is kept up to date
OPEN, OVERDUE = Filter(), Filter(late=True)
CRITICAL, UNASSIGNED = Filter(severities=(Severity.CRITICAL,)), Filter(unowned=True, tasks=True)


def open_home(app: AppContext, person: Person) -> None:
    """Publish the Home of a person who opens it, and keep it up to date for a while."""
    with app.transaction() as tx:
        tx.home_viewers.upsert_viewer(person.id, app.now())
        tx.outbox.publish(person.id, draw_home(tx, app.known_person(tx, person.id), app.now()), at=app.now())


def find_channel(app: AppContext, key: str) -> str:
    """Return the triage channel of the phase with that key; Refused when it has ended."""
    with app.store.read() as tx:
        found = next((one for one in tx.phases.list_phases() if one.key == key and not one.ended_at), None)
    if found is None:
        raise Refused("This phase has ended, or there is none of that name. Open the App Home again.")
    return found.triage_channel


def publish_changed(app: AppContext, changed: Collection[tuple[str, int]] | None) -> int:
    """Publish the Homes that show changed tickets, once a person; return how many.

    `changed` are the reporter and the phase of each changed ticket; None stands for every Home that was opened lately.
    """
    now = app.now()
    with app.store.read() as tx:
        drawn = {one: draw_home(tx, app.known_person(tx, one), now) for one in _list_viewers(tx, changed, now - FRESH)}
    if drawn:
        with app.transaction() as tx:
            # A person who was erased since has no Home any more, and nothing may bring their id back.
            viewers = tx.home_viewers.list_seen_since(now - FRESH)
            drawn = {person: view for person, view in drawn.items() if person in viewers}
            for person, view in drawn.items():
                tx.outbox.publish(person, view, at=now)
    return len(drawn)


def _list_viewers(tx: Transaction, changed: Collection[tuple[str, int]] | None, since: datetime) -> list[str]:
    """Return the people whose Home is kept up to date and shows one of these tickets."""
    viewers = tx.home_viewers.list_seen_since(since)
    if changed is not None and viewers:
        teams = {phase.id: phase.responder_people for phase in tx.phases.list_phases()}
        people = {person for reporter, phase_id in changed for person in (reporter, *teams.get(phase_id, ()))}
        viewers &= people
    return sorted(viewers)


def draw_home(tx: Transaction, person: Person, now: datetime) -> dict[str, Any]:
    """Return the Home view of a person, with a bounded number of tickets in each list."""
    mine = TicketList(
        tx.tickets.list_of_reporter(person.id, only_open=True, limit=SHOWN),
        tx.tickets.count_open_of_reporter(person.id),
    )
    phases = [phase for phase in tx.phases.list_phases() if is_responder(person, phase)]
    team = None
    if phases:
        reader = ListReader(id=person.id, leads=tuple(phase.id for phase in phases if is_lead(person, phase)))
        team = TicketList(
            tx.lists.list_page(OPEN, phases, reader, now, skip=0, limit=SHOWN),
            tx.lists.count_tickets(OPEN, phases, reader, now),
        )
    active = [phase for phase in tx.phases.list_phases() if phase.is_active]
    led = [phase for phase in phases if is_lead(person, phase) and phase.is_active]
    return home(HomeContent(
        mine=mine, team=team, views=tx.saved_lists.get_lists(person.id), now=now,
        on_call=_draw_on_call(tx, person, phases, now), lead=_draw_lead(tx, person, led, now) if led else None,
        sessions=tx.sessions.list_planned_of(person.id, now, [phase.id for phase in active]),
        plan=actions.list_own(tx, person), gateways=states(tx, phases, now),
        has_phase=bool(active), tools=[(one, is_lead(person, one)) for one in phases if not one.ended_at],
         may_follow=any(reads(person, phase) for phase in active),
    ))  # fmt: skip


def _draw_lead(tx: Transaction, person: Person, phases: Sequence[Phase], now: datetime) -> LeadHome:
    """Return what needs a lead: the first tickets of each kind, and how many there are."""
    reader = ListReader(id=person.id, leads=tuple(phase.id for phase in phases))

    def found(asked: Filter) -> TicketList:
        return TicketList(
            tx.lists.list_page(asked, phases, reader, now, skip=0, limit=NEEDS),
            tx.lists.count_tickets(asked, phases, reader, now),
        )

    return LeadHome(found(CRITICAL), found(OVERDUE), found(UNASSIGNED))


def _draw_on_call(tx: Transaction, person: Person, phases: Sequence[Phase], now: datetime) -> OnCallHome | None:
    """Return the rotas and the pages of a member of the team; None when there are none."""
    waiting = tx.escalations.list_waiting_for(person.id)
    by_id = {phase.id: phase for phase in phases}
    tickets = {t.id: t for t in tx.tickets.list_by_ids([e.ticket_id for e in waiting])
               if t.phase_id in by_id and may(person, Action.SEE, t, by_id[t.phase_id])}  # fmt: skip
    duties = [duty for phase in phases if phase.oncall.rotas for duty in shifts.rota_schedules(tx, phase, now)]
    if not duties and not tickets:
        return None
    calls = [tickets[e.ticket_id] for e in waiting if e.ticket_id in tickets]
    return OnCallHome(shifts.shifts_of(tx, person, now), calls, duties, now)
