"""Slack on a bad day: rate limits, errors, delays and lost replies."""

import time
import urllib.error

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_handlers import RateLimitErrorRetryHandler

from sandbox.limits import POST_BURST
from sandbox.triggers import Hook
from tests.sandbox.conftest import AnsweredError, send
from tests.sandbox.test_web_api import error


def post(box, text, channel="#general"):
    return box.client.chat_postMessage(channel=channel, text=text)


def test_posting_is_limited_per_channel_and_refills_with_the_clock(box):
    for number in range(POST_BURST):
        post(box, str(number))
    refused = error(post, box, "too many")
    assert (refused["error"], refused.status_code) == ("ratelimited", 429)
    assert int(refused.headers["Retry-After"]) == 1
    post(box, "elsewhere", "#hypercare-desk")
    box.post("clock", advance=60)
    post(box, "later")
    box.post("limits", enabled=False)
    for number in range(2 * POST_BURST):
        post(box, str(number))


def test_tiers_limit_other_methods(box):
    ts = post(box, "root")["ts"]
    channel = box.channel("general")
    for _ in range(50):
        box.client.conversations_replies(channel=channel, ts=ts)
    assert error(box.client.conversations_replies, channel=channel, ts=ts)["error"] == "ratelimited"


def test_a_client_that_waits_gets_through(box):
    box.post("faults", method="chat.postMessage", retry_after=1, channel="general")
    handlers = [RateLimitErrorRetryHandler(max_retry_count=1)]
    client = WebClient(box.sandbox.bot_token, base_url=box.sandbox.api_url, retry_handlers=handlers)
    assert client.chat_postMessage(channel=box.channel("general"), text="patience")["ok"]
    assert [one["status"] for one in box.get("calls")["calls"]] == [429, 200]


def test_an_error_hits_as_often_as_it_was_ordered(box):
    box.post("faults", method="chat.postMessage", error="internal_error", times=2)
    assert [error(post, box, "x")["error"] for _ in range(2)] == ["internal_error"] * 2
    assert post(box, "x")["ok"]
    assert box.get("faults")["faults"] == []


def test_a_fault_for_one_channel_leaves_the_others_alone(box):
    box.post("faults", method="*", channel="hypercare-desk", error="fatal_error", times=-1)
    assert post(box, "x")["ok"]
    assert error(post, box, "x", box.channel("hypercare-desk"))["error"] == "fatal_error"
    box.delete("faults")
    assert post(box, "x", "#hypercare-desk")["ok"]


def test_garbage_with_a_server_error(box):
    box.post("faults", method="chat.postMessage", status=503, body="<html>upstream</html>")
    with pytest.raises(SlackApiError) as failed:
        post(box, "x")
    assert failed.value.response.status_code == 503


def test_a_lost_reply_still_did_the_work(box):
    box.post("faults", method="chat.postMessage", drop_reply=True)
    with pytest.raises((urllib.error.URLError, ConnectionError)):
        post(box, "did it arrive?")
    assert [one["text"] for one in box.messages("general")] == ["did it arrive?"]


def test_a_dropped_request_did_nothing(box):
    box.post("faults", method="chat.postMessage", drop_request=True)
    with pytest.raises((urllib.error.URLError, ConnectionError)):
        post(box, "lost")
    assert box.messages("general") == []


def test_a_slow_call_is_answered_late(box):
    box.post("faults", method="chat.postMessage", delay=0.3)
    began = time.monotonic()
    assert post(box, "slow")["ok"]
    assert time.monotonic() - began > 0.3


def test_a_fault_that_says_nothing_is_refused(box):
    with pytest.raises(AnsweredError, match="A fault needs"):
        send(f"{box.sandbox.url}/sandbox/faults", {"method": "chat.update"})


def test_response_urls_fail_as_well(box):
    url = box.sandbox.world.hooks.url("commands", "T1", Hook(box.channel("general"), box.user("maria"), 9e9))
    box.post("faults", method="response_url", status=500)
    with pytest.raises(AnsweredError, match="500"):
        send(url, {"text": "x"})
    assert send(url, {"text": "x"}) == b"ok"
