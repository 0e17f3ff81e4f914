"""Messages that have to wait for others come again one after the other, and lose nothing by it."""

from bot.workers.outcome import undelivered
from bot.workers.turns import A_SECOND, MAX_PAUSE, Turns
from storage.store import Store
from tests.conftest import Clock


def pause_of(turns: Turns) -> int | None:
    busy = turns.refuse()
    assert busy
    return busy.retry_after


def test_who_has_to_wait_comes_again_after_those_before() -> None:
    now = [100.0]
    turns = Turns(2, lambda: now[0])
    with turns.taken(), turns.taken():
        pauses = [pause_of(turns) for _ in range(A_SECOND * (MAX_PAUSE + 9))]
        assert pauses == sorted(pauses)
        assert (pauses[0], pauses[A_SECOND * 2], pauses[-1]) == (1, 3, MAX_PAUSE)
        now[0] += 1000
        assert [pause_of(turns), pause_of(turns)] == [1, 1]
    assert turns.refuse() is None


def test_a_mail_that_was_not_tried_may_leave_at_once_then(store: Store, clock: Clock) -> None:
    """An address gets one mail in three minutes once it had many; one that has not left takes nothing of that."""
    busy = Turns(0).refuse()
    assert busy
    with store.begin() as tx:
        tx.outbox.post(tx.outbox.lane("reporter:1", "mail-0123456789abcdef"), {"text": "Hello"}, at=clock())
    for _ in range(25):
        with store.begin() as tx:
            (message,) = tx.queue.claim(clock(), 10).messages
            tx.queue.settle(clock())
        assert message.attempts == 1
        clock.forward(seconds=1)
        with store.begin() as tx:
            undelivered(tx, message, busy, clock(), lambda *_given: None)
            tx.queue.settle(clock())
        clock.forward(seconds=1)
    with store.begin() as tx:
        assert tx.queue.claim(clock(), 10).messages
