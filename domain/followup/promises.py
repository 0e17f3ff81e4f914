"""Promises: a date named to a reporter, and whether it was kept, renewed in time, or broken.

Everything follows from the ticket's log, so a broken promise can't be made good later.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from domain.sla.working_time import WorkCalendar
from domain.statistics.intervals import Interval, wilson_interval
from domain.tickets.event import Event, EventKind

MAX_NOTICE = timedelta(days=21)  # before the due date; the check falls within it
MAX_UNTOLD = 10  # broken promises that are kept until the followers are told of them
MAX_SLIP = timedelta(days=366)  # of a renewal; more is not counted


class PromiseKind(StrEnum):
    FIX = "fix"  # it is resolved by then
    UPDATE = "update"  # the reporter hears from the team by then
    RESUME = "resume"  # a responder takes up a deferred ticket by then


class PromiseState(StrEnum):
    OPEN = "open"
    KEPT = "kept"
    RENEWED = "renewed"  # at least a working day before it was due, which counts as kept
    LATE = "renewed late"  # which does not
    BROKEN = "broken"
    DROPPED = "dropped"  # the ticket was withdrawn or merged


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """`slip` is by how many working days a renewal moved the date."""

    kind: PromiseKind
    maker: str
    made_at: datetime
    due: datetime
    state: PromiseState = PromiseState.OPEN
    settled_at: datetime | None = None
    slip: int = 0
    has_come: bool = False  # the date that the ticket was deferred until
    number: int = field(default=0, compare=False)  # its place among all promises of the ticket


REPORTER_UPDATES = frozenset(
    {
        EventKind.REPLIED,
        EventKind.UPDATED,
        EventKind.STATUS,
        EventKind.WAITING,
        EventKind.PROMISED,
        EventKind.DEFERRED,
        EventKind.RESOLVED,
    }
)
KEPT_BY = {
    PromiseKind.FIX: frozenset({EventKind.RESOLVED}),
    PromiseKind.UPDATE: REPORTER_UPDATES,
    PromiseKind.RESUME: REPORTER_UPDATES
    | {EventKind.REOPENED, EventKind.ASSIGNED, EventKind.CLAIMED},  # once its day has come
}
REPLACED_BY = {
    PromiseKind.FIX: (PromiseKind.FIX, PromiseKind.RESUME),
    PromiseKind.UPDATE: (PromiseKind.UPDATE,),
    PromiseKind.RESUME: (PromiseKind.RESUME,),
}  # the kinds of promise that replace it
RESUMED_EARLY_BY = frozenset({EventKind.REOPENED, EventKind.RESOLVED})  # a deferred ticket is resumed before its date
DROPPED_BY = frozenset({EventKind.WITHDRAWN, EventKind.MERGED})


def promises_from(
    events: Iterable[Event], calendar: WorkCalendar, before: Sequence[Promise] = (), count: int = 0
) -> list[Promise]:
    """Return every promise, oldest first; one that is past due counts as broken from the next event on.

    `before` are those made before these events, of `count` in all, of which settled ones may be left out.
    """
    made = [*before]
    for event in events:
        if event.kind is EventKind.UNMERGED:  # the promise is awaited again
            made = [
                replace(one, state=PromiseState.OPEN, settled_at=None) if is_dropped else one
                for one, is_dropped in zip(made, _dropped_last(made), strict=True)
            ]
        made = [_after(one, event, calendar) if one.state is PromiseState.OPEN else one for one in made]
        for one in _made(event, calendar):
            made.append(replace(one, number=count))
            count += 1
    return made


def unsettled(made: Sequence[Promise], reported: Iterable[Event]) -> list[Promise]:
    """Return the promises of which later events may still say something.

    They are open, dropped with the last merge, or were broken without a word of it to the followers; `reported` are
    the last events that said so.
    """
    told = {(e.data.get("promise"), e.data.get("due")) for e in reported if e.kind is EventKind.PROMISE_MISSED}
    untold = [one for one in made if one.state is PromiseState.BROKEN and one.settled_at == one.due
              and (one.kind.value, one.due.isoformat()) not in told][-MAX_UNTOLD:]  # fmt: skip
    return [one for one, is_dropped in zip(made, _dropped_last(made), strict=True)
            if one.state is PromiseState.OPEN or is_dropped or one in untold]  # fmt: skip


def _dropped_last(made: Sequence[Promise]) -> list[bool]:
    """Return for each promise whether it was dropped, together with the last that were."""
    last = max((one.settled_at for one in made if one.state is PromiseState.DROPPED and one.settled_at), default=None)
    return [one.state is PromiseState.DROPPED and one.settled_at == last for one in made]


def as_of(made: Sequence[Promise], now: datetime) -> list[Promise]:
    """Return the promises as they are at `now`: those past due are broken."""
    return [_broken(one) if one.state is PromiseState.OPEN and one.due <= now else one for one in made]


def check_at(promise: Promise, calendar: WorkCalendar) -> datetime:
    """When its maker is asked whether it holds: a working day before it is due, if there is one."""
    day, since = calendar.closes - calendar.opens, max(promise.made_at, promise.due - MAX_NOTICE)
    mornings = [opens for opens, _ in calendar.spans(since, promise.due) if opens > since]
    early = [at for at in mornings if calendar.between(at, promise.due) >= day]
    return max(early, default=promise.due - (promise.due - promise.made_at) / 4)


def was_checked(promise: Promise, events: Iterable[Event]) -> bool:
    """Whether its maker was asked since it was made, or said so unasked."""
    return any(
        e.kind in (EventKind.REMINDED, EventKind.PROMISE_ON_TRACK)
        and e.at >= promise.made_at
        and e.data.get("due") == promise.due.isoformat()
        and e.data.get("promise") == promise.kind.value
        for e in events
    )


@dataclass(frozen=True, slots=True)
class KeptPromises:
    """How well promises were kept. `share` is of those that are decided, with its bounds."""

    kept: int
    renewed: int
    broken: int
    slip: int
    share: Interval | None

    @classmethod
    def of(cls, counts: dict[PromiseState, int], slip: int) -> "KeptPromises":
        good = counts.get(PromiseState.KEPT, 0) + counts.get(PromiseState.RENEWED, 0)
        bad = counts.get(PromiseState.BROKEN, 0) + counts.get(PromiseState.LATE, 0)
        renewed = counts.get(PromiseState.RENEWED, 0) + counts.get(PromiseState.LATE, 0)
        share = wilson_interval(good, good + bad) if good + bad else None
        return cls(counts.get(PromiseState.KEPT, 0), renewed, counts.get(PromiseState.BROKEN, 0), slip, share)


def _made(event: Event, calendar: WorkCalendar) -> Iterator[Promise]:
    if event.kind is EventKind.PROMISED:
        due = datetime.fromisoformat(event.data["due"])
        yield Promise(kind=PromiseKind(event.data["promise"]), maker=event.actor, made_at=event.at, due=due)
    elif event.kind is EventKind.DEFERRED and event.data.get("due"):
        due = calendar.end_of(date.fromisoformat(event.data["due"]))
        yield Promise(kind=PromiseKind.RESUME, maker=event.actor, made_at=event.at, due=due)


def _after(one: Promise, event: Event, calendar: WorkCalendar) -> Promise:
    if one.due <= event.at:
        return _broken(one)
    if event.kind in DROPPED_BY:
        return replace(one, state=PromiseState.DROPPED, settled_at=event.at)
    again = next((new for new in _made(event, calendar) if new.kind in REPLACED_BY[one.kind]), None)
    if again:
        return _renewed(one, again, event.at, calendar)
    if (
        one.kind is PromiseKind.FIX and event.kind is EventKind.DEFERRED
    ):  # deferred without a date: the promise is taken back
        return replace(one, state=PromiseState.BROKEN, settled_at=event.at)
    if one.kind is PromiseKind.RESUME and not one.has_come and event.kind not in RESUMED_EARLY_BY:
        return replace(one, has_come=event.kind is EventKind.RETURNED)
    return replace(one, state=PromiseState.KEPT, settled_at=event.at) if event.kind in KEPT_BY[one.kind] else one


def _renewed(one: Promise, again: Promise, at: datetime, calendar: WorkCalendar) -> Promise:
    ahead = calendar.between(at, min(one.due, at + MAX_NOTICE)) >= calendar.closes - calendar.opens
    state = PromiseState.RENEWED if ahead else PromiseState.LATE
    slip = calendar.days_between(one.due, min(again.due, one.due + MAX_SLIP))
    return replace(one, state=state, settled_at=at, slip=slip)


def _broken(one: Promise) -> Promise:
    return replace(one, state=PromiseState.BROKEN, settled_at=one.due)
