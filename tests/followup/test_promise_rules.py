"""Promises follow from the log alone: kept, renewed in time or too late, broken, or let go of (F11)."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.followup.promises import (
    KeptPromises,
    Promise,
    PromiseKind,
    PromiseState,
    as_of,
    check_at,
    promises_from,
    was_checked,
)
from domain.sla.working_time import WorkCalendar
from domain.tickets.event import Event, EventKind

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
HOURS = WorkCalendar.read("mon tue wed thu fri", "09:00-17:00", "UTC")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def made(at: datetime, due: datetime, kind: PromiseKind = PromiseKind.FIX) -> Event:
    data = {"promise": kind.value, "due": due.isoformat(), "words": ""}
    return Event(kind=EventKind.PROMISED, actor="UJO", at=at, data=data)


def happened(kind: EventKind, at: datetime, **data: str) -> Event:
    return Event(kind=kind, actor="UJO", at=at, data=data)


def states(*events: Event, now: datetime | None = None) -> list[PromiseState]:
    found = promises_from(events, HOURS)
    return [one.state for one in (as_of(found, now) if now else found)]


def test_a_fix_is_kept_by_resolving_before_it_is_due() -> None:
    promise = made(MONDAY, MONDAY + 2 * DAY)
    assert states(promise) == [PromiseState.OPEN]
    assert states(promise, happened(EventKind.REPLIED, MONDAY + DAY)) == [PromiseState.OPEN], "words are no fix"
    assert states(promise, happened(EventKind.RESOLVED, MONDAY + DAY)) == [PromiseState.KEPT]
    assert states(promise, happened(EventKind.RESOLVED, MONDAY + 3 * DAY)) == [PromiseState.BROKEN]


def test_news_are_kept_by_anything_that_the_team_says() -> None:
    promise = made(MONDAY, MONDAY + 5 * HOUR, PromiseKind.UPDATE)
    for kind in (EventKind.REPLIED, EventKind.UPDATED, EventKind.WAITING, EventKind.RESOLVED):
        assert states(promise, happened(kind, MONDAY + HOUR)) == [PromiseState.KEPT]
    assert states(promise, happened(EventKind.ANSWERED, MONDAY + HOUR)) == [PromiseState.OPEN]
    assert states(promise, now=MONDAY + 5 * HOUR) == [PromiseState.BROKEN]


@pytest.mark.parametrize(
    ("ahead", "state"), [(9 * HOUR, PromiseState.LATE), (8 * HOUR, PromiseState.LATE), (DAY, PromiseState.RENEWED)]
)
def test_a_renewal_counts_as_kept_a_working_day_ahead(ahead: timedelta, state: PromiseState) -> None:
    due = MONDAY + 2 * DAY  # Wednesday at nine; a working day before is Tuesday at nine
    first, again = promises_from([made(MONDAY, due), made(due - ahead, due + 2 * DAY)], HOURS)
    assert (first.state, first.slip, again.state) == (state, 2, PromiseState.OPEN)


def test_a_deferral_date_is_a_promise_until_the_end_of_that_day() -> None:
    off = happened(EventKind.DEFERRED, MONDAY, due="2026-03-04", text="With 4.3")
    (one,) = promises_from([off], HOURS)
    assert (one.kind, one.due) == (PromiseKind.RESUME, datetime(2026, 3, 4, 17, tzinfo=UTC))
    back = happened(EventKind.RETURNED, MONDAY + 2 * DAY)
    assert states(off, back, now=one.due) == [PromiseState.BROKEN], "the return on its date is not work on it"
    early = happened(EventKind.REPLIED, MONDAY + HOUR)
    assert states(off, early) == [PromiseState.OPEN], "words before its day do not take it up"
    for kind in (EventKind.STATUS, EventKind.ASSIGNED, EventKind.REPLIED):
        taken = happened(kind, MONDAY + 2 * DAY + HOUR, to="fixing", owner="UJO")
        assert states(off, back, taken) == [PromiseState.KEPT]
    assert states(off, happened(EventKind.REOPENED, MONDAY + DAY, why="Now")) == [PromiseState.KEPT]


def test_deferring_without_a_date_breaks_a_promised_fix() -> None:
    assert states(made(MONDAY, MONDAY + DAY), happened(EventKind.DEFERRED, MONDAY + HOUR, due="")) == [
        PromiseState.BROKEN
    ]
    put_off = happened(EventKind.DEFERRED, MONDAY + HOUR, due="2026-03-06")
    assert states(made(MONDAY, MONDAY + 3 * DAY), put_off) == [PromiseState.RENEWED, PromiseState.OPEN]


def test_promises_are_dropped_when_a_ticket_is_withdrawn_or_merged() -> None:
    for kind in (EventKind.WITHDRAWN, EventKind.MERGED):
        assert states(made(MONDAY, MONDAY + DAY), happened(kind, MONDAY + HOUR)) == [PromiseState.DROPPED]
    merged, back = (
        happened(EventKind.MERGED, MONDAY + HOUR),
        happened(EventKind.UNMERGED, MONDAY + 2 * HOUR, to="fixing"),
    )
    assert states(made(MONDAY, MONDAY + DAY), merged, back) == [PromiseState.OPEN], "it was another thing after all"


def test_its_maker_is_asked_a_working_day_before() -> None:
    def asked(due: datetime) -> datetime:
        return check_at(Promise(kind=PromiseKind.FIX, maker="UJO", made_at=MONDAY, due=due), HOURS)

    assert asked(datetime(2026, 3, 5, 15, tzinfo=UTC)) == datetime(2026, 3, 4, 9, tzinfo=UTC)
    assert asked(datetime(2026, 3, 9, 9, tzinfo=UTC)) == datetime(2026, 3, 6, 9, tzinfo=UTC), "over the weekend"
    assert asked(MONDAY + 4 * HOUR) == MONDAY + 3 * HOUR, "of a short one the last quarter"
    assert asked(datetime(2099, 5, 1, 9, tzinfo=UTC)).date() == date(2099, 4, 30), "at once, however far it is"


def test_they_are_asked_once() -> None:
    (one,) = promises_from([made(MONDAY, MONDAY + 3 * DAY)], HOURS)
    assert not was_checked(one, [])
    for kind in (EventKind.REMINDED, EventKind.PROMISE_ON_TRACK):
        assert was_checked(one, [happened(kind, MONDAY, promise="fix", due=one.due.isoformat())])


def test_the_share_kept_has_its_bounds() -> None:
    kept = KeptPromises.of(
        {PromiseState.KEPT: 6, PromiseState.RENEWED: 2, PromiseState.LATE: 1, PromiseState.BROKEN: 1}, 5
    )
    assert kept.share
    assert (kept.kept, kept.renewed, kept.broken, kept.slip) == (6, 3, 1, 5)
    assert kept.share.value == pytest.approx(0.8)
    assert kept.share.low == pytest.approx(0.490, abs=0.001)
    assert KeptPromises.of({}, 0).share is None


KINDS = (EventKind.REPLIED, EventKind.RESOLVED, EventKind.REOPENED, EventKind.STATUS, EventKind.ANSWERED,
         EventKind.WITHDRAWN, EventKind.WAITING)  # fmt: skip


@given(st.lists(st.tuples(st.integers(1, 30), st.sampled_from(KINDS) | st.integers(1, 200))))
def test_in_any_log_each_promise_has_one_end_and_it_stays(steps: list[tuple[int, EventKind | int]]) -> None:
    """A number is a fix promised in so many hours. What was settled is never settled otherwise later."""
    at, log, before = MONDAY, list[Event](), list[Promise]()
    for hours, what in steps:
        at += hours * HOUR
        log.append(made(at, at + what * HOUR) if isinstance(what, int) else happened(what, at, to="fixing"))
        now = promises_from(log, HOURS)
        assert len(now) == sum(e.kind is EventKind.PROMISED for e in log)
        for old, new in zip(before, now, strict=False):
            assert old.state is PromiseState.OPEN or (old.state, old.settled_at, old.slip) == (
                new.state, new.settled_at, new.slip)  # fmt: skip
        assert sum(one.state is PromiseState.OPEN and one.due > at for one in now) <= 1, (
            "a new one takes the place of the old"
        )
        before = now
