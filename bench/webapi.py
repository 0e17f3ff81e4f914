"""Slack's Web API as constants over raw asyncio, so that the bot is measured and not the one who answers it."""

import asyncio
import json
import re
import sys
import time
from collections.abc import Callable

MESSAGE_ID = re.compile(rb'"message": (\d+)')
PLACE = re.compile(rb'"channel": "(\w+)"')
ASKED = re.compile(rb"(?:^|[?&])channel=(\w+)")
LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
BEARER = re.compile(rb"authorization: *bearer (\S+)", re.IGNORECASE)
TEAM, BOT_USER, CHANNEL = "T0BENCH000", "U0BENCHBOT", "C0BENCHDESK"
END_OF_HEAD = b"\r\n\r\n"


class WebApi:
    """Answers every call with ok; keeps the ids of the messages that were posted, when and where."""

    def __init__(self, link_url: Callable[[str], str] = str) -> None:
        self._link_url = link_url
        self.messages: list[int] = []
        self.arrived: dict[int, float] = {}  # by perf_counter
        self._there: dict[bytes, list[bytes]] = {}  # a channel's messages, as history returns them
        self._ts = 0

    async def start(self) -> str:
        """The base URL of the API."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: Connection(self.answer), "127.0.0.1", 0)
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/api/"

    async def stop(self) -> None:
        self._server.close()

    def answer(self, method: bytes, head: bytes, body: bytes) -> bytes:
        match method:
            case b"chat.postMessage":
                return self._post(body)
            case b"conversations.history" | b"conversations.replies":
                asked = ASKED.search(body) or ASKED.search(head)
                return b'{"ok":true,"messages":[%b]}' % b",".join(self._there.get(asked[1] if asked else b"", []))
            case b"auth.test":
                return _json(url="https://bench.slack.com/", team_id=TEAM, user_id=BOT_USER, bot_id="B0BENCHBOT")
            case b"apps.connections.open":
                token = BEARER.search(head)
                return _json(url=self._link_url(token[1].decode() if token else ""))
        return b'{"ok":true}'

    def _post(self, body: bytes) -> bytes:
        place = PLACE.search(body)
        channel = place[1] if place else CHANNEL.encode()
        self._ts += 1
        ts = b"1700000000.%06d" % self._ts
        if found := MESSAGE_ID.search(body):
            message = int(found[1])
            self.messages.append(message)
            self.arrived[message] = time.perf_counter()
            said = b'{"ts":"%b","metadata":{"event_type":"hypercare_message","event_payload":{"message":%d}}}'
            self._there.setdefault(channel, []).append(said % (ts, message))
        return b'{"ok":true,"channel":"%b","ts":"%b"}' % (channel, ts)


class Connection(asyncio.Protocol):
    """HTTP/1.1 with keep-alive and Content-Length; no more is spoken here."""

    def __init__(self, answer: Callable[[bytes, bytes, bytes], bytes]) -> None:
        self._answer = answer
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while END_OF_HEAD in self._buffer:
            head, _, rest = self._buffer.partition(END_OF_HEAD)
            found = LENGTH.search(head)
            length = int(found[1]) if found else 0
            if len(rest) < length:
                return
            self._buffer = rest[length:]
            self._reply(head, rest[:length])

    def _reply(self, head: bytes, body: bytes) -> None:
        method = head.split(b" ", 2)[1].rpartition(b"/")[2].partition(b"?")[0]
        words = self._answer(method, head, body)
        start = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(words)
        self._transport.write(start + words)


def _json(**values: str) -> bytes:
    return json.dumps({"ok": True, **values}).encode()


async def serve() -> None:
    """For a process of its own: say where, and serve until standard input ends."""
    print(await WebApi().start(), flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(serve())
