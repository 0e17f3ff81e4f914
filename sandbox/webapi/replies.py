"""Send the answers of the Web API, and the wrong ones that a planned fault asks for."""

import json
import secrets

from aiohttp import web

from sandbox.faults import Fault
from sandbox.webapi.call import Body


def faulty(fault: Fault) -> tuple[int, dict[str, str], Body | str]:
    if fault.retry_after is not None or fault.error in ("ratelimited", "rate_limited"):
        headers = {"Retry-After": str(1 if fault.retry_after is None else fault.retry_after)}
        return fault.status or 429, headers, {"ok": False, "error": fault.error or "ratelimited"}
    if fault.body is not None:
        return fault.status or 200, {}, fault.body
    if fault.error:
        return fault.status or 200, {}, {"ok": False, "error": fault.error}
    return fault.status or 500, {}, "The sandbox was told to fail."


def reply(status: int, headers: dict[str, str], body: Body | str) -> web.Response:
    extra = headers | {"x-slack-req-id": secrets.token_hex(16)}
    if isinstance(body, str):
        return web.Response(text=body, status=status or 200, headers=extra)
    text = json.dumps(body, ensure_ascii=False, default=str)
    return web.Response(text=text, status=status or 200, headers=extra, content_type="application/json")
