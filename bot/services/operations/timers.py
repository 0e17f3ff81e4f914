"""Run due timers: each occurrence runs once with all its effects, or not at all."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

import structlog

from bot.context import AppContext, TimerHandler
from bot.services.delivery.outbox import notify_admins
from bot.views.operations import alerts
from domain.schedule import due_run
from storage.operations.timers import StaleTimer, Timer, TimerRun, occurrence_of
from storage.store import StoreFailure
from storage.transaction import Transaction

log = structlog.get_logger()
MAX_TIMERS = 200  # timers in one transaction
MAX_HEAVY_TIMERS = 12  # heavy ones in one transaction: on SQLite, people wait for its end
MAX_ATTEMPTS = 8  # per occurrence; after that it has failed
MAX_PAUSE = timedelta(minutes=15)  # between two tries


def set_up(app: AppContext) -> None:
    """Set the timers of the app and of each phase."""
    with app.transaction() as tx:
        for start in app.features.starts:
            start(app, tx)
        for phase in tx.phases.list_phases():
            app.features.plan(tx, phase, app)


def run_due(app: AppContext) -> list[timedelta]:
    """Run due timers, as many as one transaction holds; return how late each was."""
    now = app.now()
    due: list[Timer] = []
    prepared: dict[int, object] = {}
    try:
        while not _run_together(app, due, prepared, now):
            _prepare(app, due, prepared)
    except StoreFailure:
        raise
    except Exception as error:  # noqa: BLE001 - one failed and all were rolled back: run each alone
        log.warning("timer_batch_failed", error=type(error).__name__, count=len(due))
        for timer in due:
            _run_alone(app, timer, now)
    return [now - timer.next_at for timer in due]


def _run_together(app: AppContext, due: list[Timer], prepared: Mapping[int, object], now: datetime) -> bool:
    """Put the due timers into `due` and run them; return False, and run none, while one still has to be prepared."""
    with app.transaction() as tx:
        due[:] = _first_batch(app, tx.timers.claim_due(now, MAX_TIMERS))
        if not all(_is_prepared(app, timer, prepared) for timer in due):
            return False
        _run_timers(app, tx, [replace(timer, prepared=prepared.get(timer.id)) for timer in due], now)
    return True


def _prepare(app: AppContext, due: Sequence[Timer], prepared: dict[int, object]) -> None:
    for timer in due:
        read = _handler(app, timer).prepare
        if read and timer.id not in prepared:
            prepared[timer.id] = read(app, timer)


def _is_prepared(app: AppContext, timer: Timer, prepared: Mapping[int, object]) -> bool:
    return timer.id in prepared or _handler(app, timer).prepare is None


def _handler(app: AppContext, timer: Timer) -> TimerHandler:
    return app.features.timers.get(timer.kind, UNKNOWN_KIND)


def _cancel(_app: AppContext, tx: Transaction, timer: Timer) -> None:
    """Cancel a timer whose kind only another release knows."""
    tx.timers.cancel(timer.key)


UNKNOWN_KIND = TimerHandler(_cancel)


def _first_batch(app: AppContext, due: Sequence[Timer]) -> list[Timer]:
    """Return the first due timers, with at most MAX_HEAVY_TIMERS heavy ones."""
    heavy = [number for number, timer in enumerate(due) if _handler(app, timer).is_heavy]
    return list(due[: heavy[MAX_HEAVY_TIMERS]] if len(heavy) > MAX_HEAVY_TIMERS else due)


def _run_timers(app: AppContext, tx: Transaction, due: Sequence[Timer], now: datetime) -> None:
    moves: list[tuple[Timer, datetime | None, date | None]] = []
    ended: list[TimerRun] = []
    work: list[Timer] = []
    for timer in due:
        if timer.plan is None or timer.pending is None:
            moves.append((timer, None, None))
            work.append(timer)
            continue
        now_due = due_run(timer.plan, timer.pending, now)
        moves.append((timer, timer.plan.moment(now_due.next) if now_due.next else None, now_due.next))
        ended += [_skipped(timer, s.on, s.why, now) for s in now_due.skipped]
        work += [replace(timer, pending=now_due.run)] if now_due.run else []
    tx.timers.advance(moves)  # before the work, which may set the same timer again
    tx.timers.insert_runs(
        [*ended, *(_timer_run(timer, "done", now) for timer in work)]
    )  # and forget those that never ran
    for timer in work:
        _handler(app, timer).run(app, tx, timer)


def _run_alone(app: AppContext, timer: Timer, now: datetime) -> None:
    try:
        with app.transaction() as tx:
            if timer.ticket_id is not None:
                tx.tickets.lock_ticket(timer.ticket_id)  # before its timer, in the same order as changes to a ticket
            _run_timers(app, tx, [timer], now)
    except StoreFailure:
        raise
    except StaleTimer:
        return
    except Exception as error:  # noqa: BLE001 - tried again; after the last attempt admins hear of it
        log.error("timer_failed", timer=timer.key, kind=timer.kind, error=type(error).__name__)  # noqa: TRY400 - it may quote what a person wrote
        with app.transaction() as tx:
            _failed(app, tx, timer, now, type(error).__name__)


def _failed(app: AppContext, tx: Transaction, timer: Timer, now: datetime, reason: str) -> None:
    if timer.attempts + 1 < MAX_ATTEMPTS:
        tx.timers.postpone(timer, now + min(timedelta(seconds=2**timer.attempts), MAX_PAUSE), reason)
        return
    following = timer.plan.after(timer.pending) if timer.plan and timer.pending else None
    then = timer.plan.moment(following) if timer.plan and following else None
    tx.timers.advance([(timer, then, following)])
    tx.timers.insert_runs([replace(_timer_run(timer, "failed", now), reason=reason)])
    notify_admins(app, tx, f"timer:{timer.id}:{occurrence_of(timer)}", alerts.timer_failed(timer.key, reason))


def _timer_run(timer: Timer, state: str, now: datetime) -> TimerRun:
    due = timer.plan.moment(timer.pending) if timer.plan and timer.pending else timer.next_at
    return TimerRun(timer_id=timer.id, occurrence=occurrence_of(timer), state=state, due_at=due, at=now)


def _skipped(timer: Timer, on: date, why: str, now: datetime) -> TimerRun:
    log.warning("scheduled_run_skipped", timer=timer.key, on=on.isoformat(), why=why)
    return replace(_timer_run(replace(timer, pending=on), "skipped", now), reason=why)
