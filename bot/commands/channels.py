"""Whether the bot can write to channels, asked from a command."""

import asyncio
from collections.abc import Collection, Mapping
from typing import Any

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.workers.channel_access import missing_access
from bot.workers.message_sender import Unanswered
from domain.phases.access import ChannelAccess


def find_missing_access(client: WebClient, channels: Collection[str], *, join: bool) -> Mapping[str, ChannelAccess]:
    """Return why the bot can't write, by channel; with `join` it first joins those that every member may join."""

    async def call(method: str, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        try:
            data = client.api_call(method, params=dict(arguments)).data
        except SlackApiError as error:
            data = error.response.data  # also a no is an answer
        except OSError:
            raise Unanswered("no_answer", maybe_done=False) from None
        return data if isinstance(data, dict) else {}

    return asyncio.run(missing_access(call, channels, join=join))
