"""Slack's own types and models read what the bot sent in a played week."""

import json
import subprocess
from typing import Any

import pytest
from slack_sdk.models.blocks import Block

from tests.judges import node, payloads, story

# Blocks that Slack has and the models of the SDK do not know.
UNKNOWN = {"data_table", "data_visualization"}
UNTYPED = {"data_visualization"}  # and those that the types do not know
COMPILE_SECONDS = 120
OPTIONS = ("--noEmit", "--strict", "--skipLibCheck", "--module", "nodenext", "--moduleResolution", "nodenext",
           "--lib", "es2022")  # fmt: skip

pytestmark = pytest.mark.late


@pytest.fixture(scope="module")
def calls(tmp_path_factory: pytest.TempPathFactory) -> list[story.Call]:
    return story.calls(tmp_path_factory)


def test_slacks_types_for_javascript_accept_every_payload_of_the_story(calls: list[story.Call]) -> None:
    wrong = {"type": "section", "text": {"type": "mrkdwn"}}
    complaint, *problems = compiled([declared(0, "KnownBlock", wrong), *declarations(calls)])
    assert "TS2322" in complaint, "they refuse what is wrong"
    assert problems == []


def test_the_sdks_models_parse_every_block_of_the_story(calls: list[story.Call]) -> None:
    seen = payloads.blocks(calls)
    assert len(seen) > 30
    for block in seen:
        if block["type"] in UNKNOWN:
            continue
        model = Block.parse(block)
        assert model is not None, block
        model.validate_json()
        lost = difference(block, model.to_dict())
        assert not lost, f"{block['type']}: the model does not know {lost}"


def declarations(calls: list[story.Call]) -> list[str]:
    """A constant of each payload, with the type that Slack has for it; blocks stand for themselves."""
    kinds = {"chat.postMessage": "ChatPostMessageArguments", "chat.update": "ChatUpdateArguments"}
    kinds["chat.postEphemeral"] = "ChatPostEphemeralArguments"
    messages = [without_blocks(one) for one in payloads.messages(calls)]
    found = [(kinds[one.pop("method")], one) for one in messages]
    views = [without_blocks(one) for one in payloads.views(calls)]
    found += [("HomeView" if one["type"] == "home" else "ModalView", one) for one in payloads.distinct(views)]
    found += [("KnownBlock", one) for one in payloads.blocks(calls) if one["type"] not in UNTYPED]
    return [declared(number, kind, one) for number, (kind, one) in enumerate(found, 1)]


def without_blocks(payload: dict[str, Any]) -> dict[str, Any]:
    """The SDK adds the team to each call of an app."""
    return {name: [] if name == "blocks" else one for name, one in payload.items() if name != "team_id"}


def declared(number: int, kind: str, value: Any) -> str:
    return f"export const n{number}: {kind} = {json.dumps(value)};"


def compiled(lines: list[str]) -> list[str]:
    """What the compiler finds wrong with these constants."""
    folder = node.packages()
    calls = ("ChatPostEphemeralArguments", "ChatPostMessageArguments", "ChatUpdateArguments")
    head = [
        'import type { HomeView, KnownBlock, ModalView } from "@slack/types";',
        f'import type {{ {", ".join(calls)} }} from "@slack/web-api";',
    ]
    with node.one_at_a_time(folder / "lock"):
        file = folder / "payloads.mts"
        file.write_text("\n".join([*head, *lines, ""]), encoding="utf-8")
        wanted = ["node", "node_modules/typescript/bin/tsc", *OPTIONS, file.name]
        done = subprocess.run(wanted, check=False, cwd=folder, capture_output=True, text=True, timeout=COMPILE_SECONDS)
    return [line for line in done.stdout.splitlines() if line.startswith(file.name)]


def difference(given: Any, kept: Any, path: str = "") -> list[str]:
    """What of a block is not in what the model made of it."""
    if isinstance(given, dict) and isinstance(kept, dict):
        return [line for name, one in given.items() for line in difference(one, kept.get(name), f"{path}/{name}")]
    if isinstance(given, list) and isinstance(kept, list) and len(given) == len(kept):
        return [line for i, one in enumerate(given) for line in difference(one, kept[i], f"{path}/{i}")]
    return [] if given == kept else [f"{path}: {given!r} became {kept!r}"]
