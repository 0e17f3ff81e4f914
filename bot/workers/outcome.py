"""What becomes of a letter that did not arrive: later, in another place, in another way, or never."""

from collections.abc import Callable
from datetime import datetime

import structlog

from domain.delivery import message as rules
from domain.delivery.message import Failure, Letter, Verb
from storage.transaction import Tx

log = structlog.get_logger()
OnDead = Callable[[Tx, Letter, str], None]


def undelivered(tx: Tx, letter: Letter, failure: Failure, now: datetime, on_dead: OnDead) -> None:
    """Try again later, start the lane anew, or bury it and say so."""
    reason = failure.reason
    again = rules.next_try(letter, failure, now)
    if again is not None:
        log.warning("letter waits", reason=reason, attempts=letter.attempts, retry_after=failure.retry_after)
        if failure.retry_after is not None:
            tx.post.hold(letter, again)
        tx.post.retry(letter, again, reason, uncertain=failure.maybe_sent, counts=failure.retry_after is None)
    elif reason in rules.MESSAGE_GONE and letter.verb is Verb.UPDATE:
        tx.post.say_again(letter, now)
    elif letter.verb is Verb.REACT:
        tx.post.bury(letter, reason)
    elif letter.lane.person and reason in rules.UNREACHABLE | rules.THREAD_GONE:
        log.warning("lane moves to direct messages", reason=reason)
        tx.post.restart(letter, letter.lane.person, now)
    elif letter.in_thread and reason in rules.THREAD_GONE:
        tx.post.restart(letter, letter.lane.channel, now)
    else:
        log.error("letter is dead", reason=reason)
        if tx.post.bury(letter, reason):
            on_dead(tx, letter, reason)
