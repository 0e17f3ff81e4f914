"""Another system that webhooks and PagerDuty's events go to, which checks who signed them."""

from typing import Any

from aiohttp import web
from pydantic import SecretStr
from standardwebhooks import Webhook as Verifier
from standardwebhooks import WebhookVerificationError

from tests.support.bot import BotWorkspace

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OLD_SECRET = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"


class Systems:
    """A local webhook and PagerDuty; the status codes in `broken` are answered first.

    What is not signed after Standard Webhooks is answered with 401.
    """

    def __init__(self) -> None:
        self.heard: list[tuple[str, dict[str, Any]]] = []
        self.ids: list[str] = []
        self.broken: list[int] = []
        self.secret = SECRET
        self.port = 0

    async def start(self) -> web.AppRunner:
        app = web.Application()
        app.router.add_post("/{system}", self._hear)
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
        return web.Response(status=202)

    def of(self, system: str) -> list[dict[str, Any]]:
        return [body for name, body in self.heard if name == system]


def connect(slack: BotWorkspace, systems: Systems, secret: str = f"{SECRET} {OLD_SECRET}") -> None:
    """Start the bot again with the addresses of these systems."""
    base = f"http://127.0.0.1:{systems.port}"
    slack.stop_bot()
    slack.settings = slack.settings.model_copy(update={
        "webhooks": {"ops": SecretStr(f"{base}/ops")}, "webhook_secrets": {"ops": SecretStr(secret)},
        "pagerduty_key": SecretStr("key-of-ours"), "pagerduty_url": f"{base}/pagerduty",
    })  # fmt: skip
    slack.start_bot()
