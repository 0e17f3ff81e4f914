"""What Slack sends when a person uses a door, and a Slack that notes what it is asked and may refuse it."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.web import SlackResponse
from slack_sdk.webhook import WebhookClient, WebhookResponse
from structlog.testing import capture_logs

from bot.transport.bolt import create_bolt
from bot.transport.inbound import Inbound
from handlers import routes
from handlers.request import Request
from tests.trust.doors import Door
from tests.trust.world import BOT, HELP, MARIA, TEAM, World

Payload = dict[str, Any]
URL = "https://hooks.slack.invalid/actions"  # nothing is sent there: WebhookClient is told what it answers
FORMS = ("views.open", "views.push", "views.update")


@dataclass(slots=True)
class Outcome:
    """What came of one delivery: the status for Slack, what the person gets to see, and the log lines."""

    status: int
    answer: str
    calls: list[tuple[str, dict[str, Any]]]
    lines: list[dict[str, Any]]

    def events(self, *levels: str) -> list[str]:
        return [line["event"] for line in self.lines if not levels or line["log_level"] in levels]

    @property
    def is_answered(self) -> bool:
        """Whether the person sees anything: part of the answer, a form, or a message for them alone."""
        return bool(self.answer) or any(name in (*FORMS, "respond", "chat.postEphemeral") for name, _ in self.calls)


@dataclass(slots=True)
class SlackSide:
    """Bolt on a world; `refuses` is the error of each method that Slack refuses."""

    world: World
    inbound: Inbound
    refuses: dict[str, str] = field(default_factory=dict)
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    message: Payload | None = None  # at the place that the bot looks at

    def deliver(self, payload: Payload, retry: int = 0) -> Outcome:
        """Deliver a payload as Socket Mode does; `retry` is how often it was delivered before."""
        self.calls.clear()
        headers: dict[str, Any] = {"x-slack-retry-num": str(retry)} if retry else {}
        with capture_logs() as lines:
            given = self.inbound._run("socket_mode", payload, headers, None)
        return Outcome(given.status, given.body or "", list(self.calls), lines)

    def answer(self, method: str, args: dict[str, Any]) -> dict[str, Any]:
        self.calls.append((method, args))
        if error := self.refuses.get(method):
            raise SlackApiError(error, _response(method, {"ok": False, "error": error}, 200))
        found = [self.message] if self.message and method.startswith("conversations.") else []
        return {"ok": True, "messages": found, "ts": "1.1", "message_ts": "1.1", "view": {"id": "V1", "hash": "1.a"}}


class RecordingClient(WebClient):
    """Slack's client, whose calls end here."""

    side: SlackSide

    def api_call(self, api_method: str, **given: Any) -> SlackResponse:  # type: ignore[override]
        args = given.get("json") or given.get("params") or given.get("data") or {}
        return _response(api_method, self.side.answer(api_method, args), 200)


def _response(method: str, data: dict[str, Any], status: int) -> SlackResponse:
    return SlackResponse(client=None, http_verb="POST", api_url=method, req_args={}, data=data, headers={},
                         status_code=status)  # fmt: skip


@contextmanager
def slack_of(world: World, patch: pytest.MonkeyPatch, signing_secret: str | None = None) -> Iterator[SlackSide]:
    """Open Slack's side of a world; what comes by HTTP needs the secret."""
    client = RecordingClient("xoxb-none")
    bolt = create_bolt(client, signing_secret, {"team_id": TEAM, "user_id": BOT, "bot_id": "B0BOT00"})
    client.side = SlackSide(world, Inbound(bolt, ThreadPoolExecutor(1)))
    routes.register(bolt, world.app)

    def send(_hook: WebhookClient, body: dict[str, Any], *_more: Any) -> WebhookResponse:
        error = client.side.refuses.get("respond")
        client.side.calls.append(("respond", body))
        return WebhookResponse(url=URL, status_code=404 if error else 200, body=error or "ok", headers={})

    patch.setattr(WebhookClient, "send_dict", send)
    yield client.side


def payload_of(door: Door, world: World, target: tuple[int, str] | None = None) -> Payload:
    """What Slack sends when the person of the scenario uses the door."""
    request = door.request(world, target=target)
    user = {"id": request.person.id, "team_id": TEAM, "username": "someone"}
    common = {"user": user, "team": {"id": TEAM}, "api_app_id": "A1", "trigger_id": "1.2.a"}
    match door.kind:
        case "command":
            verb = "" if door.name == "?" else door.name
            text = f"{verb} {request.said or request.text}".strip()
            about = {"user_id": user["id"], "team_id": TEAM, "channel_id": request.channel}
            return {"command": "/hypercare", "text": text, **about, "trigger_id": "1.2.a", "response_url": URL}
        case "action":
            return {**common, "type": "block_actions", **_place(request, door.name)}
        case "view":
            return {**common, "type": "view_submission", "view": {"type": "modal", **request.view}}
        case "shortcut":
            on_message = "message" in request.payload
            place = {"channel": {"id": request.channel}, "response_url": URL} if on_message else {}
            return {**common, **request.payload, **place, "callback_id": door.name, "user": user,
                    "type": "message_action" if on_message else "shortcut"}  # fmt: skip
        case "step":
            given, run = request.payload["inputs"], request.payload["execution"]
            ran = {"type": "function_executed", "function": {"callback_id": door.name, "type": "app"},
                   "inputs": {"person": user["id"], **given}, "function_execution_id": run,
                   "bot_access_token": "xwfp-none"}  # fmt: skip
            return {"type": "event_callback", "team_id": TEAM, "api_app_id": "A1", "event_id": "Ev1", "event": ran}
    event = {"type": door.name, "channel": request.channel, **request.payload}
    if door.name.startswith(("channel_", "group_")):
        event["user"] = MARIA.id  # Bolt leaves out what the app itself did
    return {"type": "event_callback", "team_id": TEAM, "api_app_id": "A1", "event_id": "Ev1", "event": event}


def _place(request: Request, name: str) -> Payload:
    pressed = {"type": "button", "action_id": name, "block_id": "b", "value": request.value, "action_ts": "1.1"}
    if request.view:
        return {"actions": [pressed], "view": {"type": "modal", "id": "V0000001", "hash": "1.a", **request.view},
                "container": {"type": "view", "view_id": "V0000001"}}  # fmt: skip
    message = {"type": "message", "channel_id": request.channel, "message_ts": "2000000000.000001"}
    channel = {"id": request.channel or HELP}
    return {"actions": [pressed], "channel": channel, "response_url": URL, "container": message}
