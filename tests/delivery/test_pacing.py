"""Messages are sent within Slack's rate limits, urgent ones first, without starvation, and across replicas."""

import asyncio
import itertools
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import cast

import pytest
from slack_bolt import App, BoltRequest, BoltResponse

from bot.database import open_store
from bot.transport import inbound
from domain.delivery.message import MessagePriority, OutboxMessage
from storage.delivery.queue import SentMessage
from storage.store import Store
from tests.conftest import Clock
from tests.support.bot import BotWorkspace

WORDS = {"text": "hello"}


def put(
    store: Store, clock: Clock, lanes: range, channel: str = "C1", priority: MessagePriority = MessagePriority.STATUS
) -> None:
    with store.begin() as tx:
        for n in lanes:
            lane = tx.outbox.lane(f"{channel}:{n}:{priority}", channel)
            tx.outbox.post(lane, WORDS, at=clock(), priority=priority)


def take(store: Store, clock: Clock, limit: int = 50, *, by_age: bool = False) -> list[OutboxMessage]:
    with store.begin() as tx:
        return tx.queue.claim(clock(), limit, by_age=by_age).messages


def answer(store: Store, clock: Clock, messages: list[OutboxMessage]) -> None:
    with store.begin() as tx:
        for message in messages:
            tx.queue.mark_sent(SentMessage(message, message.lane.channel, f"{message.id}.1", clock()))
        tx.queue.settle(clock())


def send(store: Store, clock: Clock, limit: int = 50, *, by_age: bool = False) -> list[OutboxMessage]:
    """Taken, and answered at once."""
    messages = take(store, clock, limit, by_age=by_age)
    answer(store, clock, messages)
    return messages


def test_a_channel_gets_its_burst_and_then_one_a_second(store: Store, clock: Clock) -> None:
    put(store, clock, range(30))
    put(store, clock, range(3), "C2")
    assert Counter(message.lane.channel for message in send(store, clock)) == {"C1": 8, "C2": 3}
    assert send(store, clock) == []
    with store.read() as tx:
        assert tx.queue.next_due() == clock() + timedelta(seconds=1)
    clock.forward(seconds=1)
    assert len(send(store, clock)) == 1
    clock.forward(seconds=5)
    assert len(send(store, clock)) == 5


def test_deliveries_count_for_what_is_claimed_in_their_transaction(store: Store, clock: Clock) -> None:
    put(store, clock, range(30))
    burst = take(store, clock)
    for answered, granted in ((burst, 0), ([], 1)):
        with store.begin() as tx:
            tx.queue.mark_sent(*(SentMessage(one, one.lane.channel, f"{one.id}.1", clock()) for one in answered))
            assert len(tx.queue.claim(clock(), 50).messages) == granted
            tx.queue.settle(clock())
            assert tx.queue.next_due() > clock()
        clock.forward(seconds=1)


def test_what_is_long_on_its_way_may_arrive_any_moment_and_is_waited_for(store: Store, clock: Clock) -> None:
    put(store, clock, range(30))
    burst = take(store, clock)
    clock.forward(seconds=6)
    assert take(store, clock) == []
    with store.read() as tx:
        assert tx.queue.next_due() > clock() + timedelta(seconds=5)  # no polling meanwhile
    answer(store, clock, burst[:3])
    assert take(store, clock) == []  # five still fly, and three may have arrived just now
    answer(store, clock, burst[3:])
    clock.forward(seconds=1)
    assert len(take(store, clock)) == 1


def test_what_was_on_the_way_when_a_process_died_counts_as_arrived(store: Store, clock: Clock) -> None:
    put(store, clock, range(8))
    take(store, clock)
    put(store, clock, range(10, 30))
    with store.begin() as tx:
        assert tx.queue.release() == 8
        tx.queue.settle(clock())
    assert [message for message in take(store, clock) if not message.uncertain] == []
    clock.forward(seconds=1)
    assert len([message for message in take(store, clock) if not message.uncertain]) == 1


def test_a_backlog_of_one_channel_does_not_hold_up_another(store: Store, clock: Clock) -> None:
    put(store, clock, range(200))
    send(store, clock)
    put(store, clock, range(1), "C2", MessagePriority.PULSE)
    assert [message.lane.channel for message in take(store, clock)] == ["C2"]


def test_what_matters_more_overtakes(store: Store, clock: Clock) -> None:
    order = [
        MessagePriority.PULSE,
        MessagePriority.DIGEST,
        MessagePriority.STATUS,
        MessagePriority.ACKNOWLEDGEMENT,
        MessagePriority.PAGE,
    ]
    for priority in order:
        put(store, clock, range(3), priority=priority)
    left = [message.priority for message in send(store, clock)]
    for _ in range(7):
        clock.forward(seconds=1)
        left += [message.priority for message in send(store, clock)]
    assert left == sorted(left)
    assert len(left) == 15


def test_the_oldest_message_is_not_starved_and_pages_go_first(store: Store, clock: Clock) -> None:
    put(store, clock, range(8), priority=MessagePriority.PULSE)
    put(store, clock, range(40), priority=MessagePriority.STATUS)
    send(store, clock)
    clock.forward(seconds=1)
    assert [message.priority for message in send(store, clock, by_age=True)] == [MessagePriority.PULSE]
    put(store, clock, range(1), priority=MessagePriority.PAGE)
    clock.forward(seconds=1)
    assert [message.priority for message in send(store, clock, by_age=True)] == [MessagePriority.PAGE]


def test_retry_after_holds_that_method_in_that_channel_only(store: Store, clock: Clock) -> None:
    put(store, clock, range(2))
    put(store, clock, range(1), "C2")
    held, *_ = take(store, clock, limit=1)
    with store.begin() as tx:
        until = clock() + timedelta(seconds=30)
        tx.queue.hold(held, until)
        tx.queue.retry(held, until, "ratelimited", uncertain=False, counts=False)
        tx.queue.settle(clock())
    assert [message.lane.channel for message in take(store, clock)] == ["C2"]
    clock.forward(seconds=29)
    assert take(store, clock) == []
    clock.forward(seconds=1)
    assert [message.lane.channel for message in take(store, clock)] == ["C1"]


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
    for message in [*take(store, clock, 100)]:
        with store.begin() as tx:
            tx.queue.mark_sent(SentMessage(message, message.lane.channel, "1.1", clock()))
            tx.outbox.update(message.lane, message.id, {"text": "new"}, at=clock())
    assert len(send(store, clock, 100)) == 30
    clock.forward(seconds=1.2)
    assert len(send(store, clock, 100)) == 1


def test_a_clock_set_back_does_not_stop_messages(store: Store, clock: Clock) -> None:
    put(store, clock, range(20))
    send(store, clock)
    clock.forward(hours=-2)
    assert take(store, clock) == []
    with store.begin() as tx:
        tx.rate_limits.delete_full()
        assert tx.message_archive.release_future(clock()) == 12
    assert len(take(store, clock)) == 8


def test_many_processes_share_a_channels_budget_and_no_lane(postgres_url: str, clock: Clock) -> None:
    """Forty rounds of four at once: no message twice, no lane claimed twice, never above the limit."""
    stores = [open_store(postgres_url) for _ in range(4)]
    with stores[0].begin() as tx:
        for n in range(40):
            lane = tx.outbox.lane(f"l{n}", f"C{n % 3}", thread_ts="1.1")
            for _ in range(5):
                tx.outbox.post(lane, WORDS, at=clock())
    taken: list[OutboxMessage] = []
    with ThreadPoolExecutor(4) as pool:
        for round_ in range(40):
            batch = [message for some in pool.map(lambda s: take(s, clock, 10), stores) for message in some]
            lanes = Counter(message.lane.id for message in batch)
            assert max(lanes.values(), default=0) <= 1
            per_channel = Counter(message.lane.channel for message in batch)
            assert all(count <= (8 if round_ == 0 else 1) for count in per_channel.values())
            for message in batch:
                for store in stores:  # only the one that took it can say what became of it
                    answer(store, clock, [message])
            taken += batch
            clock.forward(seconds=1)
    assert len({message.id for message in taken}) == len(taken)
    assert len(taken) == 3 * (8 + 39)
    for store in stores:
        store.close()


@pytest.fixture
def postgres_url(request: pytest.FixtureRequest) -> str:
    from tests.support import postgres
    from tests.support.ready import COUNTER

    return postgres.new_database(request.getfixturevalue("postgres_server"), f"pace{next(COUNTER)}")


EVENT = {"type": "event_callback", "event": {"type": "app_home_opened"}}


class Slow:
    """An app that answers once it may."""

    def __init__(self) -> None:
        self.answered = threading.Event()

    def dispatch(self, _request: BoltRequest) -> BoltResponse:
        self.answered.wait(5)
        return BoltResponse(status=200, body="")


def test_messages_wait_a_moment_for_people_and_not_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    slow = Slow()

    async def play() -> None:
        with ThreadPoolExecutor(1) as pool:
            people = inbound.Inbound(cast(App, slow), pool)
            await people.yield_to_people()  # there is no one to wait for
            request = asyncio.create_task(people.dispatch("socket_mode", EVENT))
            await asyncio.sleep(0)
            await people.yield_to_people()
            assert people.wait_for_people(0.01) >= 0.01, "so does a thread"
            assert not request.done()
            monkeypatch.setattr(inbound, "YIELD_SECONDS", 5)
            waiting = asyncio.create_task(people.yield_to_people())
            slow.answered.set()
            await asyncio.gather(request, waiting)
            assert people.wait_for_people(5) < 1

    asyncio.run(asyncio.wait_for(play(), 4))


def test_messages_wait_longer_for_many_people_and_a_page_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    slow, looks = Slow(), itertools.count(1)
    monkeypatch.setattr(inbound, "YIELD_SECONDS", 0.001)
    monkeypatch.setattr(inbound, "MANY_SECONDS", 60)

    async def play() -> None:
        with ThreadPoolExecutor(1) as pool:
            people = inbound.Inbound(cast(App, slow), pool)
            requests = [asyncio.create_task(people.dispatch("socket_mode", EVENT)) for _ in range(inbound.MANY)]
            await asyncio.sleep(0)
            await people.yield_to_people(lambda: next(looks) == 3)
            assert next(looks) == 4, "a page goes on once it is there"
            waiting = asyncio.create_task(people.yield_to_people())
            while not any(request.done() for request in requests):
                assert not waiting.done()
                slow.answered.set()
                await asyncio.sleep(0.001)
            await asyncio.gather(waiting, *requests)

    asyncio.run(asyncio.wait_for(play(), 30))


def test_only_what_pages_people_is_urgent(slack: BotWorkspace) -> None:
    app, urgent = slack.application.context, list[bool]()
    wake = app.wake_dispatcher

    def note(is_urgent: bool) -> None:
        urgent.append(is_urgent)
        wake(is_urgent)

    app.wake_dispatcher = note
    slack.person("maria").reports("A page is slow", "medium")
    slack.triage.expects("A page is slow")
    assert urgent
    assert not any(urgent)
    slack.person("maria").reports("All is down", "critical")
    slack.triage.expects("All is down")
    slack.quiet()
    assert any(urgent)
