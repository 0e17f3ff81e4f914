"""The App Home of a person, drawn from what they may see."""

from datetime import datetime

from bot.desk import Desk
from bot.views.home import home
from domain.permissions import Action, Person, is_responder, may
from storage.store import Tx


def open_home(desk: Desk, person: Person) -> None:
    """Somebody looks at their Home: it is drawn, and kept fresh for a while."""
    with desk.transaction() as tx:
        tx.homes.opened(person.id, desk.now())
        publish(tx, desk.person(person.id), at=desk.now())


def publish(tx: Tx, person: Person, *, at: datetime) -> None:
    mine = tx.tickets.of_reporter(person.id, only_open=True)
    phases = {p.id: p for p in tx.phases.all() if is_responder(person, p)}
    everybodys = None
    if phases:
        everything = tx.tickets.open(phases)
        everybodys = [t for t in everything if may(person, Action.SEE, t, phases[t.phase_id])]
    tx.outbox.publish(person.id, home(mine, everybodys, tx.views.of(person.id)), at=at)
