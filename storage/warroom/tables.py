"""Tables of war rooms and their timelines, of stand-ups, and of what is noted in meetings."""

from sqlalchemy import JSON, Boolean, Column, Date, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint

from storage.database.columns import Utc
from storage.database.metadata import BigId, metadata

war_rooms = Table(
    "war_rooms", metadata,
    Column("id", BigId, primary_key=True),
    Column("phase_id", BigId, ForeignKey("phases.id"), nullable=False),
    Column("ticket_id", BigId, ForeignKey("tickets.id"), nullable=False),
    Column("opened_by", String(32), nullable=False),
    Column("opened_at", Utc, nullable=False),
    Column("own_channel", Boolean, nullable=False),
    Column("lead", String(32), nullable=False),
    Column("communications", String(32), nullable=False),
    Column("scribe", String(32), nullable=False),
    Column("invited", JSON, nullable=False),
    Column("topic", Text, nullable=False),
    Column("card", Integer),  # the id of its first message in the outbox
    Column("refused", String(80), nullable=False),
    Column("closed_by", String(32), nullable=False),
    Column("closed_at", Utc),
    Column("summary", Text, nullable=False),
    Index("ix_war_rooms_ticket", "ticket_id", "id"),
)  # fmt: skip

timeline_entries = Table(
    "timeline_entries", metadata,
    Column("id", BigId, primary_key=True),
    Column("war_room_id", BigId, ForeignKey("war_rooms.id"), nullable=False),
    Column("author", String(32), nullable=False),
    Column("at", Utc, nullable=False),
    Column("text", Text, nullable=False),
    Column("noted_by", String(32), nullable=False),
    Column("channel", String(32), nullable=False),
    Column("ts", String(32), nullable=False),
    Index("ix_timeline_entries_war_room", "war_room_id", "ts"),
    Index("ux_timeline_entries_message", "channel", "ts", unique=True),
)  # fmt: skip

# Who was asked for the stand-up of a day of theirs, and what they said.
stand_up_answers = Table(
    "stand_up_answers", metadata,
    Column("id", BigId, primary_key=True),
    Column("phase_id", BigId, ForeignKey("phases.id"), nullable=False),
    Column("day", Date, nullable=False),
    Column("person", String(32), nullable=False),
    Column("asked_at", Utc, nullable=False),
    Column("answered_at", Utc),
    Column("done", Text, nullable=False),
    Column("next", Text, nullable=False),
    Column("blocked", Text, nullable=False),
    UniqueConstraint("phase_id", "day", "person"),
)  # fmt: skip

# What was decided or promised below an agenda or the minutes of a stand-up, and was noted by a reaction.
meeting_notes = Table(
    "meeting_notes", metadata,
    Column("id", BigId, primary_key=True),
    Column("phase_id", BigId, ForeignKey("phases.id"), nullable=False),
    Column("meeting", String(60), nullable=False),
    Column("author", String(32), nullable=False),
    Column("at", Utc, nullable=False),
    Column("text", Text, nullable=False),
    Column("noted_by", String(32), nullable=False),
    Column("channel", String(32), nullable=False),
    Column("ts", String(32), nullable=False),
    Index("ix_meeting_notes_meeting", "meeting"),
    Index("ux_meeting_notes_message", "channel", "ts", unique=True),
)  # fmt: skip
