"""What the sandbox delivers and answers, against the shapes of Slack's own published types."""

import json
from functools import cache

import jsonschema
import pytest

from sandbox.delivery import socket
from tests.sandbox.conftest import Box
from tests.sandbox.contracts import GENERATED, needs_contracts
from tests.sandbox.test_views import field, home, modal

pytestmark = needs_contracts

EVERYTHING = {
    "display_information": {"name": "Hypercare"},
    "features": {
        "app_home": {"home_tab_enabled": True},
        "bot_user": {"display_name": "hypercare"},
        "unfurl_domains": ["tickets.example"],
        "slash_commands": [{"command": "/hypercare", "description": "x"}],
        "shortcuts": [
            {"name": "a", "type": "global", "callback_id": "report", "description": "x"},
            {"name": "b", "type": "message", "callback_id": "report_message", "description": "x"},
        ],
    },
    "functions": {"greet": {"title": "Greet", "input_parameters": {"who": {"type": "slack#/types/user_id"}}}},
    "oauth_config": {
        "scopes": {
            "bot": [
                *(
                    "app_mentions:read",
                    "channels:history",
                    "channels:read",
                    "channels:manage",
                    "channels:join",
                    "chat:write",
                    "files:read",
                ),
                *("files:write", "im:read", "im:write", "im:history", "reactions:read", "reactions:write", "team:read"),
                *("users:read", "users:read.email", "users.profile:read", "dnd:read", "emoji:read", "pins:write"),
                *(
                    "bookmarks:write",
                    "usergroups:read",
                    "usergroups:write",
                    "pins:read",
                    "bookmarks:read",
                    "links:read",
                ),
                *("links:write", "canvases:write", "canvases:read", "assistant:write"),
            ]
        }
    },
    "settings": {
        "org_deploy_enabled": True,
        "event_subscriptions": {
            "bot_events": [
                *("message.channels", "message.im", "app_mention", "app_home_opened", "reaction_added", "file_shared"),
                *("reaction_removed", "member_joined_channel", "member_left_channel", "channel_archive"),
                *("channel_created", "channel_unarchive", "subteam_created", "subteam_updated"),
                *("subteam_members_changed", "link_shared", "assistant_thread_started"),
            ]
        },
    },
}


def nullable(schema):
    """Slack writes null in many places where its published types name only the other type."""
    if isinstance(schema, list):
        return [nullable(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {name: nullable(one) for name, one in schema.items()}
    if any(one.get("type") == "array" for one in schema.get("allOf", ())):
        # The published types ask here for an array that is an object as well.
        inner["allOf"] = [nullable(one) for one in schema["allOf"] if one.get("type") == "array"]
    return inner | ({"type": [schema["type"], "null"]} if isinstance(schema.get("type"), str) else {})


@cache
def definitions(file):
    return nullable(json.loads((GENERATED / f"{file}.schema.json").read_text())["definitions"])


def fits(file, name, value):
    schema = {"$ref": f"#/definitions/{name}", "definitions": definitions(file)}
    found = jsonschema.Draft7Validator(schema).iter_errors(value)
    problems = [f"{list(one.path)}: {one.message[:300]} {_inner(one)}" for one in found]
    assert not problems, "\n".join(problems)


def _inner(problem):
    return [f"{list(one.path)}: {one.message[-200:]}" for one in problem.context or ()][:12]


@pytest.fixture(scope="module")
def full_box(tmp_path_factory):
    """Everything happens once in here, with an app that may do everything and hears nothing."""
    manifest = tmp_path_factory.mktemp("app") / "manifest.yaml"
    manifest.write_text(json.dumps(EVERYTHING))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "CONNECTION_WAIT", 0.0)
        box = Box(manifest=manifest, rate_limits=False)
        people_act(box)
        bot_acts(box)
        yield box
        box.stop()


def people_act(box):
    client, ts = box.client, box.post("message", user="maria", channel="general", text="@hypercare hello")["ts"]
    where = {"user": "maria", "channel": "general"}
    box.post("message", **where, text="file", files=[{"name": "a.txt", "content": "x"}])
    box.post("message", **where, text="reply", thread_ts=ts)
    box.post("message", **where, text="aloud", thread_ts=ts, reply_broadcast=True)
    box.post("edit", **where, ts=ts, text="changed")
    box.post("forward", **where, from_channel="general", ts=ts, text="see here")
    box.post("table", user="maria", channel="payroll-help", rows=[["Employee", "Amount"], ["4711", "0.00"]])
    box.post("message", **where, text="wonders", me=True)
    box.post("app_message", channel="general", name="Monitor", title="Disk full", fields=[["Host", "pay-2"]])
    box.post("app_message", channel="general", name="Request form", text="A *request* from <@U1>", workflow=True)
    buried = box.post("message", **where, text="a root")["ts"]
    box.post("message", **where, text="a reply", thread_ts=buried)
    box.post("delete", **where, ts=buried)
    box.post("reaction", **where, ts=ts, name="eyes")
    box.post("reaction", **where, ts=ts, name="eyes", remove=True)
    box.post("home", user="maria", tab="messages")
    box.post("channels", name="side", members=["hypercare", "maria"])
    box.post("join", user="jo", channel="side")
    box.post("leave", user="jo", channel="side")
    box.post("archive", channel="side")
    box.post("command", **where, command="/hypercare", text="x")
    box.post("shortcut", user="maria", callback_id="report")
    box.post("shortcut", **where, callback_id="report_message", ts=ts)
    options = [{"text": {"type": "plain_text", "text": "One"}, "value": "one"}]
    elements = [
        {"type": "button", "action_id": "b", "text": {"type": "plain_text", "text": "Go"}, "value": "1"},
        {"type": "static_select", "action_id": "s", "options": options},
        {"type": "users_select", "action_id": "u"},
        {"type": "overflow", "action_id": "o", "options": options},
        {"type": "datepicker", "action_id": "d"},
        {"type": "checkboxes", "action_id": "c", "options": options},
    ]
    card = client.chat_postMessage(channel="#general", text="x", blocks=[{"type": "actions", "elements": elements}])
    values = {"b": None, "s": "one", "u": "jo", "o": "One", "d": "2026-03-01", "c": ["one"]}
    for action_id, value in values.items():
        box.post("action", **where, ts=card["ts"], action_id=action_id, value=value)
    ask = modal(field("a"), field("e", type="external_select"), notify_on_close=True)
    client.views_open(trigger_id=box.trigger(), view=ask)
    box.get("options", user="maria", action_id="value", value="x")
    box.post("submit", user="maria", values={"a": "x"})
    box.post("close", user="maria")
    client.views_publish(user_id=box.user("maria"), view=home("x"))
    box.post("home", user="maria")
    box.post("delete", **where, ts=ts)
    box.post("assistant", user="maria")
    box.post("function", callback_id="greet", inputs={"who": box.user("maria")})


def bot_acts(box):
    client, general, maria = box.client, box.channel("general"), box.user("maria")
    ts = client.chat_postMessage(channel=general, text="x", metadata={"event_type": "x", "event_payload": {}})["ts"]
    client.chat_update(channel=general, ts=ts, text="y")
    client.chat_postEphemeral(channel=general, user=maria, text="x")
    client.chat_getPermalink(channel=general, message_ts=ts)
    client.reactions_add(channel=general, timestamp=ts, name="eyes")
    client.reactions_get(channel=general, timestamp=ts)
    client.pins_add(channel=general, timestamp=ts)
    client.bookmarks_add(channel_id=general, title="x", type="link", link="https://x.y")
    client.conversations_info(channel=general)
    client.conversations_list()
    client.conversations_members(channel=general)
    client.conversations_history(channel=general)
    client.conversations_replies(channel=general, ts=ts)
    client.conversations_open(users=maria, return_im=True)
    client.conversations_create(name="fresh")
    client.conversations_join(channel=box.channel("random"))
    client.users_info(user=maria)
    client.users_list()
    client.users_lookupByEmail(email="maria@sandbox.example")
    client.users_profile_get(user=maria)
    client.users_conversations()
    client.team_info()
    client.bots_info()
    client.dnd_info(user=maria)
    client.emoji_list()
    client.usergroups_list(include_users=True)
    group = box.post("groups", handle="team", users=["jo"])["group"]["id"]
    client.usergroups_users_list(usergroup=group)
    client.usergroups_users_update(usergroup=group, users=[maria])
    client.auth_test()
    grown_ups(box, client, general, ts)
    client.files_upload_v2(content="x", filename="a.txt", channel=general)
    client.files_info(file=next(iter(box.sandbox.world.workspace.files)))
    at = int(box.sandbox.clock.seconds()) + 60
    later = client.chat_scheduleMessage(channel=general, text="x", post_at=at)
    client.chat_scheduledMessages_list()
    client.chat_deleteScheduledMessage(channel=general, scheduled_message_id=later["scheduled_message_id"])
    client.chat_delete(channel=general, ts=ts)
    client.api_call("apps.connections.open", headers={"Authorization": f"Bearer {box.sandbox.app_token}"})


def grown_ups(box, client, general, ts):
    """What Hypercare does not use and other apps do."""
    client.conversations_setPurpose(channel=general, purpose="To talk")
    client.conversations_rename(channel=client.conversations_create(name="old")["channel"]["id"], name="new")
    client.conversations_mark(channel=general, ts=ts)
    client.conversations_kick(channel=box.channel("hypercare-desk"), user=box.user("tom"))
    client.pins_list(channel=general)
    client.pins_remove(channel=general, timestamp=ts)
    mark = client.bookmarks_list(channel_id=general)["bookmarks"][0]["id"]
    client.bookmarks_edit(channel_id=general, bookmark_id=mark, title="y")
    client.bookmarks_remove(channel_id=general, bookmark_id=mark)
    client.reactions_list()
    client.files_list()
    root = client.chat_postMessage(channel=general, text="?")["ts"]
    stream = client.chat_startStream(channel=general, thread_ts=root, markdown_text="a")["ts"]
    client.chat_appendStream(channel=general, ts=stream, markdown_text="b")
    assert client.chat_stopStream(channel=general, ts=stream, markdown_text="c")["message"]["text"] == "abc"
    document = {"type": "markdown", "markdown": "# One\nTwo"}
    canvas = client.canvases_create(title="x", document_content=document)["canvas_id"]
    client.canvases_edit(canvas_id=canvas, changes=[{"operation": "insert_at_end", "document_content": document}])
    assert len(client.canvases_sections_lookup(canvas_id=canvas, criteria={"contains_text": "Two"})["sections"]) == 2
    client.canvases_delete(canvas_id=canvas)
    link = "https://tickets.example/PAY-1"
    linked = box.post("message", user="maria", channel="general", text=f"see {link}")["ts"]
    card = {"type": "section", "text": {"type": "mrkdwn", "text": "PAY-1"}}
    client.chat_unfurl(channel=general, ts=linked, unfurls={link: {"blocks": [card]}})
    client.chat_meMessage(channel=general, text="waves")


PAYLOADS = {
    "block_actions": "BlockActionPayload",
    "view_submission": "ViewSubmissionPayload",
    "view_closed": "ViewClosedPayload",
    "shortcut": "GlobalShortcutPayload",
    "message_action": "MessageShortcutPayload",
    "block_suggestion": "BlockSuggestionPayload",
}
EVENTS = {
    "message": "GenericMessageEvent",
    "file_share": "FileShareMessageEvent",
    "me_message": "MeMessageEvent",
    "bot_message": "BotMessageEvent",
    "thread_broadcast": "ThreadBroadcastMessageEvent",
    "message_changed": "MessageChangedEvent",
    "message_deleted": "MessageDeletedEvent",
    "app_mention": "AppMentionEvent",
    "reaction_added": "ReactionAddedEvent",
    "reaction_removed": "ReactionRemovedEvent",
    "app_home_opened": "AppHomeOpenedEvent",
    "member_joined_channel": "MemberJoinedChannelEvent",
    "member_left_channel": "MemberLeftChannelEvent",
    "channel_archive": "ChannelArchiveEvent",
    "channel_created": "ChannelCreatedEvent",
    "file_shared": "FileSharedEvent",
    "link_shared": "LinkSharedEvent",
    "assistant_thread_started": "AssistantThreadStartedEvent",
    "function_executed": "FunctionExecutedEvent",
    "subteam_created": "SubteamCreatedEvent",
    "subteam_updated": "SubteamUpdatedEvent",
    "subteam_members_changed": "SubteamMembersChangedEvent",
}


@pytest.mark.parametrize("kind", PAYLOADS)
def test_interactions_have_slacks_shape(full_box, kind):
    payloads = [one["payload"] for one in full_box.deliveries() if one["payload"].get("type") == kind]
    assert payloads
    for one in payloads:
        fits("slack_bolt_js_5.1.0_interactions", PAYLOADS[kind], one)


def test_commands_have_slacks_shape(full_box):
    [row] = full_box.deliveries("/hypercare")
    fits("slack_bolt_js_5.1.0_interactions", "SlashCommandPayload", row["payload"])


@pytest.mark.parametrize("kind", EVENTS)
def test_events_have_slacks_shape(full_box, kind):
    payloads = [one["payload"] for one in full_box.deliveries(kind) if one["kind"] == "event"]
    assert payloads
    for one in payloads:
        fits("slack_bolt_js_5.1.0_interactions", "EventEnvelope", one)
        # The published types ask for a channel and event_ts inside these; Slack's own examples have none.
        event = one["event"] | dict.fromkeys({"root", "message", "previous_message"} & set(one["event"]))
        fits("slack_types_3.2.0_events", EVENTS[kind], event)


def test_answers_have_slacks_shape(full_box):
    known = definitions("slack_web_api_8.2.0_responses")
    checked = set()
    for row in full_box.get("calls")["calls"]:
        name = "".join(part[0].upper() + part[1:] for part in row["method"].split(".")) + "Response"
        if name in known and row["response"]["ok"]:
            fits("slack_web_api_8.2.0_responses", name, row["response"])
            checked.add(row["method"])
    assert len(checked) > 30


def test_our_scopes_and_tiers_are_slacks():
    from sandbox.webapi.dispatch import METHODS

    contract = json.loads((GENERATED / "slack_methods_contract.json").read_text())
    assert not set(METHODS) - set(contract)
    for name, method in METHODS.items():
        documented = contract[name]["rate_limit_docs"] or ""
        if documented.startswith("Tier") and method.token == "bot":
            assert method.tier == int(documented[5]), name
        scopes = contract[name]["scopes"].get("bot")
        if scopes:
            assert set(scopes) <= set(method.scopes), name
