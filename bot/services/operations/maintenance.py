"""Upkeep: at night what is old goes and ranks fade; what is overdue is said aloud."""

from datetime import timedelta

import structlog

from bot.context import AppContext
from bot.services.delivery.outbox import notify_admins
from bot.views.operations import alerts
from domain.errors import Repeated
from domain.schedule import NIGHTLY
from storage.operations.timers import Timer
from storage.transaction import Transaction

log = structlog.get_logger()
CLEAN_UP = "clean_up"
KEEP_REQUESTS = timedelta(days=7)  # Slack redelivers within hours
KEEP_TIMER_RUNS = timedelta(days=90)
KEEP_RATE_LIMITS = timedelta(days=1)
MESSAGES_PER_RUN = 2000  # letters looked at in one transaction
TICKETS_PER_RUN = 100  # tickets in one transaction
OVERDUE_AFTER = timedelta(minutes=5)  # overdue by more than this is worth somebody's attention


def clean_up(app: AppContext, tx: Transaction, timer: Timer) -> None:
    """Forget what nobody needs, a batch at a time, so that nobody who waits for an answer has to wait for this."""
    now = app.now()
    tx.message_archive.delete_requests(now - KEEP_REQUESTS)
    tx.timers.delete_old(now - KEEP_TIMER_RUNS)
    tx.rate_limits.delete_full(now - KEEP_RATE_LIMITS)
    start = int(timer.data.get("from", 0))
    gone, position = tx.message_archive.delete_old(start, now - app.messages_kept, MESSAGES_PER_RUN)
    if gone:
        log.info("old_messages_deleted", count=gone)
    expired = tx.retention.erase_expired(now - app.tickets_kept, TICKETS_PER_RUN) if app.tickets_kept else 0
    if expired:
        log.info("old_tickets_erased", count=expired)
    if position != start or expired == TICKETS_PER_RUN:
        tx.timers.update_data(CLEAN_UP, {"from": position})
        tx.timers.set_once(f"{CLEAN_UP}:more", CLEAN_UP, now + timedelta(seconds=1), data={"from": position})


def set_up(app: AppContext, tx: Transaction) -> None:
    """Plan it for every night."""
    tx.timers.set_recurring(CLEAN_UP, CLEAN_UP, NIGHTLY, app.now())


def check_overdue(app: AppContext) -> list[str]:
    """What should have happened and did not, in sentences; admins hear each kind once a day."""
    now = app.now()
    with app.store.read() as tx:
        app.likely.refresh(tx.connection, now)  # so that nobody who reports has to wait for much to be read
        timers, messages = (
            tx.timers.list_overdue(now - OVERDUE_AFTER),
            tx.message_archive.list_overdue(now - OVERDUE_AFTER),
        )
    found = alerts.overdue(len(timers), len(messages))
    for kind, sentence in found.items():
        log.warning("work_overdue", what=kind, sentence=sentence)
        try:
            with app.transaction(f"audit:{kind}:{now.date().isoformat()}") as tx:
                notify_admins(app, tx, f"audit:{kind}:{now.date().isoformat()}", alerts.warning(sentence))
        except Repeated:
            pass
    return [*found.values()]
