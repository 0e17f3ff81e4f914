"""Nightly retention and the check for overdue timers and messages."""

from contextlib import suppress
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
KEEP_MISSES = timedelta(days=1)  # signals that were not understood
KEEP_TRAFFIC = timedelta(days=35)  # through gateways: four weeks to compare with, and one more
KEEP_PROFILES = timedelta(days=90)  # of people who did nothing since
MESSAGES_PER_RUN = 2000  # messages checked in one transaction
TICKETS_PER_RUN = 100  # tickets erased in one transaction
OVERDUE_AFTER = timedelta(minutes=5)  # admins hear of work that is overdue by more than this


def clean_up(app: AppContext, tx: Transaction, timer: Timer) -> None:
    """Delete a batch of expired data and set a timer for the next; batches are small, so that people never wait."""
    now = app.now()
    tx.message_archive.delete_requests(now - KEEP_REQUESTS)
    tx.timers.delete_old(now - KEEP_TIMER_RUNS)
    tx.rate_limits.delete_full(now - KEEP_RATE_LIMITS)
    tx.profiles.delete_older(now - KEEP_PROFILES)
    if app.tickets_kept:
        tx.mails.delete_unattached(now - app.tickets_kept)
        tx.teams_people.delete_unattached(now - app.tickets_kept)
        tx.contacts.erase_older(now - app.tickets_kept)
        tx.sessions.erase_older(now - app.tickets_kept)
        tx.session_items.erase_older(now - app.tickets_kept)
    tx.links.delete_expired(now)
    tx.teams_people.delete_messages(now - app.messages_kept)
    tx.signal_integrations.delete_misses(now - KEEP_MISSES)
    tx.gateway_traffic.delete_older(now - KEEP_TRAFFIC)
    tx.ai_usage.delete_older(now - app.messages_kept)
    tx.signal_alerts.delete_expired(now - app.messages_kept)
    tx.rule_runs.delete_older(now - app.messages_kept)
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
    """Schedule the cleanup for every night."""
    tx.timers.set_recurring(CLEAN_UP, CLEAN_UP, NIGHTLY, app.now())


def check_overdue(app: AppContext) -> list[str]:
    """Return a sentence for each kind of overdue work; admins get each kind at most once a day."""
    now = app.now()
    _tell_troubles(app)
    with app.store.read() as tx:
        app.likely.refresh(tx.connection, now)  # kept fresh here, so that a report doesn't wait for it
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


def _tell_troubles(app: AppContext) -> None:
    """Tell the admins what kept Hypercare from saving, as soon as a message to them can be saved."""
    now = app.now()
    for sentence in tuple(app.store.untold):
        log.error("database_troubled", sentence=sentence)
        key = f"trouble:{sentence[:40]}:{now.date().isoformat()}"
        with suppress(Repeated), app.transaction(key) as tx:
            notify_admins(app, tx, f"trouble:{now.date().isoformat()}", alerts.database_trouble(sentence))
        app.store.untold.remove(sentence)
