"""The sandbox for other apps: their manifest, and people and channels of one's own."""

import argparse
import json
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.commands.sandbox import settings_of
from bot.secret import secret_of
from sandbox.cast import Cast, InvalidCastError, read_cast
from sandbox.manifest import InvalidManifestError, read_app
from sandbox.server import Sandbox
from tests.operations.test_cli import error_of, first_line, started
from tests.sandbox.conftest import AnsweredError, Box, until
from tests.support.bot import BotWorkspace, running
from tests.support.command import hypercare
from tests.support.control import Control, eventually

MANIFEST = """
display_information: {name: Lunch}
features:
  bot_user: {display_name: lunch}
  slash_commands: [{command: /lunch, description: Where to eat}]
oauth_config: {scopes: {bot: [commands, chat:write], bot_optional: [reactions:read]}}
settings: {socket_mode_enabled: true}
"""
CAST = """
team: {name: Acme, domain: acme}
people:
  - {name: eva, real_name: Eva Novak, title: Cook, is_admin: true}
  - {name: Finn}
  - {name: gus, is_guest: true}
channels:
  - general
  - {name: kitchen, topic: What is on, members: [eva], is_private: true}
groups:
  cooks: [eva]
"""


def write(folder: Path, name: str, text: str) -> Path:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


def test_the_command_starts_a_workspace_for_other_apps(tmp_path: Path) -> None:
    manifest, cast = write(tmp_path, "app.yaml", MANIFEST), write(tmp_path, "cast.yaml", CAST)
    coffee = write(tmp_path, "coffee.yaml", BESIDE)
    args = ("--no-open", "--port", "0", "--manifest", manifest, "--add", coffee, "--cast", cast)
    with started(tmp_path, "sandbox", *map(str, args)) as process:
        ready = first_line(process)
        state = Control(ready["url"]).get("state")
    assert [one["app"] for one in (ready, *ready["apps"])] == ["Lunch", "Coffee"]
    assert ready["bot_token"].startswith("xoxb-")
    assert ready["apps"][0]["bot_token"] not in ("", ready["bot_token"])
    assert "phase" not in ready, "it is none of Hypercare's"
    assert state["team"]["name"] == "Acme"
    assert [one["command"] for app in state["apps"] for one in app["commands"]] == ["/lunch", "/coffee"]
    assert {one["name"]: one["real_name"] for one in state["users"]} == {
        "lunch": "Lunch", "coffee": "Coffee", "eva": "Eva Novak", "finn": "Finn", "gus": "Gus"}  # fmt: skip
    members = {one["name"]: len(one["members"]) for one in state["channels"] if not one["is_im"]}
    assert members == {"general": 4, "kitchen": 3}, "guests only where the file says so, the apps everywhere"
    assert [one["handle"] for one in state["groups"]] == ["cooks"]


def test_the_app_does_its_work_there(make_box, bolt, tmp_path: Path) -> None:
    people = read_cast(write(tmp_path, "cast.json", json.dumps(yaml.safe_load(CAST))))
    box = make_box(manifest=write(tmp_path, "app.yaml", MANIFEST), people=people)

    def app(app):
        @app.command("/lunch")
        async def lunch(ack, say):
            await ack()
            await say("At Mario's")

    bolt(box, app)
    box.post("command", user="eva", channel="kitchen", command="/lunch", text="")
    until(lambda: "At Mario's" in [one["text"] for one in box.messages("kitchen")])
    with pytest.raises(SlackApiError, match="missing_scope"):  # only what its manifest asks for
        box.client.team_info()


BESIDE = """
display_information: {name: Coffee}
features:
  bot_user: {display_name: coffee}
  app_home: {home_tab_enabled: true}
  slash_commands: [{command: /coffee, description: Who brews}]
  shortcuts: [{name: Brew, type: global, callback_id: brew, description: Make some}]
oauth_config: {scopes: {bot: [commands, chat:write, app_mentions:read, channels:history]}}
settings:
  socket_mode_enabled: true
  event_subscriptions: {bot_events: [app_mention, app_home_opened, message.channels]}
"""


@pytest.fixture
def two_apps(make_box, bolt, tmp_path: Path):
    """Lunch and Coffee in one workspace, each an app of its own that says what reaches it."""
    box = make_box(manifest=write(tmp_path, "lunch.yaml", MANIFEST), beside=[write(tmp_path, "coffee.yaml", BESIDE)])
    box.heard = {0: [], 1: []}
    for number in (0, 1):
        bolt(box, lambda app, number=number: says_what_comes(app, box.heard[number]), app=number)
    box.lunch, box.coffee = (
        WebClient(one.bot_token, base_url=box.sandbox.api_url, retry_handlers=[]) for one in box.sandbox.apps
    )
    return box


def says_what_comes(app, heard):
    """It opens a form on a command or shortcut, and keeps the name of all that reaches it."""

    @app.middleware
    async def keep(body, next):  # noqa: A002 - Bolt's name
        event = body.get("event") or {}
        heard.append(body.get("command") or event.get("type") or body.get("type"))
        await next()

    @app.command(re.compile("/.*"))
    @app.shortcut("brew")
    async def form(ack, body, client):
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=FORM)

    @app.view("form")
    async def sent(ack, client, view):
        await ack()
        why = view["state"]["values"]["why"]["value"]["value"]
        button = {"type": "button", "action_id": "more", "text": {"type": "plain_text", "text": "More"}}
        await client.chat_postMessage(channel="#general", text=why, blocks=[{"type": "actions", "elements": [button]}])

    @app.action("more")
    async def more(ack, respond):
        await ack()
        await respond("There is more", replace_original=False, response_type="in_channel")

    @app.event(re.compile(".*"))
    async def event(event, client):
        if event["type"] == "app_home_opened":
            blocks = [{"type": "section", "text": {"type": "plain_text", "text": f"Cups of {event['user']}"}}]
            await client.views_publish(user_id=event["user"], view={"type": "home", "blocks": blocks})


FORM = {
    "type": "modal",
    "callback_id": "form",
    "title": {"type": "plain_text", "text": "What"},
    "submit": {"type": "plain_text", "text": "Send"},
    "blocks": [{"type": "input", "block_id": "why", "label": {"type": "plain_text", "text": "Why"},
                "element": {"type": "plain_text_input", "action_id": "value"}}],
}  # fmt: skip


def test_a_form_that_another_has_replaced_is_not_submitted(two_apps) -> None:
    box, where = two_apps, {"user": "maria", "channel": "general"}
    forms = []
    for _ in range(2):
        box.post("command", **where, command="/coffee", text="")
        until(lambda seen=forms[-1:]: [one["id"] for one in box.get("views", user="maria")["modals"]] not in ([], seen))
        forms += [one["id"] for one in box.get("views", user="maria")["modals"]]
    with pytest.raises(AnsweredError) as refused:
        box.post("submit", user="maria", view=forms[0], values={"why": "One cup"})
    assert refused.value.status == 409
    box.post("submit", user="maria", view=forms[1], values={"why": "Two cups"})
    until(lambda: [one for one in box.messages("general") if one["text"] == "Two cups"])
    assert not [one for one in box.messages("general") if one["text"] == "One cup"]


def test_each_of_two_apps_gets_what_is_its_own(two_apps) -> None:
    box, where = two_apps, {"user": "maria", "channel": "general"}
    box.post("command", **where, command="/coffee", text="")
    box.post("shortcut", user="tom", callback_id="brew")
    for person, words in (("maria", "Two cups"), ("tom", "Three cups")):
        until(lambda person=person: box.get("views", user=person)["modals"])
        box.post("submit", user=person, values={"why": words})
    card = until(lambda: [one for one in box.messages("general") if one["text"] == "Two cups"])[0]
    assert card["bot_profile"]["name"] == "Coffee"
    box.post("action", user="jo", channel="general", ts=card["ts"], action_id="more")
    said = until(lambda: [one for one in box.messages("general") if one["text"] == "There is more"])[0]
    assert said["bot_profile"]["name"] == "Coffee", "the response URL is of the app that was pressed"
    box.post("message", **where, text="@coffee and @lunch")
    assert "Cups of" in json.dumps(box.post("home", user="maria", app="coffee"))
    assert box.heard[0] == [], "Lunch subscribes to nothing and was not asked for anything"
    kinds = ("/coffee", "shortcut", "view_submission", "block_actions", "app_mention", "app_home_opened", "message")
    until(lambda: set(kinds) <= set(box.heard[1]))
    box.post("command", **where, command="/lunch", text="")
    assert until(lambda: box.heard[0]) == ["/lunch"]
    assert "/lunch" not in box.heard[1]
    assert {one["name"]: one["app"] for one in box.deliveries()}["/lunch"] == "Lunch"
    assert [one["name"] for one in box.get("state")["apps"]] == ["Lunch", "Coffee"]


def test_an_app_reaches_nothing_of_the_other(two_apps) -> None:
    box, lunch, coffee = two_apps, two_apps.lunch, two_apps.coffee
    general = box.channel("general")
    assert lunch.auth_test()["user_id"] != coffee.auth_test()["user_id"]
    said = lunch.chat_postMessage(channel=general, text="Soup", metadata={"event_type": "menu", "event_payload": {}})
    for call in (coffee.chat_update, coffee.chat_delete):
        with pytest.raises(SlackApiError, match="cant_"):
            call(channel=general, ts=said["ts"], **({"text": "Tea"} if call == coffee.chat_update else {}))
    [seen] = coffee.conversations_history(channel=general, limit=1, include_all_metadata=True)["messages"]
    assert (seen["text"], "metadata" in seen) == ("Soup", False), "what an app keeps with a message is its own"
    box.post("command", user="maria", channel="general", command="/lunch", text="")
    opened = until(lambda: box.get("views", user="maria")["modals"])[0]
    assert opened["app_id"] == box.sandbox.apps[0].id
    with pytest.raises(SlackApiError, match="not_found"):
        coffee.views_update(view_id=opened["id"], view=FORM)
    with pytest.raises(SlackApiError, match="invalid_trigger_id"):
        coffee.views_open(trigger_id=box.trigger("maria"), view=FORM)
    soon = int(datetime.fromisoformat(box.get("clock")["now"]).timestamp()) + 60
    planned = lunch.chat_scheduleMessage(channel=general, text="Later", post_at=soon)["scheduled_message_id"]
    assert coffee.chat_scheduledMessages_list()["scheduled_messages"] == []
    with pytest.raises(SlackApiError, match="invalid_scheduled_message_id"):
        coffee.chat_deleteScheduledMessage(channel=general, scheduled_message_id=planned)
    box.post("revoke", app="coffee")
    with pytest.raises(SlackApiError, match="token_revoked"):
        coffee.auth_test()
    assert lunch.auth_test()["ok"], "the other one's token goes on"


def test_a_kept_workspace_takes_one_more_app(make_box, tmp_path: Path) -> None:
    lunch, coffee = write(tmp_path, "lunch.yaml", MANIFEST), write(tmp_path, "coffee.yaml", BESIDE)
    box = make_box(manifest=coffee, data=tmp_path / "kept")
    blocks = [{"type": "divider"}]
    box.client.views_publish(user_id=box.user("maria"), view={"type": "home", "blocks": blocks})
    box.loop.run(box.sandbox.stop())
    box = make_box(manifest=coffee, beside=[lunch], data=tmp_path / "kept")
    assert box.get("views", user="maria")["home"]["blocks"][0]["type"] == "divider"
    bot = WebClient(box.sandbox.apps[1].bot_token, base_url=box.sandbox.api_url)
    with pytest.raises(SlackApiError, match="not_in_channel"):
        bot.chat_postMessage(channel="#general", text="Hello")
    box.post("join", user="lunch", channel="general")
    assert bot.chat_postMessage(channel="#general", text="Hello")["ok"]


@pytest.fixture
def slack_with_coffee(tmp_path: Path) -> Iterator[BotWorkspace]:
    """Hypercare at work, and Coffee in the same channels."""
    coffee = write(tmp_path, "coffee.yaml", BESIDE)
    with running(f"sqlite:///{tmp_path / 'hypercare.db'}", cast={"beside": [coffee]}) as app:
        yield app


def test_hypercare_works_beside_another_app(slack_with_coffee: BotWorkspace, bolt) -> None:
    slack, heard = slack_with_coffee, []
    bolt(SimpleNamespace(sandbox=slack.box, get=slack.control.get), lambda app: says_what_comes(app, heard), app=1)
    maria, jo = slack.person("maria"), slack.person("jo")
    maria.opens("/coffee").fills(why="<@hypercare> the pump is broken").submits()
    cup = slack.channel("general").expects("the pump is broken")
    coffee = WebClient(slack.box.apps[1].bot_token, base_url=slack.box.api_url)
    coffee.chat_postMessage(channel=slack.box.channel_id("payroll-floor"), text="Coffee is ready")
    coffee.chat_postMessage(channel=slack.box.channel_id("payroll-help"), text=f"<@{slack.box.bot_user_id}> tea?")
    maria.reports("Slow page")
    card = slack.triage.expects("Slow page")
    jo.presses(card, "Acknowledge")
    jo.presses(cup, "More")
    assert slack.channel("general").expects("There is more").raw["bot_profile"]["name"] == "Coffee"
    eventually(lambda: "Slow page" in maria.home(), "the report in her Home")
    cups = slack.control.post("home", user="maria", app="coffee")["view"]["blocks"]
    assert f"Cups of {maria.id}" in json.dumps(cups)
    card.shows("Acknowledged")
    slack.quiet()
    assert len(slack.triage.messages()) == 1, "what another app writes is no report"
    coffee_heard = {one for one in heard if one != "message"}
    assert coffee_heard == {"/coffee", "view_submission", "block_actions", "app_home_opened"}
    failed = [one for one in slack.control.get("calls")["calls"] if one["response"].get("ok") is False]
    assert [one for one in failed if one["app"] == "Hypercare"] == []


def test_of_two_apps_with_one_command_the_last_has_it_and_its_absence_is_said(make_box, tmp_path: Path) -> None:
    dinner = MANIFEST.replace("name: Lunch", "name: Dinner").replace("display_name: lunch", "display_name: dinner")
    box = make_box(manifest=write(tmp_path, "lunch.yaml", MANIFEST), beside=[write(tmp_path, "dinner.yaml", dinner)])
    said = box.post("command", user="maria", channel="general", command="/lunch", text="")
    assert (said["error"], box.deliveries()[-1]["app"]) == ("dispatch_failed", "Dinner")
    with pytest.raises(AnsweredError, match=r"404: .*no app called tea"):
        box.post("home", user="maria", app="tea")
    with pytest.raises(AnsweredError, match=r"404: .*has a shortcut none"):
        box.post("shortcut", user="maria", callback_id="none")


@pytest.mark.parametrize(("name", "why"), [("Lunch", "Two apps are called Lunch"), ("maria", "and a person")])
def test_two_of_one_name_are_refused(tmp_path: Path, name: str, why: str) -> None:
    other = write(tmp_path, "other.yaml", f"display_information: {{name: {name}}}")
    with pytest.raises(InvalidManifestError, match=why):
        Sandbox(manifest=write(tmp_path, "app.yaml", MANIFEST), beside=[other])


def test_the_usual_cast_is_what_no_file_says() -> None:
    assert {one.name for one in Cast().people} >= {"maria", "jo", "lena", "admin"}


@pytest.mark.parametrize(("text", "why"), [
    ("", "no people"), ("people: []", "no people"), ("people: eva", "no people"), ("[", "can't be read"),
    ("people: [{name: eva, age: 4}]", "there is no age"), ("people: [{name: a b}]", "is no name"),
    ("people: [eva, eva]", "there twice"), ("people: [eva]\ngroups: x", "groups have"),
    ("people: [eva]\nteam: x", "team has"), ("people: [{}]", "is no name"), ("people: [eva]\nchannels: x", "a list"),
    ("people: [eva]\nchannels: [{name: c, members: [finn]}]", "finn is in a channel or a group"),
])  # fmt: skip
def test_a_wrong_cast_is_refused_with_a_sentence(tmp_path: Path, text: str, why: str) -> None:
    with pytest.raises(InvalidCastError, match=why):
        read_cast(write(tmp_path, "cast.yaml", text))


@pytest.mark.parametrize("text", ["", "x", "[]", "display_information: {}", "{", "display_information: {name: [1]}"])
def test_a_wrong_manifest_is_refused_with_a_sentence(tmp_path: Path, text: str) -> None:
    with pytest.raises(InvalidManifestError, match=r"can't be read|is no app manifest"):
        read_app(write(tmp_path, "app.yaml", text))


def test_the_command_names_what_is_wrong_with_a_file(tmp_path: Path) -> None:
    said = error_of(hypercare(tmp_path, "sandbox", "--no-open", "--port", "0", "--manifest", "none.yaml"))
    assert "The manifest none.yaml can't be read: No such file or directory." in said
    said = error_of(hypercare(tmp_path, "sandbox", "--no-open", "--port", "0", "--only", "--add", "none.yaml"))
    assert "The manifest none.yaml can't be read" in said
    write(tmp_path, "cast.yaml", "people: [eva, eva]")
    assert "eva is there twice" in error_of(hypercare(tmp_path, "sandbox", "--port", "0", "--cast", "cast.yaml"))
    said = error_of(hypercare(tmp_path, "sandbox", "--story", "--cast", "cast.yaml"))
    assert "--story works only with Hypercare" in said


def test_each_fact_about_real_slack_has_its_test() -> None:
    """The table of docs/sandbox.md, whose tests are looked up by their names."""
    root = Path(__file__).parents[2]
    table = (root / "docs" / "sandbox.md").read_text(encoding="utf-8").partition("## What real Slack does")[2]
    named = re.findall(r"\| `(tests/[\w/]+\.py)::(test_\w+)` \|", table)
    assert len(named) == 13
    assert [one for one in named if f"def {one[1]}(" not in (root / one[0]).read_text(encoding="utf-8")] == []


def test_a_sandbox_with_a_database_on_a_server_keeps_its_secret_in_its_folder(tmp_path: Path) -> None:
    """Anonymous reports, pulses and mails need it."""
    args = argparse.Namespace(cast=None, story=None, mode="socket", database="postgresql://me@localhost/desk")
    box = Box().sandbox
    first, again = (secret_of(settings_of(box, args, tmp_path, 0)) for _ in range(2))
    assert len(first) == 64
    assert first == again
