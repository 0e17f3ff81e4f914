"""canvases.*: documents of the app, kept as the markdown they were written in."""

from typing import Any

from sandbox.errors import SlackError
from sandbox.webapi.call import Body, Call, Method

WRITE = ("canvases:write",)
EDITS = ("insert_at_start", "insert_at_end", "replace", "delete", "insert_before", "insert_after", "rename")


def _markdown(content: Any) -> str:
    if not isinstance(content, dict) or content.get("type") != "markdown":
        raise SlackError("invalid_arguments")
    return str(content.get("markdown") or "")


def create(call: Call) -> Body:
    content = call.args.get("document_content")
    canvas_id = call.workspace.ids.next("F")
    call.world.canvases[canvas_id] = {"title": call.text("title"), "text": _markdown(content) if content else ""}
    return {"canvas_id": canvas_id}


def create_in_channel(call: Call) -> Body:
    channel = call.channel("channel_id")
    if any(one.get("channel") == channel.id for one in call.world.canvases.values()):
        raise SlackError("channel_canvas_already_exists")
    made = create(call)
    call.world.canvases[made["canvas_id"]]["channel"] = channel.id
    return made


def _canvas(call: Call) -> dict[str, str]:
    found = call.world.canvases.get(call.text("canvas_id"))
    if not found:
        raise SlackError("canvas_not_found")
    return found


def edit(call: Call) -> Body:
    canvas, changes = _canvas(call), call.args.get("changes")
    if not isinstance(changes, list) or len(changes) != 1 or changes[0].get("operation") not in EDITS:
        raise SlackError("invalid_arguments")
    change = changes[0]
    text = _markdown(change["document_content"]) if "document_content" in change else ""
    match change["operation"]:
        case "insert_at_start" | "insert_before":
            canvas["text"] = text + canvas["text"]
        case "insert_at_end" | "insert_after":
            canvas["text"] += text
        case "rename":
            canvas["title"] = _markdown(change.get("title_content"))
        case _:
            canvas["text"] = text
    return {}


def delete(call: Call) -> Body:
    _canvas(call)
    del call.world.canvases[call.text("canvas_id")]
    return {}


def lookup(call: Call) -> Body:
    canvas, wanted = _canvas(call), call.args.get("criteria")
    text = str(wanted.get("contains_text") or "") if isinstance(wanted, dict) else ""
    lines = canvas["text"].split("\n")
    return {"sections": [{"id": f"temp:C:{place}"} for place, line in enumerate(lines, 1) if text in line]}


def share(call: Call) -> Body:
    _canvas(call)
    if call.text("access_level") not in ("read", "write", "owner"):
        raise SlackError("invalid_arguments")
    return {}


METHODS = {
    "canvases.create": Method(create, WRITE, 2),
    "canvases.edit": Method(edit, WRITE, 3, ("canvas_id", "changes")),
    "canvases.delete": Method(delete, WRITE, 3, ("canvas_id",)),
    "canvases.sections.lookup": Method(lookup, ("canvases:read",), 3, ("canvas_id", "criteria")),
    "canvases.access.set": Method(share, WRITE, 3, ("canvas_id", "access_level")),
    "conversations.canvases.create": Method(create_in_channel, WRITE, 2, ("channel_id", "document_content")),
}
