"""Time comes in here: APScheduler ticks, and each tick asks the services what is due."""

from datetime import timedelta

import structlog
from apscheduler.schedulers.background import BackgroundScheduler

from bot.desk import Desk
from storage.store import StoreFailure

log = structlog.get_logger()
REMEMBERED = timedelta(days=7)  # Slack redelivers within hours


class Clock:
    """Static ticks only: the database remembers what is due, so nothing is lost when this process is."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._scheduler = BackgroundScheduler(timezone="UTC")
        self._scheduler.add_job(
            forget_requests, "interval", hours=1, args=[desk], coalesce=True, misfire_grace_time=None, max_instances=1
        )

    def start(self) -> None:
        self._scheduler.start()

    def stop(self) -> None:
        self._scheduler.shutdown(wait=False)


def forget_requests(desk: Desk) -> int:
    """Drop the keys of requests that are too old to come again."""
    try:
        with desk.transaction() as tx:
            return tx.forget_requests(desk.now() - REMEMBERED)
    except StoreFailure as error:
        log.warning("tick failed", tick="forget_requests", error=type(error).__name__)
        return 0
