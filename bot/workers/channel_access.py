"""Ask Slack whether the bot can write to channels, and join those that every member may join."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Any

from bot.slack_errors import channel_access
from bot.workers.message_sender import Unanswered
from domain.phases.access import ChannelAccess

Call = Callable[[str, Mapping[str, Any]], Awaitable[Mapping[str, Any]]]


async def missing_access(call: Call, channels: Collection[str], *, join: bool) -> dict[str, ChannelAccess]:
    """Return why the bot can't write, by channel; a channel that it is in, or has now joined, is left out."""
    order = sorted(channels)
    found = await asyncio.gather(*(_access(call, channel, join=join) for channel in order))
    return {channel: one for channel, one in zip(order, found, strict=True) if one is not ChannelAccess.MEMBER}


async def _access(call: Call, channel: str, *, join: bool) -> ChannelAccess:
    try:
        found = channel_access(await call("conversations.info", {"channel": channel}))
        if found is ChannelAccess.NOT_A_MEMBER and join:
            joined = await call("conversations.join", {"channel": channel})
            return ChannelAccess.MEMBER if joined.get("ok") else found
    except Unanswered:
        return ChannelAccess.UNKNOWN
    return found
