"""Files: kept in memory (and beside the workspace when it is kept), shown in Slack's shape."""

import mimetypes
from typing import Any

from sandbox.sharing import may_see
from sandbox.world import World

KNOWN = {".log": "text/plain", ".md": "text/markdown"}


def add_file(world: World, user: str, name: str, content: bytes, title: str | None = None) -> dict[str, Any]:
    file_id = world.workspace.ids.next("F")
    file = shape(world, file_id, user, name, len(content)) | {"title": title or name}
    world.workspace.files[file_id] = file
    store(world, file_id, content)
    return file


def may_read(world: World, file: dict[str, Any]) -> bool:
    """Whether the app may: of conversations that it is in, its own, and what people gave it in a form."""
    bot = world.app.bot_user_id
    shared = may_see(file, bot, world.workspace.channels, is_guest=True)
    return "files:read" in world.app.scopes and (shared or file["id"] in world.given)


def store(world: World, file_id: str, content: bytes) -> None:
    world.contents[file_id] = content
    if world.data:
        folder = world.data / "files"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / file_id).write_bytes(content)


def content_of(world: World, file_id: str) -> bytes | None:
    if file_id not in world.contents and world.data and file_id in world.workspace.files:
        path = world.data / "files" / file_id
        return path.read_bytes() if path.exists() else None
    return world.contents.get(file_id)


def shape(world: World, file_id: str, user: str, name: str, size: int) -> dict[str, Any]:
    ending = "." + name.rpartition(".")[2].lower()
    mimetype = KNOWN.get(ending) or mimetypes.guess_type(name)[0] or "application/octet-stream"
    private = f"{world.url}/files-pri/{world.workspace.team_id}-{file_id}"
    second = int(world.clock.seconds())
    return {
        "id": file_id,
        "created": second,
        "timestamp": second,
        "name": name,
        "title": name,
        "mimetype": mimetype,
        "filetype": ending[1:] if "." in name else "binary",
        "pretty_type": ending[1:].upper() if "." in name else "Binary",
        "user": user,
        "size": size,
        "mode": "hosted",
        "editable": False,
        "is_external": False,
        "external_type": "",
        "is_public": False,
        "public_url_shared": False,
        "display_as_bot": world.workspace.users[user].is_bot,
        "username": "",
        "url_private": f"{private}/{name}",
        "url_private_download": f"{private}/download/{name}",
        "permalink": f"{world.url}/files/{user}/{file_id}/{name}",
        "channels": [],
        "groups": [],
        "ims": [],
        "shares": {},
        "media_display_type": "unknown",
        "has_rich_preview": False,
    }
