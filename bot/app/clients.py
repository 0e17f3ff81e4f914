"""Clients of other systems: Slack, trackers, Microsoft Teams, and the systems that webhooks go to."""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import structlog

from bot.app.access import teams_access, tracker_access
from bot.settings.settings import Settings, systems
from bot.transport.pauses import CallPauses
from bot.transport.proxies import proxy_for
from bot.transport.slack import AioSlackClient
from bot.transport.web_client import PausedWebClient
from bot.transport.webhooks import AioWebhooks
from bot.workers.channel_access import missing_access
from bot.workers.message_sender import Unanswered
from connectors.registry import open_tracker
from connectors.teams.chats import TeamsChatClient
from connectors.tracker import TrackerError
from domain.errors import Refused
from domain.phases.access import ChannelAccess
from domain.teams.incoming import TeamsFile

log = structlog.get_logger()
NO_PROFILE = "Teams doesn't say who you are at the moment. Please try again in a minute."
TEAMS_TIMEOUT = 5.0  # seconds; Teams waits for an answer for 15
ENTER_TIMEOUT = 2.0  # seconds; a person who saves a form waits for three


class Clients:
    """Opened in the running event loop. The methods without `async` are for threads, and take part in that loop."""

    def __init__(self, settings: Settings, now: Callable[[], datetime], machine: Callable[[], datetime]) -> None:
        self._settings, self._loop = settings, asyncio.get_running_loop()
        self.pauses = CallPauses(now)
        token = settings.bot_token.get_secret_value()
        self.slack = AioSlackClient(token, settings.slack_url, self.pauses, machine)
        self.hooks = AioWebhooks(*systems(settings))
        has_bot = settings.teams_app_id or settings.teams_local_url
        self.chats = TeamsChatClient(teams_access(settings), proxy_for) if has_bot else None
        access = tracker_access(settings)
        self.trackers = {name: open_tracker(name, one, proxy_for) for name, one in access.items()}

    def web_client(self, timeout: int) -> PausedWebClient:
        """Return a client of Slack for threads, which gives up after so many seconds."""
        token = self._settings.bot_token.get_secret_value()
        return PausedWebClient(token, self._settings.slack_url, timeout, self.pauses)

    def whisper(self, channel: str, person: str, message: Mapping[str, Any]) -> None:
        """Show a message to one person in a channel, without waiting; what can't be shown is only logged."""

        async def show() -> None:
            try:
                answer = await self.slack.call("chat.postEphemeral", {**message, "channel": channel, "user": person})
            except Unanswered as lost:
                log.warning("answer_not_delivered", error=lost.reason)
            else:
                if not answer.get("ok"):  # such as where a command was typed in a channel that the bot is not in
                    log.info("answer_not_delivered", error=answer.get("error"))

        asyncio.run_coroutine_threadsafe(show(), self._loop)

    def look_up_in_teams(self, service_url: str, conversation: str, account: str) -> str:
        """Return a person's address in time for an answer to them; Refused when Teams doesn't say."""
        if self.chats is None:
            return ""
        asked = asyncio.run_coroutine_threadsafe(
            self.chats.find_address(service_url, conversation, account), self._loop
        )
        try:
            return asked.result(TEAMS_TIMEOUT)
        except TrackerError as error:
            if error.is_refusal:
                return ""
        except TimeoutError:
            asked.cancel()
        raise Refused(NO_PROFILE)

    async def fetch_from_teams(self, files: Sequence[TeamsFile]) -> tuple[TeamsFile, ...]:
        """Return the files of a message with their content, as far as it can be had in time."""
        return await self.chats.fetch(files) if self.chats else tuple(files)

    def enter_channels(self, channels: Collection[str]) -> Mapping[str, ChannelAccess]:
        """Join channels in time for an answer to a person; nothing is known of them after that."""
        asked = asyncio.run_coroutine_threadsafe(missing_access(self.slack.call, channels, join=True), self._loop)
        try:
            return asked.result(ENTER_TIMEOUT)
        except TimeoutError:
            asked.cancel()
            return dict.fromkeys(channels, ChannelAccess.UNKNOWN)

    async def close(self) -> None:
        await self.slack.close()
        await self.hooks.close()
        for tracker in self.trackers.values():
            await tracker.close()
        if self.chats:
            await self.chats.close()
