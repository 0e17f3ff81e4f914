"""Lanes and outbox messages on both databases: order, threads, replacement, recovery and dead messages."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import select, update

from domain.delivery.message import LINK_WAIT, MessagePriority, OutboxMessage
from storage.delivery.queue import SentMessage
from storage.delivery.tables import messages
from storage.store import Store
from tests.conftest import Clock
from tests.trust.budgets import counted

HELLO = {"text": "hello"}


def put(store: Store, clock: Clock, lane: str = "team:1", text: str = "hello", **more: Any) -> int:
    with store.begin() as tx:
        message = tx.outbox.post(
            tx.outbox.lane(lane, "C1", person=more.pop("person", None)), {"text": text}, at=clock(), **more
        )
        assert message
        return message.id


def take(store: Store, clock: Clock) -> list[OutboxMessage]:
    with store.begin() as tx:
        return tx.queue.claim(clock(), 10).messages


def sent(store: Store, clock: Clock, message: OutboxMessage, ts: str = "1.1") -> None:
    with store.begin() as tx:
        tx.queue.mark_sent(SentMessage(message, "C1", ts, clock()))


def states(store: Store) -> list[tuple[int, str]]:
    with store.read() as tx:
        rows = tx.connection.execute(select(messages.c.id, messages.c.state).order_by(messages.c.id))
        return [(r.id, r.state) for r in rows]


def test_messages_of_a_lane_are_sent_in_order(store: Store, clock: Clock) -> None:
    first, second = put(store, clock), put(store, clock)
    (head,) = take(store, clock)
    assert head.id == first
    assert take(store, clock) == []
    sent(store, clock, head, "5.5")
    (reply,) = take(store, clock)
    assert (reply.id, reply.in_thread, reply.lane.thread_ts) == (second, True, "5.5")


def test_a_channel_that_gets_another_id_while_its_message_is_on_its_way_keeps_the_new_one(
    store: Store, clock: Clock
) -> None:
    card = put(store, clock)
    (head,) = take(store, clock)
    with store.begin() as tx:
        tx.phases.insert_moved_channel("C1", "C2", clock())
        tx.places.replace("C1", "C2")
    sent(store, clock, head, "5.5")
    with store.begin() as tx:
        lane = tx.outbox.lane("team:1", "C2")
        tx.outbox.update(lane, card, {"text": "two"}, at=clock())
    (update,) = take(store, clock)
    assert (lane.channel, update.lane.channel, update.target_ts) == ("C2", "C2", "5.5")
    with store.begin() as tx:  # its message was deleted: what was claimed before names the old channel
        tx.queue.post_again(replace(update, lane=replace(update.lane, channel="C1")), clock())
    (again,) = take(store, clock)
    assert again.lane.channel == "C2"


def test_deliveries_that_end_together_are_recorded_together(store: Store, clock: Clock) -> None:
    for number in range(8):
        put(store, clock, f"team:{number}")
    with store.begin() as tx:
        arrived = tx.queue.claim(clock(), 10).messages
    with counted(store) as seen, store.begin() as tx:
        tx.queue.mark_sent(*(SentMessage(one, one.lane.channel, f"{one.id}.1", clock()) for one in arrived))
    assert len(seen) <= 4, seen
    assert {state for _, state in states(store)} == {"sent"}
    with store.read() as tx:
        assert [tx.outbox.find(one.lane.name).thread_ts for one in arrived] == [f"{one.id}.1" for one in arrived]  # type: ignore[union-attr]


def test_a_delivery_that_another_process_took_over_changes_nothing(store: Store, clock: Clock) -> None:
    put(store, clock)
    (message,) = take(store, clock)
    with store.begin() as tx:
        tx.connection.execute(update(messages).values(holder="another"))
    sent(store, clock, message)
    assert states(store) == [(message.id, "sending")]


def test_pages_overtake_status_lines_of_other_lanes(store: Store, clock: Clock) -> None:
    put(store, clock, "reporter:1")
    page = put(store, clock, "oncall:1", priority=MessagePriority.PAGE)
    assert take(store, clock)[0].id == page


def test_a_message_is_claimed_once(store: Store, clock: Clock) -> None:
    put(store, clock)
    assert len(take(store, clock)) == 1
    assert take(store, clock) == []


def test_a_newer_card_replaces_an_unsent_one(store: Store, clock: Clock) -> None:
    card = put(store, clock, text="one")
    with store.begin() as tx:
        lane = tx.outbox.lane("team:1", "C1")
        tx.outbox.update(lane, card, {"text": "two"}, at=clock())
    (head,) = take(store, clock)
    assert head.payload == {"text": "two"}
    # While it is on the wire, an update has to follow; a second update takes the first one's place.
    with store.begin() as tx:
        tx.outbox.update(lane, card, {"text": "three"}, at=clock())
        tx.outbox.update(lane, card, {"text": "four"}, at=clock())
    sent(store, clock, head, "7.7")
    (update,) = take(store, clock)
    assert (update.payload, update.target_ts, update.verb) == ({"text": "four"}, "7.7", "update")
    sent(store, clock, update, "7.7")
    assert take(store, clock) == []


def test_only_the_newest_home_is_published(store: Store, clock: Clock) -> None:
    for text in ("old", "new"):
        with store.begin() as tx:
            tx.outbox.publish("U1", {"type": "home", "text": text}, at=clock())
    assert [message.payload["text"] for message in take(store, clock)] == ["new"]


def test_a_link_waits_for_its_target_but_not_for_ever(store: Store, clock: Clock) -> None:
    put(store, clock, "team:1")
    put(store, clock, "oncall:1", awaits="team:1")
    (card,) = take(store, clock)
    assert card.lane.name == "team:1"
    sent(store, clock, card, "3.3")
    (page,) = take(store, clock)
    assert page.awaits
    assert page.awaits.thread_ts == "3.3"
    put(store, clock, "oncall:2", awaits="team:2")
    assert take(store, clock) == []
    clock.forward(seconds=LINK_WAIT.total_seconds())
    (late,) = take(store, clock)
    assert late.awaits is None


def test_what_was_on_the_wire_at_a_crash_is_uncertain(store: Store, clock: Clock) -> None:
    put(store, clock)
    take(store, clock)
    with store.begin() as tx:
        assert tx.queue.recover() == 1
    (again,) = take(store, clock)
    assert (again.uncertain, again.attempts) == (True, 2)


def test_a_retry_waits_and_holds_back_its_lane_only(store: Store, clock: Clock) -> None:
    put(store, clock, "team:1")
    put(store, clock, "team:1")
    (head,) = take(store, clock)
    with store.begin() as tx:
        tx.queue.retry(head, clock() + timedelta(seconds=30), "ratelimited", uncertain=False)
    other = put(store, clock, "team:2")
    assert [message.id for message in take(store, clock)] == [other]
    with store.read() as tx:
        assert tx.queue.next_due() == clock() + timedelta(seconds=30)
    clock.forward(seconds=30)
    (again,) = take(store, clock)
    assert (again.id, again.uncertain) == (head.id, False)


def test_a_lane_without_its_first_message_is_buried_whole_and_told_once(store: Store, clock: Clock) -> None:
    for _ in range(3):
        put(store, clock)
    (head,) = take(store, clock)
    with store.begin() as tx:
        assert tx.queue.mark_dead(head, "is_archived") is True
        assert tx.queue.mark_dead(head, "is_archived") is False
    assert [state for _, state in states(store)] == ["dead"] * 3
    with store.begin() as tx:
        assert tx.outbox.post(tx.outbox.lane("team:1", "C1"), HELLO, at=clock()) is None


def test_one_bad_reply_does_not_bury_the_conversation(store: Store, clock: Clock) -> None:
    put(store, clock)
    (card,) = take(store, clock)
    sent(store, clock, card)
    put(store, clock, text="too odd")
    last = put(store, clock)
    (bad,) = take(store, clock)
    with store.begin() as tx:
        assert tx.queue.mark_dead(bad, "invalid_blocks") is True
    assert [message.id for message in take(store, clock)] == [last]


def test_a_lane_that_cannot_be_reached_starts_anew_with_the_person(store: Store, clock: Clock) -> None:
    with store.begin() as tx:
        lane = tx.outbox.lane("reporter:1", "C9", thread_ts="1.1", person="UMARIA")
        tx.outbox.post(lane, HELLO, at=clock())
    (head,) = take(store, clock)
    assert head.in_thread
    with store.begin() as tx:
        tx.queue.move(head, "UMARIA", clock())
    (again,) = take(store, clock)
    assert (again.lane.channel, again.in_thread, again.lane.person) == ("UMARIA", False, None)


def test_a_deleted_card_is_said_again_and_stands_in(store: Store, clock: Clock) -> None:
    card = put(store, clock, text="old card")
    (head,) = take(store, clock)
    sent(store, clock, head, "1.1")
    with store.begin() as tx:
        tx.outbox.update(tx.outbox.lane("team:1", "C1"), card, {"text": "new card"}, at=clock())
    (update,) = take(store, clock)
    with store.begin() as tx:
        tx.queue.post_again(update, clock())
    (again,) = take(store, clock)
    assert (again.id, again.payload, again.in_thread) == (card, {"text": "new card"}, False)
    sent(store, clock, again, "2.2")
    with store.read() as tx:
        found = tx.outbox.find("team:1")
    assert found
    assert found.thread_ts == "2.2"


def test_a_rate_limit_is_no_attempt(store: Store, clock: Clock) -> None:
    put(store, clock)
    for _ in range(20):
        clock.forward(seconds=1)
        (head,) = take(store, clock)
        assert head.attempts == 1
        with store.begin() as tx:
            tx.queue.retry(head, clock(), "ratelimited", uncertain=False, counts=False)


def test_a_message_that_may_be_posted_is_updated_in_slack(store: Store, clock: Clock) -> None:
    card = put(store, clock, text="one")
    (head,) = take(store, clock)
    with store.begin() as tx:
        tx.queue.retry(head, clock(), "no_answer", uncertain=True)
        tx.outbox.update(tx.outbox.lane("team:1", "C1"), card, {"text": "two"}, at=clock())
    (again,) = take(store, clock)
    assert (again.payload, again.uncertain) == ({"text": "one"}, True)
    sent(store, clock, again, "1.1")
    (update,) = take(store, clock)
    assert (update.payload, update.target_ts) == ({"text": "two"}, "1.1")


def test_what_is_withdrawn_while_it_is_being_sent_is_not_tried_again(store: Store, clock: Clock) -> None:
    put(store, clock)
    (page,) = take(store, clock)
    with store.begin() as tx:
        lane = tx.outbox.lane("team:1", "C1")
        tx.outbox.withdraw(lane)
        tx.outbox.update_first(lane, {"text": "Ravi took it"}, at=clock())
    with store.begin() as tx:
        tx.queue.retry(page, clock() + timedelta(seconds=30), "ratelimited", uncertain=False, counts=False)
    assert [state for _, state in states(store)] == ["dropped", "dropped"]
    clock.forward(minutes=1)
    assert take(store, clock) == []


def test_what_is_withdrawn_too_late_has_arrived_and_is_changed_there(store: Store, clock: Clock) -> None:
    put(store, clock)
    (page,) = take(store, clock)
    with store.begin() as tx:
        lane = tx.outbox.lane("team:1", "C1")
        tx.outbox.withdraw(lane)
        tx.outbox.update_first(lane, {"text": "Ravi took it"}, at=clock())
    sent(store, clock, page)
    (change,) = take(store, clock)
    assert change.payload == {"text": "Ravi took it"}
