"""A bot in a process of its own, on either database and either transport; this process is its Slack and its users."""

import asyncio
import hashlib
import hmac
import itertools
import json
import socket
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlencode

import aiohttp
from sqlalchemy import func, select

from bench.databases import app_at, new_database
from bench.processes import Bot
from bench.slack import Slack
from bot.context import AppContext, utc_now
from storage.delivery.tables import UNSENT, messages
from storage.tickets.tables import tickets
from tests.support import postgres

SECRET = "a signing secret of the bench"
AT_REST = 0.5  # seconds in which a bot at rest uses less than a tenth of a processor
QUIET, LOOK, PATIENCE = 3, 0.02, 300.0  # looks in a row without work until it has settled; seconds between, and at most
SQLITE, POSTGRESQL = "SQLite", "PostgreSQL"
SOCKET, HTTP = "Socket Mode", "HTTP"
NAMES = itertools.count(1)


class Door(Protocol):
    """Where envelopes go in."""

    async def ask(self, envelope: dict[str, Any]) -> float:
        """Seconds until it was acknowledged."""
        ...


class HttpDoor:
    """Slack's signed requests over HTTP."""

    def __init__(self, session: aiohttp.ClientSession, port: int) -> None:
        self._session, self.base = session, f"http://127.0.0.1:{port}"

    async def ask(self, envelope: dict[str, Any]) -> float:
        body = urlencode({"payload": json.dumps(envelope["payload"])}).encode()
        began = time.perf_counter()
        async with self._session.post(f"{self.base}/slack/events", data=body, headers=signed(body)) as answer:
            await answer.read()
            assert answer.status == 200, await answer.text()
        return time.perf_counter() - began

    async def stands(self) -> None:
        """Wait until it answers."""
        end = time.perf_counter() + PATIENCE
        while time.perf_counter() < end:
            try:
                async with self._session.get(f"{self.base}/healthz"):
                    return
            except aiohttp.ClientConnectionError:
                await asyncio.sleep(LOOK)
        raise TimeoutError("The bot does not answer over HTTP.")


@dataclass(frozen=True, slots=True)
class Desk:
    """One bot. `app` opens its database from this process."""

    slack: Slack
    bot: Bot
    door: Door
    app: AppContext

    async def settled(self) -> None:
        """Wait until nothing is left to send and nothing is due."""
        quiet, end = 0, time.perf_counter() + PATIENCE
        while quiet < QUIET:
            if time.perf_counter() > end:
                raise TimeoutError(f"{self._left()} messages were left after {PATIENCE:.0f} s")
            quiet = 0 if self._left() else quiet + 1
            await asyncio.sleep(LOOK)

    def _left(self) -> int:
        with self.app.store.read() as tx:
            due = tx.timers.next_due()
            left = tx.connection.scalar(select(func.count()).select_from(messages).where(UNSENT)) or 0
        return int(left) + bool(due and due <= utc_now())

    def tickets(self) -> tuple[int, int]:
        """How many there are, and how many of them are different."""
        with self.app.store.read() as tx:
            count = select(func.count(), func.count(tickets.c.summary.distinct()))
            row = tx.connection.execute(count).one()
        return int(row[0]), int(row[1])

    def open_homes(self, people: Sequence[str]) -> None:
        """Have people look at their App Home just now."""
        with self.app.store.begin() as tx:
            for person in people:
                tx.home_viewers.upsert_viewer(person, utc_now())


async def _started(bot: Bot) -> None:
    """Wait until it rests: once it is connected, it loads models of language, which take processor and memory."""
    quiet, end, before = 0, time.perf_counter() + PATIENCE, bot.cpu()
    while quiet < QUIET and time.perf_counter() < end:
        await asyncio.sleep(AT_REST)
        now = bot.cpu()
        quiet, before = quiet + 1 if now - before < AT_REST / 10 else 0, now


def signed(body: bytes, secret: str = SECRET) -> dict[str, str]:
    """Return the headers with which Slack signs a form."""
    at = str(int(time.time()))
    digest = hmac.new(secret.encode(), b"v0:" + at.encode() + b":" + body, hashlib.sha256).hexdigest()
    return {"Content-Type": "application/x-www-form-urlencoded", "X-Slack-Request-Timestamp": at,
            "X-Slack-Signature": f"v0={digest}"}  # fmt: skip


@asynccontextmanager
async def desk(folder: Path, url: str, transport: str = SOCKET, module: str = "bench.bot") -> AsyncIterator[Desk]:
    """A bot on that database, whose phase is set up; `module` is its program."""
    name = f"desk{next(NAMES)}"
    with app_at(url) as app:
        async with Slack() as slack, aiohttp.ClientSession() as session:
            port = _free_port()
            more = {"HYPERCARE_MODE": "http", "HYPERCARE_SIGNING_SECRET": SECRET, "HYPERCARE_PORT": str(port)}
            bot = Bot(slack, name, url, folder=folder, more=more if transport == HTTP else {},
                      module=module)  # fmt: skip
            try:
                door: Door = HttpDoor(session, port)
                if isinstance(door, HttpDoor) and transport == HTTP:
                    await door.stands()
                else:
                    door = await bot.link()
                await _started(bot)
                yield Desk(slack, bot, door, app)
            finally:
                await asyncio.to_thread(bot.stop)


@asynccontextmanager
async def database(folder: Path, kind: str) -> AsyncIterator[str]:
    """The address of a new database with a phase in it."""
    name = f"base{next(NAMES)}"
    if kind == SQLITE:
        yield f"sqlite:///{new_database(folder, name)}"
        return
    with postgres.server(is_durable=True) as server:
        url = postgres.new_database(server, name)
        with app_at(url, ready=False):
            yield url


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
