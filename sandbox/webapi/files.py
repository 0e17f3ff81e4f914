"""files.*: uploads in three steps, and what is known about a file."""

from typing import Any

from aiohttp import web

from sandbox.errors import SlackError
from sandbox.files import shape, store
from sandbox.model import Channel
from sandbox.webapi.call import Body, Call, Method
from sandbox.webapi.messages import target
from sandbox.world import World

MAX_CHANNELS = 100


def get_upload_url(call: Call) -> Body:
    if call.number("length", 0) <= 0:
        raise SlackError("invalid_arguments")
    file_id = call.workspace.ids.next("F")
    name, size = call.text("filename"), call.number("length", 0)
    call.workspace.files[file_id] = shape(call.world, file_id, call.bot, name, size)
    return {"upload_url": f"{call.world.url}/upload/v1/{file_id}", "file_id": file_id}


async def receive(world: World, request: web.Request) -> web.Response:
    """The upload URL takes the bytes without a token, as a plain or a multipart body."""
    file_id = request.match_info["file"]
    if file_id not in world.workspace.files:
        return web.Response(status=404, text="not found")
    if request.content_type.startswith("multipart/"):
        fields = [part async for part in _parts(request)]
        content = b"".join(fields)
    else:
        content = await request.read()
    store(world, file_id, content)
    world.workspace.files[file_id]["size"] = len(content)
    return web.Response(text=f"OK - {len(content)}")


async def _parts(request: web.Request) -> Any:
    async for part in await request.multipart():
        yield bytes(await part.read())  # type: ignore[union-attr]


def complete(call: Call) -> Body:
    files = [_uploaded(call, one) for one in call.args.get("files") or []]
    wanted = [one for one in (call.text("channel_id"), *call.listed("channels")) if one]
    if len(wanted) > MAX_CHANNELS:
        raise SlackError("channels_limit_exceeded")
    for name in wanted:
        _share(call, target(Call(call.world, call.method, {"channel": name})), files)
    return {"files": files}


def _uploaded(call: Call, wanted: Any) -> Body:
    file_id = wanted.get("id") if isinstance(wanted, dict) else wanted
    if file_id not in call.workspace.files or file_id not in call.world.contents:
        raise SlackError("file_not_found")
    file = call.workspace.files[file_id]
    if isinstance(wanted, dict) and wanted.get("title"):
        file["title"] = wanted["title"]
    return file


def _share(call: Call, channel: Channel, files: list[Body]) -> None:
    text = call.text("initial_comment")
    message = call.world.bot_message(channel.id, text, thread_ts=call.text("thread_ts") or None)
    message.files = files
    call.workspace.post(message)


def info(call: Call) -> Body:
    file = call.workspace.files.get(call.text("file"))
    if not file:
        raise SlackError("file_not_found")
    return {"file": file, "comments": [], "response_metadata": {"next_cursor": ""}}


METHODS = {
    "files.getUploadURLExternal": Method(get_upload_url, ("files:write",), 4, ("filename", "length")),
    "files.completeUploadExternal": Method(complete, ("files:write",), 4, ("files",)),
    "files.info": Method(info, ("files:read",), 4, ("file",)),
}
