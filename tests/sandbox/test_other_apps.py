"""The sandbox for other apps: their manifest, and people and channels of one's own."""

import json
import re
from pathlib import Path

import pytest
import yaml
from slack_sdk.errors import SlackApiError

from sandbox.cast import Cast, InvalidCastError, read_cast
from sandbox.manifest import InvalidManifestError, read_app
from tests.operations.test_cli import error_of, first_line, started
from tests.sandbox.conftest import until
from tests.support.command import hypercare
from tests.support.control import Control

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


def test_the_command_starts_a_workspace_for_another_app(tmp_path: Path) -> None:
    manifest, cast = write(tmp_path, "app.yaml", MANIFEST), write(tmp_path, "cast.yaml", CAST)
    args = ("--no-open", "--port", "0", "--manifest", str(manifest), "--cast", str(cast))
    with started(tmp_path, "sandbox", *args) as process:
        ready = first_line(process)
        state = Control(ready["url"]).get("state")
    assert ready["app"] == "Lunch"
    assert ready["bot_token"].startswith("xoxb-")
    assert "phase" not in ready, "it is none of Hypercare's"
    assert state["team"]["name"] == "Acme"
    assert [one["command"] for one in state["apps"][0]["commands"]] == ["/lunch"]
    assert {one["name"]: one["real_name"] for one in state["users"]} == {
        "lunch": "Lunch", "eva": "Eva Novak", "finn": "Finn", "gus": "Gus"}  # fmt: skip
    members = {one["name"]: len(one["members"]) for one in state["channels"] if not one["is_im"]}
    assert members == {"general": 3, "kitchen": 2}, "guests only where the file says so, the app everywhere"
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
