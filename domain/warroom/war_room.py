"""A war room: who does what in it, what its channel is called, and what its topic says."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from domain.text import one_line, shorten
from domain.tickets.ticket import Ticket

SCOPE = "channels:manage"  # without it, war rooms are threads
TOPIC_LIMIT, TEXT_LIMIT = 250, 3000  # characters; Slack refuses longer topics


class WarRoomRole(StrEnum):
    """Who does what in a war room, after the incident command system."""

    LEAD = "lead"
    COMMUNICATIONS = "communications"
    SCRIBE = "scribe"

    @property
    def label(self) -> str:
        return {
            WarRoomRole.LEAD: "Incident lead",
            WarRoomRole.COMMUNICATIONS: "Communications",
            WarRoomRole.SCRIBE: "Scribe",
        }[self]


@dataclass(frozen=True, slots=True, kw_only=True)
class WarRoom:
    """Where people work on a ticket together: a channel of its own, or the thread of the ticket's card.

    `invited` are the people who were invited to its channel, `card` is the id of its first message in the outbox.
    `refused` is Slack's reason why it has no channel of its own.
    """

    id: int
    phase_id: int
    ticket_id: int
    opened_by: str
    opened_at: datetime
    own_channel: bool
    lead: str = ""
    communications: str = ""
    scribe: str = ""
    invited: tuple[str, ...] = ()
    topic: str = ""
    card: int | None = None
    refused: str = ""
    closed_by: str = ""
    closed_at: datetime | None = None
    summary: str = ""

    @property
    def is_open(self) -> bool:
        return self.closed_at is None

    def with_roles(self, changed: Mapping[WarRoomRole, str]) -> "WarRoom":
        """Return the war room with other people in these roles."""
        roles = {**self.roles, **changed}
        return replace(self, lead=roles[WarRoomRole.LEAD], communications=roles[WarRoomRole.COMMUNICATIONS],
                       scribe=roles[WarRoomRole.SCRIBE])  # fmt: skip

    @property
    def roles(self) -> dict[WarRoomRole, str]:
        """Return who has each role; "" for no one."""
        return {WarRoomRole.LEAD: self.lead, WarRoomRole.COMMUNICATIONS: self.communications,
                WarRoomRole.SCRIBE: self.scribe}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineEntry:
    """A message that people put into the timeline of a war room: who wrote it when, and who noted it."""

    id: int
    war_room_id: int
    author: str
    at: datetime
    text: str
    noted_by: str
    channel: str
    ts: str


def channel_name(ticket: Ticket) -> str:
    """Return the name of the channel of a ticket's war room, such as `pay-42-war-room`."""
    return f"{ticket.name.lower()}-war-room"


def topic_of(ticket: Ticket) -> str:
    """Return the topic of its channel: severity, status, name and summary of the ticket."""
    facts = f"{ticket.severity.value.capitalize()} · {ticket.status.label.capitalize()} · {ticket.name} "
    return facts + shorten(one_line(ticket.summary), TOPIC_LIMIT - len(facts))
