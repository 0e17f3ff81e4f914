"""Bolt for JavaScript, in the two versions that people use, and Bolt for Python as apps of the sandbox."""

import socket

import pytest

from tests.judges import node
from tests.sandbox.conftest import Bolt, HttpBolt, until

SOCKET, HTTP = MODES = ("socket", "http")
BOTH = ((SOCKET, "bolt4"), (SOCKET, "@slack/bolt"), (HTTP, "@slack/bolt"))


@pytest.fixture(params=MODES)
def ready_box(make_box, request):
    with socket.socket() as bound:  # the app of Python listens on this one, that of JavaScript on its port
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(("127.0.0.1", 0))
        port = bound.getsockname()[1]
        made = make_box(mode=request.param, request_url=f"http://127.0.0.1:{port}/slack/events")
        made.app_port, made.app_socket, made.mode = port, bound, request.param
        yield made


@pytest.mark.parametrize(("ready_box", "bolt_name"), BOTH, indirect=["ready_box"])
def test_an_app_of_bolt_for_javascript_works_in_the_sandbox(ready_box, bolt_name):
    sandbox = ready_box.sandbox
    tokens = {name: getattr(sandbox, name) for name in ("bot_token", "app_token", "signing_secret")}
    about = {"bolt": bolt_name, "mode": ready_box.mode, "api": sandbox.api_url, "port": ready_box.app_port}
    ready_box.app_socket.close()
    with node.program("bolt.mjs", tokens | about):
        until(lambda: ready_box.get("state")["ready"])
        people_use(ready_box)


def test_an_app_of_bolt_for_python_works_in_the_sandbox(ready_box, bolt):
    bolt(ready_box, python_app, Bolt if ready_box.mode == "socket" else HttpBolt)
    people_use(ready_box)


def people_use(box):
    """A command that opens a form, a form that posts, a button that answers, an event, and what they get of it."""
    where = {"user": "maria", "channel": "general"}
    answer = box.post("command", **where, command="/hypercare", text="this & that")
    assert answer["response"] == "You typed this &amp; that."
    until(lambda: "Fill in the form." in [one["text"] for one in box.messages("general", user="maria")])
    until(lambda: box.get("views", user="maria")["modals"])
    assert box.post("submit", user="maria", values={"why": "no"}) == {"errors": {"why": "Say more."}}
    assert box.post("submit", user="maria", values={"why": "The till is down"}) == {"closed": True}
    card = until(lambda: [one for one in box.messages("general") if one["text"] == "The till is down"])[0]
    box.post("action", user="jo", channel="general", ts=card["ts"], action_id="take")
    until(lambda: "jo has taken The till is down." in [one["text"] for one in box.messages("general")])
    ts = box.post("message", **where, text="@hypercare are you there?")["ts"]
    replies = until(lambda: box.messages("general", thread_ts=ts)[1:])
    assert [one["text"] for one in replies] == [f"Hello <@{box.user('maria')}>"]


def python_app(app):
    """The same as bolt.mjs."""

    @app.command("/hypercare")
    async def command(ack, command, client, respond):
        await ack(f"You typed {command['text']}.")
        element = {"type": "plain_text_input", "action_id": "value"}
        block = {"type": "input", "block_id": "why", "label": plain("Why"), "element": element}
        view = {"type": "modal", "callback_id": "form", "title": plain("Form"), "submit": plain("Send")}
        await client.views_open(trigger_id=command["trigger_id"], view=view | {"blocks": [block]})
        await respond("Fill in the form.")

    @app.view("form")
    async def form(ack, view, client):
        why = view["state"]["values"]["why"]["value"]["value"]
        if why == "no":
            await ack(response_action="errors", errors={"why": "Say more."})
            return
        await ack()
        button = {"type": "button", "action_id": "take", "text": plain("Take"), "value": why}
        await client.chat_postMessage(channel="#general", text=why, blocks=[{"type": "actions", "elements": [button]}])

    @app.action("take")
    async def take(ack, action, body, respond):
        await ack()
        await respond(f"{body['user']['username']} has taken {action['value']}.", replace_original=True)

    @app.event("app_mention")
    async def mention(event, say):
        await say(f"Hello <@{event['user']}>", thread_ts=event["ts"])


def plain(text):
    return {"type": "plain_text", "text": text}
