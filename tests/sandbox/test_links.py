"""Broken and refreshed links: cut connections, leaving sockets and their grace, and a spread over several replicas."""

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager

import aiohttp
import pytest

from sandbox.delivery import socket as transport
from tests.sandbox.conftest import AnsweredError, until
from tests.sandbox.test_sockets import opened, talk
from tests.sandbox.test_web_api import error

SECONDS = 3


class App:
    """Raw sockets of one app, and people who write to it."""

    def __init__(self, box, session):
        self.box, self.session = box, session

    async def connect(self):
        url = await asyncio.to_thread(opened, self.box)
        ws = await self.session.ws_connect(url)
        assert (await ws.receive_json())["type"] == "hello"
        return ws

    async def post(self, path, **fields):
        async with self.session.post(f"{self.box.sandbox.url}/sandbox/{path}", json=fields) as answer:
            return await answer.json()

    async def hear(self, text):
        await self.post("message", user="maria", channel="general", text=text)


@asynccontextmanager
async def connected(box, session, count):
    app = App(box, session)
    async with AsyncExitStack() as stack:
        lines = [await app.connect() for _ in range(count)]
        for one in lines:
            stack.push_async_callback(one.close)
        yield app, lines


async def frame(ws):
    return await asyncio.wait_for(ws.receive_json(), SECONDS)


async def acked(ws):
    """The text of the next message event, acknowledged."""
    envelope = await frame(ws)
    await ws.send_json({"envelope_id": envelope["envelope_id"]})
    return envelope["payload"]["event"]["text"]


async def ended(ws):
    """How the connection ended: the kinds of frames until then, and the close code."""
    kinds = []
    while not ws.closed:
        kinds.append((await asyncio.wait_for(ws.receive(), SECONDS)).type)
    return kinds, ws.close_code


def outcomes(box):
    return [(one["outcome"], one["retry"]) for one in box.deliveries("message")]


def test_three_replicas_get_the_same_share(box):
    async def spread(session):
        async with connected(box, session, 3) as (app, lines):
            for number in range(9):
                await app.hear(str(number))
            return [[await acked(one) for _ in range(3)] for one in lines]

    shares = talk(spread)
    assert sorted("".join(share) for share in shares) == ["036", "147", "258"]
    until(lambda: outcomes(box) == [("acked", 0)] * 9)


def test_an_aborted_link_ends_without_a_word_and_its_letters_come_again(box):
    async def cut(session):
        async with connected(box, session, 1) as (app, [line]):
            await app.hear("lost")
            await frame(line)
            answer = await app.post("disconnect", reason="abort")
            ready = box.sandbox.world.queue.transport.connected
            kinds, code = await ended(line)
            return answer, ready, kinds, code, await acked(await app.connect())

    answer, ready, kinds, code, again = talk(cut)
    assert (answer, ready) == ({"ok": True, "sockets": 1}, False)
    assert not {aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.CLOSE} & set(kinds)
    assert (code, again) == (1006, "lost")
    until(lambda: outcomes(box) == [("error", 0), ("acked", 1)])


def test_only_so_many_links_are_cut(box):
    async def cut(session):
        async with connected(box, session, 3) as (app, lines):
            answer = await app.post("disconnect", reason="abort", count=2)
            _, code = await ended(lines[0])
            await ended(lines[1])
            await app.hear("the third is left")
            return answer["sockets"], code, await acked(lines[2])

    assert talk(cut) == (2, 1006, "the third is left")


def test_too_many_websockets_is_said_and_done(box):
    async def refused(session):
        async with connected(box, session, 2) as (app, lines):
            answer = await app.post("disconnect", reason="too_many_websockets", count=1)
            said = await frame(lines[0])
            kinds, _ = await ended(lines[0])
            await app.hear("still here")
            return answer["sockets"], said["type"], said["reason"], kinds, await acked(lines[1])

    assert talk(refused) == (1, "disconnect", "too_many_websockets", [aiohttp.WSMsgType.CLOSE], "still here")


@pytest.mark.parametrize("reason", ["warning", "refresh_requested"])
def test_a_leaving_link_is_heard_during_its_grace(box, reason):
    async def refresh(session):
        async with connected(box, session, 1) as (app, [old]):
            await app.hear("before")
            envelope = await frame(old)
            await app.post("disconnect", reason=reason)
            assert (await frame(old))["reason"] == reason
            await app.hear("the only connection")
            assert await acked(old) == "the only connection"
            new = await app.connect()
            for number in range(4):
                await app.hear(str(number))
            heard = [await acked(new) for _ in range(4)]
            await old.send_json({"envelope_id": envelope["envelope_id"]})
            kinds, _ = await ended(old)
            await new.close()
            return heard, kinds

    assert talk(refresh) == (list("0123"), [aiohttp.WSMsgType.CLOSE])
    until(lambda: len(outcomes(box)) == 6)
    assert set(outcomes(box)) == {("acked", 0)}


def test_ten_replicas_can_be_refreshed_at_once(box):
    async def refresh(session):
        async with connected(box, session, transport.MAX_SOCKETS) as (app, old):
            await app.post("disconnect", reason="warning")
            new = [await app.connect() for _ in old]
            assert error(opened, box)["error"] == "too_many_websockets"
            for one in new:
                await one.close()

    talk(refresh)


def test_a_link_may_be_refused_for_a_while(box):
    box.post("faults", method="apps.connections.open", error="too_many_websockets", times=2)
    assert [error(opened, box)["error"] for _ in range(2)] == ["too_many_websockets"] * 2
    assert "ticket=" in opened(box)
    assert box.get("totals")["calls"]["apps.connections.open"] == {"too_many_websockets": 2, "ok": 1}


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"reason": "tired"}, "tired is no reason; there is warning, "),
        ({"reason": "abort", "count": 0}, "count has to be at least 1."),
        ({"count": "few"}, "count has to be a number."),
    ],
)
def test_a_disconnect_that_makes_no_sense_is_refused(box, fields, sentence):
    with pytest.raises(AnsweredError, match=sentence):
        box.post("disconnect", **fields)


def test_a_real_app_is_back_after_its_link_was_cut(box, bolt):
    seen = []

    def app(app):
        @app.event("message")
        async def message(event):
            seen.append(event["text"])

    bolt(box, app)
    assert box.post("disconnect", reason="abort")["sockets"] == 1
    box.post("message", user="maria", channel="general", text="after the cut")
    until(lambda: seen == ["after the cut"])
