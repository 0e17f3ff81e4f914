"""The composition root: creates and connects all parts of the running app from the settings."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from slack_bolt import App

from bot.app.access import samples, senders
from bot.app.clients import Clients
from bot.app.endpoints import add_endpoints
from bot.app.identity import Identity, identify
from bot.app.models import ModelLoader
from bot.app.preparation import follow_restore, prepare_database, read_phases
from bot.app.threads import DatabaseThreads
from bot.app.workers import Surroundings, Workers
from bot.context import AppContext
from bot.database import CannotStart, database_sentence, lock_database, open_store
from bot.extras import IMAP, TEAMS
from bot.language import new_index
from bot.metrics import ProcessState, PrometheusMetrics
from bot.readiness import readiness_notes, readiness_problems
from bot.secret import secret_of
from bot.services.mail import receiving as mails
from bot.services.operations import catching_up
from bot.services.registry import FEATURES
from bot.settings.settings import Settings, systems
from bot.shared_clock import SharedClock
from bot.stopping import STOP_SECONDS, StopBudget
from bot.transport.bolt import ANSWER_TIMEOUT, create_bolt
from bot.transport.connections import rejections
from bot.transport.http import HttpServer
from bot.transport.inbound import Inbound
from bot.transport.lmtp import LmtpServer
from bot.transport.monitor import MonitorServer
from bot.transport.own_endpoints import OwnEndpoints
from bot.transport.socket import SocketModeConnection
from bot.transport.web_client import LOOKUP_TIMEOUT, ProfileLookup
from bot.workers.clock import TimerClock
from connectors.registry import KINDS
from domain.teams.incoming import TeamsFile
from handlers.routes import register
from storage.intake.similar import SimilarTickets
from storage.store import StoreFailure

REQUESTS_TIMEOUT = 4.5  # seconds a stop waits for requests and timers
MESSAGES_TIMEOUT = 2.5  # seconds a stop waits for messages that are being sent
LEAVE_TIMEOUT = 1.0  # seconds a stop tries each of what is left, such as to sign this process off


class Application:
    """The whole app: store, handlers, workers and transport. `now`, and its `speed`, are for the sandbox."""

    def __init__(
        self, settings: Settings, *, now: Callable[[], datetime] | None = None, speed: Callable[[], float] = lambda: 1.0
    ) -> None:
        self._shared_clock = SharedClock()
        now = self._shared_clock if now is None else now
        self.settings, self._now, self._speed = settings, now, speed
        self.store = open_store(settings.database)
        self._lock = lock_database(settings.database)
        kept = timedelta(days=settings.tickets_kept) if settings.tickets_kept else None
        self.context = AppContext(features=FEATURES, store=self.store, now=now, admins=settings.admins,
                         likely=SimilarTickets(new_index),
                         tickets_kept=kept,
                         messages_kept=timedelta(days=settings.messages_kept))  # fmt: skip
        self.context.public_url, self.context.secret = settings.public_url, secret_of(settings)
        self.context.teams_bot, self.context.addresses = settings.teams_app_id, frozenset(systems(settings)[0])
        self.context.senders = senders(settings)
        self.context.trackers = {name: kind.label for name, kind in KINDS.items()}
        self._pool = ThreadPoolExecutor(settings.workers, thread_name_prefix="request")
        self._threads = DatabaseThreads(self.context)
        self._probe_pool = ThreadPoolExecutor(2, thread_name_prefix="probe")  # which must not wait behind others
        self._signal_pool = ThreadPoolExecutor(2, thread_name_prefix="signal")
        self._log_pool = ThreadPoolExecutor(1, thread_name_prefix="log")
        self._metrics = PrometheusMetrics(self.store, now, self._state)
        self._clock = TimerClock(self.context, speed=speed, late=self._metrics.late)
        self.monitor = MonitorServer(self._problems, self._metrics.text, self._metrics.own_text,
                                     self._probe_pool, StoreFailure, self._notes)  # fmt: skip
        add_endpoints(self.monitor, settings, self.context, now, self._threads, self._signal_pool, self._log_pool,
                      self._fetch_from_teams, self._metrics.received)  # fmt: skip
        check, receive = partial(mails.check_address, self.context), partial(mails.receive, self.context)
        count_answer = partial(self._metrics.received, "mail")
        self.lmtp = LmtpServer(check, receive, self._signal_pool, settings.mail_authserv, count_answer)
        self._models = ModelLoader()
        self._clients: Clients | None = None
        self._connection: SocketModeConnection | HttpServer | None = None
        self._inbound: Inbound | None = None

    async def start(self) -> None:
        """Identify the bot, accept requests and start the workers; raise CannotStart when that fails."""
        self._clients = clients = Clients(self.settings, self._now, self._shared_clock.machine)
        try:
            who = await identify(clients.slack, self.settings.slack_url)
            self._complete_context(clients, who)
            await asyncio.to_thread(self._compare_clock)
            await asyncio.to_thread(prepare_database, self.context, self.settings.phase)
            gap = await asyncio.to_thread(catching_up.find_gap, self.context)
            await follow_restore(self.context, clients.slack)
            self._models.start(await asyncio.to_thread(read_phases, self.context))
            self.workers = Workers(self.settings, self.context, clients, self._threads, self._metrics, self._clock,
                                   self._surroundings())  # fmt: skip
            if gap:
                self.workers.gaps.note(gap.since)
            await self._open_connections(clients, who)
        except BaseException as error:
            await self._give_up(error)
            if isinstance(error, StoreFailure):
                raise CannotStart(f"The database cannot be used. {database_sentence(error)}") from None
            raise
        self.workers.start()
        self._clock.start()

    def _complete_context(self, clients: Clients, who: Identity) -> None:
        """Tell services who the bot is, and what they can ask other systems for."""
        context = self.context
        context.workspace, context.bot_user = who.workspace, who.bot_user
        context.home, context.app_id, context.scopes = who.home, who.app_id, clients.slack.scopes
        lookup = ProfileLookup(clients.web_client(LOOKUP_TIMEOUT), self._now)
        context.look_up, context.look_up_address = lookup, lookup.by_address
        context.look_up_in_teams, context.enter_channels = clients.look_up_in_teams, clients.enter_channels
        context.whisper = clients.whisper

    async def _fetch_from_teams(self, files: Sequence[TeamsFile]) -> tuple[TeamsFile, ...]:
        return await self._clients.fetch_from_teams(files) if self._clients else tuple(files)

    async def _open_connections(self, clients: Clients, who: Identity) -> None:
        """Accept requests of Slack and of other systems."""
        settings, gaps = self.settings, self.workers.gaps
        secret = settings.signing_secret.get_secret_value() if settings.signing_secret else None
        self.bolt: App = create_bolt(clients.web_client(ANSWER_TIMEOUT), secret, who.answer)
        register(self.bolt, self.context)
        inbound = Inbound(self.bolt, self._pool, self._metrics.timed, gaps.note, gaps.note_kept_back)
        self._inbound = self._threads.inbound = inbound
        self.context.wait_for_people = inbound.wait_for_people
        await self._listening(settings.monitor_host, settings.monitor_port, self.monitor.start)
        self._check_extras()
        await self._listening(settings.mail_host, settings.mail_port, self.lmtp.start)
        if settings.mode == "socket":
            assert settings.app_token
            self._connection = line = SocketModeConnection(
                settings.app_token.get_secret_value(), settings.slack_url, inbound, clients.pauses, gaps.note
            )
            await line.start()
            return
        server = HttpServer(inbound, settings.host, settings.port, self.monitor.add_probes, secret or "", StoreFailure)
        self._connection = server
        await self._listening(settings.host, settings.port, lambda _host, _port: server.start())

    def _check_extras(self) -> None:
        """Refuse to start where the settings want what is not installed, or mails without a secret."""
        settings = self.settings
        if settings.teams_app_id and not settings.teams_local_url and not TEAMS.is_installed:
            raise CannotStart(TEAMS.missing)
        if (settings.mail_port is not None or settings.imap_url) and not self.context.secret:
            raise CannotStart("Mails need HYPERCARE_SECRET, which signs what answers refer to. Set it.")
        if settings.imap_url and not IMAP.is_installed:
            raise CannotStart(IMAP.missing)

    async def _listening(self, host: str, port: int | None, start: Callable[[str, int], Any]) -> None:
        if port is None:
            return
        try:
            await start(host, port)
        except OSError as error:
            raise CannotStart(f"Port {port} on {host} cannot be used: {error.strerror}.") from None

    async def _give_up(self, error: BaseException) -> None:
        """Release everything after a start that failed."""
        await self.monitor.stop()
        self.lmtp.stop()
        if self._clients:
            await self._clients.close()
        # The event loop goes on meanwhile, as it is what hears that the process is told to stop.
        await asyncio.to_thread(self._release)
        if not isinstance(error, asyncio.CancelledError):  # a process that is told to stop leaves without waiting
            await asyncio.to_thread(self.wait_for_models)

    async def stop(self) -> None:
        """Finish requests and calls in progress and release all resources, within STOP_SECONDS."""
        assert self._clients
        budget = StopBudget(STOP_SECONDS)
        await asyncio.gather(
            budget.finish("requests", self._stop_requests(), REQUESTS_TIMEOUT),
            budget.finish("timers", asyncio.to_thread(self._clock.stop), REQUESTS_TIMEOUT),
        )
        await budget.finish("messages", self.workers.dispatcher.stop(), MESSAGES_TIMEOUT)
        await budget.finish("workers", self.workers.stop(), LEAVE_TIMEOUT)
        await budget.finish("sign-off", self.workers.leave(), 2 * LEAVE_TIMEOUT)
        await budget.finish("monitoring", self.monitor.stop(), LEAVE_TIMEOUT)
        await budget.finish("clients", self._clients.close(), LEAVE_TIMEOUT)
        await budget.finish("threads", asyncio.to_thread(self._release), STOP_SECONDS)

    async def _stop_requests(self) -> None:
        self.lmtp.stop()
        if self._connection:
            await self._connection.stop()

    def _release(self) -> None:
        self._pool.shutdown(cancel_futures=True)
        self._signal_pool.shutdown(cancel_futures=True)
        self._log_pool.shutdown(cancel_futures=True)
        self._threads.close()
        self._probe_pool.shutdown(cancel_futures=True)
        self.store.close()
        if self._lock:
            self._lock.close()

    def wake(self) -> None:
        """Wake the workers, because the clock was moved or another process has committed."""
        self.workers.wake()

    @property
    def port(self) -> int | None:
        """The port on which Slack's requests arrive in http mode, once started."""
        return self._connection.port if isinstance(self._connection, HttpServer) else None

    @property
    def is_loading(self) -> bool:
        """Whether models are still being loaded, which also goes on after a stop."""
        return self._models.is_loading

    def wait_for_models(self) -> None:
        """Wait until models are loaded: Python must not end in the middle of that."""
        self._models.wait()

    async def _handle_event(self, body: Mapping[str, Any]) -> int:
        """Handle an event that Slack did not deliver; Bolt asks for no signature, as on a connection of ours."""
        assert self._inbound
        return int((await self._inbound.dispatch("socket_mode", body)).status)

    def _surroundings(self) -> Surroundings:
        return Surroundings(
            speed=self._speed, models_loaded=self._models.loaded, is_linked=self._is_linked, handle=self._handle_event,
            compare_clock=self._compare_clock, clock_offsets=self._clock_offsets, endpoints=self._own_endpoints(),
        )  # fmt: skip

    def _own_endpoints(self) -> OwnEndpoints:
        settings = self.settings

        def http() -> tuple[str, int | None]:
            if self.monitor.port:
                return settings.monitor_host, self.monitor.port
            return settings.host, self.port

        def mail() -> tuple[str, int | None]:
            return settings.mail_host, self.lmtp.port or None

        return OwnEndpoints(settings.public_url, http, mail, proves=bool(settings.mail_authserv),
                        reads_mailbox=bool(settings.imap_url), samples=samples(settings))  # fmt: skip

    async def _problems(self) -> dict[str, str]:
        """Return the reasons why this process isn't ready, by name."""
        oldest = timedelta(minutes=self.settings.ready_message_age)
        read = partial(readiness_problems, self.store, self._state(), self._now(), oldest)
        return await asyncio.get_running_loop().run_in_executor(self._probe_pool, read)

    def _state(self) -> ProcessState:
        """Return what this process knows of itself, also before it has started."""
        if self._connection is None or self._clients is None:
            return ProcessState()
        slack = self._clients.slack
        unproven = self._connection.unproven if isinstance(self._connection, HttpServer) else 0
        return ProcessState(self._is_linked(), slack.rejected, self._clock_offsets(), dict(rejections), unproven)

    def _notes(self) -> dict[str, str]:
        return readiness_notes(self._state())

    def _compare_clock(self) -> None:
        self._shared_clock.compare(self.store)

    def _clock_offsets(self) -> dict[str, timedelta]:
        """Return by how much the clock of the machine is ahead of those that we know."""
        assert self._clients
        database = self._shared_clock.offset
        return {"Slack": self._clients.slack.clock_offset, **({} if database is None else {"database": database})}

    def _is_linked(self) -> bool:
        if isinstance(self._connection, SocketModeConnection):
            return self._connection.connected
        return bool(self._connection and self._clients and self._clients.slack.reachable)
