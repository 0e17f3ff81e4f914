"""What happens around letters: telling the leads about one that can never arrive, and mending it."""

from datetime import timedelta
from typing import Any

from bot.context import Desk
from bot.views.operations import trouble
from domain.delivery.message import Entry, Letter, Priority, State, Verb
from domain.errors import Refused
from domain.operations.health import Health
from domain.tickets.permissions import Person, is_lead
from storage.transaction import Tx

SHOWN = 10  # dead letters in one list
MOMENT = timedelta(seconds=10)  # a timer that is due just now is not overdue


def report_dead(desk: Desk, tx: Tx, letter: Letter, reason: str) -> None:
    """Leads and admins hear that something could not be said; the log knows in any case."""
    if letter.lane.name.startswith("person:"):
        return
    what = {Verb.GROUP: "who is on call", Verb.HOOK: "an escalation"}.get(letter.verb, "an App Home")
    people: tuple[str, ...] = desk.admins
    if letter.lane.ticket_id is not None:
        ticket = tx.tickets.get(letter.lane.ticket_id)
        what = ticket.name
        people = tuple(dict.fromkeys((*tx.phases.get(ticket.phase_id).lead_people, *desk.admins)))
    message = trouble.undeliverable(what, letter.lane.channel, reason)
    _tell(desk, tx, people, str(letter.lane.id), message)


def tell_admins(desk: Desk, tx: Tx, about: str, message: dict[str, Any]) -> None:
    """Something is wrong with the desk itself: its admins hear it, or else every lead."""
    leads = dict.fromkeys(lead for phase in tx.phases.all() for lead in phase.lead_people)
    _tell(desk, tx, desk.admins or tuple(leads), about, message)


def health(desk: Desk, person: Person) -> Health:
    """For leads and admins."""
    with desk.store.read() as tx:
        _require_keeper(tx, person)
        now, counts = desk.now(), tx.archive.counts()
        waiting, oldest = counts["waiting"] + counts["sending"], tx.archive.oldest()
        return Health(now=now, waiting=waiting, oldest=oldest, dead=counts["dead"],
                      shown=tx.archive.newest([State.DEAD], SHOWN), overdue=len(tx.timers.overdue(now - MOMENT)),
                      replicas=tx.replicas.alive())  # fmt: skip


def retry(desk: Desk, letter_id: int | None, person: Person | None = None) -> int:
    """A dead letter and what was buried with it are to be sent; how many. `person` is None for an operator."""
    with desk.transaction() as tx:
        letters = tx.archive.retry(_dead(tx, letter_id, person), desk.now())
        tx.outbox.spoke = True
    return letters


def drop(desk: Desk, letter_id: int | None, person: Person | None = None) -> int:
    """They need not be said any more; how many."""
    with desk.transaction() as tx:
        return tx.archive.drop(_dead(tx, letter_id, person))


def _dead(tx: Tx, letter_id: int | None, person: Person | None) -> Entry:
    if person is not None:
        _require_keeper(tx, person)
    found = tx.archive.find(letter_id) if letter_id is not None and 0 < letter_id < 2**63 else None
    if found is None:
        raise Refused(f"There is no letter {letter_id}." if letter_id else "Which letter?")
    if found.state is not State.DEAD:
        raise Refused(f"Letter {found.id} is {found.state}, not dead; there is nothing to mend.")
    return found


def _require_keeper(tx: Tx, person: Person) -> None:
    if not person.admin and not any(is_lead(person, p) for p in tx.phases.all()):
        raise Refused("Only leads and admins see how the desk itself is.")


def _tell(desk: Desk, tx: Tx, people: tuple[str, ...], about: str, message: dict[str, Any]) -> None:
    for person in people:
        lane = tx.outbox.lane(f"person:{person}:{about}"[:80], person)
        tx.outbox.post(lane, message, at=desk.now(), priority=Priority.ACKNOWLEDGEMENT)
