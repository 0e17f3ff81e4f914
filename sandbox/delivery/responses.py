"""What the app says into a response URL or with an acknowledgement."""

from typing import Any

from sandbox.content import Content, read_content
from sandbox.errors import SlackError
from sandbox.triggers import Hook
from sandbox.world import World

Body = dict[str, Any]


def respond(world: World, hook: Hook, body: Body) -> None:
    """Replaces or deletes the message the hook came from, or says something new."""
    channel = world.workspace.channels[hook.channel]
    original = channel.find(hook.ts) if hook.ts else None
    if body.get("delete_original"):
        if original:
            world.workspace.delete(original)
        return
    content = read_content(body, world.workspace.ids, refused=world.faults.refused("response_url"))
    if body.get("replace_original") and original:
        changes = {"text": content.text, "blocks": content.blocks, "attachments": content.attachments}
        world.workspace.edit(original, None, **changes)
        return
    _say(world, hook, body, content)


def _say(world: World, hook: Hook, body: Body, content: Content) -> None:
    details: Body = {"blocks": content.blocks, "attachments": content.attachments, "metadata": content.metadata}
    message = world.bot_message(hook.channel, content.text, **details, thread_ts=body.get("thread_ts"))
    if body.get("response_type") == "in_channel":
        world.workspace.post(message)
    else:
        message.ephemeral_to = hook.user
        world.workspace.whisper(message)


def say_ack(world: World, channel: str, user: str, answer: Body) -> str | None:
    """Shows what came with the acknowledgement of a command; answers what was wrong with it."""
    if not (answer.get("text") or answer.get("blocks") or answer.get("attachments")):
        return None
    try:
        respond(world, Hook(channel, user, 0), answer)
    except SlackError as problem:
        return problem.error
    return None


def tell(world: World, channel: str, user: str, text: str) -> None:
    """A note by Slack itself that only this person sees."""
    message = world.bot_message(channel, text, ephemeral_to=user)
    message.bot = None
    message.user = "USLACKBOT"
    message.extra = {"username": "Slackbot"}
    world.workspace.whisper(message)
