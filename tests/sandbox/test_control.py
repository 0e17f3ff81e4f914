"""The control API: what people type, files, the clock, the logs, and keeping the workspace."""

import asyncio
import json
import urllib.request
from datetime import UTC, datetime, timedelta

import pytest

from sandbox.server import Sandbox
from sandbox.triggers import Hook
from tests.sandbox.conftest import ROOT, AnsweredError, send, until
from tests.sandbox.test_web_api import error


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("a < b & c > d", "a &lt; b &amp; c &gt; d"),
        ("<!channel> <@U123>", "&lt;!channel&gt; &lt;@U123&gt;"),
        ("@channel and @here", "<!channel> and <!here>"),
        ("see https://x.y/z?a=1&b=2.", "see <https://x.y/z?a=1&amp;b=2>."),
        ("mail me: a.b@c.de", "mail me: <mailto:a.b@c.de|a.b@c.de>"),
        ("@nobody #nothing", "@nobody #nothing"),
    ],
)
def test_what_a_person_types_is_escaped_and_marked(shared_box, typed, stored):
    ts = shared_box.post("message", user="tom", channel="general", text=typed)["ts"]
    assert next(one["text"] for one in shared_box.messages("general") if one["ts"] == ts) == stored


def test_people_and_channels_become_mentions(shared_box):
    shared_box.post("message", user="tom", channel="general", text="@maria, look at #payroll-help.")
    text = shared_box.messages("general")[-1]["text"]
    assert text == f"<@{shared_box.user('maria')}>, look at <#{shared_box.channel('payroll-help')}|payroll-help>."


def test_the_state_shows_the_cast(shared_box):
    state = shared_box.get("state")
    assert {"maria", "lena", "gil", "hypercare"} <= {one["name"] for one in state["users"]}
    assert next(one for one in state["users"] if one["name"] == "gil")["is_guest"]
    [app] = state["apps"]
    assert app["commands"][0]["command"] == "/hypercare"
    random = next(one for one in state["channels"] if one["name"] == "random")
    assert shared_box.sandbox.bot_user_id not in random["members"]


def test_ids_are_the_same_in_every_run():
    async def ids():
        sandbox = Sandbox(manifest=ROOT / "manifest.yaml")
        return sandbox.user_id("maria"), sandbox.channel_id("general"), sandbox.bot_user_id

    assert asyncio.run(ids()) == asyncio.run(ids())


@pytest.mark.parametrize(
    ("path", "fields", "status", "sentence"),
    [
        ("nothing", {}, 404, "There is no POST /sandbox/nothing."),
        ("message", {"user": "maria", "channel": "general", "txt": "x"}, 400, "knows no field txt"),
        ("message", {"user": "maria"}, 400, "message needs channel."),
        ("message", {"user": "nemo", "channel": "general", "text": "x"}, 404, "There is no person called nemo."),
        ("message", {"user": "gil", "channel": "general", "text": "x"}, 403, "gil is not in general."),
        ("command", {"user": "maria", "channel": "general", "command": "/what"}, 404, "/what is not a valid command."),
        ("submit", {"user": "sam"}, 404, "sam has no open modal."),
        ("clock", {"to": "2001-01-01T00:00:00Z"}, 400, "The clock only goes forward"),
    ],
)
def test_wrong_requests_are_explained(shared_box, path, fields, status, sentence):
    with pytest.raises(AnsweredError) as refused:
        shared_box.post(path, **fields)
    assert refused.value.status == status
    assert sentence in refused.value.body["error"]


def test_people_edit_delete_and_react(shared_box):
    ts = shared_box.post("message", user="jo", channel="hypercare-desk", text="one")["ts"]
    shared_box.post("edit", user="jo", channel="hypercare-desk", ts=ts, text="two")
    shared_box.post("reaction", user="ravi", channel="hypercare-desk", ts=ts, name=":eyes:")
    message = next(one for one in shared_box.messages("hypercare-desk") if one["ts"] == ts)
    assert (message["text"], message["edited"]["user"]) == ("two", shared_box.user("jo"))
    assert message["reactions"] == [{"name": "eyes", "users": [shared_box.user("ravi")], "count": 1}]
    with pytest.raises(AnsweredError):
        shared_box.post("delete", user="ravi", channel="hypercare-desk", ts=ts)
    shared_box.post("delete", user="jo", channel="hypercare-desk", ts=ts)
    assert ts not in [one["ts"] for one in shared_box.messages("hypercare-desk")]


def test_a_direct_message_to_the_bot_is_an_im(shared_box):
    shared_box.post("message", user="ann", channel="@hypercare", text="hello")
    events = until(lambda: [row["payload"]["event"] for row in shared_box.deliveries("message") if "hello" in str(row)])
    assert events[0]["channel_type"] == "im"


def test_files_are_uploaded_shared_and_read_with_a_token(shared_box):
    url = f"{shared_box.sandbox.url}/sandbox/upload?user=maria&filename=shot.png"
    file = json.loads(send(url, b"\x89PNG"))["file"]
    files = [file["id"], {"name": "note.txt", "content": "hi"}]
    shared_box.post("message", user="maria", channel="payroll-help", text="look", files=files)
    shared = shared_box.messages("payroll-help")[-1]["files"]
    assert [(one["name"], one["mimetype"]) for one in shared] == [("shot.png", "image/png"), ("note.txt", "text/plain")]
    token = {"Authorization": f"Bearer {shared_box.sandbox.bot_token}"}
    assert send(file["url_private"], headers=token) == b"\x89PNG"
    assert b"Sign in" in send(file["url_private"])
    assert send(f"{shared_box.sandbox.url}/sandbox/files/{file['id']}") == b"\x89PNG"


def test_the_bot_can_be_sent_out_and_asked_in(box):
    box.post("leave", user="hypercare", channel="general")
    assert error(box.client.chat_postMessage, channel="#general", text="x")["error"] == "not_in_channel"
    box.post("join", user="hypercare", channel="general")
    assert box.client.chat_postMessage(channel="#general", text="x")["ok"]


def test_the_clock_moves_and_what_was_planned_happens(make_box):
    box = make_box(start=datetime(2026, 3, 2, 8, 0, tzinfo=UTC))
    moved = []
    box.sandbox.clock.on_move(lambda: moved.append(box.sandbox.clock.now()))
    at = int(datetime(2026, 3, 2, 9, 0, tzinfo=UTC).timestamp())
    box.client.chat_scheduleMessage(channel="#general", text="Good morning", post_at=at)
    assert len(box.client.chat_scheduledMessages_list()["scheduled_messages"]) == 1
    assert box.messages("general") == []
    box.post("clock", to="2026-03-02T09:00:01+00:00")
    assert [one["text"] for one in box.messages("general")] == ["Good morning"]
    assert moved[0] >= datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
    assert box.client.chat_scheduledMessages_list()["scheduled_messages"] == []
    assert float(box.messages("general")[0]["ts"]) >= at


def test_stamps_grow_even_when_the_clock_goes_back(box):
    first = box.post("message", user="maria", channel="general", text="one")["ts"]
    box.post("clock", advance=-3600, force=True)
    assert box.post("message", user="maria", channel="general", text="two")["ts"] > first


def test_calls_are_written_down(box):
    box.client.chat_postMessage(channel="#general", text="x")
    [row] = box.get("calls")["calls"]
    assert (row["seq"], row["method"], row["args"]["text"]) == (1, "chat.postMessage", "x")
    assert row["response"]["ok"]
    assert "token" not in row["args"]
    assert box.get("calls", since=1)["calls"] == []


def test_the_stream_tells_what_changes(box):
    with urllib.request.urlopen(f"{box.sandbox.url}/sandbox/stream", timeout=5) as stream:
        assert stream.readline() == b": hello\n"
        box.post("message", user="maria", channel="general", text="news")
        lines = iter(stream.readline, b"")
        news = next(json.loads(line[6:]) for line in lines if line.startswith(b"data: "))
    assert (news["type"], news["message"]["text"]) == ("message", "news")


def test_a_reader_of_the_stream_says_what_it_wants_whole(box):
    with urllib.request.urlopen(f"{box.sandbox.url}/sandbox/stream?contents=call", timeout=5) as stream:
        assert stream.readline() == b": hello\n"
        box.client.chat_postMessage(channel="#general", text="news")
        lines = iter(stream.readline, b"")
        told = (json.loads(line[6:]) for line in lines if line.startswith(b"data: "))
        first, call = next(told), next(news for news in told if news["type"] == "call")
    assert first == {"type": "message"}
    assert call["call"]["args"]["text"] == "news"


def test_a_response_url_works_five_times(box):
    hook = Hook(box.channel("general"), box.user("maria"), box.sandbox.clock.seconds() + 60)
    url = box.sandbox.world.hooks.url("commands", "T1", hook)
    for number in range(5):
        assert send(url, {"text": str(number)}) == b"ok"
    with pytest.raises(AnsweredError, match="used_url"):
        send(url, {"text": "six"})
    assert len(box.messages("general", user="maria")) == 5


def test_the_workspace_is_kept_between_runs(make_box, tmp_path):
    box = make_box(data=tmp_path)
    ts = box.post("message", user="maria", channel="general", text="keep me", files=[{"name": "a", "content": "b"}])[
        "ts"
    ]
    box.post("reaction", user="jo", channel="general", ts=ts, name="eyes")
    box.post("clock", advance=timedelta(days=7).total_seconds())
    box.loop.run(box.sandbox.stop())
    again = make_box(data=tmp_path)
    [message] = again.messages("general")
    assert (message["text"], message["reactions"][0]["name"]) == ("keep me", "eyes")
    assert again.post("message", user="maria", channel="general", text="next")["ts"] > ts
    assert again.sandbox.clock.now() > datetime.now(UTC) + timedelta(days=6)
    assert send(f"{again.sandbox.url}/sandbox/files/{message['files'][0]['id']}") == b"b"


def test_a_taken_port_is_an_error(box):
    async def start():
        port = int(box.sandbox.url.rpartition(":")[2])
        await Sandbox(manifest=ROOT / "manifest.yaml", port=port).start()

    with pytest.raises(OSError, match="in use"):
        asyncio.run(start())
