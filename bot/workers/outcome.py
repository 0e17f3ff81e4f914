"""Handle a failed delivery: retry later, move the conversation, post anew or mark the message dead."""

from collections.abc import Callable
from datetime import datetime

import structlog

from domain.delivery import message as rules
from domain.delivery.message import ChannelTask, Failure, FailureKind, MessageKind, OutboxMessage
from storage.transaction import Transaction

log = structlog.get_logger()
OnDead = Callable[[Transaction, OutboxMessage, str], None]


def undelivered(tx: Transaction, message: OutboxMessage, failure: Failure, now: datetime, on_dead: OnDead) -> None:
    """Choose and record what happens to a message that was not delivered; call `on_dead` when it is given up."""
    # Results are recorded by a thread that knows nothing of the delivery, so the lines name their message here.
    with structlog.contextvars.bound_contextvars(
        message_id=message.id, lane=message.lane.name, ticket=message.lane.ticket_id, channel=message.lane.channel
    ):
        _decide(tx, message, failure, now, on_dead)


def _decide(tx: Transaction, message: OutboxMessage, failure: Failure, now: datetime, on_dead: OnDead) -> None:
    reason = failure.reason
    again = rules.next_attempt(message, failure, now)
    if again is not None:
        _try_again(tx, message, failure, again)
    elif failure.kind.is_unreachable and _has_new_id(tx, message):
        log.warning("channel_has_new_id", reason=reason)
        tx.queue.retry(message, now, reason, uncertain=False, counts=False)
    elif failure.kind is FailureKind.MESSAGE_GONE and message.verb is MessageKind.UPDATE:
        tx.queue.post_again(message, now)
    elif message.verb is MessageKind.FILE:
        log.warning("file_not_copied", reason=reason)
        if tx.queue.give_up(message, reason):
            on_dead(tx, message, reason)
    elif message.verb is MessageKind.REACT:
        tx.queue.mark_dead(message, reason)
    elif message.lane.is_channel or message.verb is MessageKind.CHANNEL:
        if tx.queue.give_up(message, reason) and not _is_harmless(message, failure):
            _log_refusal(message, reason)
            on_dead(tx, message, reason)
    else:
        _start_anew(tx, message, failure, now, on_dead)


def _try_again(tx: Transaction, message: OutboxMessage, failure: Failure, at: datetime) -> None:
    if not failure.was_tried:
        tx.queue.put_back(message, at)
        return
    log.warning("message_delayed", reason=failure.reason, attempts=message.attempts, retry_after=failure.retry_after)
    if failure.retry_after is not None:
        tx.queue.hold(message, at)
    counts = failure.retry_after is None
    tx.queue.retry(message, at, failure.reason, uncertain=failure.maybe_sent, counts=counts)


def _log_refusal(message: OutboxMessage, reason: str) -> None:
    if _is_page(message):
        log.warning("page_refused", reason=reason)
    else:
        log.warning("war_room_lost", reason=reason)


def _is_harmless(message: OutboxMessage, failure: Failure) -> bool:
    """Whether the conversation of a war room goes on in its channel without this message."""
    if message.verb is MessageKind.CHANNEL:
        return bool(message.payload["do"] != ChannelTask.CREATE) and not _is_page(message)
    return message.verb is MessageKind.UPDATE and not failure.kind.is_unreachable


def _is_page(message: OutboxMessage) -> bool:
    """Whether it is the page of a phase, instead of which its agenda is pinned."""
    return message.verb is MessageKind.CHANNEL and bool(message.payload["do"] == ChannelTask.CANVAS)


def _has_new_id(tx: Transaction, message: OutboxMessage) -> bool:
    """Whether Slack gave the channel another id; an old one that was written back since is replaced again."""
    channel = message.lane.channel
    tx.queue.lock_lane(message.lane)  # else the id could change between this question and the message's death
    new = tx.phases.get_moved_channels().get(channel)
    if new:
        tx.places.replace(channel, new)
    return new is not None


def _start_anew(tx: Transaction, message: OutboxMessage, failure: Failure, now: datetime, on_dead: OnDead) -> None:
    """Move the conversation to where it can be reached, or mark the message dead."""
    reason = failure.reason
    if message.lane.person and (failure.kind.is_unreachable or failure.kind is FailureKind.THREAD_GONE):
        log.warning("lane_moved", reason=reason)
        tx.queue.move(message, message.lane.person, now)
    elif message.in_thread and failure.kind is FailureKind.THREAD_GONE:
        tx.queue.move(message, message.lane.channel, now)
    else:
        log.error("message_dead", reason=reason)
        if tx.queue.mark_dead(message, reason):
            on_dead(tx, message, reason)
