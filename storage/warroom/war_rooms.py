"""War rooms of tickets, and the messages in their timelines."""

from dataclasses import fields
from typing import Any

from sqlalchemy import Connection, String, bindparam, cast, delete, insert, literal, select, update
from sqlalchemy.dialects import postgresql, sqlite

from domain.delivery.lanes import LaneKind
from domain.warroom.war_room import TimelineEntry, WarRoom
from storage.database.pending import change_later
from storage.delivery.tables import lanes
from storage.warroom.tables import timeline_entries, war_rooms

COLUMNS = [one.name for one in fields(WarRoom)]
ENTRY_COLUMNS = [one.name for one in fields(TimelineEntry)]
NEW_ENTRY = {
    name: new(timeline_entries).on_conflict_do_nothing().returning(timeline_entries.c.id)
    for name, new in (("postgresql", postgresql.insert), ("sqlite", sqlite.insert))
}
NEWEST = war_rooms.c.id.desc()
IS_OPEN = war_rooms.c.closed_at.is_(None)
CHANGED = update(war_rooms).where(war_rooms.c.id == bindparam("which"))


class WarRooms:
    """War rooms; the newest of a ticket is the one that counts."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def insert_war_room(self, war_room: WarRoom) -> int:
        """Insert a war room; return its id."""
        key = self._connection.execute(insert(war_rooms), _row(war_room)).inserted_primary_key
        return int(key[0]) if key else 0

    def update_war_room(self, war_room: WarRoom) -> None:
        change_later(self._connection, CHANGED, war_room.id, _row(war_room))

    def find_open(self, ticket_id: int) -> WarRoom | None:
        """Return the open war room of a ticket."""
        mine = select(war_rooms).where(war_rooms.c.ticket_id == ticket_id, IS_OPEN).order_by(NEWEST).limit(1)
        return _war_room(self._connection.execute(mine).first())

    def find_war_room(self, war_room_id: int) -> WarRoom | None:
        return _war_room(self._connection.execute(select(war_rooms).where(war_rooms.c.id == war_room_id)).first())

    def has_open_thread(self, channel: str) -> bool:
        """Whether an open war room is the thread of a card in that channel."""
        card = literal(f"{LaneKind.TEAM.value}:") + cast(war_rooms.c.ticket_id, String)
        here = war_rooms.join(lanes, lanes.c.name == card)
        mine = (lanes.c.channel == channel, IS_OPEN, war_rooms.c.own_channel.is_(False))
        return self._connection.scalar(select(war_rooms.c.id).select_from(here).where(*mine).limit(1)) is not None

    def find_in_channel(self, channel: str) -> WarRoom | None:
        """Return the open war room whose own channel that is."""
        here = war_rooms.join(lanes, lanes.c.ticket_id == war_rooms.c.ticket_id)
        prefix = f"{LaneKind.WAR_ROOM.value}:"
        mine = (lanes.c.channel == channel, lanes.c.name.startswith(prefix, autoescape=True), IS_OPEN,
                war_rooms.c.own_channel)  # fmt: skip
        asked = select(war_rooms).select_from(here).where(*mine).order_by(NEWEST).limit(1)
        return _war_room(self._connection.execute(asked).first())

    def insert_entry(self, entry: TimelineEntry) -> bool:
        """Insert a message into a timeline; return whether it was not there yet."""
        row = {name: getattr(entry, name) for name in ENTRY_COLUMNS if name != "id"}
        return self._connection.scalar(NEW_ENTRY[self._connection.dialect.name], row) is not None

    def find_entry(self, channel: str, ts: str) -> TimelineEntry | None:
        """Return the entry of a message."""
        here = (timeline_entries.c.channel == channel, timeline_entries.c.ts == ts)
        row = self._connection.execute(select(timeline_entries).where(*here)).first()
        return _entry(row) if row else None

    def update_entry(self, entry_id: int, text: str) -> None:
        """Change what an entry says; without a text, it is deleted."""
        mine = timeline_entries.c.id == entry_id
        change = (
            update(timeline_entries).where(mine).values(text=text) if text else delete(timeline_entries).where(mine)
        )
        self._connection.execute(change)

    def list_entries(self, war_room_id: int) -> list[TimelineEntry]:
        """Return the timeline of a war room, in the order in which it was written."""
        mine = select(timeline_entries).where(timeline_entries.c.war_room_id == war_room_id)
        ordered = mine.order_by(timeline_entries.c.at, timeline_entries.c.id)
        return [_entry(row) for row in self._connection.execute(ordered)]


def _row(war_room: WarRoom) -> dict[str, Any]:
    return {name: getattr(war_room, name) for name in COLUMNS if name != "id"} | {"invited": list(war_room.invited)}


def _war_room(row: Any) -> WarRoom | None:
    if row is None:
        return None
    return WarRoom(**{name: getattr(row, name) for name in COLUMNS} | {"invited": tuple(row.invited)})


def _entry(row: Any) -> TimelineEntry:
    return TimelineEntry(**{name: getattr(row, name) for name in ENTRY_COLUMNS})
