"""What the page needs of the sandbox besides reading: its policy, options in messages, and blocks that people write."""

import json
import urllib.request

import pytest

from tests.sandbox.conftest import AnsweredError, until

OPTION = {"text": {"type": "plain_text", "text": "Pay run"}, "value": "payrun"}
SELECT = {"type": "external_select", "action_id": "module", "min_query_length": 1}
SECTION = {"type": "rich_text_section", "elements": [{"type": "text", "text": " a & b ", "style": {"bold": True}}]}


def test_the_page_says_in_headers_what_it_may_load_and_that_no_page_may_frame_it(box):
    with urllib.request.urlopen(box.sandbox.url) as answer:
        policy = answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    for rule in ("default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'"):
        assert rule in policy.split("; ")


def test_a_select_in_a_message_is_filled_by_the_app_and_picked_from(box, bolt):
    asked, picked = [], []

    def listen(app):
        @app.options("module")
        async def options(ack, body):
            asked.append(body)
            await ack(options=[OPTION])

        @app.action("module")
        async def action(ack, body):
            picked.append(body["actions"][0]["selected_option"])
            await ack()

    bolt(box, listen)
    channel = box.channel("payroll-help")
    blocks = [{"type": "actions", "block_id": "b", "elements": [SELECT]}]
    ts = box.client.chat_postMessage(channel=channel, text="Which?", blocks=blocks)["ts"]
    place = {"user": "maria", "channel": "payroll-help", "ts": ts, "action_id": "module"}
    assert box.get("options", value="pay", **place)["options"] == [OPTION]
    assert asked[0]["container"]["message_ts"] == ts
    assert asked[0]["message"]["ts"] == ts
    box.post("action", value="payrun", **place)
    assert until(lambda: picked) == [OPTION]
    with pytest.raises(AnsweredError):
        box.post("action", value="never offered", **place)


def test_blocks_of_people_are_checked_and_say_the_text(box):
    post = {"user": "maria", "channel": "payroll-help"}
    box.post("message", blocks=[{"type": "rich_text", "elements": [SECTION]}], **post)
    assert box.messages("payroll-help")[-1]["text"] == " *a &amp; b* "
    for wrong in ([{"type": "rich_text"}], {"type": "rich_text"}, [{"type": "poem"}]):
        with pytest.raises(AnsweredError):
            box.post("message", blocks=wrong, **post)


def test_a_file_of_another_kind_is_refused_at_its_field(box):
    element = {"type": "file_input", "action_id": "a", "filetypes": ["png"]}
    label = {"type": "plain_text", "text": "Picture"}
    block = {"type": "input", "block_id": "b", "label": label, "element": element}
    view = {"type": "modal", "title": label, "submit": label, "blocks": [block]}
    box.client.views_open(trigger_id=box.trigger(), view=json.dumps(view))
    posted = box.post("message", user="maria", channel="payroll-help", files=[{"name": "a.log", "content": "x"}])
    file = box.messages("payroll-help")[-1]["files"][0]["id"]
    assert posted["ok"]
    assert box.post("submit", user="maria", values={"a": [file]})["errors"] == {"b": "Please choose files of type png."}
