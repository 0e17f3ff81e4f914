"""Socket Mode on the wire: tickets, the ten sockets, one socket per envelope, pings, and the builtin client."""

import asyncio
import json
import threading

import aiohttp
from slack_bolt import App
from slack_bolt.adapter.socket_mode.builtin import SocketModeHandler
from slack_sdk import WebClient

from tests.sandbox.conftest import until


def opened(box):
    client = WebClient(base_url=box.sandbox.api_url)
    return client.apps_connections_open(app_token=box.sandbox.app_token)["url"]


def talk(work):
    async def run():
        async with aiohttp.ClientSession() as session:
            return await work(session)

    return asyncio.run(run())


def test_a_ticket_opens_one_socket(box):
    url = opened(box)

    async def twice(session):
        async with session.ws_connect(url) as first:
            hello = await first.receive_json()
            refused = await session.get(url.replace("ws:", "http:"))
            return hello, refused.status

    hello, status = talk(twice)
    assert (hello["type"], hello["num_connections"], status) == ("hello", 1, 403)


def test_the_eleventh_socket_is_refused(box):
    urls = [opened(box) for _ in range(11)]

    async def many(session):
        sockets = [await session.ws_connect(url) for url in urls]
        first = [(await one.receive_json()) for one in sockets]
        for one in sockets:
            await one.close()
        return [one.get("reason") for one in first]

    assert talk(many) == [None] * 10 + ["too_many_websockets"]


def test_each_envelope_goes_to_one_socket_in_turn(box):
    urls = [opened(box) for _ in range(2)]

    async def two(session):
        sockets = [await session.ws_connect(url) for url in urls]
        for one in sockets:
            await one.receive_json()
        got = []
        for number in range(2):
            fields = {"user": "maria", "channel": "general", "text": str(number)}
            async with session.post(f"{box.sandbox.url}/sandbox/message", json=fields) as answer:
                await answer.read()
        for one in sockets:
            envelope = await asyncio.wait_for(one.receive_json(), 2)
            await one.send_json({"envelope_id": envelope["envelope_id"]})
            got.append(envelope["payload"]["event"]["text"])
            await one.close()
        return got

    assert sorted(talk(two)) == ["0", "1"]
    until(lambda: [one["outcome"] for one in box.deliveries("message")] == ["acked", "acked"])


def test_pings_come_back_with_their_words(box):
    url = opened(box)

    async def ping(session):
        async with session.ws_connect(url, autoping=False) as ws:
            await ws.receive()
            await ws.ping(b"session:12:34")
            return await asyncio.wait_for(ws.receive(), 2)

    pong = talk(ping)
    assert (pong.type, bytes(pong.data)) == (aiohttp.WSMsgType.PONG, b"session:12:34")


def test_a_guest_is_recognisable(box):
    url = opened(box)

    async def hear(session):
        async with session.ws_connect(url) as ws:
            await ws.receive()
            fields = {"user": "gil", "channel": "payroll-help", "text": "hello"}
            async with session.post(f"{box.sandbox.url}/sandbox/message", json=fields) as answer:
                await answer.read()
            return await asyncio.wait_for(ws.receive_json(), 2)

    payload = talk(hear)["payload"]
    assert payload["event"]["team"] != payload["team_id"] == box.sandbox.team_id
    assert payload["is_ext_shared_channel"]


def test_the_builtin_client_works_as_well(box):
    app = App(client=WebClient(box.sandbox.bot_token, base_url=box.sandbox.api_url))
    seen = threading.Event()

    @app.event("message")
    def message(event):
        seen.set()

    handler = SocketModeHandler(app, box.sandbox.app_token, web_client=WebClient(base_url=box.sandbox.api_url))
    handler.connect()
    try:
        until(lambda: box.get("state")["ready"])
        box.post("message", user="maria", channel="general", text="hello")
        assert seen.wait(3)
    finally:
        handler.close()


def test_pages_from_elsewhere_get_nothing(box):
    async def ask(session):
        statuses = []
        for headers in ({"Origin": "https://evil.example"}, {"Host": "evil.example"}, {"Origin": box.sandbox.url}):
            async with session.get(f"{box.sandbox.url}/sandbox/state", headers=headers) as answer:
                statuses.append(answer.status)
        return statuses

    assert talk(ask) == [403, 403, 200]
    assert json.dumps(box.get("state"))
