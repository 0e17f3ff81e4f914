"""Handle a failed delivery: retry later, move the conversation, post anew or mark the message dead."""

from collections.abc import Callable
from datetime import datetime

import structlog

from domain.delivery import message as rules
from domain.delivery.message import Failure, FailureKind, MessageKind, OutboxMessage
from storage.transaction import Transaction

log = structlog.get_logger()
OnDead = Callable[[Transaction, OutboxMessage, str], None]


def undelivered(tx: Transaction, message: OutboxMessage, failure: Failure, now: datetime, on_dead: OnDead) -> None:
    """Choose and record what happens to a message that was not delivered; call `on_dead` when it is given up."""
    reason = failure.reason
    again = rules.next_attempt(message, failure, now)
    if again is not None:
        log.warning("message_delayed", reason=reason, attempts=message.attempts, retry_after=failure.retry_after)
        if failure.retry_after is not None:
            tx.queue.hold(message, again)
        tx.queue.retry(message, again, reason, uncertain=failure.maybe_sent, counts=failure.retry_after is None)
    elif failure.kind is FailureKind.MESSAGE_GONE and message.verb is MessageKind.UPDATE:
        tx.queue.post_again(message, now)
    elif message.verb is MessageKind.FILE:
        log.warning("file_not_copied", reason=reason)
        if tx.queue.give_up(message, reason):
            on_dead(tx, message, reason)
    elif message.verb is MessageKind.REACT:
        tx.queue.mark_dead(message, reason)
    elif message.lane.person and (failure.kind.is_unreachable or failure.kind is FailureKind.THREAD_GONE):
        log.warning("lane_moved", reason=reason)
        tx.queue.move(message, message.lane.person, now)
    elif message.in_thread and failure.kind is FailureKind.THREAD_GONE:
        tx.queue.move(message, message.lane.channel, now)
    else:
        log.error("message_dead", reason=reason)
        if tx.queue.mark_dead(message, reason):
            on_dead(tx, message, reason)
