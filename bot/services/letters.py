"""What happens around letters: telling the leads about one that can never arrive."""

from bot.desk import Desk
from bot.views import lines
from domain.letter import Letter, Priority
from storage.store import Tx


def report_dead(desk: Desk, tx: Tx, letter: Letter, reason: str) -> None:
    """Leads and admins hear that something could not be said; the log knows in any case."""
    if letter.lane.name.startswith("person:"):
        return
    what = "an App Home"
    people: tuple[str, ...] = desk.admins
    if letter.lane.ticket_id is not None:
        ticket = tx.tickets.get(letter.lane.ticket_id)
        what = ticket.name
        people = tuple(dict.fromkeys((*tx.phases.get(ticket.phase_id).leads, *desk.admins)))
    for person in people:
        lane = tx.outbox.lane(f"person:{person}:{letter.lane.id}", person)
        message = lines.undeliverable(what, letter.lane.channel, reason)
        tx.outbox.post(lane, message, at=desk.now(), priority=Priority.ACKNOWLEDGEMENT)
