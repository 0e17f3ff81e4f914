"""Socket Mode: envelopes in, acknowledgements out, each on the connection that it came by.

https://docs.slack.dev/apis/events-api/using-socket-mode. slack_sdk's clients close the old connection before they open
a new one when Slack asks for a refresh, and notice a broken one after seconds; here the new one is opened first.
"""

import asyncio
import json
from collections.abc import Callable, Coroutine
from contextlib import suppress
from http import HTTPStatus
from typing import Any

import aiohttp
import structlog
from slack_bolt import BoltResponse

from bot.transport.inbound import Inbound
from bot.transport.pauses import CallPauses
from bot.transport.proxies import proxy_for
from bot.transport.slack import AioSlackClient
from bot.workers.background import note_failed
from bot.workers.message_sender import Unanswered
from connectors.sessions import open_session

log = structlog.get_logger()
PING_SECONDS = 10.0  # seconds; a connection whose pong is missing for half of that is broken
DRAIN_SECONDS = 4.0  # seconds a stop waits for requests in hand; Slack delivers what is not answered again
OPEN_SECONDS = 10.0  # seconds for a new connection to stand; a client of HTTP would wait for five minutes
HELLO_SECONDS = 10.0  # seconds for a new connection to be greeted
RETRY_SECONDS = (0.0, 0.5, 1.0, 2.0, 5.0, 10.0)  # seconds before the next attempt
MAX_CONTROL_CHARS = 1000  # characters; what Slack says about the connection itself is shorter
CROWDED_SECONDS = 10.0  # seconds, when the app has as many connections as Slack allows: others have to close first
FATAL = frozenset({"invalid_auth", "not_authed", "not_allowed_token_type", "token_revoked", "account_inactive",
                   "missing_scope", "token_expired"})  # fmt: skip
CONNECTION_ERRORS = (aiohttp.ClientError, OSError, TimeoutError)


class InvalidToken(Exception):  # noqa: N818 - shown as a sentence
    """Slack does not accept a token."""


class NoConnection(Exception):  # noqa: N818 - says what it is
    """No connection now; `reason` says why, and `pause` for how many seconds Slack asks to wait."""

    def __init__(self, reason: str, pause: int = 0) -> None:
        super().__init__(reason)
        self.reason, self.pause = reason, pause


class SocketModeConnection:
    """One connection, opened again when it breaks, and a new one beside it when Slack asks for a refresh."""

    def __init__(
        self, app_token: str, base_url: str, inbound: Inbound, pauses: CallPauses, lost: Callable[[], None]
    ) -> None:
        """Connect to `base_url`; `lost` is called when there is no connection any more."""
        self._inbound, self._lost = inbound, lost
        self._slack = AioSlackClient(app_token, base_url, pauses)
        self._session: aiohttp.ClientSession
        self._connections: list[aiohttp.ClientWebSocketResponse] = []  # to speak by, the newest last
        self._retired: list[aiohttp.ClientWebSocketResponse] = []  # asked to go, and read until Slack closes them
        self._tasks: set[asyncio.Task[None]] = set()
        self._inbox: asyncio.Queue[tuple[aiohttp.ClientWebSocketResponse, str]] = asyncio.Queue()
        self._wanted = asyncio.Event()  # a connection is missing, or has been asked to go
        self._stopping = False

    @property
    def connected(self) -> bool:
        return bool(self._connections)

    async def start(self) -> None:
        """Connect; InvalidToken when trying again cannot help. Return once there is a connection."""
        self._session = open_session()
        try:
            await self._connect_at_last(first=True)
        except BaseException:
            await self._close_clients()
            raise
        self._spawn(self._keep())
        self._spawn(self._hand_out())
        log.info("socket_connected", mode="socket")

    async def stop(self) -> None:
        """Answer what is in hand, then hang up."""
        self._stopping = True
        try:
            await asyncio.wait_for(self._inbox.join(), DRAIN_SECONDS)
        except TimeoutError:
            log.warning("envelopes_unanswered")
        await asyncio.gather(*map(_hang_up, (*self._connections, *self._retired)))
        for task in list(self._tasks):
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=1)
        await self._close_clients()

    async def _close_clients(self) -> None:
        await self._session.close()
        await self._slack.close()

    async def _keep(self) -> None:
        """As long as the bot runs there is a connection."""
        while not self._stopping:
            await self._wanted.wait()
            self._wanted.clear()
            try:
                await self._connect_at_last()
            except Exception as error:  # noqa: BLE001 - without a connection no one is heard ever again
                note_failed("connection", error)
                self._wanted.set()
                await asyncio.sleep(RETRY_SECONDS[-1])

    async def _connect_at_last(self, *, first: bool = False) -> None:
        for attempt in range(10**9):
            await asyncio.sleep(RETRY_SECONDS[min(attempt, len(RETRY_SECONDS) - 1)])
            try:
                await self._connect()
            except NoConnection as error:
                if first and error.reason in FATAL:
                    raise InvalidToken(
                        f"Slack does not accept the app token ({error.reason}). Is HYPERCARE_APP_TOKEN right?"
                    ) from None
                log.warning("socket_connect_failed", error=error.reason, attempt=attempt + 1)
                if error.reason == "too_many_websockets":
                    await asyncio.sleep(CROWDED_SECONDS)
                await asyncio.sleep(error.pause)
            else:
                return

    async def _connect(self) -> None:
        """Open a connection that Slack has greeted; NoConnection says why there is none."""
        url = await self._ask_address()
        try:
            async with asyncio.timeout(OPEN_SECONDS):
                connection = await self._session.ws_connect(
                    url, heartbeat=PING_SECONDS, max_msg_size=0, proxy=proxy_for(url)
                )
        except (*CONNECTION_ERRORS, ValueError) as error:
            raise NoConnection(type(error).__name__) from None
        try:
            await _greeting(connection)
        except BaseException:  # a stop may come in between, and nothing else closes this connection
            await connection.close()
            raise
        self._connections.append(connection)
        self._spawn(self._listen(connection))

    async def _ask_address(self) -> str:
        """Ask Slack where to connect to."""
        try:
            answer = await self._slack.call("apps.connections.open", {})
        except Unanswered as lost:
            raise NoConnection(lost.reason) from None
        if not answer.get("ok"):
            raise NoConnection(str(answer.get("error")), int(answer.get("retry_after") or 0))
        return str(answer["url"])

    async def _listen(self, connection: aiohttp.ClientWebSocketResponse) -> None:
        """Everything that comes by this connection, until it ends."""
        try:
            async for message in connection:
                if message.type is aiohttp.WSMsgType.TEXT:
                    await self._take_frame(connection, message.data)
        finally:
            self._retire(connection)
            self._retired.remove(connection)
            log.info("socket_closed", code=connection.close_code)
            await connection.close()

    async def _take_frame(self, connection: aiohttp.ClientWebSocketResponse, text: str) -> None:
        """Envelopes wait as they came: in a burst the parsed ones would be much of our memory."""
        reason = _asked_to_go(text)
        if reason is None:
            self._inbox.put_nowait((connection, text))
        else:
            # Slack goes on with the old connection for a while: it is read, and answered on, until Slack closes it.
            log.info("socket_refresh_requested", reason=reason)
            self._retire(connection)

    async def _hand_out(self) -> None:
        while True:
            connection, text = await self._inbox.get()
            try:
                await self._inbound.admit()
            except Exception as error:  # noqa: BLE001 - the next ones are handed out, and Slack delivers this one again
                note_failed("connection", error)
                self._inbox.task_done()
                continue
            self._spawn(self._answer(connection, text))
            await asyncio.sleep(0)  # so that it is counted before the next one is admitted

    def _retire(self, connection: aiohttp.ClientWebSocketResponse) -> None:
        if connection in self._connections:
            self._connections.remove(connection)
            self._retired.append(connection)
            if not self._stopping:
                self._wanted.set()
                if not self._connections:
                    self._lost()

    async def _answer(self, connection: aiohttp.ClientWebSocketResponse, text: str) -> None:
        try:
            await self._reply(connection, _object(text))
        except ValueError:
            log.warning("socket_frame_unreadable")
        finally:
            self._inbox.task_done()

    async def _reply(self, connection: aiohttp.ClientWebSocketResponse, envelope: dict[str, Any]) -> None:
        if "envelope_id" not in envelope:
            return
        response = await self._inbound.dispatch("socket_mode", envelope.get("payload"), _retries(envelope))
        acknowledgement = _acknowledgement(str(envelope["envelope_id"]), response)
        if acknowledgement is None:
            if response.status != HTTPStatus.BAD_REQUEST:  # which is logged where it was found
                log.warning("envelope_not_acknowledged", status=response.status, type=envelope.get("type"))
            return
        if connection.closed and self._connections:
            connection = self._connections[-1]
        try:
            await connection.send_str(json.dumps(acknowledgement))
        except CONNECTION_ERRORS as error:
            # Slack delivers events again, and the second delivery is recognised.
            log.warning("acknowledgement_lost", error=type(error).__name__, type=envelope.get("type"))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _hang_up(connection: aiohttp.ClientWebSocketResponse) -> None:
    with suppress(*CONNECTION_ERRORS):
        async with asyncio.timeout(1):
            await connection.close()


async def _greeting(connection: aiohttp.ClientWebSocketResponse) -> None:
    """Wait for Slack's hello; NoConnection when it does not come, or is a refusal."""
    try:
        async with asyncio.timeout(HELLO_SECONDS):  # wait_for may swallow that we are told to stop
            hello = _object(await connection.receive_str())
    except (*CONNECTION_ERRORS, TypeError, ValueError) as error:
        raise NoConnection(type(error).__name__) from None
    if hello.get("type") == "disconnect":
        raise NoConnection(str(hello.get("reason")))


def _asked_to_go(text: str) -> str | None:
    """Why Slack asks for a new connection, when that is what it says."""
    if len(text) > MAX_CONTROL_CHARS:
        return None
    try:
        frame = _object(text)
    except ValueError:
        return None
    return str(frame.get("reason")) if frame.get("type") == "disconnect" else None


def _object(text: str) -> dict[str, Any]:
    """Return what a frame says; ValueError when that is no JSON object."""
    try:
        return dict(json.loads(text).items())
    except (RecursionError, AttributeError):
        raise ValueError("no object") from None


def _acknowledgement(envelope_id: str, response: BoltResponse) -> dict[str, Any] | None:
    if response.status != 200:
        return None
    if not response.body:
        return {"envelope_id": envelope_id}
    kind = (response.headers.get("content-type") or [""])[0]
    body = json.loads(response.body) if kind.startswith("application/json") else {"text": response.body}
    return {"envelope_id": envelope_id, "payload": body}


def _retries(envelope: dict[str, Any]) -> dict[str, str]:
    """The headers that HTTP mode would carry, so that both modes look the same inside."""
    names = {"retry_attempt": "x-slack-retry-num", "retry_reason": "x-slack-retry-reason"}
    return {header: str(envelope[name]) for name, header in names.items() if envelope.get(name) is not None}
