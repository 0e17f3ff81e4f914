"""Response URLs: what the app posts to them, without a token, up to five times in half an hour."""

import json

from aiohttp import web

from sandbox.delivery.responses import respond
from sandbox.errors import SlackError
from sandbox.faults import Fault
from sandbox.webapi.call import Body
from sandbox.webapi.replies import answer_of
from sandbox.world import World


async def handle(world: World, request: web.Request) -> web.Response:
    key = request.match_info["key"]
    if problem := world.hooks.problem(key, world.clock.seconds()):
        return web.json_response({"ok": False, "error": problem}, status=404)
    if (fault := _fault(world, key)) and fault.answers():
        return answer_of(fault)
    body = await _body(request)
    if body is None:
        return web.Response(status=400, text="invalid_payload")
    hook = world.hooks.use(key)
    answer: Body = {"ok": True}
    try:
        respond(world, hook, body)
    except SlackError as refused:
        answer = refused.body()
    row = {"at": world.clock.now().isoformat(), "method": "response_url", "args": body, "response": answer}
    world.calls.add(row | {"app": world.app.name, "status": 200, "ms": 0})
    return web.Response(text="ok") if answer["ok"] else web.json_response(answer)


def _fault(world: World, key: str) -> Fault | None:
    """Faults for `response_url` or for every method also hit here."""
    return world.faults.take("response_url", {world.hooks.made[key].channel})


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
