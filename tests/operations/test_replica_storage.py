"""Several processes on one PostgreSQL: who lives, what the dead ones held, and hearing each other at once."""

import asyncio
import contextlib
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial

import pytest
from sqlalchemy import text

from bot.database import open_store
from domain.operations.health import Replica
from storage.database.listen import listen
from storage.delivery.queue import SentMessage
from storage.store import Store
from storage.transaction import Transaction
from tests.conftest import Clock
from tests.support import postgres
from tests.support.ready import COUNTER

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.fixture
def url(postgres_server: str) -> str:
    return postgres.new_database(postgres_server, f"replicas{next(COUNTER)}")


@pytest.fixture
def pair(url: str) -> Iterator[tuple[Store, Store]]:
    stores = open_store(url), open_store(url)
    yield stores
    for store in stores:
        store.close()


def replica(store: Store) -> Replica:
    return Replica(id=store.me, name="here:1", version="1", started_at=NOW)


def join(*stores: Store) -> None:
    for store in stores:
        with store.begin() as tx:
            tx.replicas.join(replica(store))


def put_and_take(store: Store, clock: Clock) -> int:
    with store.begin() as tx:
        tx.outbox.post(tx.outbox.lane("team:1", "C1"), {"text": "hello"}, at=clock())
        (message,) = tx.queue.claim(clock(), 5).messages
    return message.id


def fall_silent(store: Store) -> None:
    with store.begin() as tx:
        tx.connection.execute(text("UPDATE replicas SET alive_until = '2000-01-01' WHERE id = :me"), {"me": store.me})


def test_a_living_process_keeps_what_it_sends(pair: tuple[Store, Store], clock: Clock) -> None:
    one, two = pair
    join(one, two)
    put_and_take(one, clock)
    with two.begin() as tx:
        assert tx.queue.recover() == 0
        assert [r.id for r in tx.replicas.list_alive()] == [one.me, two.me]


def test_what_a_silent_process_held_is_looked_for_by_another(pair: tuple[Store, Store], clock: Clock) -> None:
    one, two = pair
    join(one, two)
    message = put_and_take(one, clock)
    fall_silent(one)
    with two.begin() as tx:
        assert tx.replicas.delete_silent() == 1
        assert tx.queue.recover() == 1
        (found,) = tx.queue.claim(clock(), 5).messages
    assert (found.id, found.uncertain) == (message, True)


def test_who_was_taken_for_dead_has_no_say_any_more(pair: tuple[Store, Store], clock: Clock) -> None:
    one, two = pair
    join(one, two)
    with one.begin() as tx:
        tx.outbox.post(tx.outbox.lane("team:1", "C1"), {"text": "hello"}, at=clock())
        (message,) = tx.queue.claim(clock(), 5).messages
    fall_silent(one)
    with two.begin() as tx:
        tx.queue.recover()
    with one.begin() as tx:
        assert tx.queue.mark_dead(message, "is_archived") is False
        tx.queue.mark_sent(SentMessage(message, "C1", "1.1", clock()))
        tx.replicas.beat(replica(one))  # and it is one of them again
        assert tx.message_archive.count_by_state() == {"waiting": 1, "sending": 0, "dead": 0}
        assert one.me in {r.id for r in tx.replicas.list_alive()}


def test_a_stop_leaves_nothing_on_the_wire(pair: tuple[Store, Store], clock: Clock) -> None:
    one, _ = pair
    join(one)
    put_and_take(one, clock)
    with one.begin() as tx:
        tx.queue.release()
        tx.replicas.leave(replica(one))
        assert tx.message_archive.count_by_state()["sending"] == 0
        assert tx.replicas.list_alive() == []


@pytest.mark.parametrize("timed", [False, True])
def test_a_commit_is_heard_by_the_others_and_not_by_oneself(url: str, timed: bool) -> None:
    one, two = open_store(url), open_store(url)
    heard: dict[str, list[bool]] = {"one": [], "two": []}

    def say(tx: Transaction) -> None:
        if timed:
            tx.timers.set_once("t", "return", NOW)
        else:
            tx.outbox.post(tx.outbox.lane("team:1", "C1"), {"text": "hello"}, at=NOW)

    async def story() -> None:
        listeners = [asyncio.create_task(listen(url, store.me, heard[name].append))
                     for name, store in (("one", one), ("two", two))]  # fmt: skip
        await until(
            lambda: heard == {"one": [True], "two": [True]}
        )  # each hears once that it may have missed something
        await asyncio.to_thread(partial(commit, one, say))
        await until(lambda: heard["two"] == [True, timed])
        for listener in listeners:
            listener.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await listener

    asyncio.run(story())
    assert heard["one"] == [True]
    one.close()
    two.close()


def commit(store: Store, work) -> None:
    with store.begin() as tx:
        work(tx)


async def until(holds) -> None:
    for _ in range(500):
        if holds():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("never came")
