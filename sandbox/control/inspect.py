"""Looking at the workspace and turning its knobs: state, logs, clock, faults, cast."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sandbox import cast
from sandbox.clock import checked
from sandbox.control.ask import Ask, Body, RefusedError, Route
from sandbox.delivery.socket import REASONS
from sandbox.faults import Fault
from sandbox.ids import named_id
from sandbox.model import User
from sandbox.world import World

FAULT_FIELDS = (
    *("channel", "times", "status", "error", "delay"),
    *("drop_reply", "drop_request", "retry_after", "body", "refuse"),
)


def app_page(world: World) -> Body:
    app = world.app
    kept = ("command", "description", "usage_hint")
    commands = [{name: one.get(name, "") for name in kept} for one in app.commands]
    shortcuts = [dict(one) for one in app.shortcuts]
    shape = {"id": app.id, "name": app.name, "bot_user": app.bot_user_id, "home": app.home_tab}
    return shape | {"commands": commands, "shortcuts": shortcuts, "ready": world.queue.transport.connected}


def state(ask: Ask) -> Body:
    """The whole cast; with `user`, who may be unknown here, also what they have not read."""
    world = ask.world
    shape = _state(world)
    reader = next((one for one in world.workspace.users.values() if ask.text("user") in (one.id, one.name)), None)
    if reader:
        world.reading.begin()
        shape["unread"] = world.reading.of(reader.id)
    return shape


def _state(world: World) -> Body:
    return {
        "team": {"id": world.workspace.team_id, "name": world.workspace.team_name},
        "users": [one.to_page() for one in world.workspace.users.values()],
        "channels": [one.to_page() for one in world.workspace.channels.values()],
        "groups": [one.to_page() for one in world.workspace.groups.by_id.values()],
        "apps": [app_page(one) for one in world.installed],
        "mode": world.mode,
        "faults": world.faults.to_page(),
        "limits": world.limits.enabled,
        "revoked": world.revoked,
        "now": world.clock.now().isoformat(),
        "speed": world.clock.speed,
        "ready": all(one.queue.transport.connected for one in world.installed),
    }


def calls(ask: Ask) -> Body:
    return {"calls": ask.world.calls.since(int(ask.number("since")))}


def totals(ask: Ask) -> Body:
    """Unlike the calls, which are only the newest, these go back to the start."""
    return {"calls": ask.world.totals.to_page()}


def deliveries(ask: Ask) -> Body:
    return {"deliveries": ask.world.deliveries.since(int(ask.number("since")))}


def read_clock(ask: Ask) -> Body:
    return ask.world.clock.reading()


def set_clock(ask: Ask) -> Body:
    """Another speed, another time, or both; nothing changes unless all of it makes sense."""
    clock = ask.world.clock
    if ("advance" in ask.fields and "to" in ask.fields) or not {"advance", "to", "speed"} & set(ask.fields):
        raise RefusedError("clock needs either advance or to, or speed, which may also come alone.")
    try:
        speed = checked(ask.number("speed", clock.speed))
    except ValueError as problem:
        raise RefusedError(str(problem)) from None
    to = _wanted_time(ask)
    if to:
        clock.move(to)
    if "speed" in ask.fields:
        clock.set_speed(speed)
    ask.world.stream.publish("clock", read_clock(ask))
    return read_clock(ask)


def _wanted_time(ask: Ask) -> datetime | None:
    now = ask.world.clock.now()
    to = _moment(ask.text("to")) if "to" in ask.fields else now + timedelta(seconds=ask.number("advance"))
    if to < now and not ask.flag("force"):
        raise RefusedError("The clock only goes forward unless force is true.")
    return to if {"advance", "to"} & set(ask.fields) else None


def _moment(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise RefusedError(f"{text} is not a date and time.") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def add_fault(ask: Ask) -> Body:
    given = {name: value for name, value in ask.fields.items() if value is not None}
    try:
        fault = Fault(**given)
        fault.delay = None if fault.delay is None else float(fault.delay)
    except (TypeError, ValueError):
        raise RefusedError("delay has to be a number.") from None
    if fault.channel:
        fault.channel = ask.channel().id
    if not isinstance(fault.refuse, list):
        raise RefusedError("refuse has to be a list of block types.")
    if not (fault.answers() or fault.delay or fault.drop_reply or fault.drop_request or fault.refuse):
        raise RefusedError("A fault needs status, error, delay, drop_reply, drop_request, retry_after, body or refuse.")
    ask.world.faults.waiting.append(fault)
    return _faults(ask)


def clear_faults(ask: Ask) -> Body:
    ask.world.faults.waiting.clear()
    return _faults(ask)


def _faults(ask: Ask) -> Body:
    ask.world.stream.publish("faults", {"faults": ask.world.faults.to_page()})
    return read_faults(ask)


def read_faults(ask: Ask) -> Body:
    return {"ok": True, "faults": ask.world.faults.to_page()}


def set_limits(ask: Ask) -> Body:
    """Switches the rate limits of methods on or off; `events` has Slack keep events back for being too many."""
    for one in ask.world.installed:
        one.limits.enabled = ask.flag("enabled")
        one.events.are_limited = ask.flag("events")
    return {"ok": True, "enabled": ask.flag("enabled"), "events": ask.flag("events")}


async def disconnect(ask: Ask) -> Body:
    ask = ask.to_app()
    if not ask.world.sockets:
        raise RefusedError("The app is not connected by Socket Mode.")
    reason = ask.text("reason", "refresh_requested")
    if reason not in REASONS:
        raise RefusedError(f"{reason} is no reason; there is {', '.join(REASONS)}.")
    count = int(ask.number("count")) if "count" in ask.fields else None
    if count is not None and count < 1:
        raise RefusedError("count has to be at least 1.")
    return {"ok": True, "sockets": await ask.world.sockets.disconnect(reason, count)}


def revoke(ask: Ask) -> Body:
    ask = ask.to_app()
    ask.world.revoked = not ask.flag("restore")
    if ask.world.revoked:
        tokens: Any = {"oauth": [], "bot": [ask.world.app.bot_user_id]}
        ask.world.events.send({"type": "tokens_revoked", "tokens": tokens}, None)
    return {"ok": True, "revoked": ask.world.revoked}


def add_user(ask: Ask) -> Body:
    name = ask.text("name").lower()
    if any(one.name == name for one in ask.workspace.users.values()):
        raise RefusedError(f"{name} is already in the workspace. Choose another name.", 409)
    guest = ask.flag("is_guest")
    team = named_id("T", cast.GUEST_TEAM) if guest else ask.workspace.team_id
    user = User(named_id("U", name), name, ask.text("real_name") or name.title(), team, ask.text("title"))
    user.is_guest = guest
    user.color = ask.text("color", user.color)
    ask.workspace.add_user(user)
    for channel in ask.fields.get("channels") or []:
        ask.workspace.join(ask.workspace.channel(str(channel)), user.id)
    return {"ok": True, "user": user.to_page()}


def add_channel(ask: Ask) -> Body:
    name = ask.text("name").lstrip("#").lower()
    if ask.workspace.find_channel(name):
        raise RefusedError(f"There is already a channel called {name}.", 409)
    named = ask.fields.get("members")
    everybody = [one.id for one in ask.workspace.users.values() if not one.is_guest]
    members = [ask.workspace.user(str(one)).id for one in named] if named is not None else everybody
    creator = ask.workspace.admin.id
    details: Body = {"is_private": ask.flag("is_private"), "topic": ask.text("topic"), "creator": creator}
    return {"ok": True, "channel": ask.workspace.add_channel(name, members, **details).to_page()}


def set_scopes(ask: Ask) -> Body:
    """Installs the app again: with the scopes of its manifest, but for those that are declined."""
    ask = ask.to_app()
    declined = [str(one) for one in ask.fields.get("declined") or []]
    if unknown := [one for one in declined if one not in ask.world.app.asked]:
        raise RefusedError(f"The manifest does not ask for {', '.join(unknown)}.")
    ask.world.grant(tuple(one for one in ask.world.app.asked if one not in declined))
    return {"ok": True, "scopes": list(ask.world.app.scopes)}


ROUTES = (
    Route("GET", "state", state, (), ("user",)),
    Route("GET", "calls", calls, (), ("since",)),
    Route("GET", "totals", totals),
    Route("GET", "deliveries", deliveries, (), ("since",)),
    Route("GET", "clock", read_clock),
    Route("POST", "clock", set_clock, (), ("advance", "to", "force", "speed")),
    Route("GET", "faults", read_faults),
    Route("POST", "faults", add_fault, ("method",), FAULT_FIELDS),
    Route("DELETE", "faults", clear_faults),
    Route("POST", "limits", set_limits, ("enabled",), ("events",)),
    Route("POST", "disconnect", disconnect, (), ("reason", "count", "app")),
    Route("POST", "revoke", revoke, (), ("restore", "app")),
    Route("POST", "scopes", set_scopes, (), ("declined", "app")),
    Route("POST", "users", add_user, ("name",), ("real_name", "title", "color", "is_guest", "channels")),
    Route("POST", "channels", add_channel, ("name",), ("is_private", "topic", "members")),
)
