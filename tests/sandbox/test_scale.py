"""A workspace that grows: pages of a long history, totals of forgotten calls, and nothing that is kept for ever."""

import asyncio
import re
import urllib.error
from itertools import pairwise

import pytest

from sandbox import model, timeline
from sandbox.delivery.presence import Presence
from sandbox.model import Message
from sandbox.stream import KEPT_ROWS, Log, Stream
from sandbox.timeline import between, micros
from tests.sandbox.conftest import AnsweredError, send
from tests.sandbox.test_web_api import error

STAMPS = [f"100.{number:06d}" for number in range(1, 8)]


def say(box, count, **details):
    """Posts without HTTP; answers the timestamps."""
    world, channel = box.sandbox.world, box.channel("general")

    async def post():
        messages = [world.bot_message(channel, str(number), **details) for number in range(count)]
        return [world.workspace.post(one).ts for one in messages]

    return box.loop.run(post())


def pages(call, **fields):
    """The texts of every page."""
    found, cursor = [], None
    while cursor != "":
        answer = call(**fields, cursor=cursor)
        found.append([one["text"] for one in answer["messages"]])
        assert answer["has_more"] == bool(answer.get("response_metadata"))
        cursor = answer.get("response_metadata", {}).get("next_cursor", "")
    return found


def texts(*numbers):
    return [str(number) for number in numbers]


@pytest.mark.parametrize(
    ("oldest", "latest", "inclusive", "wanted"),
    [
        ("0", "9999999999", False, STAMPS),
        (STAMPS[2], STAMPS[5], False, STAMPS[3:5]),
        (STAMPS[2], STAMPS[5], True, STAMPS[2:6]),
        ("100.0000025", "101", False, STAMPS[2:]),
        (STAMPS[5], STAMPS[2], True, []),
        ("200", "300", True, []),
    ],
)
def test_what_lies_between_two_timestamps(oldest, latest, inclusive, wanted):
    span = between(STAMPS, micros(oldest), micros(latest), inclusive=inclusive)
    assert span.oldest(100, None) == (wanted, None)
    assert span.newest(100, None) == (wanted[::-1], None)


@pytest.mark.parametrize("ts", ["", ".", "x", "1.2.3", "-1", "²"])
def test_what_is_no_timestamp(ts):
    with pytest.raises(ValueError, match=rf"^{re.escape(ts)}$|invalid literal"):
        micros(ts)


def test_a_history_is_read_in_pages_while_it_grows_and_shrinks(box):
    stamps, general = say(box, 5), box.channel("general")
    assert pages(box.client.conversations_history, channel=general, limit=2) == [
        texts(4, 3),
        texts(2, 1),
        texts(0),
    ]
    first = box.client.conversations_history(channel=general, limit=2)
    say(box, 1)
    box.client.chat_delete(channel=general, ts=stamps[2])
    cursor = first["response_metadata"]["next_cursor"]
    rest = box.client.conversations_history(channel=general, limit=2, cursor=cursor)
    assert [one["text"] for one in rest["messages"]] == texts(1, 0)
    window = {"oldest": stamps[0], "latest": stamps[3], "inclusive": True, "limit": 2}
    assert pages(box.client.conversations_history, channel=general, **window) == [texts(3, 1), texts(0)]


def test_a_thread_is_read_in_pages_that_begin_with_its_root(box):
    [root], general = say(box, 1), box.channel("general")
    stamps = say(box, 5, thread_ts=root)
    box.client.chat_delete(channel=general, ts=stamps[1])
    thread = {"channel": general, "ts": root}
    assert pages(box.client.conversations_replies, **thread, limit=3) == [texts(0, 0, 2, 3), texts(0, 4)]
    since = box.client.conversations_replies(**thread, oldest=stamps[3])["messages"]
    assert [one["text"] for one in since] == texts(0, 4)
    assert [one["text"] for one in box.messages("general", thread_ts=root)] == texts(0, 0, 2, 3, 4)
    assert len(box.messages("general")) == 5


@pytest.mark.parametrize(
    ("fields", "wanted"),
    [
        ({"cursor": "next:100"}, "invalid_cursor"),
        ({"oldest": "yesterday"}, "invalid_ts_oldest"),
        ({"latest": "now"}, "invalid_ts_latest"),
    ],
)
def test_places_that_do_not_exist_are_refused(box, fields, wanted):
    assert error(box.client.conversations_history, channel=box.channel("general"), **fields)["error"] == wanted


def test_a_page_of_a_long_history_looks_at_few_messages(box, monkeypatch):
    channel = box.sandbox.world.workspace.channel("general")
    for number in range(1 << 12):
        channel.add(Message(f"{1_700_000_000 + number}.000001", channel.id, box.user("maria"), str(number)))
    looks = []
    monkeypatch.setattr(timeline, "micros", lambda ts: looks.append(ts) or micros(ts))
    cursor = f"next_ts:{1_700_000_100_000_001}"
    page = box.client.conversations_history(channel=channel.id, limit=2, oldest="1700000050", cursor=cursor)["messages"]
    assert [one["text"] for one in page] == texts(100, 99)
    assert len(looks) < 50


def test_a_kept_workspace_has_its_history_again(make_box, tmp_path):
    box = make_box(data=tmp_path)
    [root, *_] = say(box, 3)
    say(box, 2, thread_ts=root)
    box.loop.run(box.sandbox.stop())
    again = make_box(data=tmp_path)
    assert pages(again.client.conversations_history, channel=again.channel("general")) == [texts(2, 1, 0)]


def test_totals_tell_what_became_of_every_call(box):
    general = box.channel("general")
    post = {"channel": general, "text": "x"}
    assert box.client.chat_postMessage(**post)["ok"]
    for fault in ({"error": "internal_error"}, {"retry_after": 1}, {"status": 503}):
        box.post("faults", method="chat.postMessage", **fault)
        error(box.client.chat_postMessage, **post)
    for fault in ("drop_reply", "drop_request"):
        box.post("faults", method="chat.postMessage", **{fault: True})
        with pytest.raises((urllib.error.URLError, ConnectionError)):
            box.client.chat_postMessage(**post)
    error(box.client.chat_postMessage, channel="C0NOWHERE00", text="x")
    with pytest.raises(AnsweredError, match="invalid_url"):
        send(f"{box.sandbox.url}/commands/T1/1/unknown", {"text": "x"})
    assert box.get("totals")["calls"] == {
        "chat.postMessage": {
            "ok": 2,
            "internal_error": 1,
            "ratelimited": 1,
            "http_503": 1,
            "dropped": 2,
            "channel_not_found": 1,
        },
        "response_url": {"invalid_url": 1},
    }


def test_the_log_keeps_the_newest_rows_and_reads_on_from_any():
    log = Log("call", Stream())
    for number in range(KEPT_ROWS + 10):
        log.add({"number": number})
    assert [row["seq"] for row in log.since(KEPT_ROWS + 7)] == [KEPT_ROWS + 8, KEPT_ROWS + 9, KEPT_ROWS + 10]
    everything = log.since(0)
    assert (len(everything), everything[0]) == (KEPT_ROWS, {"seq": 11, "number": 10})
    assert all(after["seq"] == before["seq"] + 1 for before, after in pairwise(everything))
    assert log.since(KEPT_ROWS + 10) == []


def test_of_what_only_one_person_saw_the_oldest_is_forgotten(box, monkeypatch):
    monkeypatch.setattr(model, "KEPT_EPHEMERALS", 3)
    channel = box.sandbox.world.workspace.channel("general")
    for number in range(5):
        channel.whisper(Message(f"{number}.000001", channel.id, "U1", str(number)))
    assert [one.text for one in channel.ephemerals.values()] == texts(2, 3, 4)


def test_those_who_wait_for_the_app_are_woken_in_turn():
    async def wait():
        presence, woken = Presence(), []

        async def one(name):
            woken.append((name, await presence.wait(5)))

        assert await presence.wait(0.01) is False
        waiting = [asyncio.create_task(one(name)) for name in "abc"]
        await asyncio.sleep(0)
        presence.come()
        await asyncio.gather(*waiting)
        assert await presence.wait(None)
        presence.go()
        assert await presence.wait(0) is False
        return woken

    assert asyncio.run(wait()) == [("a", True), ("b", True), ("c", True)]
