"""Channels that were archived, deleted, left, shared or given another id: Slack names these for public and private."""

from bot.context import AppContext
from bot.services.phases import channels
from bot.views.phases.channels import ChannelChange
from handlers.request import Answer, Handler, Request


def archived(app: AppContext, call: Request) -> Answer:
    channels.stopped(app, call.channel, ChannelChange.ARCHIVED, call.request)
    return None


def deleted(app: AppContext, call: Request) -> Answer:
    channels.stopped(app, call.channel, ChannelChange.DELETED, call.request)
    return None


def left(app: AppContext, call: Request) -> Answer:
    channels.stopped(app, call.channel, ChannelChange.LEFT, call.request)
    return None


def member_left(app: AppContext, call: Request) -> Answer:
    """Only the bot itself matters; people come and go."""
    return left(app, call) if call.payload.get("user") == app.bot_user else None


def member_joined(app: AppContext, call: Request) -> Answer:
    return works_again(app, call) if call.payload.get("user") == app.bot_user else None


def works_again(app: AppContext, call: Request) -> Answer:
    channels.works_again(app, call.channel, call.request)
    return None


def shared(app: AppContext, call: Request) -> Answer:
    channels.shared(app, call.channel, call.request)
    return None


def moved(app: AppContext, call: Request) -> Answer:
    old, new = call.payload.get("old_channel_id"), call.payload.get("new_channel_id")
    channels.moved(app, str(old or ""), str(new or ""), call.request)
    return None


def nothing(_app: AppContext, _call: Request) -> Answer:
    """Names are never kept, and a channel that is no longer shared is as before."""
    return None


EVENTS: dict[str, Handler] = {
    "channel_archive": archived, "group_archive": archived, "channel_deleted": deleted, "group_deleted": deleted,
    "channel_left": left, "group_left": left, "member_left_channel": member_left,
    "member_joined_channel": member_joined, "channel_unarchive": works_again, "group_unarchive": works_again,
    "channel_shared": shared, "channel_id_changed": moved, "channel_rename": nothing, "group_rename": nothing,
    "channel_unshared": nothing,
}  # fmt: skip
