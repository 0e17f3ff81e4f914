"""The bot on a Slack server that others wrote, which refuses every call that the core scopes do not allow."""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import aiohttp
import pytest
import yaml
from aiohttp import web

from bot.app.application import Application
from bot.commands.sandbox import MANIFEST
from bot.settings.settings import Settings
from domain.phases.settings import PhaseSettings
from sandbox.delivery.http import signature
from tests.judges import node
from tests.support import ready
from tests.support.bot import free_port
from tests.support.control import eventually
from tests.support.loop import Loop

SECRET, BOT, APP = "a signing secret of the tests", "xoxb-judge", "A0JUDGE001"
PEOPLE, CHANNELS = ("maria", "jo", "lena"), ("help", "desk", "oncall", "digest")
EMPTY = dict.fromkeys(("value", "selected_option", "selected_users", "selected_options", "files"))


def core_scopes() -> list[str]:
    scopes = yaml.safe_load(MANIFEST.read_text(encoding="utf-8"))["oauth_config"]["scopes"]
    return [one for one in scopes["bot"] if one not in scopes["bot_optional"]]


def seed() -> dict[str, Any]:
    """A workspace with the app installed with the core scopes, and a token for each person."""
    us = {"app_id": APP, "bot_id": "B0JUDGE001", "bot_user_id": "U0JUDGE001", "scopes": core_scopes()}
    app = us | {
        "client_id": "1.2",
        "client_secret": "x",
        "name": "Hypercare",
        "redirect_uris": [],
        "bot_name": "hypercare",
    }
    bot = us | {"token": BOT, "type": "bot", "user_id": us["bot_user_id"]}
    people = [{"token": f"xoxp-{name}", "type": "user", "user": name} for name in PEOPLE]
    return {"slack": {
        "team": {"name": "Judges", "domain": "judges"}, "signing_secret": SECRET, "strict_scopes": True,
        "users": [{"name": name} for name in PEOPLE], "channels": [{"name": name} for name in CHANNELS],
        "oauth_apps": [app],
        "tokens": [bot, *people],
    }}  # fmt: skip


class Relay:
    """Stands between the bot and Slack and remembers what was asked and answered."""

    def __init__(self, slack: str) -> None:
        self.slack, self.port, self.calls = slack, free_port(), list[tuple[str, dict[str, Any]]]()

    async def start(self) -> None:
        self.session = aiohttp.ClientSession()
        app = web.Application()
        app.router.add_post("/api/{method}", self._pass_on)
        self.runner = web.AppRunner(app, access_log=None)
        await self.runner.setup()
        await web.TCPSite(self.runner, "127.0.0.1", self.port).start()

    async def stop(self) -> None:
        await self.runner.cleanup()
        await self.session.close()

    async def _pass_on(self, request: web.Request) -> web.Response:
        method = request.match_info["method"]
        kept = {name: request.headers[name] for name in ("Authorization", "Content-Type") if name in request.headers}
        async with self.session.post(f"{self.slack}/api/{method}", data=await request.read(), headers=kept) as answer:
            text = await answer.text()
        self.calls.append((method, json.loads(text) if text.startswith("{") else {"ok": False, "error": text}))
        return web.Response(text=text, content_type="application/json")

    def answers(self, method: str) -> list[dict[str, Any]]:
        return [answer for name, answer in list(self.calls) if name == method]


class Emulated:
    """The workspace on that server, the bot in it, and people whose clicks this test sends as Slack would."""

    def __init__(self, slack: str, relay: Relay, port: int) -> None:
        self.slack, self.relay, self.url = slack, relay, f"http://127.0.0.1:{port}/slack/events"
        self.users = {one["name"]: one["id"] for one in self.call("users.list")["members"]}
        self.channels = {one["name"]: one["id"] for one in self.call("conversations.list")["channels"]}

    def call(self, method: str, who: str = "jo", **args: Any) -> dict[str, Any]:
        """A call as that person, who has every scope."""
        token = BOT if who == "hypercare" else f"xoxp-{who}"
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.slack}/api/{method}", json.dumps(args).encode(), headers)
        with urllib.request.urlopen(request, timeout=10) as answer:
            found: dict[str, Any] = json.loads(answer.read())
        assert found["ok"], (method, found)
        return found

    def history(self, channel: str) -> list[dict[str, Any]]:
        return list(self.call("conversations.history", channel=self.channels[channel])["messages"])

    def command(self, who: str, text: str) -> None:
        fields = {"command": "/hypercare", "text": text, "user_id": self.users[who], "user_name": who,
                  "team_id": "T000000001", "channel_id": self.channels["help"], "api_app_id": APP,
                  "trigger_id": self.trigger(who), "response_url": "http://127.0.0.1:1/"}  # fmt: skip
        self.send(urlencode(fields))

    def trigger(self, who: str) -> str:
        return str(self.call("views.generateTriggerId", "hypercare", user_id=self.users[who])["trigger_id"])

    def interacts(self, who: str, kind: str, **more: Any) -> None:
        about = {"type": kind, "team": {"id": "T000000001", "domain": "judges"}, "api_app_id": APP,
                 "user": {"id": self.users[who], "name": who, "team_id": "T000000001"},
                 "trigger_id": self.trigger(who), "response_url": "http://127.0.0.1:1/"}  # fmt: skip
        self.send(urlencode({"payload": json.dumps(about | more)}))

    def presses(self, who: str, message: dict[str, Any], channel: str, action: str) -> None:
        rows = (block for block in message["blocks"] if block["type"] == "actions")
        found = next(one for row in rows for one in row["elements"] if one["action_id"] == action)
        pressed = {"type": "button", "action_id": action, "value": found["value"], "action_ts": str(time.time())}
        place = {"type": "message", "message_ts": message["ts"], "channel_id": channel, "is_ephemeral": False}
        self.interacts(who, "block_actions", actions=[pressed], container=place, channel={"id": channel, "name": "x"},
                       message=message, state={"values": {}})  # fmt: skip

    def submits(self, who: str, view: dict[str, Any], **values: Any) -> None:
        """Slack tells of every input, also of those that were left empty."""
        inputs = [one for one in view["blocks"] if one["type"] == "input"]
        state = {
            one["block_id"]: {one["element"]["action_id"]: {"type": one["element"]["type"], **EMPTY}} for one in inputs
        }
        for name, value in values.items():
            state[name] = {action: given | value for action, given in state[name].items()}
        self.interacts(who, "view_submission", view=view | {"state": {"values": state}}, response_urls=[])

    def event(self, **event: Any) -> None:
        body = {"type": "event_callback", "team_id": "T000000001", "api_app_id": APP, "event_id": f"Ev{time.time_ns()}",
                "event_time": int(time.time()), "event": {"event_ts": str(time.time()), **event}}  # fmt: skip
        self.send(json.dumps(body), "application/json")

    def send(self, body: str, kind: str = "application/x-www-form-urlencoded") -> None:
        now = str(int(time.time()))
        headers = {"X-Slack-Request-Timestamp": now, "X-Slack-Signature": signature(SECRET, now, body.encode())}
        request = urllib.request.Request(self.url, body.encode(), headers | {"Content-Type": kind})
        with urllib.request.urlopen(request, timeout=10) as answer:
            assert answer.status == 200


@pytest.fixture
def judge(tmp_path: Path) -> Iterator[Emulated]:
    loop, port = Loop(), free_port()
    with node.program("emulate.mjs", {"port": free_port(), "seed": seed()}) as emulate:
        relay = Relay(emulate["url"].replace("localhost", "127.0.0.1"))
        loop.run(relay.start())
        judge = Emulated(relay.slack, relay, port)
        place = judge.channels
        phase = PhaseSettings(
            key="PAY", name="Payday", system="Payday", triage_channel=place["desk"], oncall_channel=place["oncall"],
            digest_channel=place["digest"], intake_channels=(place["help"],), leads=(judge.users["lena"],),
            responders=(judge.users["jo"],),
        )  # fmt: skip
        settings = Settings(
            bot_token=BOT, signing_secret=SECRET, mode="http", port=port, phase=phase,
            slack_url=f"http://127.0.0.1:{relay.port}/api/", database=ready.sqlite(tmp_path / "hypercare.db"),
        )  # fmt: skip
        for channel in place.values():  # without the scope to join, the bot is invited, as the docs say
            judge.call("conversations.join", channel=channel)
            judge.call("conversations.invite", channel=channel, users="U0JUDGE001")
        application = loop.run(started(settings))
        try:
            yield judge
        finally:
            loop.run(application.stop())
            loop.run(relay.stop())
            loop.close()


async def started(settings: Settings) -> Application:
    application = Application(settings)
    await application.start()
    return application


def test_a_report_is_answered_and_fixed_with_the_core_scopes_alone(judge: Emulated) -> None:
    judge.command("maria", "report")
    form = eventually(lambda: judge.relay.answers("views.open"), "the form")[0]["view"]
    picked = {"selected_option": {"text": {"type": "plain_text", "text": "High"}, "value": "high"}}
    judge.submits("maria", form, summary={"value": "Payslips are empty"}, severity=picked)
    card = eventually(lambda: judge.history("desk"), "the card")[0]
    assert "PAY-1" in card["text"]
    thanks = eventually(lambda: judge.relay.answers("chat.postMessage")[1:], "a card and a confirmation")
    ours = next(
        one for one in (*thanks, *judge.relay.answers("chat.postMessage")) if one["channel"] != judge.channels["desk"]
    )
    judge.presses("jo", card, judge.channels["desk"], "acknowledge")
    eventually(
        lambda: judge.users["jo"] in str(judge.history("desk")[-1]) and judge.relay.answers("chat.update"),
        "the card redrawn",
    )
    place = {"channel": ours["channel"], "thread_ts": ours["ts"], "text": "It is urgent"}
    replied = judge.call("chat.postMessage", "maria", **place)
    judge.event(**place, type="message", channel_type="im", user=judge.users["maria"], ts=replied["ts"])
    thread = lambda: judge.call("conversations.replies", channel=judge.channels["desk"], ts=card["ts"])["messages"]  # noqa: E731
    eventually(lambda: any("It is urgent" in str(one) for one in thread()), "her words in the card's thread")
    judge.presses("jo", card, judge.channels["desk"], "resolve")
    fixed = {"selected_option": {"text": {"type": "plain_text", "text": "x"}, "value": "root_cause"}}
    written = {"explanation": {"value": "A bad file"}, "test": {"value": "Pay run 7"}}
    judge.submits("jo", judge.relay.answers("views.open")[-1]["view"], fix=fixed, **written)
    own = lambda: judge.call("conversations.replies", "maria", channel=ours["channel"], ts=ours["ts"])["messages"]  # noqa: E731
    eventually(lambda: any("Is this fixed?" in str(one) for one in own()), "the question to Maria")
    judge.event(type="app_home_opened", user=judge.users["jo"], tab="home", channel="D1")
    eventually(lambda: judge.relay.answers("views.publish"), "an App Home")
    assert [(method, answer) for method, answer in judge.relay.calls if not answer.get("ok")] == []
