"""Save the workspace in a folder between runs, and load it again."""

import asyncio
import json
import time
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import Any

from sandbox.files import shape
from sandbox.groups import Group
from sandbox.model import Canvas, Channel, Message, User
from sandbox.views import View
from sandbox.workspace import Organization, Workspace
from sandbox.world import World

FILE = "workspace.json"
SAVE_SECONDS = 1.0
SAVE_SHARE = 0.05  # of the time, at most


@dataclass
class Saved:
    now: datetime
    tree: dict[str, Any]


def load(folder: Path) -> Saved | None:
    path = folder / FILE
    if not path.exists():
        return None
    tree = json.loads(path.read_text(encoding="utf-8"))
    return Saved(datetime.fromisoformat(tree["now"]), tree)


def restore(world: World, saved: Saved) -> None:
    tree, workspace = saved.tree, world.workspace
    workspace.plan = tree.get("plan", "paid")
    workspace.apps_edit_groups = tree.get("apps_edit_groups", True)
    if tree.get("organization"):
        given = tree["organization"]
        workspace.organization = Organization(given["id"], given["name"], tuple(given["teams"]))
    team = tree.get("team") or {}
    workspace.team_name = team.get("name", workspace.team_name)
    workspace.team_domain = team.get("domain", workspace.team_domain)
    workspace.users = {one["id"]: User(**one) for one in tree["users"]}
    workspace.channels = {one["id"]: _channel(one) for one in tree["channels"]}
    workspace.groups.by_id = {one["id"]: Group(**one) for one in tree.get("groups", ())}
    workspace.files = tree["files"]
    _join_files(workspace)
    workspace.ids.count = tree["ids"]
    workspace.last_ts = tree["last_ts"]
    for one in world.installed:
        kept = tree.get("apps", {}).get(one.app.id, {})
        one.views.homes = {user: View(**view) for user, view in kept.get("homes", {}).items()}
        one.given = kept.get("given", [])
    world.reading.restore(tree.get("reading", {}))
    for key, row in tree["scheduled"].items():
        world.scheduled[key] = {"message": Message(**row["message"]), "post_at": row["post_at"]}


def _channel(tree: dict[str, Any]) -> Channel:
    for name in ("messages", "ephemerals"):
        tree[name] = {ts: Message(**one) for ts, one in tree[name].items()}
    tree["canvas"] = Canvas(**tree["canvas"]) if tree.get("canvas") else None
    return Channel(**tree)


def _join_files(workspace: Workspace) -> None:
    """A message and the list of files speak of the same file, which is written down twice."""
    for channel in workspace.channels.values():
        for message in channel.messages.values():
            message.files = [workspace.files.get(one["id"], one) for one in message.files]


def tree_of(world: World) -> dict[str, Any]:
    workspace = world.workspace
    return {
        "now": world.clock.now().isoformat(),
        "organization": workspace.organization,
        "plan": workspace.plan,
        "apps_edit_groups": workspace.apps_edit_groups,
        "team": {"name": workspace.team_name, "domain": workspace.team_domain},
        "users": list(workspace.users.values()),
        "channels": list(workspace.channels.values()),
        "groups": list(workspace.groups.by_id.values()),
        "files": workspace.files,
        "ids": workspace.ids.count,
        "last_ts": workspace.last_ts,
        "apps": {one.app.id: {"homes": one.views.homes, "given": one.given} for one in world.installed},
        "scheduled": world.scheduled,
        "reading": world.reading.to_tree(),
    }


def _fields(one: Any) -> dict[str, Any]:
    """Only this level: the rest is asked for in turn, which is much quicker than dataclasses.asdict."""
    return {field.name: getattr(one, field.name) for field in fields(one)}


def save(world: World) -> None:
    """Writes beside the old file and swaps, so that a crash leaves one whole file."""
    if not world.data:
        return
    world.data.mkdir(parents=True, exist_ok=True)
    fresh = world.data / f"{FILE}.new"
    fresh.write_text(json.dumps(tree_of(world), default=_fields), encoding="utf-8")
    fresh.replace(world.data / FILE)


async def keep(world: World) -> None:
    """Saves soon after something has changed, not at every change; the longer it takes, the more seldom."""
    took = 0.0
    changed = asyncio.Event()
    world.stream.listen(lambda kind, _data: None if kind in ("call", "delivery") else changed.set())
    while True:
        await changed.wait()
        await asyncio.sleep(max(SAVE_SECONDS, took / SAVE_SHARE))
        changed.clear()
        began = time.monotonic()
        save(world)
        took = time.monotonic() - began


def readdress(world: World) -> None:
    """Files keep their content between runs, but the port in their addresses is new."""
    for file_id, file in world.workspace.files.items():
        fresh = shape(world, file_id, file["user"], file["name"], file["size"])
        file |= {name: fresh[name] for name in ("url_private", "url_private_download", "permalink")}
