"""Upkeep: at night what is old goes and ranks fade; what is overdue is said aloud."""

from datetime import timedelta

import structlog

from bot.context import AppContext
from bot.services.delivery.messages import tell_admins
from bot.views.operations import trouble
from domain.errors import Repeated
from domain.schedule import NIGHTLY
from storage.operations.timers import Timer
from storage.transaction import Transaction

log = structlog.get_logger()
KEY = "upkeep"
REQUESTS = timedelta(days=7)  # Slack redelivers within hours
RUNS = timedelta(days=90)
BUCKETS = timedelta(days=1)
BATCH = 2000  # letters looked at in one transaction
FEW = 100  # tickets in one transaction
LATE = timedelta(minutes=5)  # overdue by more than this is worth somebody's attention


def clean_up(app: AppContext, tx: Transaction, timer: Timer) -> None:
    """Forget what nobody needs, a batch at a time, so that nobody who waits for an answer has to wait for this."""
    now = app.now()
    tx.message_archive.delete_requests(now - REQUESTS)
    tx.timers.delete_old(now - RUNS)
    tx.rate_limits.delete_full(now - BUCKETS)
    start = int(timer.data.get("from", 0))
    gone, position = tx.message_archive.delete_old(start, now - app.messages_kept, BATCH)
    if gone:
        log.info("old_messages_deleted", count=gone)
    expired = tx.retention.erase_expired(now - app.tickets_kept, FEW) if app.tickets_kept else 0
    if expired:
        log.info("old_tickets_erased", count=expired)
    if position != start or expired == FEW:
        tx.timers.update_data(KEY, {"from": position})
        tx.timers.set_once(f"{KEY}:more", "upkeep", now + timedelta(seconds=1), data={"from": position})


def set_up(app: AppContext, tx: Transaction) -> None:
    """Plan it for every night."""
    tx.timers.set_recurring(KEY, KEY, NIGHTLY, app.now())


def check_overdue(app: AppContext) -> list[str]:
    """What should have happened and did not, in sentences; admins hear each kind once a day."""
    now = app.now()
    with app.store.read() as tx:
        app.likely.refresh(tx.connection, now)  # so that nobody who reports has to wait for much to be read
        timers, messages = tx.timers.list_overdue(now - LATE), tx.message_archive.list_overdue(now - LATE)
    found = trouble.overdue(len(timers), len(messages))
    for kind, sentence in found.items():
        log.warning("work_overdue", what=kind, sentence=sentence)
        try:
            with app.transaction(f"audit:{kind}:{now.date().isoformat()}") as tx:
                tell_admins(app, tx, f"audit:{kind}:{now.date().isoformat()}", trouble.warning(sentence))
        except Repeated:
            pass
    return [*found.values()]
