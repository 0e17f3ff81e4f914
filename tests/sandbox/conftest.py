"""A sandbox in a thread of its own, people who act in it, and real Slack clients and Bolt apps against it."""

import asyncio
import contextlib
import json
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

import pytest
from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk import WebClient
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.delivery import socket as transport
from sandbox.server import Sandbox
from tests.support.loop import Loop

ROOT = Path(__file__).resolve().parents[2]
WAIT = 8


class AnsweredError(Exception):
    def __init__(self, status, body):
        super().__init__(f"{status}: {body}")
        self.status, self.body = status, body


def send(url, body=None, method=None, headers=None):
    data = json.dumps(body).encode() if isinstance(body, dict) else body
    request = urllib.request.Request(url, data, headers or {}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=WAIT) as response:
            return response.read()
    except urllib.error.HTTPError as refused:
        with refused:
            raise AnsweredError(refused.code, _readable(refused.read())) from None


def _readable(body):
    try:
        return json.loads(body)
    except ValueError:
        return body.decode()


class Box:
    """A running sandbox and its control API."""

    def __init__(self, **options):
        self.loop = Loop()
        self.sandbox = self.loop.run(self._start(options))
        self.client = WebClient(self.sandbox.bot_token, base_url=self.sandbox.api_url, retry_handlers=[])

    async def _start(self, options):
        sandbox = Sandbox(**{"manifest": ROOT / "manifest.yaml"} | options)
        await sandbox.start()
        return sandbox

    def stop(self):
        self.loop.run(self.sandbox.stop())
        self.loop.close()

    def post(self, path, **fields):
        return json.loads(send(f"{self.sandbox.url}/sandbox/{path}", fields))

    def get(self, path, **params):
        query = urllib.parse.urlencode(params)
        return json.loads(send(f"{self.sandbox.url}/sandbox/{path}?{query}"))

    def delete(self, path):
        return json.loads(send(f"{self.sandbox.url}/sandbox/{path}", method="DELETE"))

    def channel(self, name):
        return self.sandbox.channel_id(name)

    def user(self, name):
        return self.sandbox.user_id(name)

    def messages(self, channel, **params):
        return self.get("messages", channel=channel, **params)["messages"]

    def deliveries(self, name=None):
        return [one for one in self.get("deliveries")["deliveries"] if name in (None, one["name"])]

    def trigger(self, name="maria"):
        return self.sandbox.world.triggers.new(self.user(name))


def until(look, seconds=WAIT):
    """What `look` answers as soon as it is true."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)
    return found


class Bolt:
    """A real Bolt app in a thread of its own; `set_up` registers its listeners."""

    def __init__(self, box, set_up, app=0):
        self.box, self.tokens = box, box.sandbox.apps[app]
        self.loop = Loop()
        self.loop.run(self._start(set_up))

    async def _start(self, set_up):
        sandbox = self.box.sandbox
        client = AsyncWebClient(self.tokens.bot_token, base_url=sandbox.api_url)
        self.app = AsyncApp(client=client, signing_secret=self.tokens.signing_secret)
        set_up(self.app)
        await self.connect()

    async def connect(self):
        sandbox = self.box.sandbox
        web_client = AsyncWebClient(base_url=sandbox.api_url)
        # It looks only once per interval whether its link was cut.
        more = {"web_client": web_client, "ping_interval": 1}
        self.handler = AsyncSocketModeHandler(self.app, self.tokens.app_token, **more)
        await self.handler.connect_async()

    async def _close(self):
        await self.handler.close_async()
        # The session closes its connections only at the loop's next turns.
        await asyncio.sleep(0.05)

    def stop(self):
        with contextlib.suppress(Exception):
            self.loop.run(self._close())
        self.loop.close()


class HttpBolt(Bolt):
    async def connect(self):
        async def handle(request):
            bolt_request = await to_bolt_request(request)
            return await to_aiohttp_response(await self.app.async_dispatch(bolt_request))

        server = web.Application()
        server.router.add_post("/slack/events", handle)
        self.runner = web.AppRunner(server, access_log=None)
        await self.runner.setup()
        if self.box.app_socket.fileno() >= 0:
            await web.SockSite(self.runner, self.box.app_socket).start()
        else:  # closed with the first connection
            await web.TCPSite(self.runner, "127.0.0.1", self.box.app_port).start()

    async def _close(self):
        await self.runner.cleanup()


@pytest.fixture(autouse=True)
def short_waits(monkeypatch):
    """Wait one second for the app instead of Slack's three, which is enough for a slow machine."""
    monkeypatch.setattr(transport, "ACK_SECONDS", 1.0)
    monkeypatch.setattr(transport, "CONNECTION_WAIT", 0.2)


@pytest.fixture
def make_box():
    """Starts sandboxes and stops them after the test."""
    boxes = []

    def make(**options):
        boxes.append(Box(**options))
        return boxes[-1]

    yield make
    for one in boxes:
        one.stop()


@pytest.fixture
def box(make_box):
    return make_box()


@pytest.fixture(scope="module")
def shared_box():
    """One sandbox for many small questions that do not disturb each other."""
    made = Box(rate_limits=False)
    yield made
    made.stop()


@pytest.fixture
def bolt():
    """Connects Bolt apps and closes them after the test."""
    apps = []

    def connect(box, set_up, kind=Bolt, app=0):
        apps.append(kind(box, set_up, app))
        until(lambda: box.get("state")["apps"][app]["ready"])
        return apps[-1]

    yield connect
    for one in apps:
        one.stop()
