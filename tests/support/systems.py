"""Another system that webhooks and PagerDuty's events go to, which checks who signed them, and PagerDuty's users."""

import hashlib
import hmac
import json
from typing import Any

from aiohttp import web
from pydantic import SecretStr
from standardwebhooks import Webhook as Verifier
from standardwebhooks import WebhookVerificationError

from tests.support.bot import BotWorkspace

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OLD_SECRET = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
PAGERDUTY_SECRET, PAGERDUTY_OLD_SECRET = "pagerduty-signs-with-this", "pagerduty-signed-with-that"
PAGERDUTY_TOKEN = "token-of-pagerduty"


class Systems:
    """A local webhook and PagerDuty; the status codes in `broken` are answered first.

    What is not signed after Standard Webhooks is answered with 401.
    """

    def __init__(self) -> None:
        self.heard: list[tuple[str, dict[str, Any]]] = []
        self.ids: list[str] = []
        self.broken: list[int] = []
        self.users: dict[str, str] = {}  # of PagerDuty: the e-mail address of each id
        self.secret = SECRET
        self.port = 0

    async def start(self) -> web.AppRunner:
        app = web.Application()
        app.router.add_post("/{system}", self._hear)
        app.router.add_get("/users/{id}", self._user)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.port = runner.addresses[0][1]
        return runner

    async def _hear(self, request: web.Request) -> web.Response:
        system, body = request.match_info["system"], await request.read()
        if system != "pagerduty":
            try:
                Verifier(self.secret).verify(body, dict(request.headers))
            except WebhookVerificationError:
                return web.Response(status=401)
            self.ids.append(request.headers["webhook-id"])
        if self.broken:
            return web.Response(status=self.broken.pop(0))
        self.heard.append((system, await request.json()))
        if system == "pagerduty":
            return web.json_response({"status": "success", "message": "Event processed"}, status=202)
        return web.Response(status=202)

    async def _user(self, request: web.Request) -> web.Response:
        """Answer as PagerDuty's REST API does."""
        id_ = request.match_info["id"]
        if request.headers.get("Authorization") != f"Token token={PAGERDUTY_TOKEN}":
            return web.json_response({"error": {"message": "Unauthorized", "code": 2001}}, status=401)
        if id_ not in self.users:
            return web.json_response({"error": {"message": "Not Found", "code": 2100}}, status=404)
        return web.json_response({"user": {"id": id_, "type": "user", "email": self.users[id_]}})

    def of(self, system: str) -> list[dict[str, Any]]:
        return [body for name, body in self.heard if name == system]


def signed_by_pagerduty(body: bytes, *secrets: str) -> str:
    """What PagerDuty sends as its signature: one for each of its secrets."""
    return ",".join(f"v1={hmac.new(one.encode(), body, hashlib.sha256).hexdigest()}" for one in secrets)


def incident_event(change: str, id_: str, title: str, agent: dict[str, Any] | None, **data: Any) -> bytes:
    """A body after the example in PagerDuty's documentation of Webhooks v3; `incident_key` often comes as null."""
    incident = {
        "id": "PGR0VU2", "type": "incident", "self": "https://api.pagerduty.com/incidents/PGR0VU2",
        "html_url": "https://acme.pagerduty.com/incidents/PGR0VU2", "number": 2, "status": change, "incident_key": None,
        "created_at": "2026-03-02T09:00:00Z", "title": title, "urgency": "high", "conference_bridge": None,
        "service": {"id": "PF9KMXH", "summary": "API Service", "type": "service_reference"},
        "assignees": [{"id": "PTUXL6G", "summary": "User 123", "type": "user_reference"}], "teams": [],
        "priority": None, "resolve_reason": None, "incident_type": {"name": "incident_default"},
    }  # fmt: skip
    event = {"id": id_, "event_type": f"incident.{change}", "resource_type": "incident", "agent": agent,
             "occurred_at": "2026-03-02T09:00:00.169Z", "client": {"name": "PagerDuty"},
             "data": incident | data}  # fmt: skip
    return json.dumps({"event": event}).encode()


def connect(slack: BotWorkspace, systems: Systems, secret: str = f"{SECRET} {OLD_SECRET}", **more: Any) -> None:
    """Start the bot again with the addresses of these systems."""
    base = f"http://127.0.0.1:{systems.port}"
    slack.stop_bot()
    slack.settings = slack.settings.model_copy(update={
        "webhooks": {"ops": SecretStr(f"{base}/ops")}, "webhook_secrets": {"ops": SecretStr(secret)},
        "pagerduty_key": SecretStr("key-of-ours"), "pagerduty_url": f"{base}/pagerduty", **more,
    })  # fmt: skip
    slack.start_bot()
