"""Reactions: what somebody says with an emoji on a message that was carried over is seen in the other thread too."""

from bot.desk import Desk
from bot.services import sealed
from domain.permissions import Person, is_responder
from storage.tx import Tx


def carry(desk: Desk, channel: str, ts: str, person: Person, name: str, *, add: bool, request: str) -> None:
    """From a message to its copy, or from the copy to the message; `add`, or take it away again."""
    with desk.store.read() as tx:
        source = tx.mirrors.source(channel, ts)
        copies = None if source else tx.mirrors.of(channel, ts)
        ticket_id = source.ticket_id if source else copies[0] if copies else None
        if ticket_id is None or not _concerned(desk, tx, ticket_id, person):
            return
    with desk.transaction(request) as tx:
        if source:
            lane = tx.outbox.lane(f"react:{source.channel}", source.channel)
            tx.outbox.react(lane, name, add=add, at=desk.now(), ts=source.ts)
        elif copies:
            tx.outbox.react(tx.outbox.lane_with(copies[1][0]), name, add=add, at=desk.now(), target=copies[1][0])


def _concerned(desk: Desk, tx: Tx, ticket_id: int, person: Person) -> bool:
    """The team, its reporter, and whomever it concerns too."""
    ticket = tx.tickets.get(ticket_id)
    acting = sealed.as_alias(desk, tx, person, ticket.reporter)
    known = {ticket.reporter, *tx.followers.of(ticket_id)}
    return acting.id in known or is_responder(person, tx.phases.get(ticket.phase_id))
