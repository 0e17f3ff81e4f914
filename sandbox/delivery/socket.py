"""Socket Mode: hands out tickets, keeps up to ten sockets of the app and sends each envelope to one of them."""

import asyncio
import json
import secrets
import time
import uuid
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSCloseCode, WSMessage, WSMsgType, web

from sandbox.delivery.letters import ACK_SECONDS, Answer, Letter
from sandbox.delivery.presence import Presence

MAX_SOCKETS = 10
TICKET_SECONDS = 30.0
LINE_WAIT = 1.0
# How long a socket that was told to go is still read, by the reason it was given.
GRACE = {"warning": 2.0, "refresh_requested": 1.0, "link_disabled": 0.0, "too_many_websockets": 0.0}
ABORT = "abort"
REASONS = (*GRACE, ABORT)
KINDS = {"command": "slash_commands", "interactive": "interactive", "event": "events_api"}


@dataclass(eq=False)
class Line:
    """One open socket; a leaving one is still heard, but gets envelopes only when there is no other."""

    ws: web.WebSocketResponse
    transport: asyncio.Transport | None
    leaving: bool = False
    waiting: dict[str, asyncio.Future[dict[str, Any]]] = field(default_factory=dict)

    def heard(self, frame: dict[str, Any]) -> None:
        future = self.waiting.pop(frame.get("envelope_id", ""), None)
        if future and not future.done():
            future.set_result(frame.get("payload") or {})

    def died(self) -> None:
        for future in self.waiting.values():
            if not future.done():
                future.set_exception(ConnectionResetError())


class SocketTransport:
    def __init__(self, app_id: str) -> None:
        self._app_id = app_id
        self._tickets: dict[str, float] = {}
        self._lines: list[Line] = []
        self._presence = Presence()
        self._turn = 0
        self._closing: set[asyncio.Task[None]] = set()

    @property
    def connected(self) -> bool:
        return bool(self._lines)

    @property
    def full(self) -> bool:
        """Leaving ones do not count: whoever is told to go opens the new socket first."""
        return sum(not line.leaving for line in self._lines) >= MAX_SOCKETS

    def ticket(self) -> str:
        ticket = secrets.token_urlsafe(16)
        self._tickets[ticket] = time.monotonic()
        return ticket

    async def start(self) -> None:
        """Nothing to do: the app comes to us."""

    async def stop(self) -> None:
        for task in list(self._closing):
            task.cancel()
        for line in list(self._lines):
            await line.ws.close(code=WSCloseCode.GOING_AWAY)

    async def wait_connected(self, seconds: float | None) -> bool:
        return await self._presence.wait(seconds)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        made = self._tickets.pop(request.query.get("ticket", ""), None)
        if made is None or time.monotonic() - made > TICKET_SECONDS:
            return web.json_response({"ok": False, "error": "link_expired"}, status=403)
        ws = web.WebSocketResponse(max_msg_size=16 * 1024 * 1024)
        await ws.prepare(request)
        if self.full:
            await ws.send_json(self._disconnect("too_many_websockets"))
            await ws.close()
            return ws
        await self._serve(Line(ws, request.transport))
        return ws

    async def _serve(self, line: Line) -> None:
        await line.ws.send_json(self._hello())
        self._lines.append(line)
        self._presence.come()
        try:
            async for message in line.ws:
                _read(line, message)
        finally:
            self._lost(line)

    def _lost(self, line: Line) -> None:
        if line in self._lines:
            self._lines.remove(line)
        line.died()
        if not self._lines:
            self._presence.go()

    async def send(self, letter: Letter) -> Answer:
        line = await self._pick(letter)
        if not line:
            return Answer("not_connected", reason="connection_failed")
        envelope = self._envelope(letter)
        future = asyncio.get_running_loop().create_future()
        line.waiting[envelope["envelope_id"]] = future
        try:
            # A socket nobody reads from any more also holds up the sending.
            async with asyncio.timeout(ACK_SECONDS):
                await line.ws.send_str(json.dumps(envelope))
                letter.sent.set()
                return Answer("acked", await future)
        except TimeoutError:
            return Answer("timeout", reason="timeout")
        except ConnectionResetError:
            return Answer("error", reason="connection_failed")
        finally:
            letter.sent.set()
            line.waiting.pop(envelope["envelope_id"], None)

    async def _pick(self, letter: Letter) -> Line | None:
        """The next socket in turn; during a reconnect it waits a moment for the new one."""
        if not any(not line.leaving for line in self._lines):
            letter.sent.set()
            await self.wait_connected(LINE_WAIT)
        lines = [line for line in self._lines if not line.leaving] or self._lines
        if not lines:
            return None
        self._turn += 1
        return lines[self._turn % len(lines)]

    def _envelope(self, letter: Letter) -> dict[str, Any]:
        envelope = {
            "envelope_id": str(uuid.uuid4()),
            "type": KINDS[letter.kind],
            "accepts_response_payload": letter.wants_answer,
            "payload": letter.payload,
        }
        if letter.kind == "event":
            envelope |= {"retry_attempt": letter.retry, "retry_reason": letter.reason}
        return envelope

    async def disconnect(self, reason: str, count: int | None = None) -> int:
        """Sends that many sockets away, first those that are not leaving yet; answers how many there were."""
        lines = sorted(self._lines, key=lambda line: line.leaving)[:count]
        for line in lines:
            if reason == ABORT:
                self._abort(line)
            else:
                await self._dismiss(line, reason)
        return len(lines)

    def _abort(self, line: Line) -> None:
        """Cuts the connection as a broken network does: nobody says goodbye."""
        if line.transport:
            line.transport.abort()
        self._lost(line)

    async def _dismiss(self, line: Line, reason: str) -> None:
        """Tells the socket to go and closes it after its grace."""
        line.leaving = True
        with suppress(ConnectionResetError):
            await line.ws.send_json(self._disconnect(reason))
        task = asyncio.create_task(_close_later(line, GRACE[reason]))
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    def _hello(self) -> dict[str, Any]:
        return {"type": "hello", "num_connections": len(self._lines) + 1} | self._about()

    def _disconnect(self, reason: str) -> dict[str, Any]:
        return {"type": "disconnect", "reason": reason} | self._about()

    def _about(self) -> dict[str, Any]:
        debug = {"host": "applink-sandbox", "build_number": 10, "approximate_connection_time": 18060}
        return {"debug_info": debug, "connection_info": {"app_id": self._app_id}}


def _read(line: Line, message: WSMessage) -> None:
    if message.type is not WSMsgType.TEXT:
        return
    try:
        frame = json.loads(message.data)
    except ValueError:
        return
    if isinstance(frame, dict):
        line.heard(frame)


async def _close_later(line: Line, seconds: float) -> None:
    await asyncio.sleep(seconds)
    await line.ws.close(code=WSCloseCode.SERVICE_RESTART)
