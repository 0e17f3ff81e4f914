"""A real Bolt app over Socket Mode: commands, forms, actions, events, redelivery and reconnecting."""

import threading

import pytest
from slack_bolt import BoltResponse

from tests.sandbox.conftest import until

FORM = {
    "type": "modal",
    "callback_id": "report",
    "title": {"type": "plain_text", "text": "Report"},
    "submit": {"type": "plain_text", "text": "Send"},
    "notify_on_close": True,
    "blocks": [
        {
            "type": "input",
            "block_id": "what",
            "label": {"type": "plain_text", "text": "What is wrong?"},
            "element": {"type": "plain_text_input", "action_id": "words", "max_length": 20},
        },
        {
            "type": "input",
            "block_id": "how_bad",
            "label": {"type": "plain_text", "text": "How bad?"},
            "element": {
                "type": "static_select",
                "action_id": "severity",
                "options": [
                    {"text": {"type": "plain_text", "text": text}, "value": text.lower()} for text in ("Low", "High")
                ],
            },
        },
    ],
}
BUTTON = {"type": "button", "action_id": "take", "text": {"type": "plain_text", "text": "Take it"}, "value": "7"}
CARD = [{"type": "actions", "block_id": "acts", "elements": [BUTTON]}]


def test_a_command_is_answered_to_the_person_alone(box, bolt):
    def app(app):
        @app.command("/hypercare")
        async def help_(ack, command):
            await ack(f"You said {command['text']}")

    bolt(box, app)
    answer = box.post("command", user="maria", channel="payroll-help", command="/hypercare", text="help <b>")
    said = "You said help &lt;b&gt;"  # the manifest asks for commands to be escaped
    assert answer == {"ok": True, "response": said}
    assert [one["text"] for one in box.messages("payroll-help", user="maria")] == [said]
    assert box.messages("payroll-help", user="tom") == []


def test_a_form_is_opened_checked_and_submitted(box, bolt):
    seen = []

    def app(app):
        @app.command("/hypercare")
        async def report(ack, client, command):
            await ack()
            await client.views_open(trigger_id=command["trigger_id"], view=FORM)

        @app.view("report")
        async def submitted(ack, view):
            values = view["state"]["values"]
            if values["what"]["words"]["value"] == "bad":
                await ack(response_action="errors", errors={"what": "Say more."})
                return
            seen.append(values)
            await ack()

    bolt(box, app)
    assert box.post("command", user="maria", channel="payroll-help", command="/hypercare")["ok"]
    until(lambda: box.get("views", user="maria")["modals"])
    required = box.post("submit", user="maria", values={"words": "x" * 21})
    assert required == {
        "errors": {
            "what": "Please enter at most 20 characters.",
            "how_bad": "Please complete this required field.",
        }
    }
    assert box.post("submit", user="maria", values={"What is wrong?": "bad", "how_bad": "High"}) == {
        "errors": {"what": "Say more."}
    }
    [modal] = box.get("views", user="maria")["modals"]
    assert modal["errors"] == {"what": "Say more."}
    assert modal["state"]["values"]["what"]["words"]["value"] == "bad"
    assert box.post("submit", user="maria", values={"words": "The till is down"}) == {"closed": True}
    assert seen[0]["how_bad"]["severity"]["selected_option"]["value"] == "high"
    assert box.get("views", user="maria")["modals"] == []


def test_closing_a_form_is_told_where_it_was_asked_for(box, bolt):
    closed = threading.Event()

    def app(app):
        @app.view_closed("report")
        async def gone(ack, body):
            await ack()
            assert body["is_cleared"] is False
            closed.set()

    bolt(box, app)
    box.client.views_open(trigger_id=box.trigger(), view=FORM)
    box.post("close", user="maria")
    assert closed.wait(3)


def test_a_button_is_pressed_and_the_message_replaced(box, bolt):
    def app(app):
        @app.action("take")
        async def take(ack, respond, body):
            await ack()
            action = body["actions"][0]
            assert (action["value"], action["block_id"], action["type"]) == ("7", "acts", "button")
            await respond(text=f"Taken by {body['user']['name']}", replace_original=True)

    bolt(box, app)
    posted = box.client.chat_postMessage(channel=box.channel("hypercare-desk"), text="Till down", blocks=CARD)
    assert box.post("action", user="jo", channel="hypercare-desk", ts=posted["ts"], label="Take it") == {"ok": True}
    until(lambda: box.messages("hypercare-desk")[0]["text"] == "Taken by jo")
    assert "blocks" not in box.messages("hypercare-desk")[0]


def test_shortcuts_of_both_kinds_reach_the_app(box, bolt):
    seen = []

    def app(app):
        @app.shortcut("report")
        async def everywhere(ack, body):
            await ack()
            seen.append(body["type"])

        @app.shortcut("report_message")
        async def on_message(ack, body):
            await ack()
            seen.append(body["message"]["text"])

    bolt(box, app)
    ts = box.post("message", user="tom", channel="general", text="It broke")["ts"]
    assert box.post("shortcut", user="maria", callback_id="report")["ok"]
    assert box.post("shortcut", user="maria", callback_id="report_message", channel="general", ts=ts)["ok"]
    assert seen == ["shortcut", "It broke"]


def test_events_come_for_messages_mentions_and_reactions(box, bolt):
    seen = []

    def app(app):
        @app.event("message")
        async def message(event):
            seen.append(("message", event.get("subtype"), event.get("text")))

        @app.event("app_mention")
        async def mention(event):
            seen.append(("mention", event["user"], event["text"]))

        @app.event("reaction_added")
        async def reaction(event):
            seen.append(("reaction", event["reaction"], event["item"]["ts"]))

        @app.event("app_home_opened")
        async def home(event, client):
            blocks = [{"type": "section", "text": {"type": "mrkdwn", "text": "Hello"}}]
            await client.views_publish(user_id=event["user"], view={"type": "home", "blocks": blocks})

    bolt(box, app)
    ts = box.post("message", user="maria", channel="general", text="@hypercare 1 < 2")["ts"]
    box.post("reaction", user="jo", channel="general", ts=ts, name="eyes")
    box.post("message", user="maria", channel="random", text="the bot is not here")
    assert box.post("home", user="maria")["view"]["blocks"][0]["text"]["text"] == "Hello"
    text = f"<@{box.sandbox.bot_user_id}> 1 &lt; 2"
    wanted = [("message", None, text), ("mention", box.user("maria"), text), ("reaction", "eyes", ts)]
    until(lambda: len(seen) >= 3)
    assert sorted(seen, key=str) == sorted(wanted, key=str)


def test_an_event_is_delivered_again_until_it_is_acknowledged(box, bolt):
    tries = []

    def app(app):
        @app.middleware
        async def refuse_first(req, next_):
            tries.append(req.headers.get("x-slack-retry-num"))
            if len(tries) == 1:
                return BoltResponse(status=500)
            return await next_()

        @app.event("message")
        async def message(event):
            pass

    bolt(box, app)
    box.post("message", user="maria", channel="general", text="hello")
    rows = until(lambda: len(found := box.deliveries("message")) == 2 and found)
    assert [(one["outcome"], one["retry"]) for one in rows] == [("timeout", 0), ("acked", 1)]
    assert rows[0]["payload"]["event_id"] == rows[1]["payload"]["event_id"]
    assert tries == [["0"], ["1"]]


def test_a_command_without_an_answer_fails_and_is_not_repeated(box, bolt):
    bolt(box, lambda _app: None)
    answer = box.post("command", user="maria", channel="general", command="/hypercare")
    assert (answer["ok"], answer["error"]) == (False, "operation_timeout")
    assert len(box.deliveries("/hypercare")) == 1
    assert "operation_timeout" in box.messages("general", user="maria")[0]["text"]


def test_without_an_app_a_form_keeps_its_words_and_says_so(box):
    box.client.views_open(trigger_id=box.trigger(), view=FORM)
    answer = box.post("submit", user="maria", values={"words": "Till", "severity": "low"})
    assert answer == {"errors": {"*": "We had some trouble connecting. Try again?"}}
    assert box.get("views", user="maria")["modals"][0]["state"]["values"]["what"]["words"]["value"] == "Till"


def test_an_event_waits_for_an_app_that_comes_late(box, bolt):
    seen = threading.Event()

    def app(app):
        @app.event("message")
        async def message(event):
            seen.set()

    box.post("message", user="maria", channel="general", text="anybody there?")
    until(lambda: box.deliveries("message"))
    bolt(box, app)
    assert seen.wait(5)


@pytest.mark.parametrize("reason", ["warning", "refresh_requested"])
def test_after_a_disconnect_the_app_is_back_and_nothing_is_lost(box, bolt, reason):
    seen = []

    def app(app):
        @app.event("message")
        async def message(event):
            seen.append(event["text"])

    bolt(box, app)
    assert box.post("disconnect", reason=reason)["sockets"] == 1
    for number in range(5):
        box.post("message", user="maria", channel="general", text=str(number))
    until(lambda: set(seen) == set("01234"))
