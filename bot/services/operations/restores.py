"""What follows when a backup was restored: nothing is numbered twice, and old messages are recognised."""

import structlog

from bot.context import AppContext
from bot.services.delivery.outbox import notify_admins
from bot.views.operations import alerts

log = structlog.get_logger()


def follow(app: AppContext, newest_in_slack: int) -> None:
    """Move ids and numbers on if Slack has a message with a higher id than the database has given; load all restores.

    That is so after a backup was put in place without `hypercare db restore` or `db restored`.
    """
    with app.store.read() as tx:
        is_behind = newest_in_slack > tx.restores.last_message_id()
    if is_behind:
        _move_on(app, newest_in_slack)
    with app.store.read() as tx:
        app.restores = tx.restores.list_all()


def _move_on(app: AppContext, newest_in_slack: int) -> None:
    with app.transaction() as tx:
        if newest_in_slack <= tx.restores.last_message_id():
            return  # another process was first
        tx.message_archive.mark_all_uncertain()
        following = tx.restores.insert(app.now(), newest_in_slack)
        numbers = ", ".join(f"{key}-{number}" for key, number in sorted(following.items()))
        notify_admins(app, tx, "restored", alerts.restored(numbers))
    log.warning("database_older_than_slack", numbers=numbers)
