"""What is decided or promised below an agenda or the minutes of a stand-up, and is noted by a reaction."""

import re
from dataclasses import dataclass
from datetime import date, datetime

from domain.delivery.lanes import LaneKind, lane_name

MAX_TICKETS = 10  # that one message is posted to
LABELS = {LaneKind.AGENDA: "agenda", LaneKind.STAND_UP: "stand-up"}


@dataclass(frozen=True, slots=True)
class Meeting:
    """The agenda or the stand-up of a day, in whose thread people talk."""

    kind: LaneKind
    phase_id: int
    day: date

    @property
    def name(self) -> str:
        """The name of the lane of its agenda or of its minutes."""
        return lane_name(self.kind, self.phase_id, self.day)

    @property
    def label(self) -> str:
        return LABELS[self.kind]


def parse_meeting(lane: str) -> Meeting | None:
    """Return the meeting in whose lane a message stands; None for other lanes."""
    kind, _, about = lane.partition(":")
    phase_id, _, day = about.partition(":")
    try:
        meeting = Meeting(LaneKind(kind), int(phase_id), date.fromisoformat(day))
    except ValueError:
        return None
    return meeting if meeting.kind in LABELS else None


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingNote:
    """A message below the agenda or minutes of a meeting that a person noted by a reaction."""

    id: int
    phase_id: int
    meeting: str  # the name of its lane
    author: str
    at: datetime
    text: str
    noted_by: str
    channel: str
    ts: str


def numbers_in(text: str, key: str) -> list[int]:
    """Return the numbers of the tickets of a phase that a text names, such as `PAY-42`, in its order."""
    found = re.findall(rf"(?<![\w-]){re.escape(key)}-(\d{{1,9}})(?![\w-])", text, re.IGNORECASE)
    return list(dict.fromkeys(map(int, found)))[:MAX_TICKETS]
