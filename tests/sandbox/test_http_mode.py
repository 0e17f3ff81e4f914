"""HTTP mode with a real Bolt app: signatures, commands, events and their retries."""

import socket
import threading

import pytest
from slack_bolt import BoltResponse

from sandbox.delivery.http import signature
from tests.sandbox.conftest import HttpBolt, until


@pytest.fixture
def http_box(make_box):
    bound = socket.socket()  # the app listens on this one, so that no other program can take its port
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.bind(("127.0.0.1", 0))
    port = bound.getsockname()[1]
    made = make_box(mode="http", request_url=f"http://127.0.0.1:{port}/slack/events")
    made.app_port, made.app_socket = port, bound
    yield made
    bound.close()


def test_the_official_signature_vector():
    body = (
        b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V"
        b"&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text="
        b"&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
        b"&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
    )
    wanted = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
    assert signature("8f742231b10e8888abcd99yyyzzz85a5", "1531420618", body) == wanted


def test_commands_actions_and_events_arrive_signed(http_box, bolt):
    seen = threading.Event()

    def app(app):
        @app.command("/hypercare")
        async def command(ack):
            await ack("Hello over HTTP")

        @app.action("take")
        async def take(ack, respond):
            await ack()
            await respond("Taken", replace_original=False)

        @app.event("message")
        async def message(event):
            seen.set()

    bolt(http_box, app, HttpBolt)
    answer = http_box.post("command", user="maria", channel="general", command="/hypercare", text="a&b=c")
    assert answer == {"ok": True, "response": "Hello over HTTP"}
    button = {"type": "button", "action_id": "take", "text": {"type": "plain_text", "text": "Take"}}
    posted = http_box.client.chat_postMessage(
        channel="#general", text="card", blocks=[{"type": "actions", "elements": [button]}]
    )
    assert http_box.post("action", user="jo", channel="general", ts=posted["ts"], action_id="take")["ok"]
    until(lambda: http_box.messages("general", user="jo")[-1]["text"] == "Taken")
    http_box.post("message", user="maria", channel="general", text="hello")
    assert seen.wait(3)


def test_an_event_that_fails_comes_again_with_the_retry_headers(http_box, bolt):
    tries = []

    def app(app):
        @app.middleware
        async def refuse_first(req, next_):
            if req.body.get("type") != "event_callback":
                return await next_()
            headers = req.headers
            tries.append((headers.get("x-slack-retry-num"), headers.get("x-slack-retry-reason")))
            return BoltResponse(status=500) if len(tries) == 1 else await next_()

        @app.event("message")
        async def message(event):
            pass

    bolt(http_box, app, HttpBolt)
    http_box.post("message", user="maria", channel="general", text="hello")
    until(lambda: len(tries) == 2)
    assert tries == [(None, None), (["1"], ["http_error"])]


def test_a_command_without_an_app_fails(http_box):
    answer = http_box.post("command", user="maria", channel="general", command="/hypercare")
    assert (answer["ok"], answer["error"]) == (False, "dispatch_failed")


def test_an_event_said_while_the_app_is_away_comes_when_it_is_back(http_box, bolt):
    came = threading.Event()

    def app(app):
        @app.event("message")
        async def message(event):
            came.set()

    running = bolt(http_box, app, HttpBolt)
    running.loop.run(running._close())
    http_box.post("message", user="maria", channel="general", text="is anybody there?")
    until(lambda: len(http_box.deliveries("message")) == 2)  # refused, and refused again at once
    running.loop.run(running.connect())
    assert came.wait(8)
    assert [one["outcome"] for one in http_box.deliveries("message")] == ["not_connected", "not_connected", "acked"]
