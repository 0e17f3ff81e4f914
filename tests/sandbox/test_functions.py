"""Steps of workflows in the sandbox: what Slack checks before a step runs, and how the app may end it."""

import json
from typing import Any

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from sandbox.delivery import queue
from sandbox.manifest import InvalidManifestError, app_from
from tests.sandbox.conftest import AnsweredError, until

FUNCTIONS = {
    "greet": {
        "title": "Greet",
        "description": "Greets a person",
        "input_parameters": {
            "properties": {"who": {"type": "slack#/types/user_id"}, "times": {"type": "integer"}},
            "required": ["who"],
        },
        "output_parameters": {"properties": {"words": {"type": "string"}}, "required": ["words"]},
    }
}
MANIFEST: dict[str, Any] = {
    "display_information": {"name": "Greeter"},
    "settings": {"org_deploy_enabled": True},
    "oauth_config": {"scopes": {"bot": ["chat:write"]}},
    "functions": FUNCTIONS,
}


@pytest.fixture
def box(make_box, tmp_path, monkeypatch):
    monkeypatch.setattr(queue, "RETRY_WAITS", (0.0, 0.0, 0.0))
    monkeypatch.setattr(queue, "RECONNECT_WAIT", 0.0)
    manifest = tmp_path / "manifest.yaml"
    manifest.write_text(json.dumps(MANIFEST))
    return make_box(manifest=manifest)


@pytest.fixture
def run(box, monkeypatch):
    """A step that runs; nothing hears of it, and it is not lost for that."""
    monkeypatch.setattr(queue.DeliveryQueue, "event", lambda *_: None)
    return box.post("function", callback_id="greet", inputs={"who": box.user("maria")})["function_execution_id"]


def refusal(call, **args):
    with pytest.raises(SlackApiError) as refused:
        call(**args)
    return refused.value.response


def test_a_step_is_completed_once_with_the_outputs_of_the_manifest(box, run):
    end = box.client.functions_completeSuccess
    for outputs, why in (({}, "missing required parameter: words"), ({"words": 7}, "words is no string"),
                         ({"words": "Hi", "more": "x"}, "unexpected parameter: more")):  # fmt: skip
        answer = refusal(end, function_execution_id=run, outputs=outputs)
        assert answer["error"] == "parameter_validation_failed"
        assert why in str(answer["response_metadata"]["messages"])
    assert box.get("function", id=run)["status"] == "running"
    end(function_execution_id=run, outputs={"words": "Hi"})
    assert box.get("function", id=run)["outputs"] == {"words": "Hi"}
    assert refusal(end, function_execution_id=run, outputs={"words": "Hi"})["error"] == "function_execution_not_found"
    late = box.client.functions_completeError
    assert refusal(late, function_execution_id=run, error="x")["error"] == "function_execution_not_found"
    assert refusal(late, function_execution_id="Fx1", error="x")["error"] == "function_execution_not_found"


def test_a_workflow_token_is_good_until_its_step_has_ended(box, run):
    client = WebClient(box.sandbox.world.functions[run].token, base_url=box.sandbox.api_url, retry_handlers=[])
    client.functions_completeError(function_execution_id=run, error="No one is there.")
    assert box.get("function", id=run)["error"] == "No one is there."
    assert refusal(client.auth_test)["error"] == "token_revoked"


def test_a_step_that_the_app_never_acknowledges_is_lost(box):
    run = box.post("function", callback_id="greet", inputs={"who": box.user("maria")})["function_execution_id"]
    until(lambda: box.get("function", id=run)["status"] == "lost")
    end = box.client.functions_completeSuccess
    assert refusal(end, function_execution_id=run, outputs={"words": "Hi"})["error"] == "execution_not_in_running_state"


@pytest.mark.parametrize(
    ("inputs", "why"),
    [({}, "missing required parameter: who"), ({"who": "U0NOONE"}, "who is no slack"),
     ({"who": "maria", "times": "2"}, "times is no integer"), ({"who": "maria", "x": 1}, "unexpected parameter: x")],
)  # fmt: skip
def test_a_step_runs_only_with_inputs_of_its_types(box, inputs, why):
    known = {name: box.user(value) if value == "maria" else value for name, value in inputs.items()}
    with pytest.raises(AnsweredError, match=why):
        box.post("function", callback_id="greet", inputs=known)


def test_functions_need_an_app_that_is_org_ready():
    with pytest.raises(InvalidManifestError, match="org_deploy_enabled"):
        app_from({**MANIFEST, "settings": {}})
