"""A workspace with the bot in it, on a loop of its own, so that tests are plain functions."""

import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bot.app.application import Application
from bot.commands.sandbox import MANIFEST, NO_URL, STEPS, phase_of
from bot.settings.settings import Settings
from bot.transport.http import PATH
from domain.delivery.message import MessageState
from domain.people.profile import profile_from
from sandbox.server import Sandbox
from tests.support import start
from tests.support.changes import CHANGES
from tests.support.control import Control
from tests.support.loop import Loop
from tests.support.people import Workspace


class BotWorkspace(Workspace):
    """The workspace, and the bot's own parts for tests that look behind the scenes or break something."""

    def __init__(self, loop: Loop, box: Sandbox, settings: Settings) -> None:
        self.loop, self.box, self.settings = loop, box, settings
        self.application: Application
        self.start_bot()
        super().__init__(Control(box.url))

    def start_bot(self) -> None:
        self.application = self.loop.run(self._build())

    def stop_bot(self) -> None:
        self._forget_bot()
        self.loop.run(self.application.stop())

    def meets_everyone(self) -> None:
        """Let the bot know the people already, as after its first days, so that no request has to ask Slack."""
        workspace, now = self.box.world.workspace, self.application.context.now()
        bot, people = self.box.bot_user_id, workspace.users.values()
        accounts = [user.to_slack() | {"is_stranger": workspace.is_stranger(user.id, bot)} for user in people]
        with self.application.store.begin() as tx:
            tx.profiles.save(*(profile for account in accounts if (profile := profile_from(account, now))))

    def quiet(self) -> None:
        """Wait until everything that was decided has been said."""
        self.settles(self.application)

    def coming(self) -> list[str]:
        with self.application.store.read() as tx:
            entries = tx.message_archive.list_newest([MessageState.WAITING, MessageState.SENDING, MessageState.DEAD])
            reminders = tx.reminders.list_due(self.application.context.now(), 50)
        return [
            f"the outbox at {self.application.context.now():%a %Y-%m-%d %H:%M:%S}:",
            *map(str, (*entries, *reminders)),
        ]

    async def _build(self) -> Application:
        settings = self.settings.model_copy(update={"port": 0})
        application = Application(settings, now=self.box.clock.now, speed=lambda: self.box.clock.speed)
        await application.start()
        if application.port:
            self.settings = self.settings.model_copy(update={"port": application.port})
            self.box.set_request_url(f"http://127.0.0.1:{application.port}{PATH}")
        if application.monitor.port:
            self.box.set_signals_url(f"http://127.0.0.1:{application.monitor.port}/signals/PAY/{{kind}}")
        await self.box.ready()
        self._forget_bot = self.box.clock.on_move(application.wake)
        return application


@contextmanager
def running(
    database_url: str,
    mode: str = "socket",
    data: Path | None = None,
    cast: Mapping[str, Any] | None = None,
    **more: Any,
) -> Iterator[BotWorkspace]:
    """The workspace begins when tests/support/start.py says, or goes on from what is kept in `data`.

    `cast` are more options of the sandbox, such as `grid=True`; with any, the bot has met no one yet.
    """
    loop = Loop()
    box = loop.run(_sandbox(mode, data, cast or {}))
    settings = Settings(
        bot_token=box.bot_token, app_token=box.app_token, signing_secret=box.signing_secret, mode=mode,
        slack_url=box.api_url, phase=phase_of(box), database=database_url,
        **{"secret": "a secret of the tests", **more},
    )  # fmt: skip
    app = None
    try:
        app = BotWorkspace(loop, box, settings)
        if cast is None:
            app.meets_everyone()
        yield app
    finally:
        if app:
            app.stop_bot()
        loop.run(box.stop())
        loop.close()


async def _sandbox(mode: str, data: Path | None, cast: Mapping[str, Any]) -> Sandbox:
    box = Sandbox(manifest=MANIFEST, port=0, mode=mode, request_url=NO_URL, data=data,
                  start=start.moment(), parts=(STEPS,), **cast)  # fmt: skip
    box.world.stream.listen(CHANGES.note)
    await box.start()
    return box


def free_port() -> int:
    """Propose a port for a program that can't say which one it got; another program may be faster."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
