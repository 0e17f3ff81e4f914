"""canvases.*: documents of the app and of channels, kept as the markdown they were written in.

A section is a line that says something: a heading, a paragraph or an item of a list.
"""

from typing import Any

from sandbox.errors import SlackError
from sandbox.model import Canvas, Channel
from sandbox.webapi.call import Body, Call, Method

WRITE = ("canvases:write",)
AT_ENDS, BY_SECTION = ("insert_at_start", "insert_at_end"), ("insert_before", "insert_after", "delete")
EDITS = (*AT_ENDS, *BY_SECTION, "replace", "rename")
HEADINGS = {"# ": "h1", "## ": "h2", "### ": "h3"}
SECTION_TYPES = {"any_header", *HEADINGS.values()}
MAX_CHARACTERS = 1024 * 1024


def _markdown(content: Any) -> str:
    if not isinstance(content, dict) or content.get("type") != "markdown":
        raise SlackError("invalid_arguments")
    text = str(content.get("markdown") or "")
    if len(text) > MAX_CHARACTERS:
        raise SlackError("invalid_arguments")
    return text


def _made(call: Call) -> Canvas:
    content = call.args.get("document_content")
    canvas_id = call.workspace.ids.next("F")
    return Canvas(canvas_id, call.bot, call.text("title"), _markdown(content) if content else "")


def create(call: Call) -> Body:
    if call.text("channel_id"):
        return create_in_channel(call)
    if call.workspace.plan == "free":
        raise SlackError("free_teams_cannot_create_non_tabbed_canvases")
    made = _made(call)
    call.world.canvases[made.id] = made
    return {"canvas_id": made.id}


def create_in_channel(call: Call) -> Body:
    channel = call.channel("channel_id")
    if channel.canvas:
        raise SlackError("channel_canvas_already_exists")
    channel.canvas = _made(call)
    _shown(call, channel)
    return {"canvas_id": channel.canvas.id}


def _canvas(call: Call) -> tuple[Canvas, Channel | None]:
    """Return a canvas that the app may change: its own, or that of a channel which it can see."""
    canvas_id = call.text("canvas_id")
    if found := call.world.canvases.get(canvas_id):
        return found, None
    for channel in call.workspace.channels.values():
        seen = channel.type == "channel" or call.bot in channel.members
        if seen and channel.canvas and channel.canvas.id == canvas_id:
            return channel.canvas, channel
    raise SlackError("canvas_not_found")


def _shown(call: Call, channel: Channel) -> None:
    call.workspace.channel_changed(channel, "canvas", call.bot)


def edit(call: Call) -> Body:
    (canvas, channel), changes = _canvas(call), call.args.get("changes")
    if not isinstance(changes, list) or len(changes) != 1 or changes[0].get("operation") not in EDITS:
        raise SlackError("invalid_arguments")
    if channel is None and call.workspace.plan == "free":
        raise SlackError("free_teams_cannot_edit_standalone_canvases")
    change = changes[0]
    if change["operation"] == "rename":
        canvas.title = _markdown(change.get("title_content"))
    else:
        canvas.text = _edited(canvas.text, change)
    if channel:
        _shown(call, channel)
    return {}


def _edited(text: str, change: dict[str, Any]) -> str:
    """Return the text after a change; without a section, `replace` replaces all of it."""
    operation, section = change["operation"], change.get("section_id")
    fresh = "" if operation == "delete" else _markdown(change.get("document_content"))
    if operation == "replace" and not section:
        return fresh
    lines = text.split("\n")
    places = {_section_id(n): n for n, line in enumerate(lines) if line.strip()}
    if operation not in AT_ENDS and section not in places:
        raise SlackError("canvas_editing_failed")
    starts = {"insert_at_start": 0, "insert_at_end": len(lines)}.get(operation, places.get(str(section), 0))
    starts += operation == "insert_after"
    ends = starts + (operation in ("replace", "delete"))
    return "\n".join([*lines[:starts], *([fresh] if operation != "delete" else []), *lines[ends:]])


def _section_id(line: int) -> str:
    return f"temp:C:{line + 1:028}"


def delete(call: Call) -> Body:
    canvas, channel = _canvas(call)
    if channel:
        channel.canvas = None
        _shown(call, channel)
    else:
        del call.world.canvases[canvas.id]
    return {}


def lookup(call: Call) -> Body:
    canvas, wanted = _canvas(call)[0], call.args.get("criteria")
    if not isinstance(wanted, dict) or not ({"contains_text", "section_types"} & set(wanted)):
        raise SlackError("invalid_arguments")
    text, types = str(wanted.get("contains_text") or ""), wanted.get("section_types")
    if types is not None and (not 1 <= len(types) <= 3 or not {*types} <= SECTION_TYPES):
        raise SlackError("invalid_arguments")
    lines = [(n, line) for n, line in enumerate(canvas.text.split("\n")) if line.strip() and text in line]
    return {"sections": [{"id": _section_id(n)} for n, line in lines if types is None or _is_of(line, types)]}


def _is_of(line: str, types: list[str]) -> bool:
    heading = next((kind for mark, kind in HEADINGS.items() if line.startswith(mark)), "")
    return bool(heading) and ("any_header" in types or heading in types)


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
    "conversations.canvases.create": Method(create_in_channel, WRITE, 2, ("channel_id",)),
}
