"""The Web API with real clients: tokens, scopes, arguments, posting, changing and reading messages."""

import asyncio
import json

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from tests.sandbox.conftest import send


def error(call, *args, **kwargs):
    with pytest.raises(SlackApiError) as refused:
        call(*args, **kwargs)
    return refused.value.response


@pytest.fixture
def client(shared_box):
    return shared_box.client


@pytest.fixture
def channel(shared_box):
    return shared_box.channel("hypercare-desk")


def test_auth_test_says_who_and_where(shared_box, client):
    answer = client.auth_test()
    assert answer["url"] == shared_box.sandbox.url + "/"
    assert answer["user_id"] == shared_box.sandbox.bot_user_id
    assert answer["team_id"] == shared_box.sandbox.team_id
    assert "chat:write" in answer.headers["x-oauth-scopes"]


@pytest.mark.parametrize(
    ("token", "method", "wanted"),
    [
        ("", "auth.test", "not_authed"),
        ("xoxb-wrong", "auth.test", "invalid_auth"),
        ("app", "chat.postMessage", "not_allowed_token_type"),
        ("bot", "apps.connections.open", "not_allowed_token_type"),
        ("bot", "chat.shout", "unknown_method"),
        ("bot", "users.profile.get", "missing_scope"),
        ("bot", "views.open", "invalid_arguments"),
    ],
)
def test_calls_that_are_refused_at_the_door(shared_box, token, method, wanted):
    tokens = {"app": shared_box.sandbox.app_token, "bot": shared_box.sandbox.bot_token}
    headers = {"Authorization": f"Bearer {tokens.get(token, token)}"} if token else {}
    answer = json.loads(send(shared_box.sandbox.api_url + method, b"", headers=headers))
    assert (answer["ok"], answer["error"]) == (False, wanted)


def test_a_missing_scope_names_what_is_needed(client, shared_box):
    answer = error(client.users_profile_get, user=shared_box.user("maria"))
    assert answer["needed"] == "users.profile:read"
    assert "chat:write" in answer["provided"].split(",")


def test_arguments_come_in_a_query_a_form_or_json(shared_box):
    url = shared_box.sandbox.api_url + "api.test"
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert json.loads(send(url + "?foo=1"))["args"] == {"foo": "1"}
    assert json.loads(send(url, b"foo=1&blocks=%5B%5D", headers=form))["args"] == {"foo": "1", "blocks": []}
    assert json.loads(send(url, {"foo": 1}, headers={"Content-Type": "application/json"}))["args"] == {"foo": 1}


def test_the_async_client_works_as_well(shared_box, channel):
    async def talk():
        client = AsyncWebClient(shared_box.sandbox.bot_token, base_url=shared_box.sandbox.api_url)
        posted = await client.chat_postMessage(channel=channel, text="async", blocks=[{"type": "divider"}])
        read = await client.conversations_replies(channel=channel, ts=posted["ts"])
        return read["messages"][0]

    found = asyncio.run(talk())
    assert found["text"] == "async"
    assert found["blocks"][0]["block_id"]


def test_posting_by_name_into_threads_and_to_a_person(client, shared_box, channel):
    root = client.chat_postMessage(channel="#hypercare-desk", text="root")
    assert root["channel"] == channel
    reply = client.chat_postMessage(channel=channel, text="reply", thread_ts=root["ts"])
    deeper = client.chat_postMessage(channel=channel, text="deeper", thread_ts=reply["ts"], reply_broadcast=True)
    assert deeper["message"]["thread_ts"] == root["ts"]
    thread = client.conversations_replies(channel=channel, ts=root["ts"])["messages"]
    assert [one["text"] for one in thread] == ["root", "reply", "deeper"]
    assert (thread[0]["reply_count"], thread[1]["parent_user_id"]) == (2, shared_box.sandbox.bot_user_id)
    history = client.conversations_history(channel=channel)["messages"]
    assert [one["text"] for one in history[:2]] == ["deeper", "root"]
    assert [one.get("subtype") for one in (*thread, *history[:2])] == [None, None, *["thread_broadcast"] * 2, None]
    assert history[0]["root"] == history[1]
    private = client.chat_postMessage(channel=shared_box.user("tom"), text="psst")
    assert private["channel"].startswith("D")
    assert private["channel"] == client.conversations_open(users=shared_box.user("tom"))["channel"]["id"]


@pytest.mark.parametrize(
    ("channel", "details", "wanted"),
    [
        ("C0NOWHERE00", {"text": "x"}, "channel_not_found"),
        ("#random", {"text": "x"}, "not_in_channel"),
        ("#general", {}, "no_text"),
        ("#general", {"text": "x", "thread_ts": "1.000001"}, "thread_not_found"),
        ("#general", {"text": "x", "blocks": [{"type": "nonsense"}]}, "invalid_blocks"),
        ("#general", {"text": "x", "blocks": "[broken"}, "invalid_blocks_format"),
        ("#general", {"text": "x", "attachments": [{}] * 101}, "too_many_attachments"),
        ("#general", {"text": "x", "metadata": {"event_type": "x"}}, "invalid_metadata_schema"),
        ("#general", {"text": "x", "markdown_text": "x"}, "markdown_text_conflict"),
    ],
)
def test_messages_that_slack_refuses(client, channel, details, wanted):
    assert error(client.api_call, "chat.postMessage", json={"channel": channel} | details)["error"] == wanted


def test_wrong_blocks_are_pointed_at(client):
    blocks = [{"type": "header", "text": {"type": "plain_text", "text": "x" * 151}}]
    answer = error(client.chat_postMessage, channel="#general", text="x", blocks=blocks)
    assert answer["errors"] == ["must be less than 151 characters [json-pointer:/blocks/0/text/text]"]


def test_long_text_is_cut_when_posted_and_refused_when_changed(client, channel):
    posted = client.chat_postMessage(channel=channel, text="x" * 40_001)
    assert (len(posted["message"]["text"]), posted["warning"]) == (40_000, "message_truncated")
    assert error(client.chat_update, channel=channel, ts=posted["ts"], text="x" * 4_001)["error"] == "msg_too_long"


def test_metadata_comes_back_only_when_asked_for(client, channel):
    metadata = {"event_type": "outbox_message", "event_payload": {"id": "7"}}
    ts = client.chat_postMessage(channel=channel, text="m", metadata=metadata)["ts"]
    plain = client.conversations_history(channel=channel, latest=ts, oldest=ts, inclusive=True)["messages"][0]
    full = client.conversations_replies(channel=channel, ts=ts, include_all_metadata=True)["messages"][0]
    assert "metadata" not in plain
    assert full["metadata"] == metadata


def test_changing_and_deleting_only_own_messages(client, shared_box, channel):
    ts = client.chat_postMessage(channel=channel, text="one", blocks=[{"type": "divider"}])["ts"]
    changed = client.chat_update(channel=channel, ts=ts, text="two")
    assert changed["text"] == "two"
    assert "blocks" not in changed["message"]
    foreign = shared_box.post("message", user="jo", channel="hypercare-desk", text="mine")["ts"]
    assert error(client.chat_update, channel=channel, ts=foreign, text="x")["error"] == "cant_update_message"
    assert error(client.chat_delete, channel=channel, ts=foreign)["error"] == "cant_delete_message"
    assert client.chat_delete(channel=channel, ts=ts)["ts"] == ts
    assert error(client.chat_update, channel=channel, ts=ts, text="x")["error"] == "message_not_found"


def test_ephemeral_messages_reach_one_person(client, shared_box, channel):
    client.chat_postEphemeral(channel=channel, user=shared_box.user("ravi"), text="only you")
    assert shared_box.messages("hypercare-desk", user="ravi")[-1]["ephemeral_to"] == shared_box.user("ravi")
    assert "only you" not in [one["text"] for one in shared_box.messages("hypercare-desk", user="jo")]
    outsider = shared_box.user("gil")
    assert error(client.chat_postEphemeral, channel=channel, user=outsider, text="x")["error"] == "user_not_in_channel"


def test_archived_channels_take_no_messages(client, shared_box):
    shared_box.post("channels", name="old", members=["hypercare", "maria"])
    shared_box.post("archive", channel="old")
    assert error(client.chat_postMessage, channel="#old", text="x")["error"] == "is_archived"
    shared_box.post("archive", channel="old", archived=False)
    assert client.chat_postMessage(channel="#old", text="x")["ok"]


def test_history_comes_in_pages(client, shared_box):
    shared_box.post("channels", name="pages", members=["hypercare", "maria"])
    for number in range(5):
        client.chat_postMessage(channel="#pages", text=str(number))
    channel = shared_box.channel("pages")
    pages = [
        [one["text"] for one in page["messages"]] for page in client.conversations_history(channel=channel, limit=2)
    ]
    assert pages == [["4", "3"], ["2", "1"], ["0"]]


def test_a_permalink_leads_to_the_page(client, shared_box, channel):
    ts = client.chat_postMessage(channel=channel, text="here")["ts"]
    link = client.chat_getPermalink(channel=channel, message_ts=ts)["permalink"]
    assert link == f"{shared_box.sandbox.url}/archives/{channel}/p{ts.replace('.', '')}"


def test_a_revoked_token_stops_working(make_box):
    box = make_box()
    box.post("revoke")
    assert error(box.client.auth_test)["error"] == "token_revoked"
    box.post("revoke", restore=True)
    assert box.client.auth_test()["ok"]


def test_other_scopes_come_from_another_manifest(make_box, tmp_path):
    manifest = tmp_path / "manifest.yaml"
    scopes = ["users:read", "channels:read", "channels:manage", "reactions:write", "files:write", "chat:write"]
    manifest.write_text(
        json.dumps(
            {
                "display_information": {"name": "Other"},
                "features": {"bot_user": {"display_name": "other"}},
                "oauth_config": {"scopes": {"bot": scopes}},
            }
        )
    )
    box = make_box(manifest=manifest)
    maria = box.user("maria")
    assert box.client.users_info(user=maria)["user"]["real_name"] == "Maria Keller"
    assert "email" not in box.client.users_info(user=maria)["user"]["profile"]
    made = box.client.conversations_create(name="brand-new")["channel"]
    assert made["is_member"]
    assert error(box.client.conversations_create, name="brand-new")["error"] == "name_taken"
    box.client.conversations_invite(channel=made["id"], users=maria)
    assert maria in box.client.conversations_members(channel=made["id"])["members"]
    ts = box.client.chat_postMessage(channel=made["id"], text="x")["ts"]
    box.client.reactions_add(channel=made["id"], timestamp=ts, name="eyes")
    again = error(box.client.reactions_add, channel=made["id"], timestamp=ts, name="eyes")
    assert again["error"] == "already_reacted"
    uploaded = box.client.files_upload_v2(content="a,b", filename="table.csv", channel=made["id"])
    assert uploaded["file"]["title"] == "table.csv"
    assert box.messages("brand-new")[-1]["files"][0]["size"] == 3
    names = {one["name"] for page in box.client.conversations_list(limit=3) for one in page["channels"]}
    assert {"general", "random", "brand-new"} <= names


def test_a_channel_is_run_by_the_scopes_of_its_kind(make_box, tmp_path):
    def box_with(*scopes):
        manifest = tmp_path / f"{len(scopes)}.yaml"
        bot = {"features": {"bot_user": {"display_name": "runner"}}, "oauth_config": {"scopes": {"bot": [*scopes]}}}
        manifest.write_text(json.dumps({"display_information": {"name": "Runner"}} | bot))
        return make_box(manifest=manifest)

    scopes = ("channels:read", "channels:manage", "chat:write", "pins:write", "users:read")
    box, private = box_with(*scopes), box_with(*scopes[:1], "groups:write")
    client, maria, tom = box.client, box.user("maria"), box.user("tom")
    assert error(private.client.conversations_create, name="war")["needed"] == "channels:manage"
    assert error(client.conversations_create, name="war", is_private=True)["needed"] == "groups:write"
    war = client.conversations_create(name="war")["channel"]["id"]
    gone = error(client.conversations_invite, channel=war, users=f"{maria},U0NOONE")
    assert (gone["error"], [one["user"] for one in gone["errors"]]) == ("user_not_found", ["U0NOONE"])
    assert maria not in client.conversations_members(channel=war)["members"], "without `force` it is all or none"
    client.conversations_invite(channel=war, users=f"{maria},U0NOONE", force=True)
    assert maria in client.conversations_members(channel=war)["members"]
    assert error(client.conversations_invite, channel=war, users=maria, force=True)["error"] == "already_in_channel"
    assert error(client.conversations_setTopic, channel=war, topic="x" * 251)["error"] == "too_long"
    client.conversations_setTopic(channel=war, topic="Critical")
    assert box.messages("war")[-1]["subtype"] == "channel_topic"
    ts = client.chat_postMessage(channel=war, text="x")["ts"]
    client.conversations_archive(channel=war)
    assert error(client.conversations_setTopic, channel=war, topic="Low")["error"] == "is_archived"
    assert error(client.conversations_invite, channel=war, users=tom)["error"] == "is_archived"
    assert error(client.pins_add, channel=war, timestamp=ts)["error"] == "is_archived"


def test_the_token_may_be_an_argument(shared_box):
    answer = WebClient(base_url=shared_box.sandbox.api_url).api_call(
        "auth.test", params={"token": shared_box.sandbox.bot_token}
    )
    assert answer["ok"]
