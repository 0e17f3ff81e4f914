"""Turns changes of the workspace into the events that one app has subscribed to."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from sandbox.conversation import conversation
from sandbox.delivery.event_scopes import is_heard
from sandbox.delivery.queue import DeliveryQueue
from sandbox.functions import StepRun, parameters
from sandbox.groups import Group
from sandbox.ids import named_id
from sandbox.manifest import VERIFICATION_TOKEN, App
from sandbox.model import Channel
from sandbox.text import links_of
from sandbox.workspace import Workspace

Event = dict[str, Any]
PLURALS = {"channel": "channels", "group": "groups", "im": "im", "mpim": "mpim"}
MADE_OF_PEOPLE = ("im", "mpim")  # they have no name, and no events of their own


@dataclass
class Events:
    workspace: Workspace
    queue: DeliveryQueue
    app: App
    are_limited: bool = False  # too many of them: Slack keeps them back, and tells the app once a minute
    told_of: int = 0  # the minute that it was told of last

    def on_change(self, kind: str, data: dict[str, Any]) -> None:
        match kind:
            case "message":
                self._message(self._channel(data), data["message"])
            case "message_changed":
                self._message_changed(self._channel(data), data)
            case "message_deleted":
                self._message_deleted(self._channel(data), data)
            case "reaction":
                self._reaction(self._channel(data), data)
            case "channel":
                self._channel_changed(self.workspace.channels[data["channel"]["id"]], data)
            case "user":
                self._user_changed(data)
            case "group":
                self._group_changed(self.workspace.groups.by_id[data["group"]["id"]], data)

    def _channel(self, data: dict[str, Any]) -> Channel:
        return self.workspace.channels[data["channel"]]

    def home_opened(self, user: str, tab: str, view: dict[str, Any] | None) -> None:
        channel = self.workspace.im(user, self.app.bot_user_id)
        event: Event = {"type": "app_home_opened", "user": user, "channel": channel.id, "tab": tab}
        self.send(event | ({"view": view} if view else {}), channel)

    def function_executed(self, run: StepRun, known: dict[str, Any]) -> None:
        """A workflow has reached a step of the app. No subscription is needed, since the manifest declares the step."""
        app, callback_id = self.app, run.function
        about: Event = {"id": named_id("Fn", callback_id), "callback_id": callback_id, "type": "app", "date_deleted": 0}
        about |= {"title": known.get("title", callback_id), "description": known.get("description", "")}
        about |= {"input_parameters": parameters(known, "input_parameters"), "app_id": app.id, "is_deleted": False}
        about |= {"output_parameters": parameters(known, "output_parameters"), "date_created": 0, "date_updated": 0}
        event: Event = {"type": "function_executed", "function": about, "inputs": run.inputs}
        event |= {"function_execution_id": run.id, "workflow_execution_id": self.workspace.ids.next("Wx")}
        event |= {"bot_access_token": run.token, "event_ts": self.workspace.new_ts()}
        self.queue.event("function_executed", self._envelope(event, None), run.lose)

    def assistant_started(self, user: str, channel: Channel, ts: str) -> None:
        context = {"channel_id": channel.id, "team_id": self.workspace.team_id, "enterprise_id": None}
        thread = {"user_id": user, "context": context, "channel_id": channel.id, "thread_ts": ts}
        self.send({"type": "assistant_thread_started", "assistant_thread": thread}, channel)

    def _message(self, channel: Channel, message: dict[str, Any]) -> None:
        event: Event = message | {"channel": channel.id, "channel_type": channel.type, "event_ts": message["ts"]}
        if message.get("files") and not message.get("bot_id") and not message.get("subtype"):
            event |= {"subtype": "file_share", "upload": False}
        self.send(event, channel)
        self._mention(event, channel)
        self._files(event, channel)
        self._links(event, channel)

    def _links(self, event: Event, channel: Channel) -> None:
        """Links of the app's own domains, but not those that the app posts itself."""
        app = self.app
        urls = [url for url in links_of(event.get("text") or "") if app.unfolds(url)]
        if urls and event.get("user") != app.bot_user_id:
            links = [{"url": url, "domain": urlsplit(url).hostname} for url in urls]
            about = {"type": "link_shared", "channel": channel.id, "message_ts": event["ts"], "user": event.get("user")}
            about |= {"is_bot_user_member": app.bot_user_id in channel.members, "source": "conversations_history"}
            self.send(about | {"unfurl_id": f"{channel.id}:{event['ts']}", "links": links}, channel)

    def _mention(self, event: Event, channel: Channel) -> None:
        bot = self.app.bot_user_id
        mentioned = f"<@{bot}>" in event["text"] or f"<@{bot}|" in event["text"]
        joined = event.get("subtype") in ("channel_join", "channel_leave")
        if mentioned and not channel.is_im and not joined and event.get("user") != bot:
            left_out = ("channel_type", "subtype", "root")
            self.send({k: v for k, v in event.items() if k not in left_out} | {"type": "app_mention"}, channel)

    def _files(self, event: Event, channel: Channel) -> None:
        for file in event.get("files", ()):
            about = {"file_id": file["id"], "user_id": file["user"], "file": {"id": file["id"]}}
            self.send({"type": "file_shared", "channel_id": channel.id, **about}, channel)

    def _message_changed(self, channel: Channel, data: dict[str, Any]) -> None:
        both = {"message": data["message"], "previous_message": data["previous"]}
        self._hidden("message_changed", both, channel)

    def _message_deleted(self, channel: Channel, data: dict[str, Any]) -> None:
        if not data["user"]:
            both = {"previous_message": data["previous"], "deleted_ts": data["ts"]}
            self._hidden("message_deleted", both, channel)

    def _hidden(self, subtype: str, details: dict[str, Any], channel: Channel) -> None:
        ts = self.workspace.new_ts()
        event: Event = {"type": "message", "subtype": subtype, "hidden": True, "ts": ts, "event_ts": ts}
        self.send(event | details | {"channel": channel.id, "channel_type": channel.type}, channel)

    def _reaction(self, channel: Channel, data: dict[str, Any]) -> None:
        name = "reaction_removed" if data["removed"] else "reaction_added"
        item = {"type": "message", "channel": channel.id, "ts": data["ts"]}
        event = {"type": name, "user": data["user"], "reaction": data["name"], "item": item}
        author = data["message"].get("user")
        self.send(event | ({"item_user": author} if author else {}), channel)

    def _channel_changed(self, channel: Channel, data: dict[str, Any]) -> None:
        change = data["change"]
        user = data.get("user", channel.creator)
        if change in ("joined", "left"):
            event = {"type": f"member_{change}_channel", "user": user, "channel": channel.id, "channel_type": "C"}
            event |= {"team": self.workspace.team_of(user)}
            self.send(event | ({"inviter": data["inviter"]} if data.get("inviter") else {}), channel)
        elif change == "created" and channel.type not in MADE_OF_PEOPLE:
            self.send(
                {"type": "channel_created", "channel": conversation(self.workspace, channel, self.app.bot_user_id)},
                None,
            )
        elif channel.type not in MADE_OF_PEOPLE:
            self._place_changed(channel, data, user)
        if change == "left" and user == self.app.bot_user_id:
            self.send({"type": f"{channel.type}_left", "channel": channel.id, "actor_id": user}, None)

    def _place_changed(self, channel: Channel, data: dict[str, Any], user: str) -> None:
        """Private channels have events of their own, named after groups."""
        kind = channel.type
        match data["change"]:
            case "archived":
                moved = {"is_moved": 0} if channel.is_private else {}
                self.send({"type": f"{kind}_archive", "channel": channel.id, "user": user} | moved, channel)
            case "unarchived":
                actor = {"actor_id": user} if channel.is_private else {"user": user}
                self.send({"type": f"{kind}_unarchive", "channel": channel.id} | actor, channel)
            case "renamed":
                shape: Event = {"id": channel.id, "name": channel.name, "name_normalized": channel.name}
                shape |= {"created": channel.created, "is_channel": not channel.is_private, "is_mpim": False}
                self.send({"type": f"{kind}_rename", "channel": shape}, channel)
            case "shared":
                self.send({"type": "channel_shared", "channel": channel.id, "connected_team_id": data["team"]}, channel)
            case "id":
                ids = {"old_channel_id": data["old"], "new_channel_id": channel.id}
                self.send({"type": "channel_id_changed"} | ids, channel)

    def _user_changed(self, data: dict[str, Any]) -> None:
        """Slack sends the whole account, once for the person and once for their profile."""
        user = self.workspace.users[data["user"]["id"]]
        shape = user.to_slack() | {"is_stranger": self.workspace.is_stranger(user.id, self.app.bot_user_id)}
        if data.get("change") == "joined":
            self.send({"type": "team_join", "user": shape}, None)
        elif data.get("change") == "changed":
            for name in ("user_change", "user_profile_changed"):
                self.send({"type": name, "user": shape, "cache_ts": user.updated}, None)

    def _group_changed(self, group: Group, data: dict[str, Any]) -> None:
        """Slack tells of the whole group, and apart from that of who came and who went."""
        self.send({"type": f"subteam_{data['change']}", "subteam": group.to_slack()}, None)
        added = [one for one in group.users if one not in data["before"]]
        removed = [one for one in data["before"] if one not in group.users]
        if data["change"] == "updated" and (added or removed):
            event: Event = {"type": "subteam_members_changed", "subteam_id": group.id, "team_id": group.team_id}
            event |= {"date_previous_update": data["previously"], "date_update": group.changed}
            event |= {"added_users": added, "added_users_count": len(added)}
            self.send(event | {"removed_users": removed, "removed_users_count": len(removed)}, None)

    def send(self, event: Event, channel: Channel | None) -> None:
        """Only what the manifest subscribes to, and only from conversations the bot is in."""
        bot = self.app.bot_user_id
        about_bot = event.get("user") == bot and event["type"].startswith("member_")
        name, app = _name(event, channel), self.app
        if name not in app.events or not is_heard(name, app.scopes):
            return
        if channel is None or bot in channel.members or about_bot:
            event.setdefault("event_ts", self.workspace.new_ts())
            if self.are_limited:
                self._keep_back(int(float(event["event_ts"])) // 60 * 60)
                return
            self.queue.event(event.get("subtype") or event["type"], self._envelope(event, channel))

    def _keep_back(self, minute: int) -> None:
        if minute == self.told_of:
            return
        self.told_of = minute
        told = {"token": VERIFICATION_TOKEN, "type": "app_rate_limited", "team_id": self.workspace.team_id,
                "minute_rate_limited": minute, "api_app_id": self.app.id}  # fmt: skip
        self.queue.event("app_rate_limited", told)

    def _envelope(self, event: Event, channel: Channel | None) -> dict[str, Any]:
        workspace = self.workspace
        org = workspace.organization
        authorization: Event = {
            "enterprise_id": org.id if org else None,
            "team_id": None if org else workspace.team_id,
            "user_id": self.app.bot_user_id,
            "is_bot": True,
            "is_enterprise_install": org is not None,
        }
        named = {"enterprise_id": org.id, "context_enterprise_id": org.id} if org else {}
        return named | {
            "token": VERIFICATION_TOKEN,
            "team_id": workspace.team_id,
            "context_team_id": workspace.team_id,
            "api_app_id": self.app.id,
            "event": event,
            "type": "event_callback",
            "event_id": workspace.ids.next("Ev"),
            "event_time": int(float(event["event_ts"])),
            "authorizations": [authorization],
            "is_ext_shared_channel": bool(channel and workspace.is_shared(channel)),
            "event_context": f"4-{workspace.ids.next('')}",
        }


def _name(event: Event, channel: Channel | None) -> str:
    """The subscription an event belongs to: messages are subscribed per kind of conversation."""
    if event["type"] == "message" and channel:
        return f"message.{PLURALS[channel.type]}"
    return str(event["type"])
