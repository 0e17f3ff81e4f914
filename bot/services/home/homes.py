"""The App Home of a person, drawn from what they may see."""

from collections.abc import Sequence
from datetime import datetime

from bot.context import AppContext
from bot.services.oncall import shifts
from bot.views.home.home import OnCallHome, home
from domain.phases.permissions import Action, Person, is_responder, may
from domain.phases.phase import Phase
from storage.transaction import Transaction


def open_home(app: AppContext, person: Person) -> None:
    """Somebody looks at their Home: it is drawn, and kept fresh for a while."""
    with app.transaction() as tx:
        tx.home_viewers.opened(person.id, app.now())
        publish(tx, app.person(person.id), at=app.now())


def publish(tx: Transaction, person: Person, *, at: datetime) -> None:
    mine = tx.tickets.of_reporter(person.id, only_open=True)
    phases = {p.id: p for p in tx.phases.all() if is_responder(person, p)}
    everybodys = None
    if phases:
        everything = tx.tickets.open(phases)
        everybodys = [t for t in everything if may(person, Action.SEE, t, phases[t.phase_id])]
    on_call = _on_call(tx, person, list(phases.values()), at)
    tx.outbox.publish(person.id, home(mine, everybodys, tx.saved_lists.of(person.id), on_call), at=at)


def _on_call(tx: Transaction, person: Person, phases: Sequence[Phase], now: datetime) -> OnCallHome | None:
    """What somebody of the team sees of rotas and calls; None when there is nothing of it."""
    waiting = tx.escalations.list_waiting_for(person.id)
    by_id = {phase.id: phase for phase in phases}
    tickets = {t.id: t for t in tx.tickets.some([e.ticket_id for e in waiting])
               if t.phase_id in by_id and may(person, Action.SEE, t, by_id[t.phase_id])}  # fmt: skip
    duties = [duty for phase in phases if phase.oncall.rotas for duty in shifts.rota_schedules(tx, phase, now)]
    if not duties and not tickets:
        return None
    calls = [tickets[e.ticket_id] for e in waiting if e.ticket_id in tickets]
    return OnCallHome(shifts.shifts_of(tx, person, now), calls, duties, now)
