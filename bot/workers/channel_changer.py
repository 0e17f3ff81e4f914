"""Change a channel in Slack: create, describe and archive it, invite people, pin a message, write its canvas.

Slack's page: https://docs.slack.dev/reference/methods/conversations.create, and those of the other methods.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from bot.slack_errors import CANVAS_EXISTS, HARMLESS_CHANNEL_ERRORS, MISSING_SCOPE, NAME_TAKEN
from domain.delivery.message import ChannelTask, Failure, OutboxMessage

CANVAS_OF_PEOPLE = "canvas_of_people"  # the canvas was not written by us, so it stays as it is
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
            if queued.payload["do"] == ChannelTask.CANVAS:
                await self._write_canvas(channel, queued.payload)
            else:
                await self._call(*_request(queued))
        except Undelivered as lost:
            reason = lost.failure.reason
            if reason == MISSING_SCOPE:
                raise Undelivered(Failure(MISSING_SCOPE)) from None
            if (
                queued.payload["do"] in (ChannelTask.CREATE, ChannelTask.CANVAS)
                or reason not in HARMLESS_CHANNEL_ERRORS
            ):
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

    async def _write_canvas(self, channel: str, page: Mapping[str, Any]) -> None:
        """Write the channel's canvas, or create it; one that people have written is left alone.

        Slack is asked each time, and nothing is remembered: an answer may have been lost, and people delete canvases.
        """
        document = {"type": "markdown", "markdown": page["markdown"]}
        known = await self._find_canvas(channel)
        if not known:
            created = {"channel_id": channel, "title": page["title"], "document_content": document}
            try:
                await self._call("conversations.canvases.create", created)
            except Undelivered as lost:
                known = await self._find_canvas(channel) if lost.failure.reason == CANVAS_EXISTS else {}
                if not known:
                    raise
            else:
                return
        where = {"canvas_id": known["file_id"]}
        if not known.get("is_empty"):
            asked = {**where, "criteria": {"contains_text": page["mark"]}}
            if not (await self._call("canvases.sections.lookup", asked)).get("sections"):
                raise Undelivered(Failure(CANVAS_OF_PEOPLE))
        await self._call(
            "canvases.edit", {**where, "changes": [{"operation": "replace", "document_content": document}]}
        )

    async def _find_canvas(self, channel: str) -> Mapping[str, Any]:
        """Return what Slack says of the channel's canvas; nothing if there is none."""
        await self._turn("look")
        found = (await self._call("conversations.info", {"channel": channel}))["channel"]
        canvas = (found.get("properties") or {}).get("canvas") or {}
        return canvas if canvas.get("file_id") else {}

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
