"""What people do besides writing: commands, reactions, shortcuts, coming and going."""

from collections.abc import Callable
from typing import Any

from sandbox.control.ask import Ask, Body, RefusedError, Route
from sandbox.delivery import interactions
from sandbox.functions import StepRun, parameters, problems
from sandbox.manifest import App
from sandbox.world import World


def _offering(ask: Ask, found: Callable[[App], Any]) -> tuple[World | None, Any]:
    """The app that offers something, if need be the one that `app` names; of two, Slack takes the last installed."""
    apps = [ask.to_app().world] if ask.text("app") else ask.world.installed
    offers = [(one, offer) for one in apps if (offer := found(one.app)) is not None]
    return offers[-1] if offers else (None, None)


async def command(ask: Ask) -> Body:
    user, channel = ask.own_channel()
    name = ask.text("command")
    name = name if name.startswith("/") else f"/{name}"
    world, known = _offering(ask, lambda app: app.command(name))
    if not world:
        raise RefusedError(f"{name} is not a valid command.", 404)
    text = ask.text("text")
    text = ask.workspace.typed(text) if known.get("should_escape") else text
    return await interactions.command(world, user.id, channel, name, text)


async def reaction(ask: Ask) -> Body:
    user, channel = ask.own_channel()
    found = ask.message(channel)
    name = ask.text("name").strip(":")
    changed = ask.workspace.unreact if ask.flag("remove") else ask.workspace.react
    done = changed(found, user.id, name)
    await ask.world.flush()
    return {"ok": True, "changed": done}


async def shortcut(ask: Ask) -> Body:
    user = ask.user()
    callback_id = ask.text("callback_id")
    world, known = _offering(ask, lambda app: app.shortcut(callback_id))
    if not world:
        raise RefusedError(f"No app has a shortcut {callback_id}.", 404)
    if not ask.text("ts"):
        return await interactions.shortcut(world, user.id, callback_id)
    if known["type"] != "message":
        raise RefusedError(f"{callback_id} is not a message shortcut.")
    _, channel = ask.own_channel()
    return await interactions.message_shortcut(world, user.id, callback_id, ask.message(channel))


async def join(ask: Ask) -> Body:
    ask.workspace.join(ask.channel(), ask.user().id)
    await ask.world.flush()
    return {"ok": True}


async def leave(ask: Ask) -> Body:
    ask.workspace.leave(ask.channel(), ask.user().id)
    await ask.world.flush()
    return {"ok": True}


async def archive(ask: Ask) -> Body:
    admin = ask.workspace.admin.id
    ask.workspace.archive(ask.channel(), admin, archived=ask.flag("archived", default=True))
    await ask.world.flush()
    return {"ok": True}


async def channel(ask: Ask) -> Body:
    """Rename a channel, make it private, share it with a person's company, or give it another id."""
    admin, found = ask.workspace.user("admin").id, ask.channel()
    if ask.text("name"):
        ask.workspace.rename(found, admin, ask.text("name"))
    if ask.flag("private"):
        ask.workspace.make_private(found, admin)
    if ask.text("share_with"):
        ask.workspace.share(found, admin, ask.user("share_with").id)
    if ask.text("new_id"):
        ask.workspace.replace_id(found, ask.text("new_id"))
    await ask.world.flush()
    return {"ok": True, "channel": found.to_page()}


def plan(ask: Ask) -> Body:
    """Change what the workspace pays for, as `free` has no user groups, or whether apps may edit user groups."""
    wanted = ask.text("plan", ask.workspace.plan)
    if wanted not in ("free", "paid"):
        raise RefusedError("A plan is free or paid.")
    ask.workspace.plan = wanted
    ask.workspace.apps_edit_groups = ask.flag("apps_edit_groups", default=ask.workspace.apps_edit_groups)
    return {"ok": True, "plan": wanted}


async def group(ask: Ask) -> Body:
    """Makes a user group, or says anew who is in it."""
    handle = ask.text("handle").lstrip("@").lower()
    if not handle:
        raise RefusedError("A user group needs a handle.")
    users = [ask.workspace.user(str(one)).id for one in ask.fields.get("users") or []]
    made = ask.workspace.groups.put(handle, users, name=ask.text("name"), disabled=ask.flag("disabled"))
    await ask.world.flush()
    return {"ok": True, "group": made.to_page()}


async def function(ask: Ask) -> Body:
    """A workflow reaches a step of the app: a function of its manifest, with its inputs."""
    callback_id = ask.text("callback_id")
    world, known = _offering(ask, lambda app: app.functions.get(callback_id))
    if not world:
        raise RefusedError(f"The app has no function {callback_id}.", 404)
    if ask.workspace.plan == "free":
        raise RefusedError("Workflows need a paid plan.")
    inputs = ask.fields.get("inputs") or {}
    if found := problems(ask.workspace, parameters(known, "input_parameters"), inputs):
        raise RefusedError(f"The workflow can't run {callback_id}: {', '.join(found)}.")
    run = StepRun(ask.workspace.ids.next("Fx"), callback_id, inputs)
    world.functions[run.id] = run
    world.events.function_executed(run, known)
    await ask.world.flush()
    return {"ok": True, "function_execution_id": run.id}


def function_run(ask: Ask) -> Body:
    """How far a run of a step is: running, completed with outputs, failed with an error, or lost."""
    found = [one.functions[id_] for one in ask.world.installed if (id_ := ask.text("id")) in one.functions]
    if not found:
        raise RefusedError(f"No step runs as {ask.text('id')}.", 404)
    return {"ok": True} | found[0].to_page()


async def entity(ask: Ask) -> Body:
    """A person opens the side panel of an entity that the app has unfolded in a message."""
    user, place = ask.user(), ask.channel()
    shown = [one for one in ask.message(place).attachments or () if one.get("entity")]
    if not shown:
        raise RefusedError("There is no entity in that message.")
    found, ask = shown[0]["entity"], ask.to(ask.world.of_app(shown[0].get("app_id", "")) or ask.world)
    about = {"user": user.id, "channel": place.id, "message_ts": ask.text("ts"), "entity_url": found["url"]}
    about |= {"external_ref": found["external_ref"], "trigger_id": ask.world.triggers.new(user.id, place.id)}
    ask.world.events.send({"type": "entity_details_requested", "user_locale": "en-US", **about}, place)
    await ask.world.flush()
    return {"ok": True}


def together(ask: Ask) -> Body:
    """A person opens a group direct message with others, the app among them or not."""
    others = [ask.workspace.user(str(one)).id for one in ask.fields["others"]]
    if len({ask.user().id, *others}) < 3:
        raise RefusedError("A group direct message needs at least two others.")
    return {"ok": True, "channel": ask.workspace.mpim([ask.user().id, *others]).to_page()}


def work_objects(ask: Ask) -> Body:
    """Whether the workspace shows entities; where it does not, Slack refuses them."""
    ask.world.work_objects = ask.flag("enabled")
    return {"ok": True}


async def assistant(ask: Ask) -> Body:
    """A person opens the app as an assistant: a thread of its own in their direct messages."""
    ask = ask.to_app()
    user = ask.user()
    channel = ask.workspace.im(user.id, ask.world.app.bot_user_id)
    root = ask.world.bot_message(channel.id, "New Assistant Thread", extra={"subtype": "assistant_app_thread"})
    ask.world.events.assistant_started(user.id, channel, ask.workspace.post(root).ts)
    await ask.world.flush()
    return {"ok": True, "channel": channel.id, "thread_ts": root.ts}


async def person(ask: Ask) -> Body:
    """Set a person's presence, do-not-disturb in seconds, deactivation, time zone, names or guest account."""
    user = ask.user()
    user.away = ask.flag("away", default=user.away)
    user.deleted = ask.flag("deactivated", default=user.deleted)
    user.tz = ask.text("tz") or user.tz
    user.name, user.real_name = ask.text("name") or user.name, ask.text("real_name") or user.real_name
    user.is_restricted = ask.flag("restricted", default=user.is_restricted)
    if "quiet" in ask.fields:
        user.quiet_until = int(ask.world.clock.seconds() + float(ask.fields["quiet"]))
    if set(ask.fields) - {"user", "away", "quiet"}:  # what Slack tells apps about
        ask.workspace.user_changed(user)
        await ask.world.flush()
    return {"ok": True}


ROUTES = (
    Route("POST", "function", function, ("callback_id",), ("inputs",)),
    Route("GET", "function", function_run, ("id",)),
    Route("POST", "entity", entity, ("user", "channel", "ts")),
    Route("POST", "work_objects", work_objects, ("enabled",)),
    Route("POST", "assistant", assistant, ("user",), ("app",)),
    Route("POST", "command", command, ("user", "channel", "command"), ("text",)),
    Route("POST", "reaction", reaction, ("user", "channel", "ts", "name"), ("remove",)),
    Route("POST", "shortcut", shortcut, ("user", "callback_id"), ("channel", "ts", "app")),
    Route("POST", "join", join, ("user", "channel")),
    Route("POST", "together", together, ("user", "others")),
    Route("POST", "leave", leave, ("user", "channel")),
    Route("POST", "channel", channel, ("channel",), ("name", "private", "share_with", "new_id")),
    Route("POST", "plan", plan, (), ("plan", "apps_edit_groups")),
    Route("POST", "groups", group, ("handle",), ("users", "name", "disabled")),
    Route(
        "POST", "person", person, ("user",), ("away", "quiet", "deactivated", "tz", "name", "real_name", "restricted")
    ),
    Route("POST", "archive", archive, ("channel",), ("archived",)),
)
