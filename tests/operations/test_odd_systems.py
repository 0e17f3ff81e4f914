"""Other systems that answer oddly, as proxies do: a call fails in its own words, and works again after that."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing
from datetime import timedelta

import pytest
from slack_sdk.errors import SlackApiError

from bot.commands import doctor
from bot.extras import TEAMS
from bot.transport import slack, webhooks
from bot.transport.pauses import CallPauses
from bot.transport.web_client import PausedWebClient
from connectors import sessions
from connectors.mail import tokens as mail_tokens
from connectors.oauth import ClientTokens
from connectors.registry import open_tracker
from connectors.teams.chats import BotAccess, TeamsChatClient
from connectors.teams.tokens import KeysUnreachable, TokenChecker
from connectors.tracker import TrackerAccess, TrackerError
from domain.teams.incoming import TeamsFile
from tests.operations.test_dropped_packets import (
    FOREVER,
    GIVEN_UP,
    OVER_HTTP,
    ROOT,
    Make,
    Use,
    _made,
    _require_sent,
    now,
)
from tests.support.loop import Loop

LIMIT = 2**20  # bytes of an answer here
LIMITED = '{"ok": false, "error": "ratelimited"}'
MUCH = 64 * 2**20  # bytes; more than that limit and all that lies in between can hold
JSON, HTML = "Content-Type: application/json\r\n", "Content-Type: text/html\r\n"


def http(body: str | bytes, status: str = "200 OK", headers: str = JSON, more: int = 0) -> bytes:
    """An answer, which lacks `more` bytes of what it promises."""
    raw = body.encode() if isinstance(body, str) else body
    head = f"HTTP/1.1 {status}\r\n{headers}Content-Length: {len(raw) + more}\r\nConnection: close\r\n\r\n"
    return head.encode() + raw


def shaped(**given: str) -> bytes:
    """Every name that a client reads, each with what is never there."""
    names = {"ok": "true", "url": "7", "issues": "null", "result": "null", "choices": "null", "id": "null",
             "access_token": "null", "user": "null", "status": "null"} | given  # fmt: skip
    return http("{" + ", ".join(f'"{name}": {value}' for name, value in names.items()) + "}")


GOOD = shaped(
    issues="[]", result="[]", choices='[{"message": {"content": "Yes"}}]', id='"1"', access_token='"t"',
    expires_in="3600", user='{"email": "eva@x.example"}', users="[]", status='"success"', tenantId='"tenant"',
    problems="{}", userPrincipalName='"eva@x.example"', email='"eva@x.example"',
)  # fmt: skip
BROKEN: Mapping[str, bytes] = {
    "no HTTP": b"220 mail.example ESMTP\r\n",
    "nothing": b"",
    "a header without an end": b"HTTP/1.1 200 OK\r\nX: " + b"a" * 100_000,
    "headers without an end": b"HTTP/1.1 200 OK\r\n" + b"X-A: b\r\n" * 20_000,
    "a body that stops": http('{"ok": true, "id": "1", "issues": [', more=1000),
    "no UTF-8": http(b'{"ok": "\xff"}'),
    "no gzip": http('{"ok": true, "id": "1"}', headers=f"{JSON}Content-Encoding: gzip\r\n"),
    "nested deeply": http("[" * 100_000),
    "a page": http("<!doctype html><html>Sign in</html>", headers=HTML),
    "a page that says JSON": http("<!doctype html><html>Sign in</html>"),
    "a refusal in no encoding": http("{}", "400 Bad Request", "Content-Type: application/json; charset=hex\r\n"),
    "a redirect": http("", "302 Found", "Location: /login\r\n"),
    "a redirect of everything": http("<html>", "307 Temporary Redirect", "Location: /login\r\n"),
    "no body": http(""), "null": http("null"), "7": http("7"), "[]": http("[]"), "{}": http("{}"),
    "nulls": shaped(), "lists of null": shaped(issues="[null]", result="[null]", choices="[null]", id="[null]"),
    "texts": shaped(issues='"x"', result='"x"', choices='"x"', user='"x"', expires_in='"soon"', access_token='""'),
    "objects": shaped(id='{"a": 1}', access_token='{"a": 1}', choices='[{"message": {"content": [7]}}]'),
    "numbers": shaped(issues="7", result="7", choices="7", access_token="7", user='{"email": [7]}'),
    "a token of two lines": shaped(access_token='"a\\nb"', expires_in="3600"),
    "no number": shaped(access_token='"t"', expires_in="NaN"),
    "an infinite number": shaped(access_token='"t"', expires_in="1e999"),
    "a number of a thousand digits": shaped(access_token='"t"', expires_in="9" * 1000),
    "a date without a zone": http('{"ok": true}', headers=f"{JSON}Date: Mon, 02 Mar 2026 09:00:00 -0000\r\n"),
    "a date that no clock has": http('{"ok": true}', headers=f"{JSON}Date: Mon, 02 Mar {'9' * 17} 09:00:00 GMT\r\n"),
}  # fmt: skip
ENDLESS: Mapping[str, bytes] = {
    "a body without an end": b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n"',
    "a refusal without an end": b"HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\n\r\n",
}
ODD = [*BROKEN, *ENDLESS]
OBJECTS = {name for name, raw in BROKEN.items() if b'\r\n\r\n{"ok": true' in raw}
OBJECTS -= {"a body that stops", "no gzip"}


def _tracker(kind: str) -> Make:
    def made(at: str, loop: Loop, opened: ExitStack) -> Use:
        client = loop.run(_made(lambda: open_tracker(kind, TrackerAccess(at, "bot", "token"), lambda _url: None)))
        opened.callback(lambda: loop.run(client.close()))
        return lambda: loop.run(client.changed("OPS", timedelta(hours=1)), FOREVER)

    return made


def _client_token(at: str, loop: Loop, opened: ExitStack) -> Use:
    session = loop.run(_made(sessions.open_session))
    opened.callback(lambda: loop.run(session.close()))
    tokens = ClientTokens(at, "client", "secret", session)

    def get() -> None:
        tokens.forget(loop.run(tokens.get(), FOREVER))

    return get


def _mail_token(at: str, _loop: Loop, _opened: ExitStack) -> Use:
    tokens = mail_tokens.MailTokens(mail_tokens.TokenAccess(at, "app"))
    return lambda: tokens.forget(tokens.get())


def _hook(system: str) -> Make:
    def made(at: str, loop: Loop, opened: ExitStack) -> Use:
        hooks = loop.run(_made(lambda: webhooks.AioWebhooks({system: at}, "key", {})))
        opened.callback(lambda: loop.run(hooks.close()))
        return lambda: _require_sent(loop.run(hooks.tell(system, 1, {"blocks": [], "text": "x"}), FOREVER))

    return made


def _chats(at: str, loop: Loop, opened: ExitStack) -> TeamsChatClient:
    access = BotAccess("app", "secret", "tenant", local=at)
    client = loop.run(_made(lambda: TeamsChatClient(access, lambda _address: None)))
    opened.callback(lambda: loop.run(client.close()))
    return client


def _member(at: str, loop: Loop, opened: ExitStack) -> Use:
    client = _chats(at, loop, opened)
    return lambda: loop.run(client.find_address(at, "a:1", "29:1"), FOREVER)


def _file(at: str, loop: Loop, opened: ExitStack) -> Use:
    client = _chats(at, loop, opened)

    def fetch() -> None:
        [found] = loop.run(client.fetch([TeamsFile(name="a.txt", url=at, with_token=True)]), FOREVER)
        _require_sent(found if found.content is None else None)

    return fetch


def _slack(at: str, loop: Loop, opened: ExitStack) -> slack.AioSlackClient:
    client = loop.run(_made(lambda: slack.AioSlackClient("xoxb-1", f"{at}/api/", CallPauses(now))))
    opened.callback(lambda: loop.run(client.close()))
    return client


def _call(at: str, loop: Loop, opened: ExitStack) -> Use:
    client = _slack(at, loop, opened)

    def call() -> None:
        found = loop.run(client.call("api.test", {}), FOREVER)
        _require_sent(None if found["ok"] else found)

    return call


def _upload(at: str, loop: Loop, opened: ExitStack) -> Use:
    client = _slack(at, loop, opened)
    return lambda: _require_sent(None if loop.run(client.upload(f"{at}/upload", b"x"), FOREVER) else "not taken")


def _key(at: str, _loop: Loop, _opened: ExitStack) -> Use:
    return lambda: _require_sent(None if (found := doctor._pagerduty_token(at, "token")).well else found)


CLIENTS: Mapping[str, Make] = {
    **{name: make for clients in OVER_HTTP.values() for name, make in clients.items()},
    "Slack": _call, "Jira": _tracker("jira"), "ServiceNow": _tracker("servicenow"),
    "a token of a tracker": _client_token,
    "a token of a mail server": _mail_token, "PagerDuty": _hook("pagerduty"), "a channel of Teams": _hook("teams:ops"),
    "a person in Teams": _member, "a file of Teams": _file, "an upload to Slack": _upload,
}  # fmt: skip
ANY = {name for name, raw in BROKEN.items() if raw.startswith(b"HTTP/1.1 200") and "end" not in name}
# What a client rightly takes for an answer. A webhook of anyone may answer whatever it likes (Standard Webhooks).
TAKES: Mapping[str, set[str]] = {
    "Slack": OBJECTS, "an answer": OBJECTS | {"no gzip"}, "the read API": OBJECTS | {"{}", "nulls"},
    "an own door": OBJECTS | {"no UTF-8"}, "a webhook": ANY | {"a body without an end"},
    "an upload to Slack": ANY | {"a body without an end"}, "a file of Teams": ANY - {"a body that stops", "no gzip"},
    "a channel of Teams": ANY - {"a page", "a page that says JSON", "no gzip"},
}  # fmt: skip


class Odd:
    """A server that answers everything with the same bytes, and counts those of an answer without an end."""

    def __init__(self) -> None:
        self.answer, self.asked, self.sent, self.port = GOOD, 0, 0, 0
        self.is_endless = False

    async def start(self) -> asyncio.Server:
        server = await asyncio.start_server(self._talk, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        return server

    def gives(self, name: str) -> None:
        self.is_endless = name in ENDLESS
        self.answer, self.asked, self.sent = ENDLESS.get(name) or BROKEN[name], 0, 0

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            self.asked += 1
            writer.write(self.answer)
            await writer.drain()
            while self.is_endless and self.sent < MUCH:
                writer.write(b"a" * 2**16)
                await writer.drain()
                self.sent += 2**16
        except OSError:
            pass
        finally:
            writer.close()


@pytest.fixture(scope="module")
def loop() -> Iterator[Loop]:
    with closing(Loop()) as made:
        yield made


@pytest.fixture(scope="module")
def odd(loop: Loop) -> Iterator[Odd]:
    made = Odd()
    server = loop.run(made.start())
    yield made
    loop.stop_listening(server)


def said(use: Use) -> str:
    """Return what came of a call: "answered", "" where it was given up in its own words, or another error."""
    try:
        use()
    except (*GIVEN_UP, SlackApiError):
        return ""
    except Exception as error:  # noqa: BLE001 - which is what must not come
        return f"{type(error).__name__}: {str(error)[:80]}"
    return "answered"


@pytest.mark.parametrize("name", CLIENTS)
def test_an_odd_answer_is_no_answer(name: str, odd: Odd, loop: Loop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "MAX_BYTES", LIMIT)
    wrong = list[str]()
    with ExitStack() as opened:
        use = CLIENTS[name](f"http://127.0.0.1:{odd.port}", loop, opened)
        for answer in ODD:
            odd.gives(answer)
            came = said(use)
            allowed = {"", "answered"} if answer in TAKES.get(name, ()) else {""}
            if came not in allowed:
                wrong.append(f"{answer}: {came}")
            if not odd.asked:
                wrong.append(f"{answer}: nothing was asked")
            if "redirect" in answer and odd.asked > 1:
                wrong.append(f"{answer}: it was followed")
            if odd.sent >= MUCH:
                wrong.append(f"{answer}: it was read to its end")
        odd.answer, odd.is_endless = GOOD, False
        assert said(use) == "answered", "it works again"
    assert not wrong, f"{name}: {wrong}"


@pytest.mark.parametrize("given", ["99999999999999", "9" * 5000, "\xb2", "-1", "soon"])
def test_no_one_waits_longer_than_an_hour(given: str, odd: Odd, loop: Loop) -> None:
    """Whatever the header Retry-After asks for, such as that of a gateway."""
    odd.is_endless, odd.answer = False, http(LIMITED, "429 Too Many Requests", f"Retry-After: {given}\r\n")
    at = f"http://127.0.0.1:{odd.port}"
    with ExitStack() as opened:
        hooks = loop.run(_made(lambda: webhooks.AioWebhooks({"webhook:ops": at}, None, {})))
        opened.callback(lambda: loop.run(hooks.close()))
        failure = loop.run(hooks.tell("webhook:ops", 1, {}))
        assert failure is not None
        jira = loop.run(_made(lambda: open_tracker("jira", TrackerAccess(at, "bot", "token"), lambda _url: None)))
        opened.callback(lambda: loop.run(jira.close()))
        with pytest.raises(TrackerError) as refused:
            loop.run(jira.read("OPS-1"))
        told = loop.run(_slack(at, loop, opened).call("chat.postMessage", {"channel": "C1"}))
        pauses = CallPauses(now)
        with pytest.raises(SlackApiError):
            PausedWebClient("xoxb-1", f"{at}/api/", 5, pauses).chat_postMessage(channel="C1", text="x")
    waits = [failure.retry_after, refused.value.failure.retry_after, told["retry_after"],
             pauses.remaining("chat.postMessage", {"channel": "C1"})]  # fmt: skip
    assert waits == ([3600] * 4 if given.isascii() and given.isdecimal() else [30] * 4)


def test_every_session_has_the_bounds() -> None:
    """A session that is opened elsewhere would read an answer without an end."""
    files = [file for top in ("bot", "connectors") for file in (ROOT / top).rglob("*.py") if "fake" not in file.name]
    named = {file.relative_to(ROOT).as_posix() for file in files if "aiohttp.ClientSession(" in file.read_text()}
    assert named == {"connectors/sessions.py"}


@pytest.mark.parametrize("answer", ["no HTTP", "nested deeply", "a page", "{}", "[]", "null", "a body that stops"])
def test_keys_that_are_none_prove_nothing_against_a_token(
    answer: str, odd: Odd, loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Microsoft is asked to come again, and is not told that it is a stranger."""
    if not TEAMS.is_installed:
        pytest.skip(TEAMS.missing)
    from microsoft_agents.hosting.core.authorization.jwt import jwt_token_validator as library

    from tests.teams.microsoft import ISSUER, Microsoft
    from tests.teams.samples import APP, TENANT

    microsoft, keys = Microsoft(), f"http://127.0.0.1:{odd.port}/{answer.replace(' ', '-')}"
    monkeypatch.setitem(library.BOTFRAMEWORK_JWKS_URIS, ISSUER, keys)
    odd.gives(answer)
    checker = loop.run(_made(lambda: TokenChecker(APP, TENANT)))
    with pytest.raises(KeysUnreachable):
        loop.run(checker.check(f"Bearer {microsoft.token()}"))
    loop.run(microsoft.start())
    monkeypatch.setitem(library.BOTFRAMEWORK_JWKS_URIS, ISSUER, f"http://127.0.0.1:{microsoft.port}/keys")
    assert loop.run(checker.check(f"Bearer {microsoft.token()}")), "it works again"
    loop.run(microsoft.stop())
