"""A bot with every way in open, what is sent to it, and what came of each request."""

import base64
import hashlib
import hmac
import http.client
import json
import re
import smtplib
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import structlog
from sqlalchemy import event, text

from bot import logs
from bot.services.api import reading
from bot.services.connectors import outgoing
from bot.services.followup import verification
from bot.services.mail import answers, digests, receiving, web_form
from bot.services.phases import links, phases
from bot.services.signals import integrations
from bot.services.teams import chats
from bot.transport import api, connections, monitor, reports, signals, web_forms
from connectors.jira import fake as jira
from connectors.mail.fake import AUTHSERV, FakeMailbox
from connectors.registry import KINDS as TRACKERS
from connectors.servicenow import fake as servicenow
from connectors.teams.fake_chat import FakeTeamsChats
from domain.api.query import Scope
from domain.connectors.settings import Connection
from domain.delivery.rate_limits import Rate
from domain.mail.outgoing import MailAnswer
from domain.mail.settings import MailSettings
from domain.mail.tags import message_id
from domain.phases.link import LinkKind
from domain.phases.permissions import Person
from domain.signals.kinds import KINDS
from domain.teams.settings import TeamsSettings
from domain.tickets.closing import Solution
from domain.tickets.ticket import Fix
from sandbox.delivery.http import signature
from tests.connectors.test_servicenow import CODE, SEVERITIES
from tests.delivery.fuzzing import ADDRESS, EVA, LMTP, SLACK, Shot
from tests.signals.conftest import signed
from tests.support.bot import BotWorkspace
from tests.support.command import own_logs
from tests.support.control import eventually
from tests.trust.ways_in import FORM

SECRET = "a secret of the tests, long enough"
OF_PAGERDUTY = "a-secret-of-the-tests"  # several stand in one setting, with spaces between
DELIVERIES = 4  # of one request: Slack delivers three times again what is answered with 503
KINDS_OF_LINKS = {"forms": LinkKind.FORM, "reports": LinkKind.REPORT, "wallboards": LinkKind.WALLBOARD,
                  "oncall": LinkKind.CALENDAR}  # fmt: skip
RULES = (  # what a ticket always has
    "EXISTS (SELECT 1 FROM events WHERE events.ticket_id = tickets.id AND events.kind = 'opened')",
    "EXISTS (SELECT 1 FROM affected WHERE affected.ticket_id = tickets.id AND affected.person = tickets.reporter)",
    "EXISTS (SELECT 1 FROM lanes WHERE lanes.ticket_id = tickets.id AND lanes.name LIKE 'team:%')",
    "(status = 'received' OR EXISTS (SELECT 1 FROM events WHERE events.ticket_id = tickets.id AND kind <> 'opened'))",
)
KEEPS = ", ".join(RULES)
IS_WHOLE = " AND ".join(RULES)
FIRST, RECENT = 10, 20  # tickets that are looked at after each change: most requests are about those; all at the end
WRITES = re.compile(r"\s*(INSERT|UPDATE|DELETE)", re.IGNORECASE)
READY = "GET /readyz"
FLOOD = {"messages"}  # what it may name as a problem: Slack takes one message a second in a channel, and so they wait
ANSWERING = ("request", "signal", "log")  # the pools on which requests are handled that may change something
PATIENCE = 900  # seconds until an answer: to draw a report takes a busy machine many minutes
CONTROLS = re.compile(r"[\r\n\0]")
ERRORS = {"request_failed", "mail_not_taken", "database_failed", "library_warned", "loop_failed"}


class Target:
    """The bot and its surroundings; `fire` returns what was wrong with what came of a request."""

    def __init__(self, slack: BotWorkspace) -> None:
        self.slack = slack
        self.statuses: dict[str, Counter[int]] = {}
        self._trackers = {"jira": jira.FakeJira(secret=SECRET), "servicenow": servicenow.FakeInstance(secret=SECRET)}
        assert {*self._trackers} == {*TRACKERS}
        self._box = FakeMailbox(ADDRESS, now=slack.box.clock.now)
        self._teams = FakeTeamsChats()
        for one in (*self._trackers.values(), self._box, self._teams):
            slack.loop.run(one.start())
        self._start_bot()
        self._marks = self._prepare()
        self._line, self._mail = _Line(slack.application.monitor.port), _MailLine(slack.application.lmtp.port)
        self._slack_line = _Line(slack.settings.port)
        self.lines = list[tuple[dict[str, Any], str, str]]()
        self.wrote = threading.Event()
        self._changed, self.asked_again = True, 0

    def close(self) -> None:
        for line in (self._line, self._mail, self._slack_line):
            line.close()
        for one in (*self._trackers.values(), self._box, self._teams):
            self.slack.loop.run(one.stop())

    def _start_bot(self) -> None:
        given = {
            "monitor_port": 0, "mail_port": 0, "mail_authserv": AUTHSERV, "smtp_url": self._box.smtp_url,
            "public_url": "http://hypercare.example", "signals_token": SECRET, "trusted_proxies": "127.0.0.1",
            "jira_url": self._trackers["jira"].url, "jira_user": jira.BOT, "jira_token": jira.TOKEN,
            "jira_webhook_secret": SECRET, "servicenow_url": self._trackers["servicenow"].url,
            "servicenow_user": servicenow.USER, "servicenow_token": servicenow.PASSWORD,
            "servicenow_webhook_secret": SECRET, "pagerduty_webhook_secret": OF_PAGERDUTY,
            "teams_local_url": self._teams.url,
        }  # fmt: skip
        self.slack.stop_bot()
        self.slack.settings = type(self.slack.settings)(**{**dict(self.slack.settings), **given})
        self.slack.start_bot()

    def _prepare(self) -> dict[str, str]:
        """Set up what requests are about, and return what is filled into them."""
        slack, app = self.slack, self.slack.application.context
        lena = slack.user_id("lena")
        with app.store.read() as tx:
            settings = tx.phases.list_phases()[0].settings
        phase = phases.apply_settings(
            app,
            settings.model_copy(update={"mail": MailSettings(address=ADDRESS), "teams": TeamsSettings(reports=True)}),
        )
        slack.person("maria").reports("The till is down")
        card = slack.triage.expects("The till is down")
        self._secrets = {kind: integrations.add(app, phase.key, kind, lena, SECRET) for kind in KINDS}
        with app.transaction() as tx:
            self.tokens = {
                place: links.create(app, tx, kind, phase, lena, 30) for place, kind in KINDS_OF_LINKS.items()
            }
        scopes = [Scope.TICKETS, Scope.EVENTS]
        self.tokens["api"] = reading.create_token(app, phase.key, lena, scopes, 30)
        self.tokens["reports-by-form"] = web_form.submit(app, self.tokens["forms"], FORM)
        self._box.lmtp_port = slack.application.lmtp.port
        assert self._box.write(self._box.mail(EVA, "Totals are wrong", "It says 0."))[0] == 250
        with app.store.read() as tx:
            mailed = tx.tickets.find_by_name(phase.key, 3)  # the second came by the form
        assert mailed
        self._link(1, system="jira", project="OPS")
        self._link(2, system="servicenow", project="Payroll", severities=SEVERITIES, transition_fields=CODE)
        verification.resolve(
            app, mailed.id, Person(lena), Solution(explanation="Restarted", fix=Fix.ROOT_CAUSE, test="Tried")
        )
        link = answers.link_of(app, mailed.id, mailed.reporter, MailAnswer.BROKEN, 1)
        self.tokens["mail"] = link.rpartition("/")[2]
        with app.transaction() as tx:
            self.tokens["unsubscribe"] = digests.token_of(app, phase, tx.mails.add_recipient(EVA, app.now()))
        return {
            "OURJO": slack.user_id("jo"), "OURDESK": slack.channel_id("hypercare-desk"), "OURTHREAD": card.ts,
            "OURMAIL": message_id(app.secret, mailed.id, "1", "hypercare.example").strip("<>"),
            "OURTEAMSURL": self._teams.url, "OURTEAMS": str(mailed.id), "OURISSUE": "10001", "OURINCIDENT": f"{1:032x}",
        }  # fmt: skip

    def _link(self, ticket: int, **given: Any) -> None:
        """Have an issue made for a ticket, so that webhooks are about something."""
        app, lena = self.slack.application.context, Person(self.slack.user_id("lena"))
        with app.store.read() as tx:
            settings = tx.phases.list_phases()[0].settings
        connection = Connection.model_validate(given)
        phases.apply_settings(app, settings.model_copy(update={"connections": (connection, *settings.connections)}))
        outgoing.want_issue(app, ticket, lena, "", f"issue of {ticket}")

        def linked() -> bool:
            with app.store.read() as tx:
                link = tx.issue_links.find(connection.system, ticket)
            return bool(link and link.issue_id)

        eventually(linked, f"an issue in {connection.system}", instead=lambda: "\n".join(self.slack.coming()))

    def fire(self, shot: Shot) -> list[str]:
        """Send a request, again where the bot asks for that, and return what was wrong."""
        del self.lines[:]
        self.wrote.clear()
        status, said = self._send(shot)
        for _ in range(DELIVERIES - 1):
            if shot.way != SLACK or status != 503:
                break
            self.asked_again += 1  # what made it do so is among the lines, if it was an error
            self.slack.quiet()
            status, said = self._send(shot)
        self.statuses.setdefault(shot.way, Counter())[status] += 1
        wrong = [*self.judge(shot, status, said)]
        if self._changed:
            self._changed = False
            wrong += self.half_done(all_tickets=False)
        return wrong

    def judge(self, shot: Shot, status: int, said: str) -> Iterator[str]:
        refused = status >= 400 or status == 0
        if status == 0:
            yield "the connection was closed without an answer"
        failed = status == 451 or said.startswith("500 Error: (") if shot.way == LMTP else status >= 500
        if failed and not (shot.way == READY and is_flooded(said)):
            yield f"answered with {status} {said[:200]}"
        if "Traceback" in said or 'File "' in said:
            yield f"a traceback in the answer: {said[:500]}"
        if refused and self.wrote.is_set():
            yield f"refused with {status}, and something was written"
        for entry, as_json, as_text in [*self.lines]:
            reason = str(entry.get("reason", ""))
            if entry["event"] in ERRORS or (entry["event"] == "http_request_refused" and reason.isidentifier()
                                            and reason[0].isupper()):  # fmt: skip
                yield f"uncaught: {entry}"
            if not isinstance(json.loads(as_json, parse_constant=_refuse), dict) or "\n" in as_json:
                yield f"no line of JSON: {as_json}"
            if not as_text.isprintable():
                yield f"no line of text: {as_text!r}"

    def tracebacks(self) -> list[str]:
        """Return what people were shown of our code."""
        channels = self.slack.box.world.workspace.channels.values()
        said = (message.text for channel in channels for message in channel.messages.values())
        return [f"a traceback in a message: {one[:500]}" for one in said if "Traceback" in one]

    def summary(self) -> str:
        """Return how often each way in answered how, and how often Slack was asked to deliver again."""
        lines = [f"{way}: {dict(sorted(seen.items()))}" for way, seen in self.statuses.items()]
        total = sum(seen.total() for seen in self.statuses.values())
        return "\n".join([f"{total:,} payloads sent, {self.asked_again} asked for again", *lines])

    def half_done(self, *, all_tickets: bool = True) -> list[str]:
        """Return what is missing of tickets that were opened or changed only in part."""
        some = "true" if all_tickets else f"id <= {FIRST} OR id > (SELECT max(id) FROM tickets) - {RECENT}"
        query = text(f"SELECT id, {KEEPS} FROM tickets WHERE ({some}) AND NOT ({IS_WHOLE})")
        with self.slack.application.store.read_once() as tx:
            found = tx.connection.execute(query).all()
        return [f"ticket {id_} lacks {rule}" for id_, *kept in found
                for rule, is_kept in zip(RULES, kept, strict=True) if not is_kept]  # fmt: skip

    def _send(self, shot: Shot) -> tuple[int, str]:
        place = shot.way.split()[-1].partition("/")[2].partition("/")[0]
        token = self.tokens.get(place, "")
        path, body = shot.path.replace("{token}", token), shot.body
        for mark, value in self._marks.items():
            path, body = path.replace(mark, value), body.replace(mark.encode(), value.encode())
        if shot.way == LMTP:
            return self._mail.send(shot.sender, path, body)
        headers = {**self._proof(shot, body), **shot.headers}
        line = self._slack_line if shot.way == SLACK else self._line
        return line.send(shot.way.split()[0], path, headers, body)

    def _proof(self, shot: Shot, body: bytes) -> dict[str, str]:
        """Return the headers that prove who sends it."""
        if shot.way == SLACK:
            assert self.slack.settings.signing_secret
            stamp, secret = str(int(time.time())), self.slack.settings.signing_secret.get_secret_value()
            return {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": signature(secret, stamp, body)}
        if shot.way.startswith("GET /api/"):
            return {"Authorization": f"Bearer {self.tokens['api']}"}
        if shot.way == "POST /signals/{key}":
            return {"Authorization": f"Bearer {SECRET}"}
        if shot.way == "POST /pagerduty":
            return {"X-PagerDuty-Signature": f"v1={signed(OF_PAGERDUTY, body)}"}
        if shot.sender in TRACKERS:
            digest = hmac.new(SECRET.encode(), body, hashlib.sha256).digest()
            return {
                "X-Hub-Signature": f"sha256={digest.hex()}",
                "X-Hypercare-Signature": base64.b64encode(digest).decode(),
            }
        if shot.sender:
            kind = KINDS[shot.sender]
            if kind.sends_secret or kind.signature is None:
                return {"Authorization": f"Bearer {self._secrets[shot.sender]}"}
            return {kind.signature.header: kind.signature.prefix + signed(self._secrets[shot.sender], body)}
        return {}

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Note every line that is logged, in each format, and every change that a request makes in the database."""
        engine, writing = self.slack.application.store.engine, threading.local()

        def executed(_c: Any, _cursor: Any, statement: str, *_more: Any) -> None:
            writing.here = getattr(writing, "here", False) or bool(WRITES.match(statement))

        def committed(_connection: Any) -> None:
            if getattr(writing, "here", False):
                self._changed = True
                if threading.current_thread().name.startswith(ANSWERING):
                    self.wrote.set()
            writing.here = False

        def rolled_back(_connection: Any) -> None:
            writing.here = False

        hooks = [("before_cursor_execute", executed), ("commit", committed), ("rollback", rolled_back)]
        for name, hook in hooks:
            event.listen(engine, name, hook)
        loop = self.slack.loop._loop
        loop.call_soon_threadsafe(loop.set_exception_handler, self.note_uncaught)
        with own_logs():
            logs.configure("debug", "text")
            printable, plain = structlog.get_config()["processors"][-2:]
            logs.configure("debug", "json")
            before, as_json = structlog.get_config()["processors"][:-1], structlog.get_config()["processors"][-1]

            def note(logger: Any, method: str, entry: MutableMapping[str, Any]) -> Any:
                kept = dict(entry)
                as_text = plain(logger, method, printable(logger, method, {**kept}))
                self.lines.append((kept, as_json(logger, method, {**kept}), as_text))
                raise structlog.DropEvent

            structlog.configure(processors=[*before, note])
            try:
                yield
            finally:
                loop.call_soon_threadsafe(loop.set_exception_handler, None)
                for name, hook in hooks:
                    event.remove(engine, name, hook)

    def note_uncaught(self, _loop: Any, what: Mapping[str, Any]) -> None:
        structlog.get_logger().error("loop_failed", error=repr(what.get("exception")), where=what.get("message"))


def is_flooded(said: str) -> bool:
    """Return whether /readyz says that messages wait, and nothing else."""
    with suppress(json.JSONDecodeError):
        return {*json.loads(said)["problems"]} == FLOOD
    return False


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


@contextmanager
def opened(slack: BotWorkspace, *, draws_reports: bool) -> Iterator[Target]:
    """A target to which is listened. To draw a report takes seconds, which is left out by a link that opens none."""
    target = Target(slack)
    if not draws_reports:
        target.tokens["reports"] = "unknown"
    try:
        with target.listening():
            yield target
    finally:
        target.close()


def without_limits(patch: pytest.MonkeyPatch) -> None:
    """Let one sender send as much as it likes, and log every refusal."""
    patch.setattr(reports, "REPORT_TIMEOUT", PATIENCE)  # or a busy machine would draw none
    patch.setattr(reports, "CACHE_FOR", timedelta(days=1))  # to draw one takes as long as a thousand payloads
    for module, name in ((api, "OF_TOKEN"), (web_forms, "OF_ADDRESS")):
        patch.setattr(module, name, Rate(10**9, timedelta(microseconds=1)))
    patch.setattr(connections, "LOG_SECONDS", 0.0)
    patch.setattr(monitor, "ANSWER_TIMEOUT", PATIENCE)
    patient = {name: replace(kind, answer_within=PATIENCE) for name, kind in KINDS.items()}
    patch.setattr(signals, "KINDS", patient)  # a sender that waits a second gets 503 from a busy machine
    for module in (receiving, chats):
        patch.setattr(module, "MAX_IN_AN_HOUR", 10**9)


class _Line:
    """A connection that is kept while the server keeps it."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._socket: socket.socket | None = None

    def send(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> tuple[int, str]:
        """Send a request as it is; return the status and the text of its answer, 0 where there is none."""
        head = [f"{method} {path} HTTP/1.1", "Host: x"]
        head += [f"Content-Length: {len(body)}"] if method == "POST" else []
        head += [f"{name}: {value}" for name, value in headers.items()]
        clean = (CONTROLS.sub("", line) for line in head)
        raw = "\r\n".join(clean).encode("latin-1", "replace") + b"\r\n\r\n" + body
        was_kept = self._socket is not None
        found = self._try(raw, method)
        return found or (self._try(raw, method) if was_kept else None) or (0, "")

    def _try(self, raw: bytes, method: str) -> tuple[int, str] | None:
        if self._socket is None:
            self._socket = socket.create_connection(("127.0.0.1", self._port), timeout=PATIENCE)
        answer = http.client.HTTPResponse(self._socket, method=method)
        try:
            self._socket.sendall(raw)
            answer.begin()
            found = answer.status, answer.read().decode("utf-8", "replace")
        except (ConnectionError, http.client.HTTPException):
            self.close()
            return None
        if answer.will_close:
            self.close()
        return found

    def close(self) -> None:
        if self._socket:
            self._socket.close()
            self._socket = None


class _MailLine:
    """A mail server that hands mails over, as they are."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._server: smtplib.LMTP | None = None

    def send(self, sender: str, recipient: str, content: bytes) -> tuple[int, str]:
        """Hand a mail over; return the first answer that refuses it, or the last, 0 where there is none."""
        for _ in range(2):
            try:
                return self._try(sender, recipient, content)
            except smtplib.SMTPServerDisconnected:
                self.close()
        return 0, ""

    def _try(self, sender: str, recipient: str, content: bytes) -> tuple[int, str]:
        if self._server is None:
            self._server = smtplib.LMTP("127.0.0.1", self._port, timeout=PATIENCE)
            self._server.ehlo_or_helo_if_needed()
        commands = (f"MAIL FROM:<{sender}>", f"RCPT TO:<{recipient}>")
        code, said = 0, b""
        for one in commands:
            code, said = self._server.docmd(
                CONTROLS.sub("", one).encode("latin-1", "replace").decode("ascii", "ignore")
            )
            if code >= 400:
                break
        else:
            code, said = self._server.data(content)
        if code >= 400:
            self._server.rset()
        return code, said.decode("utf-8", "replace")

    def close(self) -> None:
        if self._server:
            self._server.close()
            self._server = None
