"""A network that swallows packets: every call to another system ends by itself, and works again when packets pass."""

import ast
import asyncio
import socket
import sys
from collections.abc import Awaitable, Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from aiohttp import web
from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Envelope, Session
from sqlalchemy import text
from structlog.testing import capture_logs

from bot.commands import doctor
from bot.database import open_store
from bot.extras import TEAMS
from bot.metrics import ProcessState
from bot.readiness import readiness_problems
from bot.settings.settings import Settings
from bot.transport import calendar_download, mcp_server, model, own_endpoints, pagerduty, slack, sql, webhooks
from bot.transport import socket as socket_mode
from bot.transport.pauses import CallPauses
from bot.transport.web_client import PausedWebClient
from bot.workers.message_sender import Unanswered
from connectors import calls
from connectors.jira.client import JiraClient
from connectors.mail import client as mail
from connectors.mail import tokens as mail_tokens
from connectors.mail.fake import MailSink
from connectors.servicenow.client import ServiceNowClient
from connectors.teams import chats, tokens
from connectors.teams.chats import BotAccess, TeamsChatClient
from connectors.tracker import Tracker, TrackerError
from domain.delivery.message import Failure
from domain.mail.mailbox import MailboxError
from domain.mail.outgoing import OutgoingMail
from domain.rehearsal.marks import UNDONE
from domain.teams.outgoing import TeamsMessage
from storage.database import engine
from storage.database.listen import listen
from storage.store import Store, StoreFailure
from tests.mail.test_imap import USER, Dovecot, dovecot_server  # noqa: F401 - a fixture
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
            MailboxError, mail_tokens.NoMailTokenError, tokens.KeysUnreachable, StoreFailure[0], OSError)  # fmt: skip


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
    return lambda: client.api_call("api.test")


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


def _teams(at: str, loop: Loop, opened: ExitStack) -> Use:
    access = BotAccess("app", "secret", "tenant", local=at)
    client = loop.run(_made(lambda: TeamsChatClient(access, lambda _address: None)))
    opened.callback(lambda: loop.run(client.close()))
    said = TeamsMessage(conversation="a:1", service_url=at, bot="b", account="c", text="Hello")

    def send() -> None:
        answer = loop.run(client.send(said), FOREVER)
        _require_sent(answer if isinstance(answer, Failure) else None)

    return send


def _login_of_teams(at: str, loop: Loop, opened: ExitStack) -> Use:
    access = BotAccess("app", "secret", "tenant", login=at)
    client = loop.run(_made(lambda: TeamsChatClient(access, lambda _address: None)))
    opened.callback(lambda: loop.run(client.close()))
    return lambda: loop.run(client.check(), FOREVER)


def _user_of_pagerduty(at: str, loop: Loop, opened: ExitStack) -> Use:
    pool = opened.enter_context(ThreadPoolExecutor(1))
    asked = pagerduty.PagerDutyEndpoint(pagerduty.PagerDutyAccess((), at, "token"), lambda _event, _who: "", pool)
    return lambda: _require_sent(None if loop.run(asked._address_of("PX1"), FOREVER) else "no address")


def _key_of_pagerduty(at: str, _loop: Loop, _opened: ExitStack) -> Use:
    return lambda: _require_sent(None if (found := doctor._pagerduty_token(at, "token")).well else found)


def _bot_here(at: str, _loop: Loop, _opened: ExitStack) -> Use:
    settings = Settings.model_construct(monitor_host="127.0.0.1", monitor_port=urlsplit(at).port)
    return lambda: _require_sent(None if "it runs here" in (found := next(doctor._running(settings))).text else found)


def _own_door(at: str, loop: Loop, _opened: ExitStack) -> Use:
    endpoints = own_endpoints.OwnEndpoints(at, lambda: ("", None), lambda: ("", None), proves=False)
    asked = {"method": "GET", "path": "/healthz", "expects": "ok"}
    return lambda: _require_sent(loop.run(endpoints.request(asked), FOREVER) or None)


def _mail(at: str) -> Use:
    client = mail.SmtpClient(at.replace("http:", "smtp:"))
    sent = OutgoingMail(message_id="<1@x.example>", sender=("Payday", "pay@x.example"), recipient=("", "eva@x.example"),
                        subject="Hello", text="Hello", at=NOW, headers={})  # fmt: skip
    return lambda: _require_sent(client.send(sent))


def _token_of_mail(at: str, _loop: Loop, _opened: ExitStack) -> Use:
    return lambda: mail_tokens.MailTokens(mail_tokens.TokenAccess(at, "app")).get()


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
    "connectors/teams/chats.py": {"Teams": _teams, "a login of Teams": _login_of_teams},
    "bot/transport/pagerduty.py": {"a user of PagerDuty": _user_of_pagerduty, "a key of PagerDuty": _key_of_pagerduty},
    "bot/commands/doctor.py": {"a bot on this machine": _bot_here},
    "bot/transport/own_endpoints.py": {"an own door": _own_door},
    "connectors/mail/tokens.py": {"a token of a mail server": _token_of_mail},
}  # fmt: skip
# Files whose calls have a test of their own below.
PLAYED_ALONE = {
    "bot/transport/calendar_download.py", "bot/transport/socket.py", "bot/transport/sql.py",
    "connectors/mail/client.py", "connectors/mail/imap.py", "connectors/teams/tokens.py",
    "storage/database/engine.py", "storage/database/listen.py",
}  # fmt: skip
# Files that import what can make calls, and open no connection.
NO_CALLS: Mapping[str, str] = {
    "bot/app/workers.py": "asks for the name of this machine",
    "bot/commands/sandbox.py": "looks whether a port of this machine is free",
    "bot/transport/bolt.py": "Bolt wants a client without a token, and never uses it",
    "bot/transport/connections.py": "names an error of requests that come in",
    "bot/transport/proxies.py": "reads which proxies the environment names",
    "connectors/jira/client.py": "calls by connectors/calls.py",
    "connectors/oauth.py": "calls by connectors/calls.py",
    "connectors/sessions.py": "opens the sessions of the others",
    "connectors/mail/time_limit.py": "ends connections that the mail clients made",
    "storage/database/pipeline.py": "uses a connection that is open",
}
ROOT = Path(__file__).parents[2]
OURS = {"bot", "connectors", "domain", "handlers", "sandbox", "storage"}
CAN_CALL = {"aiohttp", "imap_tools", "imaplib", "jwt", "mcp", "microsoft_agents", "psycopg", "slack_sdk", "smtplib",
            "socket", "sqlalchemy", "urllib"}  # fmt: skip
# Names in these that take requests, describe answers and errors, or only read addresses.
HARMLESS = ("aiohttp.web", "aiohttp.BodyPartReader", "slack_sdk.errors.", "slack_sdk.web.SlackResponse",
            "urllib.parse.", "urllib.error.", "mcp.types.", "psycopg.OperationalError", "psycopg.sql")  # fmt: skip
# Packages that make no calls, or only where a program that speaks with them is already connected.
LOCAL = {"aiosmtpd", "alembic", "apscheduler", "cryptography", "dateutil", "ddsketch", "google", "icalendar",
         "itsdangerous", "jinja2", "mailparser_reply", "matplotlib", "numpy", "opentelemetry", "prometheus_client",
         "pyarrow", "pydantic", "pydantic_settings", "pypdf", "recurring_ical_events", "reportlab", "segno",
         "slack_bolt", "snowballstemmer", "structlog", "textblob", "tomli_w", "wordfreq", "wordllama"}  # fmt: skip


def test_every_client_is_played_or_makes_no_calls() -> None:
    """Clients are found by what they import, so that a new one can't be forgotten, nor a new package."""
    found, packages = set[str](), set[str]()
    for folder in OURS - {"sandbox"}:
        for file in (ROOT / folder).rglob("*.py"):
            if "fake" in file.name or file.name == "faults.py":
                continue  # what tests and the sandbox call
            names = _imported(file)
            packages |= {name.partition(".")[0] for name in names} - OURS - sys.stdlib_module_names
            can = [one for one in names if one.partition(".")[0] in CAN_CALL and not one.startswith(HARMLESS)]
            if any(not one.startswith("sqlalchemy") or one == "sqlalchemy.create_engine" for one in can):
                found.add(str(file.relative_to(ROOT)))
    assert packages == LOCAL | CAN_CALL - sys.stdlib_module_names, "say whether a package can make calls"
    played = {*OVER_HTTP, *PLAYED_ALONE}
    assert not played & {*NO_CALLS}
    assert found == played | {*NO_CALLS}, "play how it gives up, or say why it makes no calls"


def _imported(file: Path) -> set[str]:
    """Return what a file imports and uses, with full names; annotations alone make no calls."""
    tree = _WithoutAnnotations().visit(ast.parse(file.read_text(encoding="utf-8")))
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    found = set[str]()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {one.name for one in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {f"{node.module}.{one.name}" for one in node.names if (one.asname or one.name) in used}
    return found


class _WithoutAnnotations(ast.NodeTransformer):
    def visit_arg(self, node: ast.arg) -> ast.arg:
        node.annotation = None
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        node.annotation = ast.Constant(None)
        return self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.returns = None
        return self.generic_visit(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        node.returns = None
        return self.generic_visit(node)


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
        said = {"ok": True, "url": self.line, "issues": [], "result": [], "choices": [{"message": {"content": "Yes"}}],
                "id": "1", "access_token": "t", "expires_in": 3600, "user": {"email": "eva@x.example"}, "users": [],
                "problems": {}}  # fmt: skip
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
    eventually(lambda: outcome(use) == "answered", "an answer")  # a busy machine may take longer than the limits here
    for listens in (False, True):  # packets are dropped from the first on, and once a connection stands
        network.drops(listens=listens)
        assert outcome(use) == "given up"
        network.passes()
        eventually(lambda: outcome(use) == "answered", "an answer")


@pytest.mark.parametrize("name", [name for clients in OVER_HTTP.values() for name in clients])
def test_a_call_over_http_ends_and_works_again(
    name: str, server: Server, loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (slack, webhooks, model, mcp_server, calls, chats):
        monkeypatch.setattr(module, "CALL_TIMEOUT", SECONDS)
    limits = ((pagerduty, "LOOKUP_SECONDS"), (doctor, "TIMEOUT"), (own_endpoints, "TIMEOUT"), (mail_tokens, "TIMEOUT"))
    for module, limit in limits:
        monkeypatch.setattr(module, limit, SECONDS)
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


async def _begun_serving(make: Callable[[], SMTP]) -> asyncio.Server:
    return await asyncio.get_running_loop().create_server(make, "127.0.0.1", 0)


def test_a_mail_is_given_up_and_sent_later(loop: Loop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail, "TIMEOUT", SECONDS * 4)
    sink = MailSink()
    server = loop.run(_begun_serving(lambda: SMTP(sink)))
    port = server.sockets[0].getsockname()[1]
    with network_to(lambda: socket.create_connection(("127.0.0.1", port))) as network:
        gives_up_and_comes_back(network, _mail(f"http://127.0.0.1:{network.port}"))
    loop.stop_listening(server)
    assert sink.received


class Taker:
    """The LMTP server of a process that recognises the mail of a rehearsal."""

    async def handle_RCPT(  # noqa: N802 - as aiosmtpd calls it
        self, _server: LMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: LMTP, _session: Session, _envelope: Envelope) -> str:  # noqa: N802 - as above
        return f"250 {UNDONE}"


def test_a_mail_to_an_own_door_is_given_up_and_handed_over_later(loop: Loop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_endpoints, "TIMEOUT", SECONDS * 4)
    taker = Taker()
    server = loop.run(_begun_serving(lambda: LMTP(taker)))
    port = server.sockets[0].getsockname()[1]
    with network_to(lambda: socket.create_connection(("127.0.0.1", port))) as network:
        endpoints = own_endpoints.OwnEndpoints(
            "", lambda: ("", None), lambda: ("127.0.0.1", network.port), proves=False
        )
        hand_over = partial(endpoints.hand_over_mail, "pay@x.example", "mark", strangers=True)
        gives_up_and_comes_back(network, lambda: _require_sent(loop.run(hand_over(), FOREVER) or None))
    loop.stop_listening(server)


@pytest.mark.parametrize("waits", [False, True], ids=["asked", "waiting for news"])
def test_a_mailbox_is_given_up_and_read_again(
    dovecot_server: Dovecot,  # noqa: F811 - the fixture
    waits: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Also where packets are dropped while it waits for news, as it does most of the time."""
    from connectors.mail import imap  # of the extra

    monkeypatch.setattr(imap, "TIMEOUT", SECONDS * 4)

    def opened(network: Network) -> imap.ImapMailbox:
        return imap.ImapMailbox(imap.MailboxAccess(f"imap://127.0.0.1:{network.port}", USER, "secret"))

    boxes = list[imap.ImapMailbox]()

    def read(network: Network) -> None:
        with closing(opened(network)) as box:
            box.list_waiting(None)

    with network_to(lambda: socket.create_connection(("127.0.0.1", dovecot_server.port))) as network:
        if not waits:
            gives_up_and_comes_back(network, partial(read, network))
            return
        eventually(lambda: outcome(lambda: boxes.append(opened(network))) == "answered", "an open mailbox")
        with closing(boxes[0]) as box:
            network.drops()
            assert outcome(lambda: box.wait(SECONDS)) == "given up"
        network.passes()
        eventually(lambda: outcome(partial(read, network)) == "answered", "an answer")


def test_keys_of_microsoft_are_given_up_and_one_thread_fetches_them(
    loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or strangers who send tokens would take the threads by which others look up names of hosts."""
    if not TEAMS.is_installed:
        pytest.skip(TEAMS.missing)
    from jwt import PyJWKClient
    from microsoft_agents.hosting.core.authorization.jwt import jwt_token_validator as library

    from tests.teams.microsoft import ISSUER, Microsoft
    from tests.teams.samples import APP, TENANT

    monkeypatch.setattr(tokens, "CHECK_SECONDS", SECONDS)
    microsoft, manager = Microsoft(), library.JwtTokenValidator._jwk_client_manager
    loop.run(microsoft.start())
    with network_to(lambda: socket.create_connection(("127.0.0.1", microsoft.port))) as network:
        keys = f"http://127.0.0.1:{network.port}/keys"
        monkeypatch.setitem(library.BOTFRAMEWORK_JWKS_URIS, ISSUER, keys)
        fetching = list[int]()

        class Keys(PyJWKClient):
            def fetch_data(self) -> Any:
                fetching.append(1)
                assert len(fetching) == 1, "two threads fetch"
                try:
                    return super().fetch_data()
                finally:
                    fetching.pop()

        def check() -> None:
            if not fetching:  # or the keys would be known from before
                manager._cache[keys] = library._JwkClientCacheEntry(Keys(keys, timeout=SECONDS * 4), Lock())
            loop.run(checker.check(f"Bearer {microsoft.token()}"), FOREVER)

        checker = loop.run(_made(lambda: tokens.TokenChecker(APP, TENANT)))
        gives_up_and_comes_back(network, check)
        network.drops()
        with ThreadPoolExecutor(8) as pool:
            assert {*pool.map(lambda _one: outcome(check), range(8))} == {"given up"}
        network.passes()
        eventually(lambda: outcome(check) == "answered", "an answer")
    loop.run(microsoft.stop())


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
