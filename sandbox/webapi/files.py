"""files.*: uploads in three steps, and what is known about a file."""

from typing import Any

from aiohttp import web

from sandbox.errors import SlackError
from sandbox.files import content_of, may_read, shape, store
from sandbox.model import Channel
from sandbox.webapi.call import Body, Call, Method
from sandbox.webapi.messages import target, thread_of
from sandbox.world import World

MAX_CHANNELS = 100


def get_upload_url(call: Call) -> Body:
    if call.number("length", 0) <= 0:
        raise SlackError("invalid_arguments")
    file_id = call.workspace.ids.next("F")
    name, size = call.text("filename"), call.number("length", 0)
    call.world.uploads[file_id] = shape(call.world, file_id, call.bot, name, size)
    return {"upload_url": f"{call.world.url}/upload/v1/{file_id}", "file_id": file_id}


async def receive(world: World, request: web.Request) -> web.Response:
    """The upload URL takes the bytes without a token, as a plain or a multipart body."""
    file_id = request.match_info["file"]
    uploads = next((one.uploads for one in world.installed if file_id in one.uploads), None)
    if uploads is None:
        return web.Response(status=404, text="not found")
    if request.content_type.startswith("multipart/"):
        fields = [part async for part in _parts(request)]
        content = b"".join(fields)
    else:
        content = await request.read()
    store(world, file_id, content)
    uploads[file_id]["size"] = len(content)
    return web.Response(text=f"OK - {len(content)}")


async def _parts(request: web.Request) -> Any:
    async for part in await request.multipart():
        yield bytes(await part.read())  # type: ignore[union-attr]


def complete(call: Call) -> Body:
    files = [_uploaded(call, one) for one in _listed(call)]
    wanted = [one for one in (call.text("channel_id"), *call.listed("channels")) if one]
    if len(wanted) > MAX_CHANNELS:
        raise SlackError("channels_limit_exceeded")
    if any(one in call.workspace.users for one in wanted):
        raise SlackError("invalid_channel")  # unlike chat.postMessage, it takes no person
    places = [target(Call(call.world, call.method, {"channel": name})) for name in wanted]
    for file in files:
        call.workspace.files[file["id"]] = call.world.uploads.pop(file["id"], file)
    for place in places:
        _share(call, place, files)
    return {"files": [{"id": one["id"], "title": one["title"]} for one in files]}


def _listed(call: Call) -> list[Any]:
    found = call.args.get("files")
    if not isinstance(found, list) or not found:
        raise SlackError("invalid_arguments")
    return found


def _uploaded(call: Call, wanted: Any) -> Body:
    """A file whose bytes have come; completing an upload a second time shares it once more."""
    file_id = wanted.get("id") if isinstance(wanted, dict) else None
    file = call.world.uploads.get(str(file_id)) or call.workspace.files.get(str(file_id))
    if not file or file["user"] != call.bot or content_of(call.world, file["id"]) is None:
        raise SlackError("file_not_found")
    if wanted.get("title"):
        file["title"] = wanted["title"]
    return file


def _share(call: Call, channel: Channel, files: list[Body]) -> None:
    text = call.text("initial_comment")
    message = call.world.bot_message(channel.id, text, thread_ts=thread_of(call, channel))
    message.files = files
    call.workspace.post(message)


def info(call: Call) -> Body:
    file = call.workspace.files.get(call.text("file"))
    if not file or not may_read(call.world, file):
        raise SlackError("file_not_found")
    return {"file": file, "comments": [], "response_metadata": {"next_cursor": ""}}


def delete(call: Call) -> Body:
    file = call.workspace.files.get(call.text("file"))
    if not file:
        raise SlackError("file_not_found")
    if file["user"] != call.bot:
        raise SlackError("cant_delete_file")
    call.workspace.delete_file(file)
    return {}


def list_all(call: Call) -> Body:
    """Files that the app may read, newest first."""
    found = [one for one in call.workspace.files.values() if may_read(call.world, one)]
    if call.text("channel"):
        place = call.channel().id
        found = [one for one in found if any(place in one.get(name, ()) for name in ("channels", "groups", "ims"))]
    count, number = max(call.number("count", 100), 1), max(call.number("page", 1), 1)
    paging = {"count": count, "total": len(found), "page": number, "pages": -(-len(found) // count)}
    return {"files": found[::-1][(number - 1) * count : number * count], "paging": paging}


METHODS = {
    "files.list": Method(list_all, ("files:read",), 3),
    "files.getUploadURLExternal": Method(get_upload_url, ("files:write",), 4, ("filename", "length")),
    "files.completeUploadExternal": Method(complete, ("files:write",), 4, ("files",)),
    "files.delete": Method(delete, ("files:write",), 3, ("file",)),
    "files.info": Method(info, ("files:read",), 4, ("file",)),
}
