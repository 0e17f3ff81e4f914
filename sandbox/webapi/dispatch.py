"""Check faults, token, scopes, arguments and limits of a call, then run its method."""

import asyncio
import inspect
import time
from typing import Any

from aiohttp import web

from sandbox.errors import SlackError
from sandbox.totals import DROPPED, outcome_of
from sandbox.webapi import app, canvases, conversations, files, history, marks, messages, people, streams, views
from sandbox.webapi.arguments import arguments
from sandbox.webapi.call import Body, Call, Method
from sandbox.webapi.replies import faulty, reply
from sandbox.world import World

MODULES = (app, canvases, conversations, files, history, marks, messages, people, streams, views)
METHODS: dict[str, Method] = {name: one for module in MODULES for name, one in module.METHODS.items()}
# Methods that an org-wide token can only call about one workspace.
BY_TEAM = frozenset({
    "users.list", "usergroups.list", "usergroups.users.list", "usergroups.users.update", "conversations.list",
    "users.conversations", "dnd.teamInfo", "conversations.create",
})  # fmt: skip
MOST_LISTED = 999  # rows a page of conversations and their members
APP_SCOPES = ("connections:write",)


async def handle(world: World, request: web.Request) -> web.StreamResponse:
    began = time.monotonic()
    name = request.match_info["method"]
    call = Call(world, name, {})
    try:
        await _read(call, request)
        status, headers, body = await _answer(call, request)
    except SlackError as problem:
        status, headers, body = 200, {}, problem.body()
    except ConnectionResetError:  # the app hung up while it was still asking
        return web.Response(status=400)
    if isinstance(body, dict):
        body = _with_warnings(call, body)
    call.world.totals.count(name, outcome_of(status, body) if status else DROPPED)
    _note(call, status, body, began)
    return reply(status, headers, body)


async def _read(call: Call, request: web.Request) -> None:
    call.args = await arguments(request)
    bearer = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
    call.token = bearer or str(call.args.get("token", ""))
    call.args.pop("token", None)
    tokens = {token: one for one in call.world.installed for token in (one.app.bot_token, one.app.app_token)}
    tokens |= {run.token: one for one in call.world.installed for run in one.functions.values()}
    call.world = tokens.get(call.token, call.world)


async def _answer(call: Call, request: web.Request) -> tuple[int, dict[str, str], Body | str]:
    fault = call.world.faults.take(call.method, _channels(call))
    if fault and fault.delay:
        await asyncio.sleep(fault.delay)
    if fault and fault.drop_request:
        return _drop(request)
    if fault and fault.answers():
        return faulty(fault)
    status, headers, body = await _run(call)
    if fault and fault.drop_reply:
        call.world.totals.count(call.method, outcome_of(status, body))
        return _drop(request)
    return status, headers, body


def _channels(call: Call) -> set[str]:
    wanted = call.text("channel") or call.text("channel_id")
    found = call.workspace.channels.get(wanted) or call.workspace.find_channel(wanted.removeprefix("#"))
    return {wanted} | ({found.id, found.name, f"#{found.name}"} if found else set())


def _drop(request: web.Request) -> tuple[int, dict[str, str], Body | str]:
    """Close the connection. What is written afterwards is lost."""
    if request.transport:
        request.transport.abort()
    return 0, {}, {"dropped": True}


async def _run(call: Call) -> tuple[int, dict[str, str], Body | str]:
    method = METHODS.get(call.method)
    if not method:
        raise SlackError("unknown_method", req_method=call.method)
    headers = _check_token(call, method)
    try:
        _check_scopes(call, method)
        _check_required(call, method)
        _check_team(call)
        _check_limit(call)
        if wait := _wait(call, method):
            return 429, headers | {"Retry-After": str(wait)}, {"ok": False, "error": "ratelimited"}
        result = method.run(call)
        body = await result if inspect.isawaitable(result) else result
    except SlackError as problem:
        body = problem.body()
    return 200, headers, {"ok": True} | body


def _check_token(call: Call, method: Method) -> dict[str, str]:
    if method.token is None:
        return {}
    if not call.token:
        raise SlackError("not_authed")
    runs = {run.token: run for run in call.world.functions.values()}
    known = {call.world.app.bot_token: "bot", call.world.app.app_token: "app"} | dict.fromkeys(runs, "bot")
    kind = known.get(call.token)
    if not kind:
        raise SlackError("invalid_auth")
    if call.token in runs and runs[call.token].status != "running":
        raise SlackError("token_revoked")  # a workflow token is good for one run of a step
    if method.token not in ("any", kind):
        raise SlackError("not_allowed_token_type")
    if call.world.revoked and kind == "bot":
        raise SlackError("token_revoked")
    granted = APP_SCOPES if kind == "app" else call.world.app.scopes
    return {"x-oauth-scopes": ",".join(granted), "x-accepted-oauth-scopes": ",".join(method.scopes)}


def _check_scopes(call: Call, method: Method) -> None:
    if not method.scopes:
        return
    granted = APP_SCOPES if method.token == "app" else call.world.app.scopes  # noqa: S105
    accepted = _for_channel(call, method.scopes)
    if not set(accepted) & set(granted):
        raise SlackError("missing_scope", needed=accepted[0], provided=",".join(granted))


def _for_channel(call: Call, scopes: tuple[str, ...]) -> tuple[str, ...]:
    """Of scopes that differ by kind of conversation, those for the one named."""
    channel = call.workspace.channels.get(call.text("channel"))
    own = tuple(one for one in scopes if channel and one.startswith(f"{channel.scope}:"))
    return own if own and "history" in scopes[0] + scopes[-1] else scopes


def _check_required(call: Call, method: Method) -> None:
    missing = [name for name in method.required if call.args.get(name) in (None, "")]
    if not missing:
        return
    if "channel" in missing:
        raise SlackError("channel_not_found" if call.method.startswith("chat.") else "invalid_arguments")
    messages = [f"[ERROR] missing required field: {name}" for name in missing]
    raise SlackError("invalid_arguments", response_metadata={"messages": messages})


def _check_team(call: Call) -> None:
    org, team = call.workspace.organization, call.text("team_id")
    if org and call.method in BY_TEAM and not team:
        raise SlackError(
            "missing_argument", response_metadata={"messages": ["[ERROR] missing required field: team_id"]}
        )
    if team and team not in (org.teams if org else (call.workspace.team_id,)):
        raise SlackError("team_access_not_granted" if org else "invalid_team")


def _check_limit(call: Call) -> None:
    listed = call.method.startswith("conversations.") or call.method == "users.conversations"
    if listed and call.args.get("limit") is not None and not 0 < call.number("limit", 1) <= MOST_LISTED:
        raise SlackError("invalid_limit")


def _wait(call: Call, method: Method) -> int:
    channel = call.text("channel") if method.limited_by_channel else None
    if channel:
        found = call.workspace.find_channel(channel.removeprefix("#"))
        channel = found.id if found else channel
    return call.world.limits.wait_for(call.method, method.tier, channel)


def _with_warnings(call: Call, body: Body) -> Body:
    if not call.warnings or not body.get("ok"):
        return body
    notes = body.get("response_metadata", {}) | {"warnings": call.warnings}
    return body | {"warning": ",".join(call.warnings), "response_metadata": notes}


def _note(call: Call, status: int, body: Any, began: float) -> None:
    row = {"at": call.world.clock.now().isoformat(), "method": call.method, "args": call.args, "response": body}
    ms = round((time.monotonic() - began) * 1000)
    call.world.calls.add(row | {"app": call.world.app.name, "status": status, "ms": ms})
