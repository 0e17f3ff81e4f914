"""Where people of the story meet: the war room of a ticket, the stand-up, and what they follow."""

from sandbox.story import names
from sandbox.story.script import Scene
from sandbox.story.stage import Stage
from sandbox.story.watch import Place, buttons


async def opens_war_room(stage: Stage, scene: Scene) -> None:
    """A ticket gets a channel of its own."""
    ticket = stage.ticket(scene)
    await stage.command(scene.who, f"{names.WAR_ROOM_VERB} {stage.name_of(ticket)}")
    await stage.answer(scene.who)
    await _card(stage, scene)


async def _card(stage: Stage, scene: Scene) -> Place:
    """Return where the card of the ticket's war room is, once its channel is there."""
    number = stage.ticket(scene).id
    found = lambda: next(iter(stage.watch.with_button(names.WRAP_UP, number)), None)  # noqa: E731
    return await stage.watch.until(found, "open a war room")


async def staffs_war_room(stage: Stage, scene: Scene) -> None:
    """Who is the incident lead, who takes care of communications, and who is the scribe."""
    lead, communications, scribe = scene.words
    channel, _ = await _card(stage, scene)
    users = (await stage.client.get("state"))["users"]
    person = next(str(one["id"]) for one in users if one["name"] == scene.who)
    await stage.watch.until(lambda: _has_joined(stage, channel, person), "invite people")
    await stage.press(scene.who, await _card(stage, scene), names.ROLES, stage.ticket(scene).id)
    await stage.submit(scene.who, lead=lead, communications=communications, scribe=scribe)


def _has_joined(stage: Stage, channel: str, person: str) -> bool | None:
    joined = (row for (place, _), row in stage.watch.messages.items() if place == channel)
    return any(row.get("subtype") == "channel_join" and row.get("user") == person for row in joined) or None


async def in_war_room(stage: Stage, scene: Scene) -> None:
    """A line in the war room, which another puts into its timeline where the script names one."""
    text, *marked_by = scene.words
    channel, _ = await _card(stage, scene)
    ts = (await stage.client.post("message", user=scene.who, channel=channel, text=text))["ts"]
    for who in marked_by:
        await stage.client.post("reaction", user=who, channel=channel, ts=ts, name=names.TIMELINE_REACTION)


async def wraps_up(stage: Stage, scene: Scene) -> None:
    """The war room is closed with its summary."""
    await stage.press(scene.who, await _card(stage, scene), names.WRAP_UP, stage.ticket(scene).id)
    await stage.submit(scene.who, summary=scene.words[0])


async def stands_up(stage: Stage, scene: Scene) -> None:
    """The answer to the newest stand-up that the bot has asked this person for."""
    direct = str((await stage.client.get("messages", channel=names.BOT, user=scene.who))["channel"]["id"])
    channel, ts, value = await stage.watch.until(lambda: _asked(stage, direct), "ask for the stand-up")
    await stage.client.post("action", user=scene.who, channel=channel, ts=ts, action_id=names.STAND_UP, value=value)
    await stage.submit(scene.who, **dict(zip(names.STAND_UP_FIELDS, scene.words, strict=False)))


def _asked(stage: Stage, direct: str) -> tuple[str, str, str] | None:
    """Return channel, ts and value of the newest question in direct messages, if it isn't answered."""
    found = [(channel, ts, value) for (channel, ts), message in stage.watch.messages.items()
             if channel == direct
             for action, value in buttons(message) if action == names.STAND_UP]  # fmt: skip
    newest = max(found, key=lambda one: float(one[1]), default=None)
    return newest if newest and names.ASKED in str(stage.watch.messages[newest[:2]]["text"]) else None


async def follows(stage: Stage, scene: Scene) -> None:
    """A person chooses the modules whose tickets they follow, in the App Home."""
    await stage.client.post("home", user=scene.who)
    await stage.client.post("action", user=scene.who, home=True, action_id=names.TOPICS)
    await stage.submit(scene.who, module=list(scene.words))
