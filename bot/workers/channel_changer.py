"""Change a channel in Slack: create, describe and archive it, invite people, pin a message.

Slack's page: https://docs.slack.dev/reference/methods/conversations.create, and those of the other methods.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from bot.slack_errors import HARMLESS_CHANNEL_ERRORS, MISSING_SCOPE, NAME_TAKEN
from domain.delivery.message import ChannelTask, Failure, OutboxMessage

Call = Callable[[str, dict[str, Any]], Awaitable[dict[str, Any]]]


class Undelivered(Exception):  # noqa: N818 - reads as a state
    """The message was not delivered, or its answer was lost."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.reason)
        self.failure = failure


class ChannelChanger:
    """Carries out changes of channels; `call` calls Slack and raises Undelivered, `turn` waits for a rate limit."""

    def __init__(self, call: Call, turn: Callable[[str], Awaitable[None]]) -> None:
        self._call, self._turn = call, turn

    async def change(self, queued: OutboxMessage) -> str:
        """Carry out a change and return the id of the channel.

        Errors that mean that it is done, or can't be done for a person, are ignored. A scope that is not granted is
        for people to add, so no try is repeated.
        """
        channel = queued.lane.channel
        try:
            if queued.payload["do"] == ChannelTask.CREATE:
                return await self._create(queued)
            await self._call(*_request(queued))
        except Undelivered as lost:
            reason = lost.failure.reason
            if reason == MISSING_SCOPE:
                raise Undelivered(Failure(MISSING_SCOPE)) from None
            if queued.payload["do"] == ChannelTask.CREATE or reason not in HARMLESS_CHANNEL_ERRORS:
                raise
        return channel

    async def _create(self, queued: OutboxMessage) -> str:
        """Create a channel; where the name is taken, one with the message's number. One we made before is found."""
        names = (str(queued.payload["name"]), f"{queued.payload['name']}-{queued.id}")
        if queued.uncertain and (known := await self._find(names, str(queued.payload["creator"]))):
            return known
        try:
            made = await self._call("conversations.create", {"name": names[0]})
        except Undelivered as lost:
            if lost.failure.reason != NAME_TAKEN:
                raise
            made = await self._call("conversations.create", {"name": names[1]})
        return str(made["channel"]["id"])

    async def _find(self, names: tuple[str, str], creator: str) -> str | None:
        """Return the channel of one of these names that the bot created, if an answer about it was lost."""
        where: dict[str, Any] = {"types": "public_channel", "exclude_archived": True, "limit": 200}
        while True:
            await self._turn("look")
            page = await self._call("users.conversations", where)
            for one in page["channels"]:
                if one["name"] in names and one["creator"] == creator:
                    return str(one["id"])
            where["cursor"] = (page.get("response_metadata") or {}).get("next_cursor")
            if not where["cursor"]:
                return None


def _request(queued: OutboxMessage) -> tuple[str, dict[str, Any]]:
    """Return the method and its arguments."""
    given, channel = queued.payload, {"channel": queued.lane.channel}
    match ChannelTask(given["do"]):
        case ChannelTask.TOPIC:
            return "conversations.setTopic", {**channel, "topic": given["topic"]}
        case ChannelTask.INVITE:
            return "conversations.invite", {**channel, "users": ",".join(given["users"]), "force": True}
        case ChannelTask.ARCHIVE:
            return "conversations.archive", channel
        case change:
            if not queued.target_ts:
                raise Undelivered(Failure("target_never_arrived"))
            method = "pins.add" if change is ChannelTask.PIN else "pins.remove"
            return method, {**channel, "timestamp": queued.target_ts}
