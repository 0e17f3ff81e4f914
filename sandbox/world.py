"""Everything one running sandbox consists of, in one place, as each installed app has it."""

import asyncio
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from sandbox.clock import Clock
from sandbox.delivery.events import Events
from sandbox.delivery.http import HttpTransport
from sandbox.delivery.queue import DeliveryQueue
from sandbox.delivery.socket import SocketTransport
from sandbox.faults import Faults
from sandbox.functions import StepRun
from sandbox.limits import Limits
from sandbox.manifest import App
from sandbox.model import Canvas, Message
from sandbox.reading import Reading
from sandbox.stream import Log, Stream
from sandbox.totals import Totals
from sandbox.triggers import Hooks, Triggers
from sandbox.views import Views
from sandbox.workspace import Workspace


@dataclass
class World:
    """One app's share of the sandbox. Workspace, clock, logs and faults are the same ones for every app."""

    app: App
    clock: Clock
    stream: Stream
    workspace: Workspace
    views: Views
    limits: Limits
    calls: Log
    deliveries: Log
    queue: DeliveryQueue
    events: Events
    reading: Reading
    sockets: SocketTransport | None
    mode: str
    faults: Faults = field(default_factory=Faults)
    totals: Totals = field(default_factory=Totals)
    triggers: Triggers = field(default_factory=Triggers)
    hooks: Hooks = field(default_factory=Hooks)
    scheduled: dict[str, dict[str, Any]] = field(default_factory=dict)
    replanned: asyncio.Event = field(default_factory=asyncio.Event)
    functions: dict[str, StepRun] = field(default_factory=dict)  # each run of a step, by execution id
    canvases: dict[str, Canvas] = field(default_factory=dict)
    work_objects: bool = False  # whether the workspace shows entities in messages
    contents: dict[str, bytes] = field(default_factory=dict)
    uploads: dict[str, dict[str, Any]] = field(default_factory=dict)  # begun and not yet completed
    data: Path | None = None
    url: str = ""
    firing: dict[str, datetime] = field(default_factory=dict)  # since when alerts of machines fire, by name
    signals_url: str = ""  # of the app's integrations for monitoring systems, with `{kind}` in it
    revoked: bool = False
    suggested: dict[str, dict[str, list[dict[str, Any]]]] = field(default_factory=dict)  # by message, then action
    given: list[str] = field(default_factory=list)  # the files that the app got in a form
    installed: list["World"] = field(default_factory=list)  # one for each app, in the order they were installed

    def grant(self, scopes: tuple[str, ...]) -> None:
        """The app has been installed again, with these scopes."""
        self.app = self.events.app = replace(self.app, scopes=scopes)

    def of_app(self, app_id: str) -> "World | None":
        """Return the share of another app, by its id or the name of its bot."""
        return next((one for one in self.installed if app_id in (one.app.id, one.app.bot_name)), None)

    async def flush(self) -> None:
        """Return once every event queued so far was sent to its app."""
        await asyncio.gather(*(one.queue.flush() for one in self.installed))

    def bot_message(self, channel: str, text: str, **details: Any) -> Message:
        """A message by the bot, not yet posted, with the marks Slack puts on it."""
        app = self.app
        profile: dict[str, Any] = {
            "id": app.bot_id,
            "name": app.name,
            "app_id": app.id,
            "team_id": self.workspace.team_id,
        }
        profile |= {"deleted": False, "updated": 0, "icons": {}}
        bot = {"bot_id": app.bot_id, "app_id": app.id, "bot_profile": profile}
        return Message("", channel, app.bot_user_id, text, bot=bot, **details)


def build(
    app: App, clock: Clock, *, mode: str = "socket", request_url: str | None = None, rate_limits: bool = True
) -> World:
    stream = Stream()
    workspace = Workspace(clock, stream)
    sockets, deliveries = _sockets(app, mode), Log("delivery", stream)
    queue = _queue(app, sockets, request_url, deliveries, clock)
    world = World(
        app=app,
        clock=clock,
        stream=stream,
        workspace=workspace,
        views=Views(app, clock, stream, workspace.ids, workspace.team_id),
        limits=Limits(clock.seconds, rate_limits),
        calls=Log("call", stream),
        deliveries=deliveries,
        queue=queue,
        events=Events(workspace, queue, app),
        reading=Reading(workspace),
        sockets=sockets,
        mode=mode,
    )
    world.installed.append(world)
    stream.listen(world.events.on_change)
    stream.listen(world.reading.on_change)
    return world


def install(first: World, app: App) -> World:
    """Add another app, with connections, tokens, triggers, forms and limits that are its alone."""
    mode = "http" if app.request_url and not app.socket_mode else "socket"
    workspace, sockets = first.workspace, _sockets(app, mode)
    queue = _queue(app, sockets, app.request_url, first.deliveries, first.clock)
    views = replace(first.views, app=app, homes={})
    limits = Limits(first.clock.seconds, first.limits.enabled)
    own: dict[str, Any] = {"triggers": Triggers(), "hooks": Hooks(), "functions": {}, "uploads": {}, "suggested": {}}
    own |= {"canvases": {}, "given": [], "revoked": False, "limits": limits, "views": views, "mode": mode}
    events = Events(workspace, queue, app)
    made = replace(first, app=app, queue=queue, events=events, sockets=sockets, **own)
    first.installed.append(made)
    first.stream.listen(events.on_change)
    return made


def _sockets(app: App, mode: str) -> SocketTransport | None:
    return SocketTransport(app.id) if mode == "socket" else None


def _queue(app: App, sockets: SocketTransport | None, request_url: str | None, log: Log, clock: Clock) -> DeliveryQueue:
    return DeliveryQueue(sockets or HttpTransport(request_url or "", app.signing_secret), log, clock, app.name)
