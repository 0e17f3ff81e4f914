"""The timeline of a war room: the messages that people marked with a pushpin."""

from bot.context import AppContext
from bot.services.conversations.threads import in_thread
from bot.services.tickets.session import edit_ticket
from domain.message_time import written_at
from domain.phases.permissions import Action, Person, may
from domain.text import shorten
from domain.tickets.event import EventKind
from domain.warroom.war_room import TEXT_LIMIT, TimelineEntry, WarRoom
from storage.transaction import Transaction


def is_war_room(app: AppContext, channel: str) -> bool:
    """Whether there may be a war room in that channel: its own, or the thread of a card."""
    with app.store.read() as tx:
        return tx.war_rooms.find_in_channel(channel) is not None or tx.war_rooms.has_open_thread(channel)


def note(
    app: AppContext, person: Person, channel: str, ts: str, thread_ts: str, author: str, text: str, request: str
) -> bool:
    """Put a message into the timeline of the war room it stands in; return False where there is none for the person.

    `thread_ts` is that of the thread in which it stands, or its own.
    """
    with app.store.read() as tx:
        war_room = _war_room_at(tx, channel, thread_ts, person)
        ticket = tx.tickets.get_ticket(war_room.ticket_id) if war_room else None
        if war_room is None or ticket is None or not may(person, Action.WORK, ticket, tx.phases.get(ticket.phase_id)):
            return False
    with edit_ticket(app, war_room.ticket_id, person, Action.WORK, request) as session:
        entry = TimelineEntry(
            id=0, war_room_id=war_room.id, author=author, at=written_at(ts) or app.now(),
            text=shorten(text, TEXT_LIMIT), noted_by=session.person.id, channel=channel, ts=ts,
        )  # fmt: skip
        if session.tx.war_rooms.insert_entry(entry):
            session.log(EventKind.TIMELINE, did="added")
    return True


def _war_room_at(tx: Transaction, channel: str, thread_ts: str, person: Person) -> WarRoom | None:
    """Return the open war room in whose channel, or in whose card's thread, a message stands."""
    if war_room := tx.war_rooms.find_in_channel(channel):
        return war_room
    found = in_thread(tx, channel, thread_ts, person)
    return tx.war_rooms.find_open(found[0].id) if found else None


def take_out(app: AppContext, person: Person, channel: str, ts: str, request: str) -> None:
    """Take a message out of a timeline when the person who noted it takes the pushpin back."""
    with app.store.read() as tx:
        entry = tx.war_rooms.find_entry(channel, ts)
        war_room = tx.war_rooms.find_war_room(entry.war_room_id) if entry else None
    if entry is None or war_room is None or entry.noted_by != person.id:
        return
    with edit_ticket(app, war_room.ticket_id, person, Action.WORK, request) as session:
        session.tx.war_rooms.update_entry(entry.id, "")
        session.log(EventKind.TIMELINE, did="removed")


def follow_edit(app: AppContext, channel: str, ts: str, text: str) -> None:
    """Change an entry as its message was edited; that of a deleted message is deleted."""
    with app.store.read() as tx:
        entry = tx.war_rooms.find_entry(channel, ts)
    if entry is not None and entry.text != text:
        with app.transaction(None) as tx:
            tx.war_rooms.update_entry(entry.id, shorten(text, TEXT_LIMIT))
