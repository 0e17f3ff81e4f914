"""Sessions with users: what a focus group, a one-on-one or a workshop is, and when it may be planned."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from domain.errors import Refused

TITLE_LIMIT, PLACE_LIMIT = 100, 150  # characters
MIN_MINUTES, MAX_MINUTES, USUAL_MINUTES = 5, 12 * 60, 60
MAX_PARTICIPANTS = 100
REMIND_BEFORE = timedelta(hours=1)
NO_SUCH_SESSION = "There is no such session that you can see."


class SessionKind(StrEnum):
    FOCUS_GROUP = "focus_group"
    ONE_ON_ONE = "one_on_one"
    WORKSHOP = "workshop"

    @property
    def label(self) -> str:
        return {
            SessionKind.FOCUS_GROUP: "Focus group",
            SessionKind.ONE_ON_ONE: "One-on-one",
            SessionKind.WORKSHOP: "Workshop",
        }[self]


class SessionState(StrEnum):
    PLANNED = "planned"
    HELD = "held"  # its notes were filed
    CANCELLED = "cancelled"

    @property
    def label(self) -> str:
        return self.value.capitalize()


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionDraft:
    """What a person asks a session to be; `minutes` is how long it takes."""

    kind: SessionKind
    title: str
    starts: datetime
    host: str
    participants: tuple[str, ...]
    minutes: int = USUAL_MINUTES
    place: str = ""
    module: str = ""
    process: str = ""
    cancelled: bool = False

    @property
    def ends(self) -> datetime:
        return self.starts + timedelta(minutes=self.minutes)


@dataclass(frozen=True, slots=True, kw_only=True)
class UserSession(SessionDraft):
    """A session; `version` counts the changes of its time and place, which calendars need."""

    id: int
    phase_id: int
    made_by: str
    state: SessionState = SessionState.PLANNED
    version: int = 0

    @property
    def name(self) -> str:
        return f"S{self.id}"

    @property
    def is_planned(self) -> bool:
        return self.state is SessionState.PLANNED

    @property
    def remind_at(self) -> datetime:
        return self.starts - REMIND_BEFORE


def check_session(draft: SessionDraft, now: datetime, before: datetime | None = None) -> None:
    """Refuse a time that is over, unless it stays as it was `before`, and a number of people that doesn't fit."""
    if draft.starts <= now and draft.starts != before:
        raise Refused("This time has passed. Choose a later one.", field="starts")
    if not MIN_MINUTES <= draft.minutes <= MAX_MINUTES:
        raise Refused(f"A session takes {MIN_MINUTES} minutes to {MAX_MINUTES // 60} hours. Change its length.",
                      field="minutes")  # fmt: skip
    invited = [one for one in draft.participants if one != draft.host]
    if not invited:
        raise Refused("Only the host takes part. Choose at least one other person.", field="participants")
    if draft.kind is SessionKind.ONE_ON_ONE and len(invited) > 1:
        raise Refused("A one-on-one has one participant. Choose one person, or another kind.", field="participants")
    if len(invited) > MAX_PARTICIPANTS:
        raise Refused(f"A session takes at most {MAX_PARTICIPANTS} people. Plan several.", field="participants")


def needs_news(before: UserSession, after: SessionDraft) -> bool:
    """Return whether participants have to hear of a change: another time, place or title."""
    return (before.starts, before.minutes, before.place, before.title) != (
        after.starts, after.minutes, after.place, after.title)  # fmt: skip


def left_out(before: Sequence[str], after: Sequence[str]) -> list[str]:
    """Return who was invited and no longer is."""
    return [one for one in before if one not in after]
