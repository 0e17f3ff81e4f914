"""Reactions: what an emoji does to a card, and that one on a message which was carried over is seen in both threads."""

from bot.context import AppContext
from bot.services.conversations.threads import in_thread, lock_for_comment
from domain.delivery.lanes import LaneKind, kind_of, lane_name
from domain.phases.permissions import Action, Person, is_responder, may
from domain.tickets.ticket import Ticket
from storage.transaction import Transaction

# Where a reaction acknowledges: on the cards and the pages.
CARDS = frozenset({LaneKind.TEAM, LaneKind.ONCALL_CARD, LaneKind.PAGE, LaneKind.ESCALATION})


def acknowledged_by_reaction(app: AppContext, channel: str, ts: str, person: Person, request: str) -> Ticket | None:
    """:eyes: on a card. A reaction by somebody who may not, or too late, is just a reaction."""
    with app.transaction(request) as tx:
        found = in_thread(tx, channel, ts, person)
        if found is None or kind_of(found[1]) not in CARDS:
            return None
        session = lock_for_comment(app, tx, found[0], person)
        if not is_responder(person, session.phase):
            return None
        session.claim()
        session.finish()
        return session.ticket


def ticket_at(app: AppContext, channel: str, ts: str, person: Person, action: Action = Action.WORK) -> Ticket | None:
    """The ticket whose card or thread stands there, for somebody who may do that."""
    with app.store.read() as tx:
        found = in_thread(tx, channel, ts, person)
        if found is None or not may(person, action, found[0], tx.phases.get(found[0].phase_id)):
            return None
        return found[0]


def carry(app: AppContext, channel: str, ts: str, person: Person, name: str, *, add: bool, request: str) -> None:
    """From a message to its copy, or from the copy to the message; `add`, or take it away with the last of them."""
    with app.store.read() as tx:
        source = tx.mirrors.find_source(channel, ts)
        copies = None if source else tx.mirrors.find_copies(channel, ts)
        ticket_id = source.ticket_id if source else copies[0] if copies else None
        if ticket_id is None or (add and not _concerned(tx, ticket_id, person)):
            return
    with app.transaction(request) as tx:
        tx.tickets.lock_ticket(ticket_id)  # two who do it at once would both believe that the other's is left
        # Counted by where it is seen: one message may have been carried over in several pieces.
        at = (source.channel, source.ts) if source else (channel, f"{ts}>")
        if not tx.mirrors.update_reaction(ticket_id, at, name, person.id, add=add):
            return
        if source:
            lane = tx.outbox.lane(lane_name(LaneKind.REACTION, source.channel), source.channel)
            tx.outbox.react(lane, name, add=add, at=app.now(), ts=source.ts)
        elif copies:
            tx.outbox.react(tx.outbox.get_lane_of(copies[1][0]), name, add=add, at=app.now(), target=copies[1][0])


def _concerned(tx: Transaction, ticket_id: int, person: Person) -> bool:
    """The team, its reporter, and whomever it concerns too, as everybody sees them: no seal is opened for this."""
    ticket = tx.tickets.get_ticket(ticket_id)
    known = {ticket.reporter, *tx.followers.get_levels(ticket_id)}
    return person.id in known or is_responder(person, tx.phases.get(ticket.phase_id))
