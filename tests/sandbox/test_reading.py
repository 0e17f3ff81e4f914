"""How people read: history page by page, what waits for whom, and what they find."""

import pytest

from tests.sandbox.conftest import AnsweredError


def say(box, user, text, channel="payroll-help", **more):
    return box.post("message", user=user, channel=channel, text=text, **more)["ts"]


def test_history_comes_in_pages_without_gaps_or_repeats(box):
    said = [say(box, "tom", f"Number {n}") for n in range(7)]
    say(box, "jo", "A reply stays in its thread", thread_ts=said[0])
    newest = box.get("messages", channel="payroll-help", user="maria", limit=3)
    assert [one["ts"] for one in newest["messages"]] == said[4:]
    assert (newest["has_older"], newest["has_newer"]) == (True, False)
    older = box.get("messages", channel="payroll-help", user="maria", limit=3, before=said[4])
    assert [one["ts"] for one in older["messages"]] == said[1:4]
    newer = box.get("messages", channel="payroll-help", user="maria", limit=3, after=said[1])
    assert [one["ts"] for one in newer["messages"]] == said[2:5]
    around = box.get("messages", channel="payroll-help", user="maria", limit=4, around=said[3])
    assert said[3] in [one["ts"] for one in around["messages"]]
    assert around["has_older"]
    assert around["has_newer"]
    for wrong in ({"limit": 0}, {"limit": "many"}, {"limit": 5, "before": "yesterday"}):
        with pytest.raises(AnsweredError):
            box.get("messages", channel="payroll-help", **wrong)


def test_what_waits_is_counted_for_each_person_until_it_is_read_or_taken_back(box):
    say(box, "tom", "Before anybody looked")
    assert box.get("unread", user="maria")["places"] == {}
    channel = box.channel("payroll-help")
    said = say(box, "maria", "The payslip page stays empty")
    named = say(box, "tom", "@maria, which browser?")
    replied = say(box, "jo", "Here too", thread_ts=said)
    assert box.get("unread", user="maria")["places"] == {
        channel: {"count": 1, "direct": 1, "latest": named},
        f"{channel}:{said}": {"count": 1, "direct": 1, "latest": replied},
    }
    assert box.get("unread", user="jo")["places"] == {channel: {"count": 2, "direct": 0, "latest": ""}}
    assert box.get("unread", user="jo")["others"] == {box.user("maria"): 2}
    assert [one["unread"] for one in box.get("threads", user="maria")["threads"]] == [1]

    box.post("delete", user="tom", channel="payroll-help", ts=named)
    box.post("read", user="maria", channel="payroll-help", thread_ts=said)
    assert box.get("unread", user="maria")["places"] == {}
    assert box.get("state", user="jo")["unread"]["places"] == {channel: {"count": 1, "direct": 0, "latest": ""}}


def test_search_finds_all_words_where_the_person_may_look(box):
    say(box, "tom", "The blue printer on floor 2")
    say(box, "jo", "A blue secret", channel="hypercare-desk")
    found = box.get("search", user="tom", query="BLUE printer")
    assert [one["message"]["text"] for one in found["found"]] == ["The blue printer on floor 2"]
    assert box.get("search", user="gil", query="secret")["total"] == 0
    assert box.get("search", user="tom", query=" ")["found"] == []
