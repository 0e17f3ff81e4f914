"""Response URLs: what the app posts to them, without a token, up to five times in half an hour."""

import json

from aiohttp import web

from sandbox.delivery.responses import respond
from sandbox.errors import SlackError
from sandbox.faults import Fault
from sandbox.totals import outcome_of
from sandbox.webapi.call import Body
from sandbox.webapi.replies import faulty, reply
from sandbox.world import World

METHOD = "response_url"  # its name among the calls, the faults and the totals


async def handle(world: World, request: web.Request) -> web.Response:
    key = request.match_info["key"]
    world = next((one for one in world.installed if key in one.hooks.made), world)
    if problem := world.hooks.problem(key, world.clock.seconds()):
        world.totals.count(METHOD, problem)
        return web.json_response({"ok": False, "error": problem}, status=404)
    if (fault := _fault(world, key)) and fault.answers():
        status, headers, wrong = faulty(fault)
        world.totals.count(METHOD, outcome_of(status, wrong))
        return reply(status, headers, wrong)
    body = await _body(request)
    if body is None:
        world.totals.count(METHOD, "invalid_payload")
        return web.Response(status=400, text="invalid_payload")
    hook = world.hooks.use(key)
    answer: Body = {"ok": True}
    try:
        respond(world, hook, body)
    except SlackError as refused:
        answer = refused.body()
    world.totals.count(METHOD, outcome_of(200, answer))
    row = {"at": world.clock.now().isoformat(), "method": METHOD, "args": body, "response": answer}
    world.calls.add(row | {"app": world.app.name, "status": 200, "ms": 0})
    return web.Response(text="ok") if answer["ok"] else web.json_response(answer)


def _fault(world: World, key: str) -> Fault | None:
    """Faults for `response_url` or for every method also hit here."""
    return world.faults.take(METHOD, {world.hooks.made[key].channel})


async def _body(request: web.Request) -> Body | None:
    text = await request.text()
    if request.content_type == "application/x-www-form-urlencoded":
        form = await request.post()
        text = str(form.get("payload", text))
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
