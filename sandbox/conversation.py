"""A conversation in the shape Slack describes it."""

from typing import Any

from sandbox.model import Canvas, Channel
from sandbox.workspace import Workspace


def conversation(workspace: Workspace, channel: Channel, bot: str) -> dict[str, Any]:
    """`bot` is the app that asks."""
    common: dict[str, Any] = {
        "id": channel.id,
        "created": channel.created,
        "is_archived": channel.is_archived,
        "is_im": channel.is_im,
        "is_org_shared": workspace.is_org_shared(channel),
        "context_team_id": workspace.team_id,
    }
    if channel.is_im:
        return common | {"user": channel.other(bot), "is_open": True, "is_user_deleted": False, "priority": 0}
    shared = workspace.is_shared(channel)
    return common | {
        "name": channel.name,
        "name_normalized": channel.name,
        "is_channel": not channel.is_private,
        "is_group": channel.is_private,
        "is_mpim": channel.is_mpim,
        "is_private": channel.is_private,
        "is_frozen": False,
        "is_general": channel.name == "general",
        "is_shared": shared,
        "is_ext_shared": shared,
        "is_pending_ext_shared": False,
        "is_member": bot in channel.members,
        "creator": channel.creator,
        "topic": {"value": channel.topic, "creator": channel.creator, "last_set": channel.created},
        "purpose": {"value": channel.purpose, "creator": "", "last_set": 0},
        "previous_names": [],
        "num_members": len(channel.members),
        **({"properties": _properties(channel.canvas)} if channel.canvas else {}),
    }


def _properties(canvas: Canvas) -> dict[str, Any]:
    return {"canvas": {"file_id": canvas.id, "is_empty": not canvas.text, "quip_thread_id": ""}}
