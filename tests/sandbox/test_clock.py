"""A clock that runs fast: what it shows, who may follow it, and everything that lives by it."""

import json
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta

import pytest

from sandbox.clock import Clock
from sandbox.limits import POST_BURST
from sandbox.triggers import Hook
from tests.sandbox.conftest import ROOT, AnsweredError, send, until
from tests.sandbox.test_faults_and_limits import post
from tests.sandbox.test_web_api import error

MONDAY = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


def followed(reading):
    """What another process takes the time to be."""
    since = datetime.now(UTC) - datetime.fromisoformat(reading["real"])
    return datetime.fromisoformat(reading["now"]) + since * reading["speed"]


def test_a_clock_runs_as_fast_as_it_is_told():
    began, clock = time.monotonic(), Clock(MONDAY, speed=1000)
    time.sleep(0.05)
    passed = (clock.now() - MONDAY).total_seconds()
    assert 50 <= passed <= 1000 * (time.monotonic() - began) + 1  # the clock and `monotonic` are not one
    assert clock.real_seconds(500) == 0.5
    assert clock.real_seconds(-1) == 0


def test_another_speed_does_not_move_the_clock():
    clock, told = Clock(MONDAY), []
    clock.on_move(lambda: told.append(clock.speed))
    for speed in (1000, 0.1, 60):
        before = clock.now()
        clock.set_speed(speed)
        assert timedelta() <= clock.now() - before < timedelta(minutes=5)
    assert told == [1000, 0.1, 60]


@pytest.mark.parametrize("speed", [0, -1, 0.05, 1001, float("nan")])
def test_a_speed_out_of_range_is_refused(speed):
    with pytest.raises(ValueError, match=r"between 0\.1 and 1000"):
        Clock(speed=speed)


def test_the_speed_is_set_and_read_over_the_control_api(box):
    assert box.get("clock")["speed"] == box.get("state")["speed"] == 1
    reading = box.post("clock", speed=60)
    assert reading["speed"] == 60
    assert abs(followed(reading) - box.sandbox.clock.now()) < timedelta(seconds=1)
    assert abs(followed(reading) - followed(box.get("clock"))) < timedelta(seconds=1)
    to = box.sandbox.clock.now() + timedelta(days=1)
    both = box.post("clock", to=to.isoformat(), speed=2)
    assert (both["speed"], datetime.fromisoformat(both["now"]) >= to) == (2, True)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({}, "clock needs either advance or to, or speed"),
        ({"advance": 1, "to": "2040-01-01T00:00:00Z"}, "clock needs either advance or to"),
        ({"speed": 0}, "speed has to be between 0.1 and 1000."),
        ({"speed": 5000, "advance": 60}, "speed has to be between 0.1 and 1000."),
        ({"speed": "fast"}, "speed has to be a number."),
        ({"speed": 5, "advance": -60}, "The clock only goes forward"),
    ],
)
def test_a_clock_that_makes_no_sense_stays_as_it_is(box, fields, sentence):
    with pytest.raises(AnsweredError, match=sentence):
        box.post("clock", **fields)
    assert box.get("clock")["speed"] == 1
    assert abs(box.sandbox.clock.now() - datetime.now(UTC)) < timedelta(seconds=1)


def test_what_is_planned_comes_on_time_at_any_speed(make_box):
    box = make_box(start=MONDAY, speed=100)
    at = int(box.sandbox.clock.seconds()) + 30
    box.client.chat_scheduleMessage(channel="#general", text="on time", post_at=at)
    [message] = until(lambda: box.messages("general"))
    assert 0 <= float(message["ts"]) - at < 40


def test_who_waits_looks_again_when_the_clock_gets_faster(make_box):
    box = make_box(start=MONDAY)
    at = int(box.sandbox.clock.seconds()) + 300
    box.client.chat_scheduleMessage(channel="#general", text="sooner", post_at=at)
    box.post("clock", speed=1000)
    [message] = until(lambda: box.messages("general"), 3)
    assert 0 <= float(message["ts"]) - at < 400


def test_limits_refill_as_fast_as_the_clock_runs(make_box):
    box = make_box(speed=0.1)
    for number in range(POST_BURST):
        post(box, str(number))
    assert error(post, box, "too many")["error"] == "ratelimited"
    box.post("clock", speed=1000)
    time.sleep(0.02)
    for number in range(POST_BURST):
        post(box, str(number))


def test_response_urls_expire_by_the_clock_and_triggers_by_real_seconds(make_box):
    box = make_box(speed=1000)
    trigger = box.trigger()
    hook = Hook(box.channel("general"), box.user("maria"), box.sandbox.clock.seconds() + 50)
    url = box.sandbox.world.hooks.url("commands", "T1", hook)
    time.sleep(0.06)
    with pytest.raises(AnsweredError, match="expired_url"):
        send(url, {"text": "x"})
    assert box.sandbox.world.triggers.problem(trigger) is None


def test_the_program_says_what_time_it_is_and_how_fast(tmp_path):
    command = [sys.executable, "-m", "sandbox", "--speed", "60"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT, text=True) as program:
        ready = json.loads(program.stdout.readline())
        clock = json.loads(send(f"{ready['url']}/sandbox/clock"))
        program.send_signal(signal.SIGTERM)
    assert (ready["speed"], clock["speed"], program.returncode) == (60, 60, 0)
    assert abs(followed(ready) - followed(clock)) < timedelta(seconds=1)


def test_the_program_refuses_a_speed_out_of_range():
    command = [sys.executable, "-m", "sandbox", "--speed", "0"]
    refused = subprocess.run(command, capture_output=True, cwd=ROOT, text=True, check=False, timeout=20)
    assert refused.returncode == 2
    assert "speed has to be between 0.1 and 1000." in refused.stderr
