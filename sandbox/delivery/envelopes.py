"""The bodies of commands and interactions, as Slack words them."""

from typing import Any

from sandbox import cast
from sandbox.ids import named_id
from sandbox.manifest import VERIFICATION_TOKEN
from sandbox.model import Channel, Message
from sandbox.triggers import RESPONSE_SECONDS, Hook
from sandbox.views import View
from sandbox.world import World

Payload = dict[str, Any]


def base(world: World, user: str, kind: str) -> Payload:
    person = world.workspace.users[user]
    return {
        "type": kind,
        "token": VERIFICATION_TOKEN,
        "team": team(world, user),
        "user": {"id": user, "username": person.name, "name": person.name, "team_id": person.team_id},
        "api_app_id": world.app.id,
        "is_enterprise_install": world.workspace.organization is not None,
        "enterprise": enterprise(world, user),
    }


def team(world: World, user: str) -> Payload:
    """The workspace in which the person acted: their own one."""
    own = world.workspace.team_of(user)
    names = {world.workspace.team_id: world.workspace.team_domain, named_id("T", cast.GUEST_TEAM): "partner"}
    found: Payload = {"id": own, "domain": names.get(own, cast.SECOND_DOMAIN)}
    org = enterprise(world, user)
    return found | ({"enterprise_id": org["id"], "enterprise_name": org["name"]} if org else {})


def enterprise(world: World, user: str) -> Payload | None:
    """The organization of the person's workspace; None when it is in none."""
    org, own = world.workspace.organization, world.workspace.users[user].enterprise_id
    name = org.name if org and org.id == own else cast.PARTNER_ORG
    return {"id": own, "name": name} if own else None


def outside_channels(world: World, user: str, kind: str) -> Payload:
    """As `base`; of an org-wide install Slack names no workspace here, and people by their organization."""
    payload = base(world, user, kind)
    if world.workspace.organization and world.workspace.is_ours(user):
        payload |= {"team": None, "user": payload["user"] | {"team_id": world.workspace.organization.id}}
    return payload


def with_trigger(world: World, user: str, channel: str | None = None) -> Payload:
    return {"trigger_id": world.triggers.new(user, channel)}


def hook_url(world: World, kind: str, channel: str, user: str, ts: str | None = None) -> str:
    hook = Hook(channel, user, world.clock.seconds() + RESPONSE_SECONDS, ts)
    return world.hooks.url(kind, world.workspace.team_id, hook)


def channel_name(channel: Channel) -> str:
    if channel.is_im or channel.is_mpim:
        return "directmessage" if channel.is_im else channel.name
    return "privategroup" if channel.is_private else channel.name


def command(world: World, user: str, channel: Channel, name: str, text: str) -> Payload:
    person, org = world.workspace.users[user], enterprise(world, user)
    named = {"enterprise_id": org["id"], "enterprise_name": org["name"]} if org else {}
    return named | {
        "token": VERIFICATION_TOKEN,
        "team_id": world.workspace.team_of(user),  # of the one who typed, as in channels shared with another company
        "team_domain": team(world, user)["domain"],
        "channel_id": channel.id,
        "channel_name": channel_name(channel),
        "user_id": user,
        "user_name": person.name,
        "command": name,
        "text": text,
        "api_app_id": world.app.id,
        "is_enterprise_install": str(world.workspace.organization is not None).lower(),
        "response_url": hook_url(world, "commands", channel.id, user),
        **with_trigger(world, user, channel.id),
    }


def global_shortcut(world: World, user: str, callback_id: str) -> Payload:
    payload = outside_channels(world, user, "shortcut") | with_trigger(world, user)
    return payload | {"callback_id": callback_id, "action_ts": world.workspace.new_ts()}


def message_shortcut(world: World, user: str, callback_id: str, channel: Channel, message: Message) -> Payload:
    return base(world, user, "message_action") | {
        "callback_id": callback_id,
        "action_ts": world.workspace.new_ts(),
        "channel": {"id": channel.id, "name": channel_name(channel)},
        "message_ts": message.ts,
        "message": world.workspace.shape(message),
        "response_url": hook_url(world, "app", channel.id, user, message.ts),
        **with_trigger(world, user, channel.id),
    }


def message_action(world: World, user: str, message: Message, action: Payload, state: Payload) -> Payload:
    channel = world.workspace.channels[message.channel]
    ephemeral = message.ephemeral_to is not None
    container = {"type": "message", "message_ts": message.ts, "channel_id": channel.id, "is_ephemeral": ephemeral}
    if message.thread_ts:
        container["thread_ts"] = message.thread_ts
    payload = base(world, user, "block_actions") | {"container": container, **with_trigger(world, user, channel.id)}
    payload |= {"channel": {"id": channel.id, "name": channel_name(channel)}, "state": {"values": state}}
    if not ephemeral:
        payload["message"] = world.workspace.shape(message)
    payload["response_url"] = hook_url(world, "actions", channel.id, user, message.ts)
    return payload | {"actions": [action]}


def attachment_action(world: World, user: str, message: Message, attachment: Payload, action: Payload) -> Payload:
    """A press of a button in an attachment, in the form of before Block Kit."""
    channel = world.workspace.channels[message.channel]
    payload = base(world, user, "interactive_message") | with_trigger(world, user, channel.id)
    payload |= {"channel": {"id": channel.id, "name": channel_name(channel)}, "actions": [action]}
    payload |= {"callback_id": attachment.get("callback_id", ""), "attachment_id": str(attachment["id"])}
    payload |= {"action_ts": world.workspace.new_ts(), "message_ts": message.ts, "is_app_unfurl": False}
    if not message.ephemeral_to:
        payload["original_message"] = world.workspace.shape(message)
    return payload | {"response_url": hook_url(world, "actions", channel.id, user, message.ts)}


def view_action(world: World, user: str, view: View, action: Payload) -> Payload:
    payload = outside_channels(world, user, "block_actions") | with_trigger(world, user)
    return payload | _in_view(world, view) | {"actions": [action]}


def submission(world: World, view: View) -> Payload:
    payload = outside_channels(world, view.user, "view_submission") | with_trigger(world, view.user)
    return payload | {"view": view.to_slack(world.app), "response_urls": _response_urls(world, view)}


def closed(world: World, view: View, *, cleared: bool) -> Payload:
    payload = outside_channels(world, view.user, "view_closed")
    return payload | {"view": view.to_slack(world.app), "is_cleared": cleared}


def suggestion(world: World, view: View, block_id: str, action_id: str, value: str) -> Payload:
    payload = outside_channels(world, view.user, "block_suggestion") | _in_view(world, view)
    return payload | {"block_id": block_id, "action_id": action_id, "value": value}


def message_suggestion(world: World, user: str, message: Message, block_id: str, action_id: str, value: str) -> Payload:
    channel = world.workspace.channels[message.channel]
    ephemeral = message.ephemeral_to is not None
    container = {"type": "message", "message_ts": message.ts, "channel_id": channel.id, "is_ephemeral": ephemeral}
    payload = base(world, user, "block_suggestion") | {"container": container}
    payload |= {"channel": {"id": channel.id, "name": channel_name(channel)}}
    payload |= {} if ephemeral else {"message": world.workspace.shape(message)}
    return payload | {"block_id": block_id, "action_id": action_id, "value": value}


def _in_view(world: World, view: View) -> Payload:
    shape = view.to_slack(world.app)
    return {"container": {"type": "view", "view_id": view.id}, "view": shape}


def _response_urls(world: World, view: View) -> list[Payload]:
    """One for each conversation picked in a select that asked for it."""
    urls = []
    for block in view.blocks:
        element = block.get("element") or {}
        if element.get("response_url_enabled"):
            state = view.state.get(block["block_id"], {}).get(element["action_id"], {})
            channel = state.get("selected_conversation") or state.get("selected_channel")
            if channel:
                where = {"block_id": block["block_id"], "action_id": element["action_id"], "channel_id": channel}
                urls.append(where | {"response_url": hook_url(world, "app", channel, view.user)})
    return urls
