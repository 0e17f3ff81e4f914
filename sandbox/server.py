"""The sandbox server: one workspace behind one port, with its Web API, sockets, control API and page."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from aiohttp import web

from sandbox import persistence, static
from sandbox.cast import Cast
from sandbox.clock import Clock
from sandbox.control import routes as control_routes
from sandbox.delivery.http import HttpTransport
from sandbox.faults import FOREVER, Fault
from sandbox.guard import same_machine
from sandbox.manifest import APP_TOKEN, BOT_TOKEN, SIGNING_SECRET, App, InvalidManifestError, read_app, with_own_tokens
from sandbox.scheduled import keep_posting, moved
from sandbox.seeding import add_bots, seed
from sandbox.webapi import dispatch, files, hooks
from sandbox.workspace import Workspace
from sandbox.world import World, build, install

MAX_BODY = 64 * 1024 * 1024
SHUTDOWN_SECONDS = 1.0
READY_LOOK = 0.2

Handle = Callable[[World, web.Request], Awaitable[web.StreamResponse]]


class Sandbox:
    """Starts, shows where it is and stops; everything else goes over HTTP."""

    def __init__(
        self,
        *,
        manifest: Path,
        port: int = 0,
        mode: Literal["socket", "http"] = "socket",
        request_url: str | None = None,
        data: Path | None = None,
        start: datetime | None = None,
        speed: float = 1.0,
        rate_limits: bool = True,
        host: str = "127.0.0.1",
        grid: bool = False,
        connect: bool = False,
        plan: Literal["paid", "free"] = "paid",
        people: Cast | None = None,
        refuse: Sequence[str] = (),
        beside: Sequence[Path] = (),
        parts: Sequence[Path] = (),
    ) -> None:
        """`beside` has the manifests of more apps in the same workspace, `parts` what is added to the first one's."""
        self._host = host
        self._port = port
        self._runner: web.AppRunner | None = None
        self._tasks: list[asyncio.Task[None]] = []
        saved = persistence.load(data) if data else None
        first = max([one for one in (start or datetime.now(UTC), saved and saved.now) if one])
        self.clock = Clock(first if start or saved else None, speed)
        app = read_app(manifest, parts)
        url = request_url or app.request_url
        self.world = build(app, self.clock, mode=mode, request_url=url, rate_limits=rate_limits)
        self.world.data = data
        for one in beside:
            install(self.world, with_own_tokens(read_app(one)))
        if refuse:
            self.world.faults.waiting.append(Fault("*", times=FOREVER, refuse=list(refuse)))
        if saved:
            persistence.restore(self.world, saved)
        else:
            seed(self.world.workspace, people or Cast(), self.apps, grid=grid, connect=connect)
            self.world.workspace.plan = plan
        add_bots(self.world.workspace, self.apps)
        check_names(self.apps, self.world.workspace)

    @property
    def url(self) -> str:
        return self.world.url

    @property
    def api_url(self) -> str:
        return f"{self.world.url}/api/"

    @property
    def apps(self) -> list[App]:
        """The installed apps, the first one first."""
        return [one.app for one in self.world.installed]

    bot_token = BOT_TOKEN
    app_token = APP_TOKEN
    signing_secret = SIGNING_SECRET

    @property
    def team_id(self) -> str:
        return self.world.workspace.team_id

    @property
    def bot_user_id(self) -> str:
        return self.world.app.bot_user_id

    def channel_id(self, name: str) -> str:
        return self.world.workspace.channel(name).id

    def user_id(self, name: str) -> str:
        return self.world.workspace.user(name).id

    async def start(self) -> None:
        """Opens the port (OSError when it is taken) and begins to deliver."""
        self._runner = web.AppRunner(self._app(), shutdown_timeout=SHUTDOWN_SECONDS, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, self._host, self._port)
        try:
            await site.start()
        except OSError:
            await self._runner.cleanup()
            raise
        port = self._runner.addresses[0][1]
        for one in self.world.installed:
            one.url = one.hooks.base = f"http://{self._host}:{port}"
            await one.queue.start()
        persistence.readdress(self.world)
        self.clock.on_move(lambda: moved(self.world))
        self._tasks = [asyncio.create_task(one) for one in (keep_posting(self.world), self._tell_ready())]
        if self.world.data:
            self._tasks.append(asyncio.create_task(persistence.keep(self.world)))

    def set_request_url(self, url: str) -> None:
        """Change the URL of an app in HTTP mode, as its settings in Slack do."""
        transport = self.world.queue.transport
        assert isinstance(transport, HttpTransport)
        transport.move(url)

    def set_signals_url(self, url: str) -> None:
        """Tell where the app takes alerts of monitoring systems; `{kind}` stands for the kind."""
        self.world.signals_url = url

    async def ready(self) -> None:
        """Waits until the first app is connected."""
        await self.world.queue.transport.wait_connected(None)

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self.world.stream.close()
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(asyncio.gather(*(one.queue.stop() for one in self.world.installed)), 2)
        if self._runner:
            await self._runner.cleanup()
        if self.world.data:
            persistence.save(self.world)

    async def _tell_ready(self) -> None:
        """Publishes when an app comes or goes."""
        told = {one.app.id: False for one in self.world.installed}
        while True:
            found = {one.app.id: one.queue.transport.connected for one in self.world.installed}
            if found != told:
                told = found
                self.world.stream.publish("ready", {"ready": all(told.values()), "apps": told})
            await asyncio.sleep(READY_LOOK)

    def _app(self) -> web.Application:
        app = web.Application(client_max_size=MAX_BODY, middlewares=[same_machine])
        router = app.router
        router.add_route("*", "/api/{method}", self._with(dispatch.handle))
        router.add_post("/upload/v1/{file}", self._with(files.receive))
        router.add_get("/files-pri/{file}/{rest:.*}", self._with(static.private_file))
        router.add_get("/files/{user}/{file}/{name:.*}", self._with(static.permalink))
        router.add_post("/{kind:commands|actions|app}/{team}/{number}/{key}", self._with(hooks.handle))
        router.add_get("/link/", self._connect)
        router.add_get("/sandbox/stream", self._with(control_routes.stream))
        router.add_get("/sandbox/files/{file}", self._with(static.shown_file))
        router.add_route("*", "/sandbox/{path:.*}", self._with(control_routes.handle))
        static.add_routes(router)
        return app

    async def _connect(self, request: web.Request) -> web.StreamResponse:
        """A socket of the app that asked for the address, or of the first one."""
        wanted = self.world.of_app(request.query.get("app_id", "")) or self.world
        if not wanted.sockets:
            return web.Response(status=404, text="not found")
        return await wanted.sockets.handle(request)

    def _with(self, handle: Handle) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def run(request: web.Request) -> web.StreamResponse:
            return await handle(self.world, request)

        return run


def check_names(apps: Sequence[App], workspace: Workspace) -> None:
    """Raise InvalidManifestError where two apps, or an app and a person, have one name."""
    for app in apps:
        others = [one for one in apps if one is not app and app.bot_user_id == one.bot_user_id]
        if others or app.id in [one.id for one in apps if one is not app]:
            raise InvalidManifestError(f"Two apps are called {app.name}. Give each a name and a bot name of its own.")
        if not workspace.users[app.bot_user_id].is_bot:
            raise InvalidManifestError(
                f"{app.bot_name} is both the bot of {app.name} and a person. Rename one of them."
            )
