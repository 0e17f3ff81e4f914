"""Timers, on both databases: each occurrence happens once with its effects, or is recorded with the reason why not."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, time, timedelta
from threading import Barrier

import pytest

from bot.context import AppContext, TimerHandler
from bot.database import open_store
from bot.services.intake import intake
from bot.services.operations import timers
from bot.services.phases import phases
from bot.services.registry import FEATURES, TIMERS
from bot.workers.clock import TimerClock
from domain.delivery.message import MessagePriority
from domain.phases.permissions import Person
from domain.phases.settings import PhaseSettings
from domain.schedule import Schedule
from domain.tickets.ticket import Intake, Report, Severity
from storage.operations.timers import Timer
from storage.store import Store
from storage.transaction import Transaction
from tests.conftest import Clock
from tests.support import postgres
from tests.support.ready import COUNTER

BERLIN = Schedule(at=time(9), zone="Europe/Berlin", catch_up=timedelta(hours=2))


def say(app: AppContext, tx: Transaction, timer: Timer) -> None:
    words = {"text": f"{timer.key} {timer.pending}"}
    tx.outbox.post(tx.outbox.lane(f"timer:{timer.key}", "C1"), words, at=app.now(), priority=MessagePriority.DIGEST)
    if timer.data.get("broken"):
        raise ZeroDivisionError


@pytest.fixture(autouse=True)
def _a_kind_of_our_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(TIMERS, "say", TimerHandler(say))


@pytest.fixture
def app(store: Store, clock: Clock) -> AppContext:
    return AppContext(features=FEATURES, store=store, now=clock, admins=("UADMIN",))


def said(store: Store) -> list[str]:
    with store.read() as tx:
        rows = tx.connection.exec_driver_sql("SELECT payload FROM outbox_messages ORDER BY id").fetchall()
    return [str(row[0]) for row in rows]


def runs(store: Store, key: str) -> list[tuple[str, str]]:
    with store.read() as tx:
        return [(run.occurrence, run.state) for run in tx.timers.list_runs(key)]


def at(app: AppContext, key: str, seconds: float, **data: object) -> None:
    with app.transaction() as tx:
        tx.timers.set_once(key, "say", app.now() + timedelta(seconds=seconds), data=data)


def test_a_timer_happens_once_at_its_moment(app: AppContext, store: Store, clock: Clock) -> None:
    at(app, "t", 10)
    assert timers.run_due(app) == []
    clock.forward(seconds=10)
    assert timers.run_due(app) == [timedelta(0)]
    assert timers.run_due(app) == []
    assert (len(said(store)), [state for _, state in runs(store, "t")]) == (1, ["done"])


def test_a_moved_timer_happens_at_its_new_moment_and_a_cancelled_one_never(app: AppContext, clock: Clock) -> None:
    at(app, "moved", 10)
    at(app, "moved", 60)
    at(app, "cancelled", 10)
    with app.transaction() as tx:
        tx.timers.cancel("cancelled")
    clock.forward(seconds=30)
    assert timers.run_due(app) == []
    clock.forward(seconds=30)
    assert len(timers.run_due(app)) == 1


def test_one_that_goes_wrong_does_not_keep_the_others(app: AppContext, store: Store, clock: Clock) -> None:
    at(app, "good", 1)
    at(app, "bad", 1, broken=True)
    at(app, "fine", 1)
    clock.forward(seconds=1)
    timers.run_due(app)
    assert len(said(store)) == 2
    assert (len(runs(store, "good")), len(runs(store, "fine")), runs(store, "bad")) == (1, 1, [])
    for _ in range(timers.MAX_ATTEMPTS):
        clock.forward(minutes=20)
        timers.run_due(app)
    assert [state for _, state in runs(store, "bad")] == ["failed"]
    assert len(said(store)) == 3  # the admin hears of it once
    assert "failed several times" in said(store)[-1]


def test_a_plan_runs_once_a_local_date_and_goes_on(app: AppContext, store: Store, clock: Clock) -> None:
    with app.transaction() as tx:
        tx.timers.set_recurring("digest", "say", BERLIN, clock())  # it is 10:00 in Berlin
    for _ in range(72):
        clock.forward(hours=1)
        timers.run_due(app)
        timers.run_due(app)
    assert runs(store, "digest") == [("2026-03-03", "done"), ("2026-03-04", "done"), ("2026-03-05", "done")]
    assert len(said(store)) == 3


def test_a_plan_that_is_said_again_or_changed_never_runs_a_date_twice(
    app: AppContext, store: Store, clock: Clock
) -> None:
    with app.transaction() as tx:
        tx.timers.set_recurring("digest", "say", BERLIN, clock())
    clock.forward(hours=23)
    timers.run_due(app)
    later = Schedule(at=time(18), zone="Europe/Berlin")
    with app.transaction() as tx:
        tx.timers.set_recurring("digest", "say", BERLIN, clock())
        tx.timers.set_recurring("digest", "say", later, clock())
    clock.forward(hours=10)
    assert timers.run_due(app) == []
    clock.forward(hours=24)
    timers.run_due(app)
    assert runs(store, "digest") == [("2026-03-03", "done"), ("2026-03-04", "done")]


def test_what_was_missed_is_made_up_for_or_recorded(app: AppContext, store: Store, clock: Clock) -> None:
    with app.transaction() as tx:
        tx.timers.set_recurring("digest", "say", BERLIN, clock())
    clock.forward(days=3)  # 10:00 in Berlin: an hour late, and two are made up for
    timers.run_due(app)
    assert runs(store, "digest") == [("2026-03-03", "skipped"), ("2026-03-04", "skipped"), ("2026-03-05", "done")]
    clock.forward(days=1, hours=3)
    timers.run_due(app)
    with store.read() as tx:
        last = tx.timers.list_runs("digest")[-1]
    assert (last.occurrence, last.state) == ("2026-03-06", "skipped")
    assert "4 h 00 min late" in str(last.reason)


def test_a_clock_put_back_repeats_nothing(app: AppContext, store: Store, clock: Clock) -> None:
    with app.transaction() as tx:
        tx.timers.set_recurring("digest", "say", BERLIN, clock())
    clock.forward(days=2)
    timers.run_due(app)
    clock.forward(days=-2)
    for _ in range(60):
        timers.run_due(app)
        clock.forward(hours=1)
    dates = [occurrence for occurrence, _ in runs(store, "digest")]
    assert len(dates) == len(set(dates))


def test_only_a_timer_that_is_due_before_the_others_wakes_the_clock(
    app: AppContext, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticking, wakes = TimerClock(app), list[timedelta]()
    monkeypatch.setattr(ticking, "_look_after", wakes.append)
    at(app, "first", 600)
    ticking.look()
    wakes.clear()
    app.wake_clock = ticking.wake
    at(app, "later", 1200)
    assert wakes == []
    at(app, "sooner", 60)
    assert len(wakes) == 1
    ticking.look()
    clock.forward(seconds=60)
    ticking.look()
    at(app, "between", 300)
    assert len(wakes) == 4  # each check says when it wakes next, and so does this timer


def test_what_is_overdue_is_reported(app: AppContext, store: Store, clock: Clock) -> None:
    at(app, "late", 1)
    clock.forward(minutes=10)
    from bot.services.operations import maintenance

    assert maintenance.check_overdue(app) == ["1 timer is more than five minutes overdue."]
    maintenance.check_overdue(app)
    assert len(said(store)) == 1  # the admins hear each kind once a day


@pytest.fixture
def three(request: pytest.FixtureRequest) -> Iterator[list[Store]]:
    url = postgres.new_database(request.getfixturevalue("postgres_server"), f"timers{next(COUNTER)}")
    stores = [open_store(url) for _ in range(3)]
    yield stores
    for store in stores:
        store.close()


def test_processes_that_start_together_set_up_the_same_plans(three: list[Store], clock: Clock) -> None:
    """Thirty times at once: none of them fails, and there is one of each."""
    together = Barrier(3)

    def set_up(store: Store) -> None:
        for n in range(30):
            together.wait(10)
            with store.begin() as tx:
                tx.timers.set_recurring(f"plan{n}", "say", BERLIN, clock())

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(set_up, three))
    with three[0].read() as tx:
        assert len(tx.timers.list_overdue(clock() + timedelta(days=2), limit=99)) == 30


def test_three_processes_do_each_of_many_once(three: list[Store], clock: Clock) -> None:
    with three[0].begin() as tx:
        for n in range(600):
            tx.timers.set_once(f"t{n}", "say", clock() + timedelta(seconds=n % 7))
        tx.timers.set_recurring("digest", "say", BERLIN, clock() - timedelta(hours=2))
    clock.forward(seconds=10)
    desks = [AppContext(features=FEATURES, store=store, now=clock) for store in three]

    def work(app: AppContext) -> int:
        count = 0
        while late := timers.run_due(app):
            count += len(late)
        return count

    with ThreadPoolExecutor(3) as pool:
        counts = [*pool.map(work, desks)]
    assert sum(counts) == 601
    assert max(Counter(said(three[0])).values()) == 1
    assert len(said(three[0])) == 601
    assert runs(three[0], "digest") == [(date(2026, 3, 2).isoformat(), "done")]


def test_changing_a_ticket_and_its_timer_does_not_block_the_clock(app: AppContext, clock: Clock) -> None:
    """The clock locks tickets before timers, as changes do, and skips locked ones."""
    file = PhaseSettings(
        key="PAY", name="Payday", triage_channel="C0000001", oncall_channel="C0000002", leads=("U0LENA0",)
    )
    phases.apply_settings(app, file)
    report = Report(summary="Slow page", severity=Severity.HIGH)
    ticket = intake.open_ticket(app, report, person=Person("UMARIA"), phase_key="PAY", intake=Intake.COMMAND)
    clock.forward(days=1)
    with ThreadPoolExecutor(1) as pool:
        with app.transaction() as tx:
            tx.tickets.lock_ticket(ticket.id)
            fired = pool.submit(timers.run_due, app)
            if app.store.is_sqlite:  # one writer at a time
                with pytest.raises(TimeoutError):
                    fired.result(0.5)
            else:
                fired.result(5)
            tx.timers.set_once(f"sla:{ticket.id}", "sla", app.now() + timedelta(hours=1), ticket_id=ticket.id)
        fired.result(10)
    with app.store.read() as tx:
        assert tx.timers.find_next(f"sla:{ticket.id}") == app.now() + timedelta(hours=1)
