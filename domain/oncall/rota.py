"""Who is on call: people who take turns in layers, overrides of them, and the resulting shifts."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr

from domain.oncall.settings import TURN_RULES, Layer, Member, Rota
from domain.schedule import EVERY_DAY
from domain.sla.working_time import WorkCalendar, local_to_utc, since_midnight

DAY = timedelta(days=1)
NO_PERSON = ""
LOOK_AHEAD = 56 * DAY  # how far ahead shifts are calculated to find where they end
ASKED, AGREED, DECLINED, LAPSED = "asked", "agreed", "declined", "lapsed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShiftOverride:
    """A person is on call from `starts` to `ends` instead of `instead_of`, or of anyone if that is empty."""

    person: str
    starts: datetime
    ends: datetime
    instead_of: str = ""
    imported: bool = False  # part of the rota itself, from another calendar; agreed overrides take precedence

    def includes(self, moment: datetime) -> bool:
        return self.starts <= moment < self.ends


@dataclass(frozen=True, slots=True, kw_only=True)
class SwapRequest:
    """An override that a person was asked for; a swap is two of them with the same `pair`."""

    override: ShiftOverride
    phase_id: int
    rota: str
    state: str
    asked_by: str
    pair: str


@dataclass(frozen=True, slots=True)
class OnCall:
    """Who is on call; `scheduled` is who it would be without overrides."""

    person: str
    scheduled: str
    shadows: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Shift:
    starts: datetime
    ends: datetime
    on_call: OnCall


@dataclass(frozen=True, slots=True, kw_only=True)
class RotaSchedule:
    """A rota with everything that decides who is on call; `zone` is the phase's, the newest override is last."""

    rota: Rota
    zone: str = "UTC"
    roster: tuple[Member, ...] = ()
    overrides: tuple[ShiftOverride, ...] = ()
    _calendars: tuple[WorkCalendar, ...] = field(init=False, compare=False)

    def __post_init__(self) -> None:
        calendars = tuple(WorkCalendar.read(one.days, one.hours, self._zone(one)) for one in self.rota.layers)
        object.__setattr__(self, "_calendars", calendars)

    def at(self, moment: datetime) -> OnCall:
        """Return who is on call at that moment."""
        on_now = [(layer, person) for layer, calendar in zip(self.rota.layers, self._calendars, strict=True)
                  if calendar.includes(moment) and (person := self._turn(layer, moment))]  # fmt: skip
        turns = [person for layer, person in on_now if not layer.shadow]
        holding = [override for override in self.overrides if override.includes(moment)]
        imported = [override.person for override in holding if override.imported]
        scheduled = next(iter([*imported, *turns]), NO_PERSON)
        person = scheduled
        for override in holding:  # in the order of agreement, so that a shift may change hands twice
            if not override.imported and override.instead_of in ("", person):
                person = override.person
        shadows = tuple(dict.fromkeys(p for layer, p in on_now if layer.shadow and p != person))
        return OnCall(person, scheduled, shadows)

    def shifts(self, start: datetime, end: datetime) -> list[Shift]:
        """Return the shifts of a period, one after the other; uncovered time is a shift of NO_PERSON."""
        found: list[Shift] = []
        moments = sorted({start, end, *(m for m in self._changes(start, end) if start < m < end)})
        for begins, until in pairwise(moments):
            on_call = self.at(begins)
            if found and found[-1].on_call == on_call:
                found[-1] = replace(found[-1], ends=until)
            else:
                found.append(Shift(begins, until, on_call))
        return found

    def gaps(self, start: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
        """Return the uncovered periods within the rota's days and hours."""
        needed = WorkCalendar.read(self.rota.days, self.rota.hours, self.rota.timezone or self.zone)
        empty = [shift for shift in self.shifts(start, end) if shift.on_call.person == NO_PERSON]
        pieces = [(max(opens, e.starts), min(closes, e.ends)) for e in empty
                  for opens, closes in needed.spans(e.starts, e.ends)]  # fmt: skip
        return _merged(piece for piece in pieces if piece[0] < piece[1])

    def next_change(self, after: datetime, within: timedelta = 62 * DAY) -> datetime | None:
        """Return when the next shift begins; None when nothing changes within that time."""
        spans = self.shifts(after, after + within)
        return spans[1].starts if len(spans) > 1 else None

    def _turn(self, layer: Layer, moment: datetime) -> str:
        """Return whose turn it is; people who aren't on the roster that day are skipped."""
        zone = ZoneInfo(self._zone(layer))
        today = moment.astimezone(zone).date()
        last = today if moment >= _moment(today, layer.hand_over, zone) else today - DAY
        turns = _turns(_rule(layer), layer.since, today.year + 1)
        number = bisect_right(turns, last) - 1
        people = layer.people or tuple(member.person for member in self.roster)
        order = [people[(number + i) % len(people)] for i in range(len(people))] if number >= 0 else []
        return next((person for person in order if self._serves(person, today)), NO_PERSON)

    def _serves(self, person: str, on: date) -> bool:
        """Return whether a person is on the roster that day; without a roster everyone is."""
        return not self.roster or any(m.serves(on) for m in self.roster if m.person == person)

    def _changes(self, start: datetime, end: datetime) -> Iterator[datetime]:
        """Yield the moments at which the person on call may change."""
        for layer, calendar in zip(self.rota.layers, self._calendars, strict=True):
            zone = ZoneInfo(self._zone(layer))
            first, last = start.astimezone(zone).date() - DAY, end.astimezone(zone).date() + DAY
            turns = _turns(_rule(layer), layer.since, last.year + 1)
            yield from (_moment(on, layer.hand_over, zone) for on in turns if first <= on <= last)
            if not calendar.is_always_open:
                yield from (edge for span in calendar.spans(start, end) for edge in span)
            days = [day for m in self.roster for day in (m.since, m.until and m.until + DAY) if day]
            yield from (_moment(day, "00:00", zone) for day in days)
        yield from (edge for override in self.overrides for edge in (override.starts, override.ends))

    def _zone(self, layer: Layer) -> str:
        return layer.timezone or self.rota.timezone or self.zone


@dataclass(frozen=True, slots=True)
class ShiftChange:
    """A time in which another person would be on call; NO_PERSON where it is uncovered."""

    starts: datetime
    ends: datetime
    before: str
    after: str


def compare(before: RotaSchedule, after: RotaSchedule, start: datetime, end: datetime) -> list[ShiftChange]:
    """Return the times of a period in which two versions of a rota differ in who is on call, one after the other."""
    shifts = [*before.shifts(start, end), *after.shifts(start, end)]
    edges = sorted({edge for shift in shifts for edge in (shift.starts, shift.ends)})
    found: list[ShiftChange] = []
    for begins, until in pairwise(edges):
        old, new = before.at(begins).person, after.at(begins).person
        if old == new:
            continue
        last = found[-1] if found else None
        if last and (last.ends, last.before, last.after) == (begins, old, new):
            found[-1] = replace(last, ends=until)
        else:
            found.append(ShiftChange(begins, until, old, new))
    return found


def _rule(layer: Layer) -> str:
    """Return the rule of a layer's turns; daily ones pass on its own days only, so that none falls on a free day."""
    rule = TURN_RULES.get(layer.turn, layer.turn)
    if rule != TURN_RULES["daily"] or layer.days == EVERY_DAY:
        return rule
    return f"FREQ=WEEKLY;BYDAY={','.join(day[:2].upper() for day in layer.days.split())}"


@lru_cache(maxsize=256)
def _turns(turn: str, since: date, through: int) -> Sequence[date]:
    """Return the days on which the turn passes on, from the first to the end of a year."""
    rule = rrulestr(turn, dtstart=datetime.combine(since, time()))
    return tuple(one.date() for one in rule.between(datetime.combine(since, time()), datetime(through, 12, 31),  # noqa: DTZ001 - dates
                                                    inc=True))  # fmt: skip


def _moment(on: date, clock: str, zone: ZoneInfo) -> datetime:
    return local_to_utc(on, since_midnight(clock), zone)


def _merged(pieces: Iterable[tuple[datetime, datetime]]) -> list[tuple[datetime, datetime]]:
    found: list[tuple[datetime, datetime]] = []
    for begins, until in sorted(pieces):
        if found and begins <= found[-1][1]:
            found[-1] = (found[-1][0], max(until, found[-1][1]))
        else:
            found.append((begins, until))
    return found
