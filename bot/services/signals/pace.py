"""Timers that run at most once an interval, however often they are asked for."""

from datetime import datetime, timedelta
from typing import Any

from storage.transaction import Transaction


def set_at_interval_end(tx: Transaction, key: str, kind: str, interval: timedelta, now: datetime, **more: Any) -> None:
    """Set a timer for the end of the running interval, once for all that ask for it until then.

    One that is set for earlier stays, even while it is due and has not run: asked for often, it would never run.
    """
    passed = timedelta(seconds=now.timestamp() % interval.total_seconds())
    due = now + interval - passed
    while tx.timers.has_run(key, due):  # that interval ended while this transaction was running
        due += interval
    known = tx.timers.find_next(key)
    if known is None or known > due:
        tx.timers.set_once(key, kind, due, **more)
