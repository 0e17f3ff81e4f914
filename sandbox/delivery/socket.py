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

from sandbox.delivery.delivery import ACK_SECONDS, Answer, Delivery
from sandbox.delivery.presence import Presence

MAX_SOCKETS = 10
TICKET_SECONDS = 30.0
CONNECTION_WAIT = 1.0
# How long a socket that was told to go is still read, by the reason it was given.
GRACE = {"warning": 2.0, "refresh_requested": 1.0, "link_disabled": 0.0, "too_many_websockets": 0.0}
ABORT = "abort"
REASONS = (*GRACE, ABORT)
KINDS = {"command": "slash_commands", "interactive": "interactive", "event": "events_api"}


@dataclass(eq=False)
class Connection:
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
        self._connections: list[Connection] = []
        self._presence = Presence()
        self._turn = 0
        self._closing: set[asyncio.Task[None]] = set()

    @property
    def connected(self) -> bool:
        return bool(self._connections)

    @property
    def full(self) -> bool:
        """Tell whether no more sockets are accepted. A closing one does not count: the app opens the new one first."""
        return sum(not connection.leaving for connection in self._connections) >= MAX_SOCKETS

    def ticket(self) -> str:
        ticket = secrets.token_urlsafe(16)
        self._tickets[ticket] = time.monotonic()
        return ticket

    async def start(self) -> None:
        """Nothing to do: the app comes to us."""

    async def stop(self) -> None:
        for task in list(self._closing):
            task.cancel()
        for connection in list(self._connections):
            await connection.ws.close(code=WSCloseCode.GOING_AWAY)

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
        await self._serve(Connection(ws, request.transport))
        return ws

    async def _serve(self, connection: Connection) -> None:
        await connection.ws.send_json(self._hello())
        self._connections.append(connection)
        self._presence.come()
        try:
            async for message in connection.ws:
                _read(connection, message)
        finally:
            self._lost(connection)

    def _lost(self, connection: Connection) -> None:
        if connection in self._connections:
            self._connections.remove(connection)
        connection.died()
        if not self._connections:
            self._presence.go()

    async def send(self, delivery: Delivery) -> Answer:
        connection = await self._pick(delivery)
        if not connection or delivery.is_given_up():
            delivery.sent.set()
            return Answer("not_connected", reason="connection_failed")
        envelope = self._envelope(delivery)
        future = asyncio.get_running_loop().create_future()
        connection.waiting[envelope["envelope_id"]] = future
        try:
            # A socket that the app no longer reads from also blocks sending.
            async with asyncio.timeout(ACK_SECONDS):
                await connection.ws.send_str(json.dumps(envelope))
                delivery.sent.set()
                return Answer("acked", await future)
        except TimeoutError:
            return Answer("timeout", reason="timeout")
        except ConnectionResetError:
            return Answer("error", reason="connection_failed")
        finally:
            delivery.sent.set()
            connection.waiting.pop(envelope["envelope_id"], None)

    async def _pick(self, delivery: Delivery) -> Connection | None:
        """The next socket in turn; during a reconnect it waits a moment for the new one."""
        if not any(not connection.leaving for connection in self._connections):
            delivery.sent.set()
            await self.wait_connected(CONNECTION_WAIT)
        connections = [connection for connection in self._connections if not connection.leaving] or self._connections
        if not connections:
            return None
        self._turn += 1
        return connections[self._turn % len(connections)]

    def _envelope(self, delivery: Delivery) -> dict[str, Any]:
        envelope = {
            "envelope_id": str(uuid.uuid4()),
            "type": KINDS[delivery.kind],
            "accepts_response_payload": delivery.wants_answer,
            "payload": delivery.payload,
        }
        if delivery.kind == "event":
            envelope |= {"retry_attempt": delivery.retry, "retry_reason": delivery.reason}
        return envelope

    async def disconnect(self, reason: str, count: int | None = None) -> int:
        """Sends that many sockets away, first those that are not leaving yet; answers how many there were."""
        connections = sorted(self._connections, key=lambda connection: connection.leaving)[:count]
        for connection in connections:
            if reason == ABORT:
                self._abort(connection)
            else:
                await self._dismiss(connection, reason)
        return len(connections)

    def _abort(self, connection: Connection) -> None:
        """Cut the connection without a close frame, as a broken network does."""
        if connection.transport:
            connection.transport.abort()
        self._lost(connection)

    async def _dismiss(self, connection: Connection, reason: str) -> None:
        """Tells the socket to go and closes it after its grace."""
        connection.leaving = True
        with suppress(ConnectionResetError):
            await connection.ws.send_json(self._disconnect(reason))
        task = asyncio.create_task(_close_later(connection, GRACE[reason]))
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    def _hello(self) -> dict[str, Any]:
        return {"type": "hello", "num_connections": len(self._connections) + 1} | self._about()

    def _disconnect(self, reason: str) -> dict[str, Any]:
        return {"type": "disconnect", "reason": reason} | self._about()

    def _about(self) -> dict[str, Any]:
        debug = {"host": "applink-sandbox", "build_number": 10, "approximate_connection_time": 18060}
        return {"debug_info": debug, "connection_info": {"app_id": self._app_id}}


def _read(connection: Connection, message: WSMessage) -> None:
    if message.type is not WSMsgType.TEXT:
        return
    try:
        frame = json.loads(message.data)
    except ValueError:
        return
    if isinstance(frame, dict):
        connection.heard(frame)


async def _close_later(connection: Connection, seconds: float) -> None:
    await asyncio.sleep(seconds)
    await connection.ws.close(code=WSCloseCode.SERVICE_RESTART)
