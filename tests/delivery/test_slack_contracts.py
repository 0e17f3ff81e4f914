"""Everything the bot sends validates against Slack's contracts, over a whole working day of it."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator

from tests.support import contracts
from tests.support.bot import BotWorkspace
from tests.support.control import eventually

ROOT = Path(__file__).parents[2]
pytestmark = contracts.needed
NASTY = "<!channel> *bold* `code` & <@U123> \u202eevil | " + "é" * 40


def a_day(slack: BotWorkspace) -> None:
    """Every kind of message, modal and Home the bot has."""
    maria, jo, lena = slack.person("maria"), slack.person("jo"), slack.person("lena")
    long = dict.fromkeys(("happened", "impact", "steps", "expected", "actual", "environment"), (NASTY * 60)[:3000])
    maria.reports(NASTY[:150], "critical", module="Payslips", type="bug", **long)
    card = slack.triage.expects("PAY-1")
    for person in (maria, jo):
        person.home()
    for verb in ("", "help", "list", "mine", "show PAY-1", "nonsense", "help report"):
        jo.types(f"/hypercare {verb}")
    jo.presses(card, "Acknowledge")
    for button in ("Show everything", "Reply", "more:status", "more:waiting"):
        jo.presses(card, button)
        slack.control.post("close", user="jo")
    for button in ("more:severity", "more:assign", "more:defer"):
        lena.presses(card, button)
        slack.control.post("close", user="lena")
    jo.replies(card, ">> " + NASTY * 30)
    thanks = maria.dm.expects("Thank you")
    maria.replies(thanks, NASTY * 200)
    jo.presses(card, "Resolve")
    jo.modal().fills(
        fix="root_cause", test="Tried", explanation=(NASTY * 60)[:3000], workaround=(NASTY * 60)[:3000]
    ).submits()
    question = thanks.expects_reply("Is this fixed?")
    maria.presses(question, "Still broken")
    maria.modal().fills(why=(NASTY * 60)[:3000]).submits()
    maria.says("@hypercare " + NASTY * 100, "payroll-help")
    slack.triage.expects("PAY-2")
    maria.presses(thanks, "Add details")
    slack.quiet()
    eventually(lambda: slack.calls("views.publish"), "a published Home")


def problems(definition: str, payload: Any) -> list[str]:
    schema = contracts.load("generated/block_kit_conservative.schema.json")
    validator = Draft202012Validator({"$ref": f"#/$defs/{definition}", "$defs": schema["$defs"]})
    return [f"{'/'.join(map(str, e.absolute_path))}: {e.message[:200]}" for e in validator.iter_errors(payload)]


def rules(payload: dict[str, Any]) -> list[str]:
    """What the schema cannot express."""
    blocks = payload.get("blocks", [])
    found = []
    ids = Counter(b["block_id"] for b in blocks if "block_id" in b)
    actions = Counter(e["action_id"] for b in blocks for e in _elements(b) if "action_id" in e)
    for counted in (ids, actions):
        found += [f"{name} stands twice" for name, count in counted.items() if count > 1]
    if payload.get("type") not in ("modal", "home"):
        if len(json.dumps(blocks, ensure_ascii=False)) >= 13000:
            found.append("the blocks are too long")
        if not payload.get("text"):
            found.append("there is no text for a notification")
    return found


def _elements(block: dict[str, Any]) -> list[dict[str, Any]]:
    own = [block[k] for k in ("accessory", "element") if k in block]
    return own + (block["elements"] if block["type"] == "actions" else [])


def test_everything_that_is_sent_is_valid(slack: BotWorkspace) -> None:
    a_day(slack)
    seen: Counter[str] = Counter()
    bad = []
    for call in slack.control.get("calls", since=0)["calls"]:
        method, args = call["method"], call["args"]
        seen[method] += 1
        assert call["response"].get("ok"), (method, call["response"])
        if method in ("chat.postMessage", "chat.update", "chat.postEphemeral"):
            message = {k: v for k, v in args.items() if k in ("text", "blocks")}
            bad += [(method, p) for p in problems("message", message) + rules(message)]
        elif method.startswith("views."):
            view = args["view"]
            bad += [(method, p) for p in problems(f"{view['type']}_view", view) + rules(view)]
    assert bad == []
    assert set(seen) >= {"chat.postMessage", "chat.update", "views.open", "views.publish", "auth.test"}


def test_every_method_needs_only_a_scope_that_the_manifest_holds(slack: BotWorkspace) -> None:
    a_day(slack)
    methods = contracts.load("generated/slack_methods_contract.json")
    manifest = yaml.safe_load((ROOT / "manifest.yaml").read_text())
    granted = set(manifest["oauth_config"]["scopes"]["bot"])
    # An answer to the URL of a request is no method, and needs no scope.
    for method in {c["method"] for c in slack.control.get("calls", since=0)["calls"]} - {"response_url"}:
        needed = set(methods[method]["scopes"].get("bot", ()))
        assert not needed or needed & granted, method


def test_no_call_asks_for_previews_or_links_names(slack: BotWorkspace) -> None:
    a_day(slack)
    for call in slack.calls("chat.postMessage"):
        args = call["args"]
        assert (args["unfurl_links"], args["unfurl_media"]) in ((False, False), ("0", "0"), ("false", "false"))
        assert "link_names" not in args
        assert args.get("parse") in (None, "none")


def test_the_manifest_is_valid() -> None:
    schema = contracts.load("slackapi-manifest-schema/schemas/manifest.schema.2.0.0.json")
    manifest = yaml.safe_load((ROOT / "manifest.yaml").read_text())
    assert [e.message for e in Draft202012Validator(schema).iter_errors(manifest)] == []
