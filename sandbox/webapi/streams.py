"""chat.startStream and its siblings: a reply that grows while the app still writes it."""

from sandbox.errors import SlackError
from sandbox.model import Message
from sandbox.webapi.call import Body, Call, Method
from sandbox.webapi.messages import WRITE, own, target

STREAMING = "streaming_state"
LONGEST = 12_000


def start(call: Call) -> Body:
    channel = target(call)
    root = channel.messages.get(call.text("thread_ts"))
    if not root:
        raise SlackError("invalid_thread_ts")
    made = call.world.bot_message(channel.id, _written(call), thread_ts=root.thread_ts or root.ts)
    made.extra[STREAMING] = "in_progress"
    return _answer(call.workspace.post(made))


def append(call: Call) -> Body:
    message = _open(call)
    call.workspace.edit(message, None, text=_longer(message, _written(call)))
    return _answer(message)


def stop(call: Call) -> Body:
    message = _open(call)
    changes = {"text": _longer(message, _written(call)), "extra": message.extra | {STREAMING: "completed"}}
    if isinstance(call.args.get("blocks"), list):
        changes["blocks"] = call.args["blocks"]
    call.workspace.edit(message, None, **changes)
    return _answer(message) | {"message": call.workspace.shape(message)}


def _open(call: Call) -> Message:
    message = own(call, "message_not_owned_by_app")
    if message.extra.get(STREAMING) != "in_progress":
        raise SlackError("message_not_in_streaming_state")
    return message


def _written(call: Call) -> str:
    """The markdown itself, and that of chunks."""
    chunks = call.args.get("chunks")
    texts = [str(one.get("text", "")) for one in chunks if isinstance(one, dict)] if isinstance(chunks, list) else []
    return call.text("markdown_text") + "".join(texts)


def _longer(message: Message, text: str) -> str:
    if len(message.text) + len(text) > LONGEST:
        raise SlackError("msg_too_long")
    return message.text + text


def _answer(message: Message) -> Body:
    return {"channel": message.channel, "ts": message.ts}


METHODS = {
    "chat.startStream": Method(start, WRITE, 2, ("channel", "thread_ts")),
    "chat.appendStream": Method(append, WRITE, 4, ("channel", "ts")),
    "chat.stopStream": Method(stop, WRITE, 2, ("channel", "ts")),
}
