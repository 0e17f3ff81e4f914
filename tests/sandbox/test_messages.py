"""Messages of people and other apps in the shapes Slack gives them, and who may open what is attached."""

import json
import urllib.parse

import pytest
from slack_sdk.errors import SlackApiError

from sandbox.richtext import rich_text
from tests.sandbox.conftest import AnsweredError, send, until

WHERE = {"user": "maria", "channel": "payroll-help"}


def event(box, subtype, words):
    found = [one["payload"]["event"] for one in box.deliveries(subtype) if words in str(one["payload"])]
    return found[-1] if found else None


def leaves(block):
    return [
        (one["type"], one.get("text") or one.get("name") or one.get("url")) for one in block["elements"][0]["elements"]
    ]


def test_what_a_person_types_has_its_rich_text(shared_box):
    shared_box.post("message", **WHERE, text="*Hi* @jo in #general: see `a_b` at https://x.example/a?b=1&c=2 :wave:")
    block = until(lambda: event(shared_box, "message", "a_b"))["blocks"][0]
    kinds = [one["type"] for one in block["elements"][0]["elements"]]
    assert kinds == ["text", "text", "user", "text", "channel", "text", "text", "text", "link", "text", "emoji"]
    assert block["elements"][0]["elements"][0] == {"type": "text", "text": "Hi", "style": {"bold": True}}
    assert block["elements"][0]["elements"][8]["url"] == "https://x.example/a?b=1&c=2"


def test_lines_of_one_kind_become_a_list_a_quote_or_code():
    text = "First\n&gt; said\n• one\n• two\n1. three\n```\nx = 1 &lt; 2\n```\nlast &gt;&gt; line"
    block = rich_text(text, "b1")
    assert [one["type"].removeprefix("rich_text_") for one in block["elements"]] == [
        "section", "quote", "list", "list", "preformatted", "section",
    ]  # fmt: skip
    assert block["elements"][4]["elements"] == [{"type": "text", "text": "x = 1 < 2"}]
    assert block["elements"][5]["elements"] == [{"type": "text", "text": "last >> line"}]
    assert [one["elements"][0]["text"] for one in block["elements"][2]["elements"]] == ["one", "two"]


def test_two_arrows_are_no_quote_and_an_emoji_keeps_its_tone():
    assert leaves(rich_text("&gt;&gt; We look at it", "b1")) == [("text", ">> We look at it")]
    assert rich_text(":wave::skin-tone-3:", "b1")["elements"][0]["elements"] == [
        {"type": "emoji", "name": "wave", "skin_tone": 3}
    ]


def test_a_forwarded_message_is_an_attachment(shared_box):
    ts = shared_box.post("message", user="tom", channel="payroll-help", text="The rate is wrong")["ts"]
    shared_box.post("forward", user="maria", channel="@hypercare", from_channel="payroll-help", ts=ts)
    found = until(lambda: event(shared_box, "message", "is_share"))
    assert found["text"] == ""
    [shared] = found["attachments"]
    assert (shared["text"], shared["author_name"], shared["channel_id"]) == (
        "The rate is wrong", "Tom Brandt", shared_box.channel("payroll-help"),
    )  # fmt: skip


def test_what_is_deleted_with_replies_leaves_a_tombstone_until_the_last_reply_goes(shared_box):
    root = shared_box.post("message", **WHERE, text="my secret IBAN")["ts"]
    reply = shared_box.post("message", user="tom", channel="payroll-help", text="oh", thread_ts=root)["ts"]
    shared_box.post("delete", **WHERE, ts=root)
    told = until(lambda: event(shared_box, "message_changed", "tombstone"))
    assert (told["message"]["user"], told["message"]["subtype"], told["message"]["ts"]) == (
        "USLACKBOT", "tombstone", root,
    )  # fmt: skip
    assert told["previous_message"]["text"] == "my secret IBAN"
    assert "IBAN" not in str(shared_box.messages("payroll-help"))
    shared_box.post("delete", user="tom", channel="payroll-help", ts=reply)
    assert root not in [one["ts"] for one in shared_box.messages("payroll-help")]


def test_another_app_posts_without_a_person(shared_box):
    shared_box.post("app_message", channel="payroll-help", name="Monitor", title="Disk full", fields=[["Host", "pay"]])
    found = until(lambda: event(shared_box, "bot_message", "Disk full"))
    assert "user" not in found
    assert found["username"] == "Monitor"
    shared_box.post("app_message", channel="payroll-help", name="Form", text="A request", workflow=True)
    found = until(lambda: event(shared_box, "bot_message", "A request"))
    assert found["bot_profile"]["is_workflow_bot"]


def opens(box, name, file):
    try:
        return box.get("file", user=name, file=file["id"])["file"]["id"] == file["id"]
    except AnsweredError:
        return False


def test_a_file_opens_for_its_uploader_and_where_it_is_shared(box):
    url = f"{box.sandbox.url}/sandbox/upload?user=maria&filename=shot.png"
    file = json.loads(send(url, b"\x89PNG"))["file"]
    assert [opens(box, name, file) for name in ("maria", "jo")] == [True, False]
    with pytest.raises(SlackApiError, match="file_not_found"):
        box.client.files_info(file=file["id"])
    ts = box.post("message", user="maria", channel="@hypercare", text="", files=[file["id"]])["ts"]
    assert [opens(box, name, file) for name in ("maria", "jo")] == [True, False]
    assert box.client.files_info(file=file["id"])["file"]["is_public"] is False
    box.post("delete", user="maria", channel="@hypercare", ts=ts)
    with pytest.raises(SlackApiError, match="file_not_found"):
        box.client.files_info(file=file["id"])
    box.post("message", user="maria", channel="payroll-help", text="", files=[file["id"]])
    assert [opens(box, name, file) for name in ("jo", "gil")] == [True, True]
    link = urllib.parse.urlsplit(file["permalink"]).path
    assert send(f"{box.sandbox.url}{link}?as={box.user('jo')}") == b"\x89PNG"
    assert b"Sign in" in send(f"{box.sandbox.url}{link}")


def test_an_upload_is_a_file_only_once_it_is_completed(box):
    begun = box.client.files_getUploadURLExternal(filename="a.txt", length=3)
    with pytest.raises(SlackApiError, match="file_not_found"):
        box.client.files_completeUploadExternal(files=[{"id": begun["file_id"]}])
    send(begun["upload_url"], b"abc", method="POST")
    with pytest.raises(SlackApiError, match="file_not_found"):
        box.client.files_info(file=begun["file_id"])
    root = box.client.chat_postMessage(channel=box.channel("hypercare-desk"), text="A card")["ts"]
    where = {"channel_id": box.channel("hypercare-desk"), "thread_ts": root}
    with pytest.raises(SlackApiError, match="invalid_channel"):
        box.client.files_completeUploadExternal(files=[{"id": begun["file_id"]}], channel_id=box.user("jo"))
    done = box.client.files_completeUploadExternal(files=[{"id": begun["file_id"], "title": "A"}], **where)
    assert done["files"] == [{"id": begun["file_id"], "title": "A"}]
    shares = box.client.files_info(file=begun["file_id"])["file"]["shares"]["public"]
    assert shares[box.channel("hypercare-desk")][0]["thread_ts"] == root
    box.client.files_delete(file=begun["file_id"])
    assert len(box.messages("hypercare-desk", thread_ts=root)) == 1


def test_a_group_direct_message_is_opened_once_and_has_its_own_scopes_and_events(box):
    people = [box.user("maria"), box.user("tom")]
    refused = box.client.api_call
    with pytest.raises(SlackApiError, match="mpim:write"):
        refused("conversations.open", json={"users": ",".join(people)})
    box.sandbox.world.grant((*box.sandbox.world.app.scopes, "mpim:write"))
    opened = box.client.conversations_open(users=people, return_im=True)["channel"]
    assert (opened["is_mpim"], opened["is_private"], opened["num_members"]) == (True, True, 3)
    assert opened["name"] == "mpdm-hypercare--maria--tom-1"
    again = box.post("together", user="tom", others=["maria", "hypercare"])["channel"]
    assert again["id"] == opened["id"]
    box.post("message", user="maria", channel=opened["id"], text="@hypercare hello")
    assert until(lambda: box.deliveries("message"))[0]["payload"]["event"]["channel_type"] == "mpim"
    assert until(lambda: box.deliveries("app_mention"))
    assert not box.deliveries("channel_created")
    with pytest.raises(SlackApiError, match="method_not_supported_for_channel_type"):
        box.client.conversations_leave(channel=opened["id"])


def test_a_button_of_an_old_attachment_reaches_its_app_and_no_other(box, bolt):
    heard = []

    def set_up(app):
        @app.attachment_action("lunch")
        async def pressed(ack, body, respond):
            await ack()
            heard.append(body)
            await respond(text="Enjoy", replace_original=True)

    bolt(box, set_up)
    button = {"name": "place", "text": "Mario's", "type": "button", "value": "mario"}
    old = [{"text": "Where?", "callback_id": "lunch", "actions": [button]}]
    posted = box.client.chat_postMessage(channel=box.channel("payroll-help"), text="Lunch", attachments=old)
    press = WHERE | {"id": "1", "name": "place"}
    assert box.post("attachment", **press, ts=posted["ts"], value="mario") == {"ok": True}
    assert heard[0]["actions"] == [{"name": "place", "type": "button", "value": "mario"}]
    assert (heard[0]["callback_id"], heard[0]["original_message"]["ts"]) == ("lunch", posted["ts"])
    assert until(lambda: [one for one in box.messages("payroll-help") if one["text"] == "Enjoy"])
    alert = box.post("app_message", channel="payroll-help", title="Down")
    with pytest.raises(AnsweredError, match="an app that isn't in the sandbox"):
        box.post("attachment", **press, ts=alert["ts"])
