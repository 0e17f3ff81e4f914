"""The outbox of operators: dead messages, retention, and a restored backup."""

import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from bot.context import AppContext
from bot.database import open_store
from bot.services.delivery import outbox
from bot.services.operations import maintenance
from bot.services.registry import FEATURES
from domain.delivery.message import MessageState, OutboxMessage
from domain.errors import Refused
from domain.people.profile import PersonKind
from domain.phases.permissions import Person
from storage.database.backup import BackupError, backup
from storage.delivery.queue import SentMessage
from storage.operations.timers import Timer
from storage.store import Store
from tests.conftest import Clock

HELLO = {"text": "hello"}


def put(store: Store, clock: Clock, lane: str = "team:1") -> int:
    with store.begin() as tx:
        message = tx.outbox.post(tx.outbox.lane(lane, "C1"), HELLO, at=clock())
        assert message
        return message.id


def take(store: Store, clock: Clock) -> list[OutboxMessage]:
    with store.begin() as tx:
        return tx.queue.claim(clock(), 20).messages


def deliver(store: Store, clock: Clock) -> None:
    while taken := take(store, clock):
        for message in taken:
            with store.begin() as tx:
                tx.queue.mark_sent(SentMessage(message, "C1", f"{message.id}.1", clock()))
        clock.forward(seconds=2)


@pytest.fixture
def buried(store: Store, clock: Clock) -> list[int]:
    """A lane whose first message is dead, with two behind it."""
    ids = [put(store, clock) for _ in range(3)]
    (head,) = take(store, clock)
    with store.begin() as tx:
        tx.queue.mark_dead(head, "is_archived")
    return ids


def test_a_dead_message_is_retried_with_those_behind_it(store: Store, clock: Clock, buried: list[int]) -> None:
    app = AppContext(features=FEATURES, store=store, now=clock, admins=("UADMIN",))
    health = outbox.health(app, Person("UADMIN", admin=True))
    assert (health.dead, {e.error for e in health.shown}) == (3, {"is_archived", "lane: is_archived"})
    assert outbox.retry(app, buried[0], Person("UADMIN", admin=True)) == 3
    deliver(store, clock)
    with store.read() as tx:
        assert tx.message_archive.count_by_state() == {"waiting": 0, "sending": 0, "dead": 0}
        found = tx.outbox.find("team:1")
    assert found
    assert (found.dead, found.thread_ts) == (None, f"{buried[0]}.1")


def test_a_dropped_message_is_not_listed(store: Store, clock: Clock, buried: list[int]) -> None:
    app = AppContext(features=FEATURES, store=store, now=clock, admins=("UADMIN",))
    assert outbox.drop(app, buried[0]) == 3
    with store.read() as tx:
        assert tx.message_archive.count_by_state()["dead"] == 0
        assert {e.state for e in tx.message_archive.list_newest([MessageState.DROPPED])} == {MessageState.DROPPED}
    with pytest.raises(Refused, match="is dropped, so there's nothing"):
        outbox.drop(app, buried[0])


def test_only_keepers_mend(store: Store, clock: Clock, buried: list[int]) -> None:
    app = AppContext(features=FEATURES, store=store, now=clock, admins=("UADMIN",))
    for person in (Person("UMARIA"), Person("UADMIN", PersonKind.STRANGER)):
        with pytest.raises(Refused, match="Only leads"):
            outbox.retry(app, buried[0], person)
    for wrong in (None, 0, -1, 999, 2**70):
        with pytest.raises(Refused):
            outbox.retry(app, wrong)


def test_old_messages_are_deleted_unless_updates_need_them(store: Store, clock: Clock) -> None:
    card = put(store, clock)
    for _ in range(5):
        put(store, clock)
    deliver(store, clock)
    with store.begin() as tx:
        lane = tx.outbox.lane("team:1", "C1")
        tx.outbox.update(lane, card, {"text": "newer card"}, at=clock())
    deliver(store, clock)
    app = AppContext(features=FEATURES, store=store, now=clock, messages_kept=timedelta(days=30))
    clock.forward(days=31)
    recent = put(store, clock)
    tidy(app)
    with store.read() as tx:
        rows = tx.connection.execute(text("SELECT id, payload FROM outbox_messages ORDER BY id")).all()
    assert (rows[0].id, str(rows[0].payload)) == (card, "{}")
    assert [r.id for r in rows] == [card, recent]
    with store.begin() as tx:
        tx.outbox.update(tx.outbox.lane("team:1", "C1"), card, {"text": "newest card"}, at=clock())
    taken = [*take(store, clock)]
    deliver_one(store, clock, taken[0])
    (update,) = take(store, clock)
    assert (update.target_ts, update.payload) == (f"{card}.1", {"text": "newest card"})


def tidy(app: AppContext) -> None:
    timer = Timer(id=1, key=maintenance.CLEAN_UP, kind=maintenance.CLEAN_UP, next_at=app.now())
    with app.transaction() as tx:
        maintenance.clean_up(app, tx, timer)


def deliver_one(store: Store, clock: Clock, message: OutboxMessage) -> None:
    with store.begin() as tx:
        tx.queue.mark_sent(SentMessage(message, "C1", "9.9", clock()))


def test_after_a_restore_everything_is_looked_for_first(store: Store, clock: Clock) -> None:
    put(store, clock, "team:1")
    put(store, clock, "team:2")
    take(store, clock)
    put(store, clock, "team:3")
    with store.begin() as tx:
        assert tx.message_archive.mark_all_uncertain() == 3
    assert [message.uncertain for message in take(store, clock)] == [True] * 3


def test_a_copy_is_whole_while_others_write(tmp_path: Path, clock: Clock) -> None:
    url = f"sqlite:///{tmp_path / 'bot.db'}"
    store = open_store(url)
    put(store, clock)
    with store.begin() as tx:
        tx.outbox.post(tx.outbox.lane("team:2", "C1"), HELLO, at=clock())
        backup(url, tmp_path / "copy.db")  # what is not committed is not in it
    with sqlite3.connect(tmp_path / "copy.db") as copy:
        assert copy.execute("SELECT count(*) FROM outbox_messages").fetchone() == (1,)
        assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    copy.close()
    store.close()
    for wrong, why in (
        (url, "already exists"),
        ("postgresql://x/y", "pg_dump"),
        ("sqlite:///no/such.db", "no database"),
    ):
        with pytest.raises(BackupError, match=why):
            backup(wrong, tmp_path / "copy.db")
