"""A wave: one run of a pulse, from finding out whom to ask to the figures that are shown."""

import hashlib
import hmac
import random
import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from domain.pulse.results import WaveResult
from domain.pulse.settings import Pulse, Segment
from domain.pulse.themes import CommentSummary
from domain.schedule import WEEKDAYS
from domain.sla.working_time import local_to_utc, since_midnight

DAY = timedelta(days=1)
BUDGET_WINDOW = 28 * DAY  # within which nobody is asked more often than the phase's budget
MAX_REMINDERS = 2


class WaveState(StrEnum):
    GATHERING = "gathering"  # Slack is asked who is in its audience
    OPEN = "open"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wave:
    """`occurrence` makes it itself among the waves of its pulse; `salt` is gone once it is closed.

    `tally` is there when it is closed and had enough people, `words` some hours later.
    """

    id: int
    phase_id: int
    pulse: Pulse
    occurrence: str
    state: WaveState
    opens_at: datetime
    closes_at: datetime
    salt: str | None = None
    tally: WaveResult | None = None
    words: CommentSummary | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitee:
    """Somebody of an audience, with the time zone they live in."""

    person: str
    segment: str
    zone: str


def pseudonym(secret: bytes, salt: str, person: str, what: str) -> str:
    """Under what somebody's answer is kept while a wave is open, so that they may change it.

    Without the secret, which is not in the database, nobody can tell whose it is.
    """
    return hmac.new(secret, f"{what}:{salt}:{person}".encode(), hashlib.sha256).hexdigest()


def find_audience(
    segments: Sequence[Segment], people_of: Mapping[str, Collection[str]], here: Mapping[str, str]
) -> list[Invitee]:
    """Everybody who is meant, once, in the first segment that has them.

    `people_of` says who is in each channel and user group, `here` the time zone of everybody who may be asked.
    """
    found: dict[str, Invitee] = {}
    for segment in segments:
        named = [one for place in (*segment.channels, *segment.people) for one in people_of.get(place, (place,))]
        for person in named:
            if person in here:
                found.setdefault(person, Invitee(person=person, segment=segment.label, zone=here[person]))
    return [found[person] for person in sorted(found)]


def draw_sample(people: Sequence[Invitee], share: float, tired: Collection[str], seed: int) -> list[Invitee]:
    """A random part of those who were not asked too often; the same for the same seed."""
    rested = [one for one in people if one.person not in tired]
    count = min(len(rested), -(-len(people) * round(share * 1000) // 1000))
    return sorted(random.Random(seed).sample(rested, count), key=lambda one: one.person)  # noqa: S311 - whom to ask is no secret


def next_working_time(after: datetime, zone: str, at: str, days: str, holidays: Collection[date] = ()) -> datetime:
    """The next moment at which it is that time where somebody lives, on a working day."""
    local = ZoneInfo(zone)
    on = after.astimezone(local).date()
    while (found := local_to_utc(on, since_midnight(at), local)) < after or not is_working_day(on, days, holidays):
        on += DAY
    return found


def is_working_day(on: date, days: str, holidays: Collection[date]) -> bool:
    return WEEKDAYS[on.weekday()] in days.split() and on not in holidays


def new_salt(secret: bytes) -> str:
    """Random, with a mark by which it is known whether a secret is the one that it was made with."""
    salt = secrets.token_hex(20)
    return f"{salt}:{_secret_check(secret, salt)}"


def matches_secret(secret: bytes, salt: str) -> bool:
    salt, _, mark = salt.partition(":")
    return bool(secret) and hmac.compare_digest(mark, _secret_check(secret, salt))


def _secret_check(secret: bytes, salt: str) -> str:
    return pseudonym(secret, salt, "", "mark")[:16]
