"""Collects the arguments of a call from query, form and JSON, whatever the client sent."""

import json
from typing import Any

from aiohttp import web

from sandbox.errors import SlackError

NESTED = frozenset(
    (
        "blocks",
        "attachments",
        "view",
        "metadata",
        "files",
        "message",
        "prompts",
        "unfurls",
        "manifest",
        "event_payload",
        "document_content",
        "changes",
        "criteria",
        "chunks",
        "outputs",
    )
)


async def arguments(request: web.Request) -> dict[str, Any]:
    merged: dict[str, Any] = dict(request.query)
    if request.method == "POST" and request.can_read_body:
        merged |= await _body(request)
    return {name: _decoded(name, value) for name, value in merged.items()}


async def _body(request: web.Request) -> dict[str, Any]:
    if request.content_type == "application/json":
        return _json(await request.text())
    form = await request.post()
    return {name: value.file.read() if isinstance(value, web.FileField) else value for name, value in form.items()}


def _json(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text) if text.strip() else {}
    except ValueError:
        raise SlackError("invalid_json") from None
    if not isinstance(found, dict):
        raise SlackError("json_not_object")
    return {name: value for name, value in found.items() if value is not None}


def _decoded(name: str, value: Any) -> Any:
    if name not in NESTED or not isinstance(value, str) or not value.lstrip().startswith(("[", "{")):
        return value
    try:
        return json.loads(value)
    except ValueError:
        error = "invalid_blocks_format" if name == "blocks" else "invalid_arguments"
        raise SlackError(error) from None
