"""The only place where parts are created: settings in, a running desk out."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from typing import IO, Any

import structlog
from slack_bolt import App
from slack_bolt.authorization import AuthorizeResult
from slack_sdk import WebClient

from bot.clock import Clock
from bot.config import BadSettings, Settings
from bot.courier import Courier, Unanswered
from bot.desk import Desk
from bot.dispatcher import Dispatcher
from bot.services import phases
from bot.services.letters import report_dead
from bot.wires.http import HttpServer
from bot.wires.inbound import Inbound
from bot.wires.slack import AioSlack
from bot.wires.socket import Socket
from domain.errors import Refused
from handlers.routes import register
from storage.lock import InUse, hold
from storage.schema import SchemaState, sentence, state
from storage.store import Store, StoreFailure, Unusable

log = structlog.get_logger()
ANSWER_TIMEOUT = 3  # seconds for the one call a handler may make; after that nobody is waiting for it


class CannotStart(Exception):  # noqa: N818 - one plain sentence for the operator
    """Why the bot does not start."""


def utc_now() -> datetime:
    return datetime.now(UTC)


def open_store(url: str) -> Store:
    """A store whose schema is this program's; an empty database is set up. CannotStart says what to do otherwise."""
    store = Store(url)
    try:
        found, revision = state(store)
        if found is SchemaState.EMPTY:
            migrate(store)
            found = SchemaState.CURRENT
    except Unusable as error:
        raise CannotStart(f"The database cannot be opened: {_reason(error)}") from None
    if found is not SchemaState.CURRENT:
        raise CannotStart(sentence(found, revision))
    return store


def migrate(store: Store) -> None:
    """Bring the schema to the newest revision."""
    # Alembic takes 0.2 s to import and is needed once in a database's life, not at every start.
    from storage.migrate import upgrade  # noqa: PLC0415

    upgrade(store)


class House:
    """A whole bot: store, doors, dispatcher, clock and wire."""

    def __init__(self, settings: Settings, *, now: Callable[[], datetime] = utc_now) -> None:
        self.settings, self._now = settings, now
        self.store = open_store(settings.database)
        self._lock = _alone(settings.database)
        self.desk = Desk(store=self.store, now=now, admins=settings.admins)
        self._pool = ThreadPoolExecutor(settings.workers, thread_name_prefix="room")
        self._post_pool = ThreadPoolExecutor(2, thread_name_prefix="post")
        self._clock = Clock(self.desk)
        self._running: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Ask Slack who we are, open the doors, start to speak. CannotStart says why not."""
        settings = self.settings
        self._slack = AioSlack(settings.bot_token.get_secret_value(), settings.slack_url)
        try:
            who = await self._who_am_i()
            self.desk.workspace, self.desk.bot_user = str(who["url"]).rstrip("/") + "/", str(who["user_id"])
            self.desk.team = str(who["team_id"])
            self._apply_phase()
            self._dispatcher = Dispatcher(
                self.store, Courier(self._slack, self.desk.workspace), now=self._now, pool=self._post_pool,
                on_dead=partial(report_dead, self.desk),
            )  # fmt: skip
            self.desk.nudge = self._dispatcher.nudge
            await self._open_wire(self._bolt(who))
        except BaseException:
            await self._slack.close()
            self._release()
            raise
        self._running = asyncio.create_task(self._dispatcher.run())
        self._clock.start()

    async def stop(self) -> None:
        """Answer what is in hand, finish what is on the wire, let go of everything."""
        await self._wire.stop()
        self._clock.stop()
        await self._dispatcher.stop()
        if self._running:
            self._running.cancel()
            await asyncio.wait([self._running])
        await self._slack.close()
        self._release()

    def nudge(self) -> None:
        """The clock was moved: look again at what is due."""
        self.desk.nudge()

    async def _who_am_i(self) -> dict[str, Any]:
        """auth.test, tried again for a while when Slack cannot be reached."""
        for attempt in range(5):
            try:
                answer = await self._slack.call("auth.test", {})
            except Unanswered as error:
                log.warning("Slack does not answer", reason=error.reason, attempt=attempt + 1)
                await asyncio.sleep(min(2**attempt, 5) * 0.2)
                continue
            if answer.get("ok"):
                return answer
            raise CannotStart(
                f"Slack does not accept the bot token ({answer.get('error')}). Is HYPERCARE_BOT_TOKEN right?"
            )
        raise CannotStart(f"Slack cannot be reached at {self.settings.slack_url}.")

    def _apply_phase(self) -> None:
        if self.settings.phase is None:
            return
        try:
            phases.apply(self.desk, self.settings.phase)
        except Refused as no:
            raise BadSettings(no.text) from None
        except StoreFailure as error:
            raise CannotStart(f"The database cannot be written to: {_reason(error)}") from None

    def _bolt(self, who: dict[str, Any]) -> App:
        token = self.settings.bot_token.get_secret_value()
        result = AuthorizeResult(enterprise_id=who.get("enterprise_id"), team_id=who["team_id"], bot_token=token,
                                 bot_id=who.get("bot_id"), bot_user_id=who["user_id"])  # fmt: skip

        def authorize() -> AuthorizeResult:
            return result

        secret = self.settings.signing_secret
        app = App(
            name="hypercare.bolt",
            client=WebClient(base_url=self.settings.slack_url, timeout=ANSWER_TIMEOUT, retry_handlers=[]),
            signing_secret=secret.get_secret_value() if secret else None,
            authorize=authorize,
            # Acknowledge after the commit, without Bolt's pool of five and its 10 ms poll.
            process_before_response=True,
            token_verification_enabled=False,
        )
        register(app, self.desk)
        self.bolt = app
        return app

    async def _open_wire(self, app: App) -> None:
        settings, inbound = self.settings, Inbound(app, self._pool)
        self._wire: Socket | HttpServer
        if settings.mode == "socket":
            assert settings.app_token
            self._wire = Socket(settings.app_token.get_secret_value(), settings.slack_url, inbound)
            await self._wire.start()
            return
        self._wire = HttpServer(inbound, settings.host, settings.port)
        try:
            await self._wire.start()
        except OSError as error:
            raise CannotStart(f"Port {settings.port} on {settings.host} cannot be used: {error.strerror}.") from None

    def _release(self) -> None:
        self._pool.shutdown(cancel_futures=True)
        self._post_pool.shutdown(cancel_futures=True)
        self.store.close()
        if self._lock:
            self._lock.close()


def _alone(database: str) -> IO[str] | None:
    try:
        return hold(database)
    except InUse as error:
        raise CannotStart(f"Another hypercare uses the database {error}. One process is enough for SQLite.") from None


def _reason(error: Exception) -> str:
    """The database's own first line, without the address: that may hold a password."""
    cause = getattr(error, "orig", None) or error
    first = str(cause).strip().splitlines()[0] if str(cause).strip() else type(cause).__name__
    return first.rstrip(".") + "."
