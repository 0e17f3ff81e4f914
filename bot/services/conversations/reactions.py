"""Reactions: emoji that act on a card, and reactions that are copied to the other thread."""

from datetime import datetime

from bot.context import AppContext
from bot.services.conversations.threads import in_thread, lock_for_comment
from domain.delivery.lanes import LaneKind, kind_of, lane_name
from domain.phases.permissions import Action, Person, is_responder, may
from domain.tickets.ticket import Ticket
from storage.transaction import Transaction

# Where a reaction acknowledges: on the cards and the pages.
CARDS = frozenset({LaneKind.TEAM, LaneKind.ONCALL_CARD, LaneKind.PAGE, LaneKind.ESCALATION})


def note_removal(app: AppContext, channel: str, ts: str, person: Person, name: str, moment: datetime) -> None:
    """Remember that a reaction was taken back, in case the event of its addition comes later."""
    with app.transaction() as tx:
        tx.message_archive.update_request(_removal_key(channel, ts, person, name), moment)


def was_removed(app: AppContext, channel: str, ts: str, person: Person, name: str, moment: datetime) -> bool:
    """Return whether a reaction that was added at that moment was taken back since."""
    with app.store.read() as tx:
        removed = tx.message_archive.find_request(_removal_key(channel, ts, person, name))
    return removed is not None and moment < removed


def _removal_key(channel: str, ts: str, person: Person, name: str) -> str:
    return f"reaction removed:{channel}:{ts}:{person.id}:{name}"


def acknowledged_by_reaction(app: AppContext, channel: str, ts: str, person: Person, request: str) -> Ticket | None:
    """Acknowledge by :eyes: on a card; None where the person may not or it is too late, which is no error."""
    with app.transaction(request) as tx:
        found = in_thread(tx, channel, ts, person)
        if found is None or kind_of(found[1]) not in CARDS:
            return None
        session = lock_for_comment(app, tx, found[0], person)
        if not may(person, Action.WORK, session.ticket, session.phase):
            return None
        session.claim()
        session.finish()
        return session.ticket


def ticket_at(app: AppContext, channel: str, ts: str, person: Person, action: Action = Action.WORK) -> Ticket | None:
    """Return the ticket of this card or thread; None when the person may not do `action`."""
    with app.store.read() as tx:
        found = in_thread(tx, channel, ts, person)
        if found is None or not may(person, action, found[0], tx.phases.get(found[0].phase_id)):
            return None
        return found[0]


def copy_reaction(
    app: AppContext, channel: str, ts: str, person: Person, name: str, *, add: bool, request: str
) -> None:
    """Copy a reaction from a message to its copy, or back; without `add`, remove it with the last person's."""
    with app.store.read() as tx:
        source = tx.mirrors.find_source(channel, ts)
        copies = None if source else tx.mirrors.find_copies(channel, ts)
        ticket_id = source.ticket_id if source else copies[0] if copies else None
        if ticket_id is None or (add and not _takes_part(tx, ticket_id, person)):
            return
    with app.transaction(request) as tx:
        tx.tickets.lock_ticket(ticket_id)  # else two at once would each see the other's reaction as left
        # Counted by where it is shown: one message may be copied in several parts.
        at = (source.channel, source.ts) if source else (channel, f"{ts}>")
        if not tx.mirrors.update_reaction(ticket_id, at, name, person.id, add=add):
            return
        if source:
            lane = tx.outbox.lane(lane_name(LaneKind.REACTION, source.channel), source.channel)
            tx.outbox.react(lane, name, add=add, at=app.now(), ts=source.ts)
        elif copies:
            tx.outbox.react(tx.outbox.get_lane_of(copies[1][0]), name, add=add, at=app.now(), target=copies[1][0])


def _takes_part(tx: Transaction, ticket_id: int, person: Person) -> bool:
    """Return whether the person is in the team or a named follower; sealed identities are not opened for this."""
    ticket = tx.tickets.get_ticket(ticket_id)
    known = {ticket.reporter, *tx.followers.get_levels(ticket_id)}
    return person.id in known or is_responder(person, tx.phases.get(ticket.phase_id))
