"""A wave: one run of a pulse, from finding its audience to its results."""

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
BUDGET_WINDOW = 28 * DAY  # in which the phase's pulse budget limits the invitations of a person
MAX_REMINDERS = 2


class WaveState(StrEnum):
    GATHERING = "gathering"  # its audience is being looked up in Slack
    OPEN = "open"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wave:
    """`occurrence` identifies a wave among those of its pulse; `salt` is deleted when the wave closes.

    `result` is set when the wave closes, `comment_summary` some hours later.
    """

    id: int
    phase_id: int
    pulse: Pulse
    occurrence: str
    state: WaveState
    opens_at: datetime
    closes_at: datetime
    salt: str | None = None
    result: WaveResult | None = None
    comment_summary: CommentSummary | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitee:
    """A person of the audience with their segment and time zone."""

    person: str
    segment: str
    zone: str


def pseudonym(secret: bytes, salt: str, person: str, what: str) -> str:
    """Return the key of a person's answer while a wave is open (HMAC-SHA256), so that they can change it.

    It cannot be linked to the person without the secret, which is not in the database.
    """
    return hmac.new(secret, f"{what}:{salt}:{person}".encode(), hashlib.sha256).hexdigest()


def find_audience(
    segments: Sequence[Segment], members: Mapping[str, Collection[str]], zones: Mapping[str, str]
) -> list[Invitee]:
    """Return each person of the segments once, in the first segment that contains them.

    `members` are the people of each channel and user group, `zones` the time zones of all people who may be asked.
    """
    found: dict[str, Invitee] = {}
    for segment in segments:
        people = [one for id_ in (*segment.channels, *segment.people) for one in members.get(id_, (id_,))]
        for person in people:
            if person in zones:
                found.setdefault(person, Invitee(person=person, segment=segment.label, zone=zones[person]))
    return [found[person] for person in sorted(found)]


def draw_sample(people: Sequence[Invitee], share: float, over_budget: Collection[str], seed: int) -> list[Invitee]:
    """Return a random sample of the people within their budget, of that share of all; the same for the same seed."""
    eligible = [one for one in people if one.person not in over_budget]
    count = min(len(eligible), -(-len(people) * round(share * 1000) // 1000))
    return sorted(random.Random(seed).sample(eligible, count), key=lambda one: one.person)  # noqa: S311 - not a secret


def next_working_time(after: datetime, zone: str, at: str, days: str, holidays: Collection[date] = ()) -> datetime:
    """Return the next moment not before `after` with that local time on a working day of the zone."""
    local = ZoneInfo(zone)
    on = after.astimezone(local).date()
    while (found := local_to_utc(on, since_midnight(at), local)) < after or not is_working_day(on, days, holidays):
        on += DAY
    return found


def is_working_day(on: date, days: str, holidays: Collection[date]) -> bool:
    return WEEKDAYS[on.weekday()] in days.split() and on not in holidays


def new_salt(secret: bytes) -> str:
    """Return a random salt with a check value that tells whether a secret is the one it was made with."""
    salt = secrets.token_hex(20)
    return f"{salt}:{_secret_check(secret, salt)}"


def matches_secret(secret: bytes, salt: str) -> bool:
    """Whether the salt was made with this secret."""
    salt, _, check = salt.partition(":")
    return bool(secret) and hmac.compare_digest(check, _secret_check(secret, salt))


def _secret_check(secret: bytes, salt: str) -> str:
    return pseudonym(secret, salt, "", "mark")[:16]
