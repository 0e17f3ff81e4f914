"""The composition root: creates and connects all parts of the running app from the settings."""

import asyncio
import os
import socket
import threading
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from importlib.metadata import version
from typing import Any

import structlog
from slack_bolt import App

from bot.blame import LANGUAGES, find_in
from bot.context import AppContext
from bot.database import CannotStart, database_sentence, lock_database, open_store
from bot.extras import IMAP, REPORT, TEAMS, TONE
from bot.language import load_language, new_index
from bot.mail_access import mailbox_of, smtp_client
from bot.metrics import ProcessState, PrometheusMetrics
from bot.readiness import readiness_problems
from bot.report_page.mail_charts import draw_charts
from bot.seal import unseal_file
from bot.secret import secret_of
from bot.sentiment import tone
from bot.services.api import reading
from bot.services.connectors import incoming
from bot.services.delivery import ladder
from bot.services.mail import answers as mail_answers
from bot.services.mail import digests as digest_mails
from bot.services.mail import mailboxes, web_pages
from bot.services.mail import receiving as mails
from bot.services.oncall import escalations, pagerduty
from bot.services.oncall.calendar_feed import calendar_of
from bot.services.operations import catching_up, restores, timers
from bot.services.people import names
from bot.services.phases import channels, phases
from bot.services.registry import FEATURES, on_dead
from bot.services.reporting import digest, readings, wallboard
from bot.services.signals import receiving
from bot.services.sla import reminders
from bot.services.teams import receiving as teams
from bot.services.tickets import aliases
from bot.services.tickets.links import place_of
from bot.settings.errors import InvalidSettings
from bot.settings.settings import Settings, sources, systems
from bot.shared_clock import SharedClock
from bot.stopping import STOP_SECONDS, StopBudget
from bot.transport import model
from bot.transport.api import ApiEndpoint
from bot.transport.bolt import ANSWER_TIMEOUT, create_bolt
from bot.transport.calendar_feeds import CalendarFeedPages
from bot.transport.connections import rejections
from bot.transport.http import HttpServer
from bot.transport.inbound import Inbound
from bot.transport.lmtp import LmtpServer
from bot.transport.mail_answers import MailAnswerPages
from bot.transport.mailbox import take_mail
from bot.transport.model import ModelAccess, NoAnswer
from bot.transport.monitor import MonitorServer
from bot.transport.own_doors import OwnDoors
from bot.transport.pagerduty import PagerDutyAccess, PagerDutyEndpoint
from bot.transport.pauses import CallPauses
from bot.transport.proxies import proxy_for
from bot.transport.reports import ReportPages
from bot.transport.signals import SignalDoorEndpoint, SignalEndpoint
from bot.transport.slack import AioSlackClient
from bot.transport.socket import SocketModeConnection
from bot.transport.sql import NoRows, Sources
from bot.transport.teams import TeamsEndpoint
from bot.transport.ticket_links import TicketLinks
from bot.transport.trackers import TrackerEndpoint
from bot.transport.unsubscribing import UnsubscribePages
from bot.transport.visitors import read_networks
from bot.transport.wallboards import WallboardPages
from bot.transport.web_client import LOOKUP_TIMEOUT, PausedWebClient, ProfileLookup
from bot.transport.web_forms import WebFormPages
from bot.transport.webhooks import AioWebhooks
from bot.views.api.openapi import document
from bot.workers.availability import Availability
from bot.workers.catch_up import CatchUp
from bot.workers.channel_access import missing_access
from bot.workers.channel_changer import Undelivered
from bot.workers.clock import TimerClock
from bot.workers.clock_watch import ClockWatch
from bot.workers.connection_trial import ConnectionTrial
from bot.workers.deliverability import DeliverabilityChecker
from bot.workers.dispatcher import Dispatcher
from bot.workers.draft_writer import DraftWriter
from bot.workers.duplicate_checker import DuplicateChecker
from bot.workers.file_copier import CannotCopy, FileCopier
from bot.workers.file_reader import FileReader
from bot.workers.gap_watch import GapWatch
from bot.workers.group_members import GroupMembers
from bot.workers.heartbeat import Heartbeat
from bot.workers.home_publisher import HomePublisher
from bot.workers.issue_sender import IssueReader, IssueSender
from bot.workers.mail_sender import MailSender
from bot.workers.mailbox_reader import MailboxReader
from bot.workers.message_sender import Ladder, MessageSender, Unanswered, message_id
from bot.workers.moved_channels import MovedChannelsReader
from bot.workers.objective_reader import ObjectiveReader
from bot.workers.profile_refresher import ProfileRefresher
from bot.workers.rehearsal_player import RehearsalPlayer
from bot.workers.reminder_sender import ReminderSender
from bot.workers.survey_sender import SurveySender
from bot.workers.teams_sender import TeamsSender
from bot.workers.webhook_sender import WebhookSender
from connectors.registry import KINDS, open_tracker
from connectors.teams.chats import BotAccess, TeamsChatClient
from connectors.teams.tokens import TokenChecker
from connectors.tracker import TrackerAccess, TrackerError
from domain.delivery.message import Failure, FailureKind, OutboxMessage
from domain.errors import Refused
from domain.knowledge.drafting import ModelTerms
from domain.mail.incoming import number_of_file
from domain.operations.health import Replica
from domain.people.profile import Organization
from domain.phases.access import ChannelAccess
from domain.phases.phase import Phase
from handlers.routes import register
from storage.database.listen import listen
from storage.intake.similar import SimilarTickets
from storage.store import StoreFailure
from storage.transaction import Transaction

log = structlog.get_logger()
NEWEST = {"limit": 15, "include_all_metadata": True}  # messages that show whether Slack is ahead of the database
TEAMS_LISTED = 200  # workspaces of an organization
NO_PROFILE = "Teams doesn't say who you are at the moment. Please try again in a minute."
TEAMS_TIMEOUT = 5.0  # seconds; Teams waits for an answer for 15
ENTER_TIMEOUT = 2.0  # seconds; a person who saves a form waits for three
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
        self.context.teams_bot = settings.teams_app_id
        self.context.trackers = {name: kind.label for name, kind in KINDS.items()}
        self._pool = ThreadPoolExecutor(settings.workers, thread_name_prefix="request")
        self._delivery_pool = ThreadPoolExecutor(4, thread_name_prefix="post")
        self._probe_pool = ThreadPoolExecutor(2, thread_name_prefix="probe")  # which must not wait behind others
        self._metrics = PrometheusMetrics(self.store, now, self._state)
        self._clock = TimerClock(self.context, speed=speed, late=self._metrics.late)
        self.monitor = MonitorServer(self._problems, self._metrics.text, self._metrics.own_text,
                                     self._probe_pool, StoreFailure)  # fmt: skip
        self._signal_pool = ThreadPoolExecutor(2, thread_name_prefix="signal")
        self._log_pool = ThreadPoolExecutor(1, thread_name_prefix="log")
        self._serve_pages()
        self.lmtp = LmtpServer(partial(mails.check_address, self.context), partial(mails.receive, self.context),
                               self._signal_pool, settings.mail_authserv)  # fmt: skip
        self._connection: SocketModeConnection | HttpServer | None = None
        self._inbound: Inbound | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._loading: threading.Thread | None = None

    def _serve_pages(self) -> None:
        """Give the HTTP server the pages for people and the endpoints for other systems."""
        settings, app, pool, other = self.settings, self.context, self._delivery_pool, self._signal_pool
        token = settings.signals_token.get_secret_value() if settings.signals_token else ""
        opened = partial(digest.opened, app)
        use = partial(mail_answers.use_link, app)
        for one in (
            CalendarFeedPages(partial(calendar_of, app), pool),
            SignalEndpoint(token, partial(readings.receive, app), pool),
            SignalDoorEndpoint(partial(receiving.receive, app), other, self._log_pool, self._yield_to_people),
            TicketLinks(partial(place_of, app), pool),
            ReportPages(opened, settings.database, self._now, pool),
            WallboardPages(partial(wallboard.opened, app), partial(wallboard.draw, app), self._now, pool),
            TrackerEndpoint(tracker_access(settings), partial(incoming.note_news, app), other),
            PagerDutyEndpoint(pagerduty_access(settings), partial(pagerduty.receive, app), other),
            TeamsEndpoint(self._teams_tokens(), teams_access(settings).reaches, partial(teams.receive, app), other,
                          local=bool(settings.teams_local_url)),
            self._api(),
            WebFormPages(partial(web_pages.form, app), partial(web_pages.follow, app), settings.public_url, self._now,
                         other, read_networks(settings.trusted_proxies)),
            MailAnswerPages(partial(mail_answers.name_of_ticket, app), use, other),
            UnsubscribePages(partial(digest_mails.look, app), partial(digest_mails.unsubscribe, app), other),
        ):  # fmt: skip
            self.monitor.serve(one.add)

    def _teams_tokens(self) -> TokenChecker | None:
        """Return what checks requests of Teams; None without a bot, and where one is tried on this machine."""
        settings = self.settings
        if not settings.teams_app_id or settings.teams_local_url:
            return None
        return TokenChecker(settings.teams_app_id, settings.teams_tenant)

    def _api(self) -> ApiEndpoint:
        app = self.context
        described = document(version("hypercare"), self.settings.public_url)
        return ApiEndpoint(
            partial(reading.list_tickets, app), partial(reading.get_ticket, app), partial(reading.list_events, app),
            partial(reading.get_figures, app), described, self._now, self._signal_pool,
        )  # fmt: skip

    async def start(self) -> None:
        """Identify the bot, accept requests and start the workers; raise CannotStart when that fails."""
        settings = self.settings
        self._pauses = CallPauses(self._now)
        self._slack = AioSlackClient(settings.bot_token.get_secret_value(), settings.slack_url, self._pauses,
                                    self._shared_clock.machine)  # fmt: skip
        self._hooks = AioWebhooks(*systems(settings))
        self.context.addresses = frozenset(systems(settings)[0])
        has_bot = settings.teams_app_id or settings.teams_local_url
        self._chats = TeamsChatClient(teams_access(settings), proxy_for) if has_bot else None
        access = tracker_access(settings)
        self._trackers = {name: open_tracker(name, one, proxy_for) for name, one in access.items()}
        try:
            who = await self._who_am_i()
            self.context.workspace, self.context.bot_user = str(who["url"]).rstrip("/") + "/", str(who["user_id"])
            self.context.home = await self._home(who)
            lookup = ProfileLookup(self._web_client(LOOKUP_TIMEOUT), self._now)
            self.context.look_up, self.context.look_up_address = lookup, lookup.by_address
            self.context.scopes, self.context.app_id = self._slack.scopes, await self._app_id(who)
            self.context.look_up_in_teams = partial(self._look_up_in_teams, asyncio.get_running_loop())
            self.context.enter_channels = partial(self._enter_channels, asyncio.get_running_loop())
            self.context.whisper = partial(self._whisper, asyncio.get_running_loop())
            await asyncio.to_thread(self._compare_clock)
            await asyncio.to_thread(self._prepare_database)
            gap = await asyncio.to_thread(catching_up.find_gap, self.context)
            await self._follow_restore()
            await self._load_models()
            self._create_workers()
            if gap:
                self._gaps.note(gap.since)
            await self._open_connections(who)
        except BaseException as error:
            await self.monitor.stop()
            self.lmtp.stop()
            await self._close_clients()
            # The event loop goes on meanwhile, as it is what hears that the process is told to stop.
            await asyncio.to_thread(self._release)
            if not isinstance(error, asyncio.CancelledError):  # a process that is told to stop leaves without waiting
                await asyncio.to_thread(self.wait_for_models)
            if isinstance(error, StoreFailure):
                raise CannotStart(f"The database cannot be used. {database_sentence(error)}") from None
            raise
        self._tasks = [asyncio.create_task(self._work())]
        self._clock.start()

    def _whisper(
        self, loop: asyncio.AbstractEventLoop, channel: str, person: str, message: Mapping[str, Any]
    ) -> None:  # fmt: skip
        """Show a message to one person in a channel, without waiting; what can't be shown is only logged."""

        async def show() -> None:
            try:
                answer = await self._slack.call("chat.postEphemeral", {**message, "channel": channel, "user": person})
            except Unanswered as lost:
                log.warning("answer_not_delivered", error=lost.reason)
            else:
                if not answer.get("ok"):  # such as where a command was typed in a channel that the bot is not in
                    log.info("answer_not_delivered", error=answer.get("error"))

        asyncio.run_coroutine_threadsafe(show(), loop)

    async def _handle_event(self, body: Mapping[str, Any]) -> int:
        """Handle an event that Slack did not deliver; Bolt asks for no signature, as on a connection of ours."""
        assert self._inbound
        return int((await self._inbound.dispatch("socket_mode", body)).status)

    async def _load_models(self) -> None:
        """Load what takes seconds before it is needed: the language, and what phases use of blame and the lexicon.

        They are loaded in a thread of their own, which touches no database, so that a stop need not wait for it.
        """
        phases = await asyncio.to_thread(self._read_phases)
        comments = TONE.is_installed and any(phase.pulse.pulses for phase in phases)
        hints = any(phase.conversations.blame_hints for phase in phases)
        loop, self._loaded = asyncio.get_running_loop(), asyncio.Event()

        def load() -> None:
            try:
                load_language()
                if hints:
                    find_in("Hello.", LANGUAGES)
                if comments:
                    tone("")
            finally:
                with suppress(RuntimeError):  # the bot was stopped meanwhile
                    loop.call_soon_threadsafe(self._loaded.set)

        self._loading = threading.Thread(target=load, name="models", daemon=True)
        self._loading.start()

    @property
    def is_loading(self) -> bool:
        """Whether models are still being loaded, which also goes on after a stop."""
        return self._loading is not None and self._loading.is_alive()

    def wait_for_models(self) -> None:
        """Wait until models are loaded: Python must not end in the middle of that."""
        if self._loading:
            self._loading.join()

    async def stop(self) -> None:
        """Finish requests and calls in progress and release all resources, within STOP_SECONDS."""
        budget = StopBudget(STOP_SECONDS)
        await asyncio.gather(
            budget.finish("requests", self._stop_requests(), REQUESTS_TIMEOUT),
            budget.finish("timers", asyncio.to_thread(self._clock.stop), REQUESTS_TIMEOUT),
        )
        await budget.finish("messages", self._dispatcher.stop(), MESSAGES_TIMEOUT)
        for task in self._tasks:
            task.cancel()
        await budget.finish("workers", asyncio.gather(*self._tasks, return_exceptions=True), LEAVE_TIMEOUT)
        await budget.finish("sign-off", self._dispatcher.transact(self._heartbeat.leave), 2 * LEAVE_TIMEOUT)
        await budget.finish("monitoring", self.monitor.stop(), LEAVE_TIMEOUT)
        await budget.finish("clients", self._close_clients(), LEAVE_TIMEOUT)
        await budget.finish("threads", asyncio.to_thread(self._release), STOP_SECONDS)

    async def _stop_requests(self) -> None:
        self.lmtp.stop()
        if self._connection:
            await self._connection.stop()

    async def _close_clients(self) -> None:
        await self._slack.close()
        await self._hooks.close()
        for tracker in self._trackers.values():
            await tracker.close()
        if self._chats:
            await self._chats.close()

    def wake(self) -> None:
        """Wake the workers, because the clock was moved or another process has committed."""
        self.context.wake_dispatcher()
        self.context.wake_clock(None)
        for poller in self._pollers:
            poller.wake()

    async def _work(self) -> None:
        """Register as a replica, then start sending and listening to commits of other processes."""
        await self._heartbeat.join()
        heard = partial(listen, self.settings.database, self.store.me, self._heard)
        await asyncio.gather(
            self._dispatcher.run(),
            self._heartbeat.run(),
            self._group_members.run(),
            *(poller.run() for poller in self._pollers),
            heard(),
        )

    def _heard(self, timed: bool) -> None:
        self.context.wake_dispatcher()
        if timed:
            self.context.wake_clock(None)

    async def _who_am_i(self) -> dict[str, Any]:
        """Call auth.test, and retry for a while when Slack can't be reached."""
        for attempt in range(5):
            try:
                answer = await self._slack.call("auth.test", {})
            except Unanswered as error:
                log.warning("slack_no_answer", reason=error.reason, attempt=attempt + 1)
                await asyncio.sleep(min(2**attempt, 5) * 0.2)
                continue
            if answer.get("ok"):
                return answer
            raise CannotStart(
                f"Slack does not accept the bot token ({answer.get('error')}). Is HYPERCARE_BOT_TOKEN right?"
            )
        raise CannotStart(f"Slack cannot be reached at {self.settings.slack_url}.")

    async def _app_id(self, who: dict[str, Any]) -> str:
        """Return the id of the app, for links to its Home; "" when Slack doesn't say."""
        if who.get("app_id") or not who.get("bot_id"):
            return str(who.get("app_id") or "")
        with suppress(Unanswered):
            answer = await self._slack.call("bots.info", {"bot": who["bot_id"]})
            return str((answer.get("bot") or {}).get("app_id") or "")
        return ""

    async def _home(self, who: dict[str, Any]) -> Organization:
        """Return where the app is installed; of an org-wide install all workspaces in which it may act."""
        enterprise, team = str(who.get("enterprise_id") or ""), str(who["team_id"])
        if not who.get("is_enterprise_install"):
            return Organization((team,), enterprise)
        answer = await self._slack.call("auth.teams.list", {"limit": TEAMS_LISTED})
        teams = tuple(str(one["id"]) for one in answer.get("teams") or ())
        if not teams:
            log.warning("workspaces_not_listed", reason=answer.get("error"))
        self._slack.teams = teams
        return Organization(teams, enterprise or team, org_wide=True)

    def _web_client(self, timeout: int) -> PausedWebClient:
        settings = self.settings
        return PausedWebClient(settings.bot_token.get_secret_value(), settings.slack_url, timeout, self._pauses)

    def _look_up_in_teams(
        self, loop: asyncio.AbstractEventLoop, service_url: str, conversation: str, account: str
    ) -> str:
        """Return a person's address from a thread, in time for an answer to them; Refused when Teams doesn't say."""
        if self._chats is None:
            return ""
        asked = asyncio.run_coroutine_threadsafe(self._chats.find_address(service_url, conversation, account), loop)
        try:
            return asked.result(TEAMS_TIMEOUT)
        except TrackerError as error:
            if error.is_refusal:
                return ""
        except TimeoutError:
            asked.cancel()
        raise Refused(NO_PROFILE)

    def _enter_channels(
        self, loop: asyncio.AbstractEventLoop, channels: Collection[str]
    ) -> Mapping[str, ChannelAccess]:
        """Join channels from a thread, in time for an answer to a person; nothing is known of them after that."""
        asked = asyncio.run_coroutine_threadsafe(missing_access(self._slack.call, channels, join=True), loop)
        try:
            return asked.result(ENTER_TIMEOUT)
        except TimeoutError:
            asked.cancel()
            return dict.fromkeys(channels, ChannelAccess.UNKNOWN)

    def _compare_clock(self) -> None:
        self._shared_clock.compare(self.store)

    def _prepare_database(self) -> None:
        try:
            if self.settings.phase is not None:
                phases.apply_at_start(self.context, self.settings.phase)
            timers.set_up(self.context)
            ladder.load(self.context)
            channels.load_moved(self.context)
        except Refused as no:
            raise InvalidSettings(no.text) from None
        except StoreFailure as error:
            raise CannotStart(f"The database cannot be written to. {database_sentence(error)}") from None

    async def _follow_restore(self) -> None:
        """Move ids and numbers on when Slack has messages that the database has yet to send: a backup was restored."""
        places = {phase.triage_channel for phase in await asyncio.to_thread(self._read_phases) if phase.is_active}
        newest = await asyncio.gather(*map(self._newest_message, sorted(places)))
        await asyncio.to_thread(restores.follow, self.context, max(newest, default=0))

    def _read_phases(self) -> list[Phase]:
        with self.store.read() as tx:
            return tx.phases.list_phases()

    async def _newest_message(self, channel: str) -> int:
        """Return the highest id among the newest of our messages in a channel; 0 when there are none to see."""
        with suppress(Unanswered):
            answer = await self._slack.call("conversations.history", NEWEST | {"channel": channel})
            ours = (one for one in answer.get("messages") or () if one.get("user") == self.context.bot_user)
            return max((found for one in ours if isinstance(found := message_id(one), int)), default=0)
        return 0

    def _create_workers(self) -> None:
        me = Replica(id=self.store.me, name=f"{socket.gethostname()}:{os.getpid()}", version=version("hypercare"),
                     started_at=self._now())  # fmt: skip
        self._heartbeat = Heartbeat(self.store, me, self._transact, self.context.wake_dispatcher)
        self._copier = FileCopier(self._slack, self._remember_upload, partial(unseal_file, self.context.secret),
                                  self._mail_file)  # fmt: skip
        issues = IssueSender(self.context, self._trackers, self._serve, self._file_content)
        hooks = WebhookSender(self.context, self._hooks.tell, self._serve)
        post = smtp_client(self.settings)
        mailer = MailSender(self.context, post.send if post else None, self._serve, self._file_content,
                            draw_charts if REPORT.is_installed else None)  # fmt: skip
        trial = ConnectionTrial(self.context, self._trackers, post.check if post else None, self._own_doors(),
                                self._hooks.tell, self._serve)  # fmt: skip
        sender = MessageSender(self._slack, self.context.workspace, turn=self._wait_for_token,
                          still_ours=lambda: self._heartbeat.still_ours, hooks=hooks.send,
                          reveal=partial(aliases.reveal, self.context),
                          fill=partial(names.fill, self.context),
                          ladder=self._ladder(),
                          files=self._copier, trackers=issues.send, mails=mailer.send, trials=trial.send,
                          teams=TeamsSender(self.context, self._chats, self._serve).deliver)  # fmt: skip
        self._dispatcher = Dispatcher(
            self.store, sender, now=self._now, pool=self._delivery_pool, on_dead=partial(on_dead, self.context),
            outcome=self._metrics.sent, speed=self._speed, people=self._yield_to_people,
        )  # fmt: skip
        changed, read = partial(reminders.team_changed, self.context), self._read
        self._group_members = GroupMembers(self.store, self._slack, self._serve, read, changed)
        warn = partial(escalations.record_warning, self.context)
        courtesy = Availability(self._slack, self._wait_for_token)
        comparer = DuplicateChecker(self.context, read, self._loaded)
        home_publisher = HomePublisher(self.context, read)
        catch_up = CatchUp(self.context, self._slack, read, self._serve, self._wait_for_token, self._handle_event)
        self._gaps = GapWatch(self.context, read, self._is_linked, catch_up.run)
        self.context.note_event, self.context.note_lost = self._gaps.note_event, self._gaps.note_lost
        self._pollers = (
            self._gaps,
            ClockWatch(read, self._compare_clock, self._slack.compare_clock, self._clock_offsets),
            DeliverabilityChecker(self.store, self._slack, self._serve, read, warn, self._now),
            comparer,
            SurveySender(self.context, courtesy, self._serve, read),
            ReminderSender(self.context, courtesy, self._serve, read),
            *(() if self.store.is_sqlite else (MovedChannelsReader(self.context, read),)),
            home_publisher,
            player := RehearsalPlayer(self.context, read),
            reader := FileReader(self.context, self._slack, self._serve, read),
            *self._objective_reader(),
            *self._draft_writer(),
            *self._mailbox_reader(),
            *((IssueReader(self.context, self._trackers, issues, self._serve),) if self._trackers else ()),
            refresher := ProfileRefresher(self.context, self._slack, self._serve, read),
        )
        self.context.look_up_again = refresher.request
        self.context.publish_homes = home_publisher.publish
        self.context.read_files, self.context.wake_player = reader.wake, player.wake
        self.context.refresh_groups, self.context.check_duplicates = self._group_members.refresh, comparer.check
        self.context.wake_dispatcher, self.context.wake_clock = self._dispatcher.wake, self._clock.wake

    def _own_doors(self) -> OwnDoors:
        settings = self.settings

        def http() -> tuple[str, int | None]:
            if self.monitor.port:
                return settings.monitor_host, self.monitor.port
            return settings.host, self.port

        def mail() -> tuple[str, int | None]:
            return settings.mail_host, self.lmtp.port or None

        return OwnDoors(settings.public_url, http, mail, proves=bool(settings.mail_authserv),
                        reads_mailbox=bool(settings.imap_url))  # fmt: skip

    def _objective_reader(self) -> tuple[ObjectiveReader, ...]:
        """Return the reader of values from other databases, where the operator has named one."""
        known = sources(self.settings)
        return (ObjectiveReader(self.context, Sources(known), NoRows, self._serve, self._read),) if known else ()

    def _mailbox_reader(self) -> tuple[MailboxReader, ...]:
        """Return what takes in the mails of a mailbox, where the operator has named one."""
        if not self.settings.imap_url:
            return ()
        receive = partial(take_mail, partial(mailboxes.receive, self.context), self.settings.mail_authserv)
        return (MailboxReader(self.context, mailbox_of(self.settings), receive, self._serve),)

    def _draft_writer(self) -> tuple[DraftWriter, ...]:
        """Return what has a language model write, where the operator has set one up."""
        settings = self.settings
        if not (settings.ai_url and settings.ai_model):
            return ()
        key = settings.ai_key.get_secret_value() if settings.ai_key else ""
        ask = partial(model.ask, ModelAccess(settings.ai_url, settings.ai_model, key))
        writer = DraftWriter(self.context, ask, NoAnswer, self._serve, self._read)
        self.context.model = ModelTerms(settings.ai_model, settings.ai_price_in, settings.ai_price_out,
                                        settings.ai_private)  # fmt: skip
        self.context.wake_drafts = writer.wake
        return (writer,)

    async def _yield_to_people(self) -> None:
        if self._inbound:
            await self._inbound.yield_to_people()

    async def _read(self, work: Callable[[], Any]) -> Any:
        """Run a read on the pool that `_release` waits for, so that no connection outlives the store."""
        await self._yield_to_people()
        return await asyncio.get_running_loop().run_in_executor(self._delivery_pool, work)

    def _ladder(self) -> Ladder:
        prepare = partial(ladder.prepare, self.context)
        return Ladder(prepare, lambda content, refusal: asyncio.to_thread(ladder.lower, self.context, content, refusal))

    async def _transact(self, work: Callable[[Transaction], Any]) -> Any:
        return await self._dispatcher.transact(work)

    async def _serve(self, work: Callable[[Transaction], Any]) -> Any:
        """Run a service in a transaction on the pool, which wakes the dispatcher and the clock."""

        def run() -> Any:
            with self.context.transaction() as tx:
                return work(tx)

        await self._yield_to_people()
        return await asyncio.get_running_loop().run_in_executor(self._delivery_pool, run)

    async def _file_content(self, file_id: str) -> bytes | None:
        """Return the bytes of a file in Slack; None when they can't be had, and Undelivered when not now."""
        try:
            return await self._copier.read(file_id)
        except CannotCopy as no:
            if no.failure.kind is FailureKind.PERMANENT:
                return None
            raise Undelivered(no.failure) from None
        except Unanswered as error:
            raise Undelivered(Failure(error.reason, kind=error.kind)) from None

    async def _mail_file(self, file_id: str) -> bytes | None:
        """Return the bytes of a file that came by e-mail; None when it is no longer kept."""

        def find() -> bytes | None:
            with self.store.read() as tx:
                return tx.mails.find_content(number_of_file(file_id))

        return await asyncio.get_running_loop().run_in_executor(self._delivery_pool, find)

    async def _remember_upload(self, message: OutboxMessage, upload: str) -> None:
        await self._transact(lambda tx: tx.queue.remember_upload(message, upload))

    async def _wait_for_token(self, key: str) -> None:
        await self._dispatcher.wait_for_token(key)

    async def _open_connections(self, who: dict[str, Any]) -> None:
        settings = self.settings
        secret = settings.signing_secret.get_secret_value() if settings.signing_secret else None
        self.bolt: App = create_bolt(self._web_client(ANSWER_TIMEOUT), secret, who)
        register(self.bolt, self.context)
        self._inbound = inbound = Inbound(
            self.bolt, self._pool, self._metrics.timed, self._gaps.note, self._gaps.note_kept_back)  # fmt: skip
        self.context.wait_for_people = inbound.wait_for_people
        await self._listening(settings.monitor_host, settings.monitor_port, self.monitor.start)
        if settings.teams_app_id and not settings.teams_local_url and not TEAMS.is_installed:
            raise CannotStart(TEAMS.missing)
        if (settings.mail_port is not None or settings.imap_url) and not self.context.secret:
            raise CannotStart("Mails need HYPERCARE_SECRET, which signs what answers refer to. Set it.")
        if settings.imap_url and not IMAP.is_installed:
            raise CannotStart(IMAP.missing)
        await self._listening(settings.mail_host, settings.mail_port, self.lmtp.start)
        if settings.mode == "socket":
            assert settings.app_token
            self._connection = line = SocketModeConnection(
                settings.app_token.get_secret_value(), settings.slack_url, inbound, self._pauses, self._gaps.note
            )
            await line.start()
            return
        server = HttpServer(inbound, settings.host, settings.port, self.monitor.add_probes, secret or "", StoreFailure)
        self._connection = server
        await self._listening(settings.host, settings.port, lambda _host, _port: server.start())

    @property
    def port(self) -> int | None:
        """The port on which Slack's requests arrive in http mode, once started."""
        return self._connection.port if isinstance(self._connection, HttpServer) else None

    async def _listening(self, host: str, port: int | None, start: Callable[[str, int], Any]) -> None:
        if port is None:
            return
        try:
            await start(host, port)
        except OSError as error:
            raise CannotStart(f"Port {port} on {host} cannot be used: {error.strerror}.") from None

    async def _problems(self) -> dict[str, str]:
        """Return the reasons why this process isn't ready, by name."""
        oldest = timedelta(minutes=self.settings.ready_message_age)
        read = partial(readiness_problems, self.store, self._state(), self._now(), oldest)
        return await asyncio.get_running_loop().run_in_executor(self._probe_pool, read)

    def _state(self) -> ProcessState:
        """Return what this process knows of itself, also before it has started."""
        if self._connection is None:
            return ProcessState()
        slack = self._slack
        return ProcessState(self._is_linked(), slack.rejected, self._clock_offsets(), dict(rejections))

    def _clock_offsets(self) -> dict[str, timedelta]:
        """Return by how much the clock of the machine is ahead of those that we know."""
        database = self._shared_clock.offset
        return {"Slack": self._slack.clock_offset, **({} if database is None else {"database": database})}

    def _is_linked(self) -> bool:
        return (
            self._connection.connected
            if isinstance(self._connection, SocketModeConnection)
            else bool(self._connection) and self._slack.reachable
        )

    def _release(self) -> None:
        self._pool.shutdown(cancel_futures=True)
        self._signal_pool.shutdown(cancel_futures=True)
        self._log_pool.shutdown(cancel_futures=True)
        self._delivery_pool.shutdown(cancel_futures=True)
        self._probe_pool.shutdown(cancel_futures=True)
        self.store.close()
        if self._lock:
            self._lock.close()


def pagerduty_access(settings: Settings) -> PagerDutyAccess:
    """Return what PagerDuty signs its webhooks with, and how its REST API is asked."""
    secret, token = settings.pagerduty_webhook_secret, settings.pagerduty_token
    return PagerDutyAccess(
        secrets=secret.get_secret_value().split() if secret else (), url=settings.pagerduty_api_url,
        token=token.get_secret_value() if token else "",
    )  # fmt: skip


def teams_access(settings: Settings) -> BotAccess:
    """Return the registration of the bot in Teams."""
    secret = settings.teams_app_secret.get_secret_value() if settings.teams_app_secret else ""
    return BotAccess(settings.teams_app_id, secret, settings.teams_tenant, settings.teams_local_url)


def tracker_access(settings: Settings) -> dict[str, TrackerAccess]:
    """Return where the trackers of the settings are, and how to get in."""
    found = {name: _access_to(name, settings) for name in KINDS}
    return {name: one for name, one in found.items() if one.address and one.token}


def _access_to(name: str, settings: Settings) -> TrackerAccess:
    """Return what the four settings of a tracker say, which begin with its name."""
    secrets = (getattr(settings, f"{name}_{one}", None) for one in ("token", "webhook_secret"))
    token, signing = (one.get_secret_value() if one else "" for one in secrets)
    return TrackerAccess(getattr(settings, f"{name}_url", ""), getattr(settings, f"{name}_user", ""), token, signing)
