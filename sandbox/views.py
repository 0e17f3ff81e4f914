"""Open modals and published App Homes: their stacks, hashes and what people have filled in."""

import json
from dataclasses import dataclass, field
from typing import Any

from sandbox.clock import Clock
from sandbox.ids import IdMaker
from sandbox.inputs import State, elements, first_state
from sandbox.manifest import App
from sandbox.stream import Stream

MAX_STACK = 3
MAX_BYTES = 250_000
TEXTS = ("private_metadata", "callback_id", "external_id")
FLAGS = ("clear_on_close", "notify_on_close", "submit_disabled")


class ViewError(Exception):
    """Slack's name for why a view cannot be shown."""


@dataclass
class View:
    id: str
    user: str
    team: str
    app: str
    body: dict[str, Any]
    hash: str
    root: str
    previous: str | None = None
    state: State = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    suggested: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    channel: str | None = None

    @property
    def blocks(self) -> list[dict[str, Any]]:
        return list(self.body["blocks"])

    def to_slack(self, app: App) -> dict[str, Any]:
        shape = {"id": self.id, "team_id": self.team, "type": self.body["type"], "blocks": self.body["blocks"]}
        shape |= {name: self.body.get(name) or "" for name in TEXTS}
        shape |= {name: bool(self.body.get(name)) for name in FLAGS}
        shape |= {name: self.body.get(name) for name in ("title", "submit", "close")}
        return shape | {
            "state": {"values": self.state},
            "hash": self.hash,
            "root_view_id": self.root,
            "previous_view_id": self.previous,
            "app_id": app.id,
            "app_installed_team_id": self.team,
            "bot_id": app.bot_id,
        }

    def to_page(self, app: App) -> dict[str, Any]:
        return self.to_slack(app) | {"errors": self.errors, "error": self.errors.get("*")}


@dataclass
class Views:
    """Those of one app; the modals of a person are one stack, whichever app opened them."""

    app: App
    clock: Clock
    stream: Stream
    ids: IdMaker
    team: str
    stacks: dict[str, list[View]] = field(default_factory=dict)
    homes: dict[str, View] = field(default_factory=dict)

    def top(self, user: str) -> View | None:
        stack = self.stacks.get(user)
        return stack[-1] if stack else None

    def open(self, user: str, body: dict[str, Any], channel: str | None = None) -> View:
        """A modal opened from outside replaces whatever the person had open."""
        self._check(body)
        view = self._new(user, body, channel)
        self.stacks[user] = [view]
        self._tell("modal", user)
        return view

    def push(self, user: str, body: dict[str, Any]) -> View:
        self._check(body)
        stack = self.stacks.get(user) or []
        if not stack or stack[-1].app != self.app.id:
            raise ViewError("not_found")
        if len(stack) >= MAX_STACK:
            raise ViewError("push_limit_reached")
        view = self._new(user, body, stack[0].channel)
        view.root, view.previous = stack[0].id, stack[-1].id
        stack.append(view)
        self._tell("modal", user)
        return view

    def update(self, view: View, body: dict[str, Any]) -> View:
        """What was typed stays where block id, action id and kind of input are the same."""
        self._check(body, besides=view)
        typed = view.state
        view.body = named(body, self.ids)
        view.state = first_state(view.blocks)
        for block_id, actions in view.state.items():
            for action_id, value in actions.items():
                old = typed.get(block_id, {}).get(action_id)
                if old and old["type"] == value["type"]:
                    actions[action_id] = old
        view.errors = {}
        view.hash = self._hash()
        self._tell("home" if body["type"] == "home" else "modal", view.user)
        return view

    def publish(self, user: str, body: dict[str, Any], stale: str | None) -> View:
        old = self.homes.get(user)
        if old and stale and old.hash != stale:
            raise ViewError("hash_conflict")
        if old:
            return self.update(old, body)
        self._check(body)
        self.homes[user] = self._new(user, body)
        self._tell("home", user)
        return self.homes[user]

    def find(self, view_id: str | None, external_id: str | None = None) -> View | None:
        for view in self._all():
            if view.id == view_id or (external_id and view.body.get("external_id") == external_id):
                return view
        return None

    def close(self, user: str, *, everything: bool = False) -> None:
        stack = self.stacks.get(user) or []
        del stack[0 if everything else -1 :]
        self._tell("modal", user)

    def fill(self, view: View, block_id: str, action_id: str, value: dict[str, Any]) -> None:
        view.state.setdefault(block_id, {})[action_id] = value

    def refuse(self, view: View, errors: dict[str, str]) -> None:
        view.errors = errors
        self._tell("modal", view.user)

    def _all(self) -> list[View]:
        modals = [view for stack in self.stacks.values() for view in stack if view.app == self.app.id]
        return modals + list(self.homes.values())

    def _new(self, user: str, body: dict[str, Any], channel: str | None = None) -> View:
        view_id = self.ids.next("V")
        view = View(
            view_id, user, self.team, self.app.id, named(body, self.ids), self._hash(), view_id, channel=channel
        )
        for _, element in elements(view.blocks):
            if channel and element.get("default_to_current_conversation"):
                many = element["type"].startswith("multi_")
                element.update({"initial_conversations": [channel]} if many else {"initial_conversation": channel})
        view.state = first_state(view.blocks)
        return view

    def _check(self, body: dict[str, Any], besides: View | None = None) -> None:
        if len(json.dumps(body)) > MAX_BYTES:
            raise ViewError("view_too_large")
        external = body.get("external_id")
        taken = self.find(None, external) if external else None
        if taken and taken is not besides:
            raise ViewError("duplicate_external_id")

    def _hash(self) -> str:
        return f"{int(self.clock.seconds())}.{self.ids.next('H')[-8:]}"

    def _tell(self, kind: str, user: str) -> None:
        self.stream.publish(kind, {"user": user})


def named(body: dict[str, Any], ids: IdMaker) -> dict[str, Any]:
    """A copy in which every block and interactive element has an id, as Slack gives them."""
    copy: dict[str, Any] = json.loads(json.dumps(body))
    name_blocks(copy["blocks"], ids)
    return copy


def name_blocks(blocks: list[dict[str, Any]], ids: IdMaker) -> None:
    for block in blocks:
        if not block.get("block_id"):
            block["block_id"] = ids.next("b")[-5:]
    for block, element in elements(blocks):
        if not block.get("block_id"):
            block["block_id"] = ids.next("b")[-5:]
        if not element.get("action_id"):
            element["action_id"] = ids.next("a")[-5:]
