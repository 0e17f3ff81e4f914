"""A network that swallows packets: every call to another system ends by itself, and works again when packets pass."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import psycopg
import pytest
from aiohttp import web
from aiosmtpd.smtp import SMTP
from sqlalchemy import text
from structlog.testing import capture_logs

from bot.database import open_store
from bot.metrics import ProcessState
from bot.readiness import readiness_problems
from bot.transport import calendar_download, mcp_server, model, slack, sql, webhooks
from bot.transport import socket as socket_mode
from bot.transport.pauses import CallPauses
from bot.transport.web_client import PausedWebClient
from bot.workers.message_sender import Unanswered
from connectors import calls
from connectors.jira.client import JiraClient
from connectors.mail import client as mail
from connectors.mail.fake import MailSink
from connectors.servicenow.client import ServiceNowClient
from connectors.tracker import Tracker, TrackerError
from domain.mail.outgoing import OutgoingMail
from storage.database import engine
from storage.database.listen import listen
from storage.store import Store, StoreFailure
from tests.support import postgres, ready
from tests.support.control import eventually
from tests.support.loop import Loop
from tests.support.network import Network, needs_filters, network_to

pytestmark = needs_filters
SECONDS = 0.5  # the limit of each client here; their own would make the tests long
ENDS = 60.0  # seconds after which a call counts as one that never ends
FOREVER = 10**6
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
Use = Callable[[], object]  # makes a call; raises what the client raises when it gives up
Make = Callable[[str, Loop, ExitStack], Use]
GIVEN_UP = (Unanswered, TrackerError, model.NoAnswer, mcp_server.ToolError, calendar_download.NoCalendar, sql.NoRows,
            StoreFailure[0], OSError)  # fmt: skip


class NotSentError(OSError):
    """A client that returns why it failed has failed."""


def now() -> datetime:
    return NOW


def _slack(at: str, loop: Loop, opened: ExitStack) -> Use:
    client = loop.run(_made(lambda: slack.AioSlackClient("xoxb-1", f"{at}/api/", CallPauses(now))))
    opened.callback(lambda: loop.run(client.close()))
    return lambda: loop.run(client.call("api.test", {}), FOREVER)


def _answer_of_a_handler(at: str, _loop: Loop, _opened: ExitStack) -> Use:
    client = PausedWebClient("xoxb-1", f"{at}/api/", 1, CallPauses(now))
    return lambda: client.api_call("users.info")


def _webhook(at: str, loop: Loop, opened: ExitStack) -> Use:
    hooks = loop.run(_made(lambda: webhooks.AioWebhooks({"webhook:ops": at}, None, {})))
    opened.callback(lambda: loop.run(hooks.close()))
    return lambda: _require_sent(loop.run(hooks.tell("webhook:ops", 1, {}), FOREVER))


def _tracker(make: Callable[[str, str, str, None], Tracker]) -> Make:
    def made(at: str, loop: Loop, opened: ExitStack) -> Use:
        client = loop.run(_made(lambda: make(at, "bot", "token", None)))
        opened.callback(lambda: loop.run(client.close()))
        return lambda: loop.run(client.changed("OPS", timedelta(hours=1)), FOREVER)

    return made


def _model(at: str, _loop: Loop, _opened: ExitStack) -> Use:
    return lambda: model.ask(model.ModelAccess(at, "small"), [])


def _mcp(at: str, loop: Loop, _opened: ExitStack) -> Use:
    api = mcp_server._Api(at, "token")
    return lambda: loop.run(api.get_figures(), FOREVER)


def _calendar(at: str) -> Use:
    return lambda: calendar_download.download(at.replace("http:", "https:"), 1000)


def _mail(at: str) -> Use:
    client = mail.SmtpClient(at.replace("http:", "smtp:"))
    sent = OutgoingMail(message_id="<1@x.example>", sender=("Payday", "pay@x.example"), recipient=("", "eva@x.example"),
                        subject="Hello", text="Hello", at=NOW, headers={})  # fmt: skip
    return lambda: _require_sent(client.send(sent))


def _require_sent(failure: object) -> None:
    if failure is not None:
        raise NotSentError(str(failure))


async def _made(make: Callable[[], Any]) -> Any:
    return make()


# By the file that opens the connection. Each is used over the network to a server that answers whatever is asked.
OVER_HTTP: Mapping[str, Mapping[str, Make]] = {
    "bot/transport/slack.py": {"Slack": _slack}, "bot/transport/web_client.py": {"an answer": _answer_of_a_handler},
    "bot/transport/webhooks.py": {"a webhook": _webhook}, "bot/transport/model.py": {"a model": _model},
    "bot/transport/mcp_server.py": {"the read API": _mcp},
    "connectors/calls.py": {"Jira": _tracker(JiraClient), "ServiceNow": _tracker(ServiceNowClient)},
}  # fmt: skip


@pytest.fixture(scope="module")
def loop() -> Iterator[Loop]:
    with closing(Loop()) as made:
        yield made


class Server:
    """Answers whatever is asked, and greets who opens a line; `opened` counts who asked for one."""

    def __init__(self) -> None:
        self.port, self.line, self.opened = 0, "", 0

    async def start(self) -> web.AppRunner:
        app = web.Application()
        app.router.add_get("/line", self._greet)
        app.router.add_route("*", "/{path:.*}", self._answer)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.port = runner.addresses[0][1]
        return runner

    async def _answer(self, request: web.Request) -> web.Response:
        self.opened += request.path.endswith("apps.connections.open")
        said = {"ok": True, "url": self.line, "issues": [], "result": [], "choices": [{"message": {"content": "Yes"}}]}
        return web.json_response(said)

    async def _greet(self, request: web.Request) -> web.WebSocketResponse:
        line = web.WebSocketResponse(autoping=True)
        await line.prepare(request)
        await line.send_json({"type": "hello"})
        async for _ in line:
            pass
        return line


@pytest.fixture
def server(loop: Loop) -> Iterator[Server]:
    made = Server()
    runner = loop.run(made.start())
    yield made
    loop.run(runner.cleanup())


def outcome(use: Use) -> str:
    """Return whether a call was answered or given up; one that never ends fails the test."""

    def tried() -> str:
        try:
            use()
        except GIVEN_UP:
            return "given up"
        return "answered"

    pool = ThreadPoolExecutor(1)
    try:
        return pool.submit(tried).result(ENDS)
    finally:
        pool.shutdown(wait=False)


def gives_up_and_comes_back(network: Network, use: Use) -> None:
    assert outcome(use) == "answered"
    for listens in (False, True):  # packets are dropped from the first on, and once a connection stands
        network.drops(listens=listens)
        assert outcome(use) == "given up"
        network.passes()
        eventually(lambda: outcome(use) == "answered", "an answer")


@pytest.mark.parametrize("name", [name for clients in OVER_HTTP.values() for name in clients])
def test_a_call_over_http_ends_and_works_again(
    name: str, server: Server, loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (slack, webhooks, model, mcp_server, calls):
        monkeypatch.setattr(module, "CALL_TIMEOUT", SECONDS)
    make = next(clients[name] for clients in OVER_HTTP.values() if name in clients)
    way = network_to(lambda: socket.create_connection(("127.0.0.1", server.port)))
    with way as network, ExitStack() as opened:
        gives_up_and_comes_back(network, make(f"http://127.0.0.1:{network.port}", loop, opened))


def test_a_download_ends(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calendar_download, "TIMEOUT", SECONDS)
    with network_to(lambda: socket.create_connection(("127.0.0.1", server.port))) as network:
        for listens in (False, True):
            network.drops(listens=listens)
            assert outcome(_calendar(f"http://127.0.0.1:{network.port}")) == "given up"


async def _serving(sink: MailSink) -> asyncio.Server:
    return await asyncio.get_running_loop().create_server(lambda: SMTP(sink), "127.0.0.1", 0)


async def _stopped(server: asyncio.Server) -> None:
    server.close()


def test_a_mail_is_given_up_and_sent_later(loop: Loop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail, "TIMEOUT", SECONDS * 4)
    sink = MailSink()
    server = loop.run(_serving(sink))
    port = server.sockets[0].getsockname()[1]
    with network_to(lambda: socket.create_connection(("127.0.0.1", port))) as network:
        gives_up_and_comes_back(network, _mail(f"http://127.0.0.1:{network.port}"))
    loop.run(_stopped(server))
    assert sink.received


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have PostgreSQL's connections given up sooner; to connect, libpq waits for two seconds at least."""
    for module in (engine, sql):
        monkeypatch.setitem(module.SILENCE, "tcp_user_timeout", 500)
        monkeypatch.setitem(module.SILENCE, "keepalives_idle", 1)
    monkeypatch.setattr(sql, "CONNECT_SECONDS", 2)


@contextmanager
def to_postgresql(server: str) -> Iterator[tuple[Network, str]]:
    """A network to a database with all tables, and the database's address behind it.

    It is no database whose connections are kept from test to test, as those don't lead through the network.
    """
    url = postgres.new_database(server, f"dropped{next(ready.COUNTER)}")
    open_store(url).close()
    parts = psycopg.conninfo.conninfo_to_dict(url)

    def connect() -> socket.socket:
        host, port = str(parts.get("host", "127.0.0.1")), int(parts.get("port") or 5432)
        if not host.startswith("/"):
            return socket.create_connection((host, port))
        local = socket.socket(socket.AF_UNIX)
        local.connect(f"{host}/.s.PGSQL.{port}")
        return local

    user, password, name = (str(parts.get(one) or "") for one in ("user", "password", "dbname"))
    with network_to(connect) as network:
        who = f"{user}:{password}" if password else user
        yield network, f"postgresql://{who}@127.0.0.1:{network.port}/{name}"


@pytest.mark.usefixtures("impatient")
def test_the_database_is_given_up_told_and_used_again(postgres_server: str) -> None:
    """Also by connections that stood before; readiness says so meanwhile, and one line each in the log."""
    with to_postgresql(postgres_server) as (network, url), closing(Store(url)) as store, capture_logs() as lines:

        def used() -> object:
            with store.begin() as tx:
                return tx.connection.scalar(text("SELECT 1"))

        gives_up_and_comes_back(network, used)
        network.drops()
        found = readiness_problems(store, ProcessState(connected=True), NOW, timedelta(0))
        assert found == {"database": "cannot be reached"}
        network.passes()
        eventually(lambda: outcome(used) == "answered", "an answer")
        assert readiness_problems(store, ProcessState(connected=True), NOW, timedelta(0)) == {}
    told = [one["event"] for one in lines if one["event"].startswith("database_")]
    assert told == ["database_lost", "database_back"] * 3


@pytest.mark.usefixtures("impatient")
def test_the_query_of_an_objective_is_given_up(postgres_server: str) -> None:
    """Also when packets are dropped while it runs, which PostgreSQL's own limit can't tell us."""
    with to_postgresql(postgres_server) as (network, url):
        gives_up_and_comes_back(network, lambda: sql.read_rows(url, "SELECT 1"))
        with ThreadPoolExecutor(1) as pool:
            running = pool.submit(outcome, lambda: sql.read_rows(url, "SELECT pg_sleep(5)"))
            eventually(lambda: _runs_query(postgres_server), "the query")
            network.drops()
            assert running.result(ENDS) == "given up"


def _runs_query(server: str) -> bool:
    with psycopg.connect(server) as connection:
        asked = "SELECT 1 FROM pg_stat_activity WHERE application_name = 'hypercare' AND state = 'active'"
        return connection.execute(asked).fetchone() is not None


@pytest.mark.usefixtures("impatient")
def test_commits_of_other_processes_are_heard_again(postgres_server: str, loop: Loop) -> None:
    heard = list[bool]()
    with to_postgresql(postgres_server) as (network, url), capture_logs() as lines:
        task = loop.run(_begun(lambda: listen(url, "me", heard.append)))
        eventually(lambda: heard, "the first connection")
        network.drops()
        eventually(lambda: "listen_reconnected" in [one["event"] for one in lines], "a lost connection")
        before = len(heard)
        network.passes()
        eventually(lambda: len(heard) > before, "another connection")
        loop.run(_cancelled(task))


def test_a_line_to_slack_is_given_up_and_opened_again(
    server: Server, loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where packets are dropped while it is opened."""
    monkeypatch.setattr(socket_mode, "PING_SECONDS", SECONDS)
    monkeypatch.setattr(socket_mode, "OPEN_SECONDS", SECONDS)
    monkeypatch.setattr(socket_mode, "HELLO_SECONDS", SECONDS)
    monkeypatch.setattr(socket_mode, "RETRY_SECONDS", (0.0, 0.1))
    lost = list[int]()
    with network_to(lambda: socket.create_connection(("127.0.0.1", server.port))) as network:
        server.line = f"ws://127.0.0.1:{network.port}/line"
        at, pauses = f"http://127.0.0.1:{server.port}/api/", CallPauses(now)
        make = partial(socket_mode.SocketModeConnection, "xapp-1", at, Unused(), pauses, lambda: lost.append(1))
        line = loop.run(_made(make))
        loop.run(line.start())
        for listens in (False, True):
            network.drops(listens=listens)
            eventually(lambda: not line.connected, "that the line is lost")
            before = server.opened
            eventually(lambda: server.opened > before + 2, "further attempts")  # noqa: B023 - used within the round
            network.passes()
            eventually(lambda: line.connected, "another line")
        assert len(lost) == 2
        loop.run(line.stop())


class Unused:
    """What would answer a request; none comes."""

    async def admit(self) -> None:
        raise AssertionError


async def _begun(work: Callable[[], Awaitable[None]]) -> "asyncio.Task[None]":
    return asyncio.create_task(work())  # type: ignore[arg-type]


async def _cancelled(task: "asyncio.Task[None]") -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
