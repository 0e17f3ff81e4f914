"""Letters leave at the pace Slack allows, the important ones first, nobody waits for ever, and replicas share it."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from bot.database import open_store
from domain.letter import Letter, Priority
from storage.store import Store
from tests.conftest import Clock

WORDS = {"text": "hello"}


def put(store: Store, clock: Clock, lanes: range, channel: str = "C1", priority: Priority = Priority.STATUS) -> None:
    with store.begin() as tx:
        for n in lanes:
            lane = tx.outbox.lane(f"{channel}:{n}:{priority}", channel)
            tx.outbox.post(lane, WORDS, at=clock(), priority=priority)


def take(store: Store, clock: Clock, room: int = 50, *, by_age: bool = False) -> list[Letter]:
    with store.begin() as tx:
        return tx.post.take(clock(), room, by_age=by_age).letters


def test_a_channel_gets_its_burst_and_then_one_a_second(store: Store, clock: Clock) -> None:
    put(store, clock, range(30))
    put(store, clock, range(3), "C2")
    assert Counter(letter.lane.channel for letter in take(store, clock)) == {"C1": 8, "C2": 3}
    assert take(store, clock) == []
    with store.read() as tx:
        assert tx.post.next_due() == clock() + timedelta(seconds=1)
    clock.forward(seconds=1)
    assert len(take(store, clock)) == 1
    clock.forward(seconds=5)
    assert len(take(store, clock)) == 5


def test_a_backlog_of_one_channel_does_not_hold_up_another(store: Store, clock: Clock) -> None:
    put(store, clock, range(200))
    take(store, clock)
    put(store, clock, range(1), "C2", Priority.PULSE)
    assert [letter.lane.channel for letter in take(store, clock)] == ["C2"]


def test_what_matters_more_overtakes(store: Store, clock: Clock) -> None:
    order = [Priority.PULSE, Priority.DIGEST, Priority.STATUS, Priority.ACKNOWLEDGEMENT, Priority.PAGE]
    for priority in order:
        put(store, clock, range(3), priority=priority)
    left = [letter.priority for letter in take(store, clock)]
    for _ in range(7):
        clock.forward(seconds=1)
        left += [letter.priority for letter in take(store, clock)]
    assert left == sorted(left)
    assert len(left) == 15


def test_the_oldest_is_not_starved_and_a_page_waits_for_nobody(store: Store, clock: Clock) -> None:
    put(store, clock, range(8), priority=Priority.PULSE)
    put(store, clock, range(40), priority=Priority.STATUS)
    take(store, clock)
    clock.forward(seconds=1)
    assert [letter.priority for letter in take(store, clock, by_age=True)] == [Priority.PULSE]
    put(store, clock, range(1), priority=Priority.PAGE)
    clock.forward(seconds=1)
    assert [letter.priority for letter in take(store, clock, by_age=True)] == [Priority.PAGE]


def test_retry_after_holds_that_method_in_that_channel_only(store: Store, clock: Clock) -> None:
    put(store, clock, range(2))
    put(store, clock, range(1), "C2")
    held, *_ = take(store, clock, room=1)
    with store.begin() as tx:
        tx.post.hold(held, clock() + timedelta(seconds=30), clock())
    assert [letter.lane.channel for letter in take(store, clock)] == ["C2"]
    clock.forward(seconds=29)
    assert take(store, clock) == []
    clock.forward(seconds=1)
    assert [letter.lane.channel for letter in take(store, clock)] == ["C1"]


def test_a_direct_message_shares_its_persons_pace_under_both_names(store: Store, clock: Clock) -> None:
    with store.begin() as tx:
        for n in range(6):
            tx.outbox.post(tx.outbox.lane(f"a{n}", "U1"), WORDS, at=clock())
            tx.outbox.post(tx.outbox.lane(f"b{n}", "D1", thread_ts="1.1", person="U1"), WORDS, at=clock())
    assert len(take(store, clock)) == 8


def test_changes_of_messages_share_one_bucket_over_all_channels(store: Store, clock: Clock) -> None:
    put(store, clock, range(1))
    for n in range(60):
        put(store, clock, range(1), f"C9{n}")
    for letter in [*take(store, clock, 100)]:
        with store.begin() as tx:
            tx.post.sent(letter, letter.lane.channel, "1.1", clock())
            tx.outbox.change(letter.lane, letter.id, {"text": "new"}, at=clock())
    assert len(take(store, clock, 100)) == 30
    clock.forward(seconds=1.2)
    assert len(take(store, clock, 100)) == 1


def test_a_clock_put_back_does_not_silence_the_desk(store: Store, clock: Clock) -> None:
    put(store, clock, range(20))
    take(store, clock)
    clock.forward(hours=-2)
    assert take(store, clock) == []
    with store.begin() as tx:
        tx.buckets.forget()
        assert tx.archive.clock_went_back(clock()) == 12
    assert len(take(store, clock)) == 8


def test_many_processes_share_a_channels_budget_and_no_lane(postgres_url: str, clock: Clock) -> None:
    """Forty rounds of four at once: no letter twice, no lane in two hands, never above the pace."""
    stores = [open_store(postgres_url) for _ in range(4)]
    with stores[0].begin() as tx:
        for n in range(40):
            lane = tx.outbox.lane(f"l{n}", f"C{n % 3}", thread_ts="1.1")
            for _ in range(5):
                tx.outbox.post(lane, WORDS, at=clock())
    taken: list[Letter] = []
    with ThreadPoolExecutor(4) as pool:
        for round_ in range(40):
            batch = [letter for some in pool.map(lambda s: take(s, clock, 10), stores) for letter in some]
            lanes = Counter(letter.lane.id for letter in batch)
            assert max(lanes.values(), default=0) <= 1
            per_channel = Counter(letter.lane.channel for letter in batch)
            assert all(count <= (8 if round_ == 0 else 1) for count in per_channel.values())
            for letter in batch:
                for store in stores:  # only the one that took it can say what became of it
                    with store.begin() as tx:
                        tx.post.sent(letter, letter.lane.channel, "2.2", clock())
            taken += batch
            clock.forward(seconds=1)
    assert len({letter.id for letter in taken}) == len(taken)
    assert len(taken) == 3 * (8 + 39)
    for store in stores:
        store.close()


@pytest.fixture
def postgres_url(request: pytest.FixtureRequest) -> str:
    from tests.conftest import COUNTER
    from tests.support import postgres

    return postgres.new_database(request.getfixturevalue("postgres_server"), f"pace{next(COUNTER)}")
