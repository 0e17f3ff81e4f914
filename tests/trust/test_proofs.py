"""What proves who sends something, by each way in: signatures, tokens, mail servers, codes. The table is rights.txt."""

import asyncio
import base64
import hashlib
import hmac
import re
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from functools import partial
from itertools import count
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from pydantic import SecretStr
from sqlalchemy import func, select

from bot.app.application import Application
from bot.services.mail import form_codes, mailboxes, receiving, web_form
from bot.services.mail.form_codes import CodeNeeded
from bot.services.phases import phases
from bot.services.signals import integrations
from bot.settings.settings import Settings
from bot.transport.http import HttpServer
from bot.transport.inbound import Inbound
from bot.transport.lmtp import LmtpServer
from bot.transport.mailbox import take_mail
from connectors.registry import KINDS as TRACKERS
from domain.delivery.message import Lane, MessageKind, OutboxMessage
from domain.errors import Refused
from domain.mail.settings import MailSettings
from domain.mail.tags import message_id
from domain.people.profile import Profile
from domain.phases.link import LinkKind
from domain.signals.kinds import KINDS
from sandbox.delivery.http import signature
from storage.conversations.tables import comments
from storage.delivery.tables import lanes, messages, requests
from storage.store import StoreFailure
from storage.tickets.tables import events, tickets
from tests.delivery import fuzzing
from tests.delivery.fuzzing import SLACK, TEAMS
from tests.teams.samples import APP as TEAMS_APP
from tests.teams.samples import TENANT
from tests.trust import stages, ways_in
from tests.trust.faults import Fuse
from tests.trust.slack_side import slack_of
from tests.trust.stages import Make
from tests.trust.test_commit_points import _without_log_lines  # noqa: F401
from tests.trust.test_program_rights import compare, gets
from tests.trust.ways_in import ADDRESS, FORM, HOST, LMTP
from tests.trust.world import HANA, HELP, JO, LENA, MARIA, PAY, SECRET, World, move

OURS, OLD, ANOTHER = "the-secret-of-today", "the-secret-of-yesterday", "the-secret-of-another"
AUTHSERV, MARIAS = "mx.hypercare.example", "maria@sandbox.example"
numbers = count(1)
Headers = Mapping[str, str]
Prove = Callable[[str, bytes], Headers]  # a body with a secret

# What each way in asks for. A link or a token of the read API is tried in test_program_rights.py.
BY_HEADERS = frozenset({SLACK, "POST /signals/{key}", "POST /signals/{key}/{kind}", fuzzing.TRACES, "POST /pagerduty",
                        "POST /trackers/{system}"})  # fmt: skip
OTHERWISE: Mapping[str, str] = {TEAMS: "microsoft", LMTP: "sender", "POST /forms/{token}": "code"}  # by its rows
NOTHING = ways_in.PROBES | {"GET /tickets/{name}"}  # which leads into Slack, and Slack asks who it is


def test_every_way_in_is_proven_by_something_that_is_tried(tmp_path: Path) -> None:
    made = Application(Settings(bot_token="xoxb-1", app_token="xapp-1", database=f"sqlite:///{tmp_path / 'bot.db'}"))
    found = ways_in.routes_of(made)
    made._release()
    by_token = {way for way in found if "{token}" in way or " /api/" in way}
    assert found - by_token - NOTHING - {*OTHERWISE} == BY_HEADERS, "add how it is proven"


def _hex(header: str, prefix: str = "") -> Prove:
    return lambda secret, body: {header: prefix + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}


def _base64(header: str) -> Prove:
    return lambda secret, body: {
        header: base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()
    }


def _bearer(secret: str, _body: bytes) -> Headers:
    return {"Authorization": f"Bearer {secret}"}


def _slack(ago: int, secret: str, body: bytes) -> Headers:
    stamp = str(int(time.time()) - ago)
    return {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": signature(secret, stamp, body)}


def _stamped(header: str, stamp: str, now: float, secret: str, body: bytes) -> Headers:
    return {**_hex(header)(secret, f"{int(now)}:".encode() + body), stamp: str(int(now))}


TRACKER_PROOFS: Mapping[str, Prove] = {
    "jira": _hex("X-Hub-Signature", "sha256="), "servicenow": _base64("X-Hypercare-Signature"),
}  # fmt: skip


def _proofs(way: str, sender: str, now: float) -> Iterator[tuple[str, Prove]]:
    """Yield every form of proof that a sender may choose, and those that are of another time."""
    if way == SLACK:
        yield "signed", partial(_slack, 0)
        yield "signed an hour ago", partial(_slack, 3600)
        yield "signed for in an hour", partial(_slack, -3600)
    elif way == "POST /signals/{key}":
        yield "token", _bearer
    elif way == "POST /pagerduty":
        yield "signed", _hex("X-PagerDuty-Signature", "v1=")
        yield "signed in another version", _hex("X-PagerDuty-Signature", "v2=")
    elif way == "POST /trackers/{system}":
        yield "signed", TRACKER_PROOFS[sender]
    else:
        yield "secret", _bearer
        if (sign := KINDS[sender].signature) and sign.stamp:
            yield "signed", partial(_stamped, sign.header, sign.stamp, now)
            yield "signed an hour ago", partial(_stamped, sign.header, sign.stamp, now - 3600)
        elif sign:
            yield "signed", _hex(sign.header, sign.prefix)


def _tries(way: str, shot: fuzzing.Shot, known: tuple[str, str], now: float) -> Iterator[tuple[str, str, Headers]]:
    """Yield what is tried, its path and its headers; `known` are the secret of today and that before it."""
    (ours, old), body, path = known, shot.body, shot.path
    yield "unproven", path, {}
    for name, prove in _proofs(way, shot.sender, now):
        right = prove(ours, body)
        yield name, path, right
        yield f"{name} with the old secret", path, prove(old, body)
        yield f"{name} with another secret", path, prove(ANOTHER, body)
        yield f"{name} with no secret", path, prove("", body)
        yield f"{name} and left empty", path, dict.fromkeys(right, "")
        if "signed" in name:
            yield f"{name}, other bytes", path, prove(ours, body + b" ")
        if "{kind}" in way:
            yield f"{name} at the door of another phase", path.replace("/PAY/", "/HR/"), right


@pytest.fixture(scope="module")
def on_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Make:
    return stages.sqlite(tmp_path_factory.mktemp("proofs") / "world.db")


@contextmanager
def _open_bot(made: World, **more: str) -> Iterator[Application]:
    """A bot on the database of a world, whose servers are open to all that proves itself."""
    given = {name: SecretStr(OURS) for name in ("signals_token", "jira_webhook_secret", "servicenow_webhook_secret")}
    login = {"url": "http://127.0.0.1:9", "user": "bot", "token": SecretStr("token")}
    access = {f"{name}_{one}": value for name in TRACKERS for one, value in login.items()}
    settings = Settings(bot_token="xoxb-1", app_token="xapp-1", pagerduty_webhook_secret=SecretStr(f"{OURS} {OLD}"),
                        database=made.app.store.engine.url.render_as_string(hide_password=False),
                        **given | access | more)  # fmt: skip
    application = Application(settings, now=made.app.now)
    application.context.secret = made.app.secret
    try:
        yield application
    finally:
        application._release()


def test_only_who_proves_themselves_gets_through(on_sqlite: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is refused changes nothing."""
    found = dict[str, list[str]]()
    with on_sqlite(Fuse()) as made, slack_of(made, monkeypatch, OURS) as slack, _open_bot(made) as bot:
        asyncio.run(_try_all(made, slack.inbound, bot, _add_integrations(made), found))
    compare(found, "signed")


def _add_integrations(made: World) -> Mapping[str, tuple[str, str]]:
    """Open a door for each kind of sender, in two phases; return its secret, and the one before it."""
    found = dict[str, tuple[str, str]]()
    for kind in KINDS:
        with suppress(Refused):  # the world has it
            integrations.add(made.app, "PAY", kind, LENA.id, OLD)
        integrations.add(made.app, "HR", kind, HANA.id, ANOTHER)
        old, ours = (integrations.rotate(made.app, "PAY", kind, LENA.id, one) for one in (OLD, OURS))
        found[kind] = ours, old
    return found


async def _try_all(
    made: World, inbound: Inbound, bot: Application, known: Mapping[str, tuple[str, str]], found: dict[str, list[str]]
) -> None:
    server = HttpServer(inbound, "127.0.0.1", 0, bot.monitor.add_probes, OURS, StoreFailure)
    await server.start()
    before = _written(made)
    try:
        async with aiohttp.ClientSession(f"http://127.0.0.1:{server.port}") as session:
            for way, shot in _shots():
                row, now = found.setdefault(f"signed {way} {shot.sender}".strip(), []), made.app.now().timestamp()
                for name, path, headers in _tries(way, shot, known.get(shot.sender, (OURS, OLD)), now):
                    async with session.post(path, data=shot.body, headers={**shot.headers, **headers}) as answer:
                        after = _written(made)
                        row += [name] if answer.status < 400 else []
                        assert answer.status < 400 or after == before, (way, name)
                        before = after
    finally:
        await server.stop()


def _shots() -> Iterator[tuple[str, fuzzing.Shot]]:
    """Yield a request of each sender to each way in; exporters of traces have one of their own."""
    for way in sorted(BY_HEADERS):
        senders = dict[str, fuzzing.Shot]()
        for sample in fuzzing.SAMPLES[way]():
            if way != fuzzing.TRACES or KINDS[sample.sender].sends_logs:
                senders.setdefault(sample.sender, fuzzing.written(sample))
        for shot in senders.values():
            body = shot.body
            for mark, value in (("OURJO", JO.id), ("OURDESK", HELP), ("OURTHREAD", "1.0001")):
                body = body.replace(mark.encode(), value.encode())
            yield way, replace(shot, body=body)


def _written(made: World) -> list[int]:
    with made.app.store.read() as tx:
        counted = (tickets, events, comments, messages, requests)
        return [tx.connection.scalar(select(func.count()).select_from(one)) or 0 for one in counted]


REGISTERED = {"teams_app_id": TEAMS_APP, "teams_app_secret": "secret", "teams_tenant": TENANT}


def test_only_microsoft_speaks_for_people_in_teams(on_sqlite: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("microsoft_agents.hosting.core", reason="not installed: locks/test.txt has it")
    with on_sqlite(Fuse()) as made, _open_bot(made, **REGISTERED) as bot:
        compare({f"microsoft {TEAMS}": asyncio.run(_try_teams(bot, monkeypatch))}, "microsoft")


async def _try_teams(bot: Application, patch: pytest.MonkeyPatch) -> list[str]:
    """Return with which tokens an activity of a person is taken."""
    import jwt
    from cryptography.hazmat.primitives.asymmetric import rsa
    from microsoft_agents.hosting.core.authorization.jwt import jwt_token_validator

    from tests.teams.microsoft import ISSUER, SERVICE, Microsoft

    microsoft, now, pages = Microsoft(), int(time.time()), web.Application()
    await microsoft.start()
    patch.setitem(jwt_token_validator.BOTFRAMEWORK_JWKS_URIS, ISSUER, f"{microsoft.url}/keys")
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    tokens = {
        "a token": microsoft.token(), "no token": None, "an empty one": "",
        "one for another bot": microsoft.token(aud="x"),
        "one that has expired": microsoft.token(exp=now - 4000), "one with another key": microsoft.token(key=stranger),
        "one of another issuer": microsoft.token(iss="https://evil.example"),
        "one for another service": microsoft.token(serviceurl="https://smba.trafficmanager.net/amer/"),
        "one that is not signed": jwt.encode({"iss": ISSUER, "aud": TEAMS_APP}, None, algorithm="none"),
    }  # fmt: skip
    activity = {**fuzzing.IN_TEAMS, "type": "installationUpdate", "action": "remove", "serviceUrl": SERVICE}
    bot.monitor.add_probes(pages)
    runner = web.AppRunner(pages, access_log=None, shutdown_timeout=0.2)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    taken = list[str]()
    async with aiohttp.ClientSession(f"http://127.0.0.1:{runner.addresses[0][1]}") as session:
        for name, token in tokens.items():
            headers = {} if token is None else {"Authorization": f"Bearer {token}"}
            async with session.post("/teams/messages", json=activity, headers=headers) as answer:
                taken += [name] if answer.status < 400 else []
    await runner.cleanup()
    await microsoft.stop()
    return taken


# What a mail server has written above a mail, and whether that proves whose it is.
RESULTS = "Authentication-Results: "
FORGED = f"{RESULTS}{AUTHSERV}; dmarc=fail\r\n{RESULTS}{AUTHSERV}; dmarc=pass header.from=sandbox.example"
# By what it is called: the lines above a mail, and which server is trusted.
WRITTEN_ABOVE: Mapping[str, tuple[str, str]] = {
    "dmarc": (f"{RESULTS}{AUTHSERV}; dmarc=pass header.from=sandbox.example", AUTHSERV),
    "dkim": (f"{RESULTS}{AUTHSERV}; dkim=pass header.d=sandbox.example", AUTHSERV),
    "spf": (f"{RESULTS}{AUTHSERV}; spf=pass smtp.mailfrom=bounces@sandbox.example", AUTHSERV),
    "dkim of another domain": (f"{RESULTS}{AUTHSERV}; dkim=pass header.d=evil.example", AUTHSERV),
    "dmarc of another server": (f"{RESULTS}mx.evil.example; dmarc=pass header.from=sandbox.example", AUTHSERV),
    "dmarc where no server is trusted": (f"{RESULTS}{AUTHSERV}; dmarc=pass header.from=sandbox.example", ""),
    "forged dmarc below one that failed": (FORGED, AUTHSERV),
    "nothing": ("X-Mailer: x", AUTHSERV),
}


def test_only_a_proven_sender_writes_as_the_account_with_that_address(on_sqlite: Make) -> None:
    """By both ways in which mails come; every other one is a person outside Slack who writes with that address."""
    found = dict[str, list[str]]()
    for door, take in MAIL_DOORS.items():
        with on_sqlite(Fuse()) as made:
            phases.apply_settings(made.app, PAY.model_copy(update={"mail": MailSettings(address=ADDRESS)}))
            account = Profile(id=MARIA.id, fetched_at=made.app.now())
            made.app.look_up_address = lambda address, account=account: account if address == MARIAS else None
            for name, (line, authserv) in WRITTEN_ABOVE.items():
                for act, answers in (("reports", ""), ("answers", message_id(SECRET, made.ids["new"], "1", HOST))):
                    row = found.setdefault(f"sender {door} {act} as the account", [])
                    is_account = _writes_as_account(made, partial(take, made, authserv), line, answers)
                    row += [name] if is_account else []
    compare(found, "sender")


Take = Callable[[World, str, bytes], object]  # what the trusted mail server calls itself, and a mail


def _by_lmtp(made: World, authserv: str, mail: bytes) -> object:
    check, receive = partial(receiving.check_address, made.app), partial(receiving.receive, made.app)
    with ThreadPoolExecutor(1) as unused:
        return LmtpServer(check, receive, unused, authserv)._take(ADDRESS, mail, MARIAS)


def _by_imap(made: World, authserv: str, mail: bytes) -> object:
    return take_mail(partial(mailboxes.receive, made.app), authserv, mail)


MAIL_DOORS: Mapping[str, Take] = {LMTP: _by_lmtp, "IMAP": _by_imap}


def _writes_as_account(made: World, take: Callable[[bytes], object], line: str, answers: str) -> bool:
    """Hand over a mail; return whether a ticket or a comment was written as Maria, who has an account."""
    head = f"{line}\r\nFrom: Maria <{MARIAS}>\r\nTo: {ADDRESS}\r\nMessage-ID: <{next(numbers)}@x.example>\r\n"
    head += f"References: {answers}\r\n" if answers else ""
    before = _of_maria(made)
    take(f"{head}Subject: Totals are wrong\r\n\r\nIt says 0.\r\n".encode())
    return _of_maria(made) > before


def _of_maria(made: World) -> int:
    with made.app.store.read() as tx:
        opened = select(func.count()).select_from(tickets).where(tickets.c.reporter == MARIA.id)
        said = select(func.count()).select_from(comments).where(comments.c.person == MARIA.id)
        return (tx.connection.scalar(opened) or 0) + (tx.connection.scalar(said) or 0)


def test_an_address_in_the_web_form_needs_a_code_where_a_phase_wants_one(on_sqlite: Make) -> None:
    found = dict[str, list[str]]()
    for wants in (True, False):
        with on_sqlite(Fuse()) as made:
            mail = MailSettings(address=ADDRESS, form_code=wants)
            phases.apply_settings(made.app, PAY.model_copy(update={"mail": mail}))
            form = Form(made)
            row = found.setdefault(f"code POST /forms/{{token}} {'with' if wants else 'without'} codes", [])
            tried = {"no address": form.has_no_address, "an address": form.has_no_code}
            for name, use in (tried | (form.with_codes() if wants else {})).items():
                row += [name] if gets(use) else []
    compare(found, "code")


class Form:
    """The web form of a phase, and what a person may send with it."""

    def __init__(self, made: World) -> None:
        self._made, self._token = made, ways_in.link(made, LinkKind.FORM)

    def with_codes(self) -> Mapping[str, Callable[[], object]]:
        return {"the code": self._has_code, "another code": self._is_wrong,
                "the code of another address": self._is_of_another, "the code alone": self._lacks_what_it_belongs_to,
                "the code a second time": self._is_used,
                "the code at the last try": partial(self._is_tried, form_codes.TRIES - 1),
                "the code at one try more": partial(self._is_tried, form_codes.TRIES),
                "the code in time": partial(self._is_late, form_codes.LASTS - timedelta(seconds=1)),
                "the code ten minutes later": partial(self._is_late, form_codes.LASTS)}  # fmt: skip

    def has_no_address(self) -> object:
        return self._send("none")

    def has_no_code(self) -> object:
        return self._send("no-code@x.example", address="no-code@x.example")

    def _has_code(self) -> object:
        return self._send(**self._asks("right@x.example"))

    def _is_wrong(self) -> object:
        given = self._asks("wrong@x.example")
        return self._send(**given | {"code": f"{(int(given['code']) + 1) % 10**6:06}"})

    def _is_of_another(self) -> object:
        return self._send(**self._asks("mallory@x.example") | {"address": "victim@x.example"})

    def _lacks_what_it_belongs_to(self) -> object:
        return self._send(**self._asks("alone@x.example") | {"code_for": ""})

    def _is_used(self) -> object:
        given = self._asks("twice@x.example")
        self._send(**given)
        return self._send(**given | {"once": "again"})

    def _is_tried(self, before: int) -> object:
        given = self._asks(f"tried-{before}@x.example")
        for _ in range(before):
            assert not gets(lambda: self._send(**given | {"code": "x1"}))
        return self._send(**given)

    def _is_late(self, by: timedelta) -> object:
        given = self._asks(f"late-{by.seconds}@x.example")
        move(self._made, self._made.app.now() + by)
        return self._send(**given)

    def _asks(self, address: str) -> dict[str, str]:
        """Send the form without a code; return what is sent once the mail with it has come."""
        with pytest.raises(CodeNeeded) as needed:
            self._send(address, address=address)
        with self._made.app.store.read() as tx:
            codes = select(messages.c.lane_id, lanes.c.name, lanes.c.channel).join(lanes)
            newest = codes.where(lanes.c.name.startswith("form_code:")).order_by(messages.c.id.desc()).limit(1)
            row = tx.connection.execute(newest).one()
        lane = Lane(id=row.lane_id, name=row.name, channel=row.channel)
        queued = OutboxMessage(id=1, lane=lane, verb=MessageKind.POST, payload={}, priority=1,
                               created_at=self._made.app.now())  # fmt: skip
        mail = form_codes.mail_of(self._made.app, queued)
        assert mail
        assert mail.recipient[1] == address
        return {"once": address, "address": address, "code_for": needed.value.code_for,
                "code": re.findall(r"\b\d{6}\b", mail.text)[0]}  # fmt: skip

    def _send(self, once: str, **given: str) -> object:
        return web_form.submit(self._made.app, self._token, FORM | {"once": once, **given})
