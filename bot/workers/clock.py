"""Run timers on time: APScheduler wakes for the next one; the timers themselves are in the database."""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from apscheduler.schedulers.background import BackgroundScheduler

from bot.context import AppContext
from bot.services.operations import maintenance, timers
from bot.workers.background import note_failed
from storage.store import StoreFailure

log = structlog.get_logger()
CHECK_SECONDS = 30  # seconds; a safety net, since it wakes for each timer
OVERDUE_CHECK_SECONDS = 60  # seconds
RETRY_AFTER = timedelta(seconds=1)  # when the database is away
CLOCK_JUMP = timedelta(minutes=1)  # a clock set back by more than this is handled
LOCKED_PAUSE = timedelta(milliseconds=20)
WAKE_EARLY = timedelta(milliseconds=5)  # waking up may take that long, so it wakes early and sleeps the rest
JOB_OPTIONS: dict[str, Any] = {"coalesce": True, "misfire_grace_time": None, "max_instances": 1}


class TimerClock:
    """Holds only the time of the next check, so that nothing is lost when the process ends.

    `speed` is how many seconds of the app's clock pass in a real second; `late` is called with each timer's delay.
    """

    def __init__(
        self, app: AppContext, *, speed: Callable[[], float] = lambda: 1.0,
        late: Callable[[timedelta], None] = lambda _: None,
    ) -> None:  # fmt: skip
        self._app, self._speed, self._late = app, speed, late
        self._busy, self._auditing, self._last = threading.Lock(), threading.Lock(), app.now()
        self._next: datetime | None = None  # when the next timer is due, as far as this process knows
        self._waking, self._wound, self._woken = threading.Lock(), 0, False
        self._looking = False  # a check may have read already what is next
        self._stopped = False
        self._scheduler = BackgroundScheduler(timezone="UTC")
        self._scheduler.add_job(self.look, "interval", seconds=CHECK_SECONDS, **JOB_OPTIONS)
        self._scheduler.add_job(self._audit, "interval", seconds=OVERDUE_CHECK_SECONDS, **JOB_OPTIONS)

    def start(self) -> None:
        self._scheduler.add_job(self._audit, "date", id="first audit", misfire_grace_time=None)
        self._scheduler.start()
        self._woken = False  # a wake before the start had no effect
        self.wake()

    def stop(self) -> None:
        """Stop after finishing the current transaction."""
        with self._waking:
            self._stopped = True
        if self._scheduler.running:
            self._scheduler.remove_all_jobs()  # a job it was about to start would fail in its thread
            self._scheduler.shutdown(wait=False)
        with self._busy, self._auditing:
            pass

    def wake(self, due: datetime | None = None) -> None:
        """Check now, because timers or the clock have changed. Safe from any thread.

        With `due`, when the first new timer is due, it does so only if it would not be awake by then.
        """
        with self._waking:
            if due is not None and not self._looking and self._next is not None and self._next <= due:
                return
            self._wound += 1
            if not self._woken:  # a pending check will see everything committed until then
                self._woken = True
                self._look_after(timedelta(0))

    def look(self) -> None:
        """Run due timers, then schedule a wake for the next one."""
        with self._busy:
            with self._waking:
                if self._stopped:
                    return
                self._woken, wound, self._looking = False, self._wound, True
            try:
                self._run_due(wound)
            except StoreFailure as error:
                log.debug("clock_delayed", error=type(error).__name__)
                self._wake_after(RETRY_AFTER, wound)
            except Exception as error:  # noqa: BLE001 - timers must go on; the scheduler would say nothing
                note_failed("clock", error)
                self._wake_after(RETRY_AFTER, wound)
            finally:
                with self._waking:
                    self._looking = False

    def _run_due(self, wound: int) -> None:
        self._notice_jumps()
        self._wait_the_rest()
        while not self._stopped and (late := timers.run_due(self._app)):
            self._note(late)
        with self._app.store.read() as tx:
            self._next = due = tx.timers.next_due()
        if due is not None:
            # A timer that is due but didn't run has its ticket locked at the moment.
            pause = self._until(due) - WAKE_EARLY
            self._wake_after(pause if pause > -LOCKED_PAUSE else LOCKED_PAUSE, wound)

    def _wait_the_rest(self) -> None:
        pause = self._until(self._next) if self._next else WAKE_EARLY
        if timedelta(0) < pause <= WAKE_EARLY:
            time.sleep(pause.total_seconds())

    def _until(self, moment: datetime) -> timedelta:
        """Return the real time until then."""
        return (moment - self._app.now()) / self._speed()

    def _note(self, late: list[timedelta]) -> None:
        for span in late:
            self._late(span)

    def _notice_jumps(self) -> None:
        now, last = self._app.now(), self._last
        self._last = now
        if now > last - CLOCK_JUMP:
            return
        log.warning("clock_went_back", by=str(last - now))
        with self._app.transaction() as tx:
            tx.rate_limits.delete_full()
            tx.message_archive.release_future(now)

    def _wake_after(self, after: timedelta, wound: int) -> None:
        """Schedule a check, unless the clock was woken in the meantime and checks anyway."""
        with self._waking:
            if wound == self._wound:
                self._look_after(after)

    def _look_after(self, pause: timedelta) -> None:
        if self._scheduler.running and not self._stopped:
            at = datetime.now(UTC) + max(pause, timedelta(0))
            self._scheduler.add_job(self.look, "date", run_date=at, id="wake", replace_existing=True,
                                    misfire_grace_time=None, max_instances=3)  # fmt: skip

    def _audit(self) -> None:
        try:
            with self._auditing:
                maintenance.check_overdue(self._app)
        except StoreFailure as error:
            log.debug("overdue_check_failed", error=type(error).__name__)
        except Exception as error:  # noqa: BLE001 - it runs again; the scheduler would say nothing
            note_failed("overdue check", error)
