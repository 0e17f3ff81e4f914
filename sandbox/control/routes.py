"""The routes of the control API: fields, errors, and the stream of changes."""

import asyncio
import inspect as inspection
import json
from typing import Any

from aiohttp import web

from sandbox.control import forms, inspect, machines, people, posts, reading
from sandbox.control.ask import Ask, Body, RefusedError, Route
from sandbox.workspace import NotFoundError
from sandbox.world import World

MODULES = (people, posts, forms, inspect, machines, reading)
ROUTES: dict[tuple[str, str], Route] = {(one.method, one.path): one for module in MODULES for one in module.ROUTES}
STREAM_PING_SECONDS = 15


async def handle(world: World, request: web.Request) -> web.Response:
    try:
        return web.json_response(await _answer(world, request))
    except RefusedError as refused:
        return web.json_response({"error": str(refused)}, status=refused.status)
    except NotFoundError as missing:
        return web.json_response({"error": str(missing)}, status=404)


async def _answer(world: World, request: web.Request) -> Body:
    path = request.match_info["path"]
    route = ROUTES.get((request.method, path))
    if not route:
        raise RefusedError(f"There is no {request.method} /sandbox/{path}.", 404)
    fields = dict(request.query)
    content = b""
    if route.raw:
        content = await request.read()
    elif request.can_read_body:
        fields |= await _json(request)
    route.check(fields)
    result = route.run(Ask(world, fields, content))
    return await result if inspection.isawaitable(result) else result


async def _json(request: web.Request) -> Body:
    try:
        found = json.loads(await request.text() or "{}")
    except ValueError:
        raise RefusedError("The body is not JSON.") from None
    if not isinstance(found, dict):
        raise RefusedError("The body has to be a JSON object.")
    return found


async def stream(world: World, request: web.Request) -> web.StreamResponse:
    """Server-sent events: every change until the reader or the sandbox goes away.

    With `contents=message,ephemeral` only changes of these types are told whole, and of the others only their type.
    """
    wanted = frozenset(filter(None, request.query.get("contents", "").split(",")))
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-cache"})
    await response.prepare(request)
    queue = world.stream.subscribe()
    try:
        await response.write(b": hello\n\n")
        await _relay(queue, response, wanted)
    except ConnectionError:
        pass
    finally:
        world.stream.unsubscribe(queue)
    return response


async def _relay(
    queue: "asyncio.Queue[dict[str, Any] | None]", response: web.StreamResponse, wanted: frozenset[str]
) -> None:
    while True:
        try:
            news = await asyncio.wait_for(queue.get(), STREAM_PING_SECONDS)
        except TimeoutError:
            await response.write(b": ping\n\n")
            continue
        if news is None:
            return
        if wanted and news["type"] not in wanted:
            news = {"type": news["type"]}
        await response.write(f"data: {json.dumps(news, default=str)}\n\n".encode())
