"""The workers of the app: what sends messages, and what looks now and then for something to do."""

import asyncio
import os
import socket
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from importlib.metadata import version
from typing import Any

from bot.app.clients import Clients
from bot.app.threads import DatabaseThreads
from bot.context import AppContext
from bot.extras import REPORT
from bot.mail_access import mailbox_of, smtp_client
from bot.metrics import PrometheusMetrics
from bot.report_page.mail_charts import draw_charts
from bot.seal import unseal_file
from bot.services.delivery import fallbacks
from bot.services.mail import mailboxes
from bot.services.oncall import escalations
from bot.services.people import names
from bot.services.registry import on_dead
from bot.services.sla import reminders
from bot.services.tickets import aliases
from bot.settings.settings import Settings, sources
from bot.transport import model
from bot.transport.mailbox import take_mail
from bot.transport.model import ModelAccess, NoAnswer
from bot.transport.own_endpoints import OwnEndpoints
from bot.transport.sql import NoRows, Sources
from bot.workers.account_finder import AccountFinder
from bot.workers.availability import Availability
from bot.workers.background import keep_running
from bot.workers.catch_up import CatchUp
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
from bot.workers.issue_sender import IssueReader, IssueSender, tracker_file
from bot.workers.mail_sender import MailSender
from bot.workers.mailbox_reader import MailboxReader
from bot.workers.message_sender import Fallbacks, MessageSender, Unanswered
from bot.workers.moved_channels import MovedChannelsReader
from bot.workers.objective_reader import ObjectiveReader
from bot.workers.poller import Poller
from bot.workers.profile_refresher import ProfileRefresher
from bot.workers.rehearsal_player import RehearsalPlayer
from bot.workers.reminder_sender import ReminderSender
from bot.workers.survey_sender import SurveySender
from bot.workers.teams_sender import TeamsSender
from bot.workers.webhook_sender import WebhookSender
from domain.delivery.message import Failure, FailureKind, OutboxMessage
from domain.knowledge.drafting import ModelTerms
from domain.mail.incoming import number_of_file
from domain.operations.health import Replica
from storage.database.listen import listen
from storage.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What workers ask of the app: its connection to Slack, the clocks it knows, its models, and how to call itself.

    `handle` handles an event that Slack did not deliver, and returns an HTTP status. `speed` is the clock's.
    """

    speed: Callable[[], float]
    models_loaded: asyncio.Event
    is_linked: Callable[[], bool]
    handle: Callable[[Mapping[str, Any]], Awaitable[int]]
    compare_clock: Callable[[], None]
    clock_offsets: Callable[[], dict[str, timedelta]]
    endpoints: OwnEndpoints


class Workers:
    """All workers. The services of `context` wake them."""

    def __init__(
        self, settings: Settings, context: AppContext, clients: Clients, threads: DatabaseThreads,
        metrics: PrometheusMetrics, clock: TimerClock, around: Surroundings,
    ) -> None:  # fmt: skip
        self._settings, self._context, self._clients, self._threads = settings, context, clients, threads
        self._count_mail = partial(metrics.received, "mail")
        self._serve, self._read, self._tasks = threads.serve, threads.read, list[asyncio.Task[None]]()
        store, slack, serve, read = context.store, clients.slack, threads.serve, threads.read
        name = f"{socket.gethostname()}:{os.getpid()}"
        me = Replica(id=store.me, name=name, version=version("hypercare"), started_at=context.now())
        self._heartbeat = Heartbeat(store, me, self.transact, self._recovered)
        self._copier = FileCopier(slack, self._remember_upload, partial(unseal_file, context.secret),
                                  self._mail_file, partial(tracker_file, clients.trackers))  # fmt: skip
        accounts = AccountFinder(context, slack, serve)
        self._issues = IssueSender(context, clients.trackers, serve, self._file_content, accounts)
        self.dispatcher = Dispatcher(
            store, self._message_sender(around.endpoints), now=context.now, pool=threads.pool, outcome=metrics.sent,
            on_dead=partial(on_dead, context), speed=around.speed, people=threads.yield_to_people,
        )  # fmt: skip
        self.group_members = GroupMembers(store, slack, serve, read, partial(reminders.team_changed, context))
        courtesy = Availability(slack, self._wait_for_token)
        comparer = DuplicateChecker(context, read, around.models_loaded)
        home_publisher = HomePublisher(context, read)
        catch_up = CatchUp(context, slack, read, serve, self._wait_for_token, around.handle)
        self.gaps = GapWatch(context, read, around.is_linked, catch_up.run)
        self.pollers: tuple[Poller, ...] = (
            self.gaps,
            ClockWatch(read, around.compare_clock, slack.compare_clock, around.clock_offsets),
            DeliverabilityChecker(store, slack, serve, read, partial(escalations.record_warning, context), context.now),
            comparer,
            SurveySender(context, courtesy, serve, read),
            ReminderSender(context, courtesy, serve, read),
            *(() if store.is_sqlite else (MovedChannelsReader(context, read),)),
            home_publisher,
            player := RehearsalPlayer(context, read),
            reader := FileReader(context, slack, serve, read),
            *self._objective_reader(),
            *self._draft_writer(),
            *self._mailbox_reader(),
            *((IssueReader(context, clients.trackers, self._issues, serve),) if clients.trackers else ()),
            refresher := ProfileRefresher(context, slack, serve, read),
        )
        context.note_event, context.note_lost = self.gaps.note_event, self.gaps.note_lost
        context.look_up_again, context.publish_homes = refresher.request, home_publisher.publish
        context.read_files, context.wake_player = reader.wake, player.wake
        context.refresh_groups, context.check_duplicates = self.group_members.refresh, comparer.check
        context.wake_dispatcher, context.wake_clock = self.dispatcher.wake, clock.wake

    def start(self) -> None:
        self._tasks = [asyncio.create_task(self._work(), name="start")]

    def wake(self) -> None:
        """Wake all of them, because the clock was moved or another process has committed."""
        self._context.wake_dispatcher(False)
        self._context.wake_clock(None)
        for poller in self.pollers:
            poller.wake()

    async def transact(self, work: Callable[[Transaction], Any]) -> Any:
        """Run a part of a delivery in a transaction, with others that wait."""
        return await self.dispatcher.transact(work)

    async def stop(self) -> None:
        """Stop all but the dispatcher, which has its own time to finish what it sends."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def leave(self) -> None:
        """Sign this process off."""
        await self.transact(self._heartbeat.leave)

    async def _work(self) -> None:
        """Register as a replica, then start sending and listening to commits of other processes."""
        await keep_running("heartbeat", self._heartbeat.join)
        hear = partial(listen, self._settings.database, self._context.store.me, self._on_change)
        runs: dict[str, Callable[[], Awaitable[None]]] = {
            "dispatcher": self.dispatcher.run, "heartbeat": self._heartbeat.run,
            "user groups": self.group_members.run, "other processes": hear,
            **{poller.waits: poller.run for poller in self.pollers},
        }  # fmt: skip
        self._tasks += [asyncio.create_task(keep_running(name, run), name=name) for name, run in runs.items()]

    def _recovered(self) -> None:
        """Send what another process did not, once the dispatcher runs."""
        self.dispatcher.wake()

    def _on_change(self, timed: bool) -> None:
        self._context.wake_dispatcher(False)
        if timed:
            self._context.wake_clock(None)

    def _message_sender(self, endpoints: OwnEndpoints) -> MessageSender:
        """Return what carries out a message, in whichever system."""
        context, clients, serve = self._context, self._clients, self._serve
        hooks = WebhookSender(context, clients.hooks.tell, serve)
        post = smtp_client(self._settings)
        draw = draw_charts if REPORT.is_installed else None
        mailer = MailSender(context, post.send if post else None, serve, self._file_content, draw)
        check = post.check if post else None
        chat = clients.chats.check if clients.chats else None
        trial = ConnectionTrial(context, clients.trackers, check, endpoints, clients.hooks.tell, serve, chat)
        return MessageSender(
            clients.slack, context.workspace, turn=self._wait_for_token, still_ours=lambda: self._heartbeat.still_ours,
            hooks=hooks.send, reveal=partial(aliases.reveal, context), fill=partial(names.fill, context),
            fallbacks=_fallbacks(context), files=self._copier, trackers=self._issues.send, mails=mailer.send,
            trials=trial.send, teams=TeamsSender(context, clients.chats, serve, self._file_content).deliver,
        )  # fmt: skip

    def _objective_reader(self) -> tuple[ObjectiveReader, ...]:
        """Return the reader of values from other databases, where the operator has named one."""
        known = sources(self._settings)
        return (ObjectiveReader(self._context, Sources(known), NoRows, self._serve, self._read),) if known else ()

    def _mailbox_reader(self) -> tuple[MailboxReader, ...]:
        """Return what takes in the mails of a mailbox, where the operator has named one."""
        if not self._settings.imap_url:
            return ()
        receive = partial(take_mail, partial(mailboxes.receive, self._context), self._settings.mail_authserv)
        return (MailboxReader(self._context, mailbox_of(self._settings), receive, self._serve, self._count_mail),)

    def _draft_writer(self) -> tuple[DraftWriter, ...]:
        """Return what has a language model write, where the operator has set one up."""
        settings, context = self._settings, self._context
        if not (settings.ai_url and settings.ai_model):
            return ()
        key = settings.ai_key.get_secret_value() if settings.ai_key else ""
        ask = partial(model.ask, ModelAccess(settings.ai_url, settings.ai_model, key))
        writer = DraftWriter(context, ask, NoAnswer, self._serve, self._read)
        context.model = ModelTerms(settings.ai_model, settings.ai_price_in, settings.ai_price_out, settings.ai_private)
        context.wake_drafts = writer.wake
        return (writer,)

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
            with self._context.store.read() as tx:
                return tx.mails.find_content(number_of_file(file_id))

        return await asyncio.get_running_loop().run_in_executor(self._threads.pool, find)

    async def _remember_upload(self, message: OutboxMessage, upload: str) -> None:
        await self.transact(lambda tx: tx.queue.remember_upload(message, upload))

    async def _wait_for_token(self, key: str) -> None:
        await self.dispatcher.wait_for_token(key)


def _fallbacks(context: AppContext) -> Fallbacks:
    prepare = partial(fallbacks.prepare, context)
    return Fallbacks(prepare, lambda content, refusal: asyncio.to_thread(fallbacks.simplify, context, content, refusal))
