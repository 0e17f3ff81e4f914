"""The HTTP door: limits and the signature before anything is read, and a clear answer to whatever is sent."""

import asyncio
import json
import logging
import os
import random
import socket
import time
from collections import Counter
from contextlib import ExitStack, suppress
from dataclasses import replace
from functools import partial
from itertools import islice
from pathlib import Path
from urllib.parse import urlencode

import pytest
import structlog
from sqlalchemy import text

from bot.app.application import Application
from bot.settings.settings import Settings
from bot.transport import connections
from bot.transport.signature import is_signed
from connectors.registry import KINDS as TRACKERS
from domain.tickets.status import Status
from sandbox.delivery.http import signature
from tests.delivery import fuzzing
from tests.delivery.target import READY, Target, opened, without_limits
from tests.support.bot import BotWorkspace
from tests.support.control import eventually
from tests.trust import ways_in

FORM, JSON = "application/x-www-form-urlencoded", "application/json"
COUNT, SENT = int(os.environ.get("HYPERCARE_FUZZ", "20000")), 200  # payloads, and those that the suite sends
WHOLE = "HYPERCARE_FUZZ" in os.environ  # all of them are sent
PART = 25_000  # payloads to one bot with a database of its own, so that processes share them
PARTS = -(-COUNT // PART)
MANY = 50  # complaints
SEED = int(os.environ.get("FUZZ_SEED", "20261128"))  # `make fuzz` takes another each time, and prints it
MESSAGE = {"type": "message", "user": "U0MARIA", "channel": "C0HELP00", "ts": "1.1", "text": "It is down",
           "thread_ts": "1.0", "files": [{"id": "F1", "name": "a.png"}]}  # fmt: skip
EVENT = {"type": "event_callback", "event_id": "Ev1", "team_id": "T1", "event": MESSAGE}
WHO = {"user": {"id": "U0MARIA", "team_id": "T1"}, "team": {"id": "T1"}, "trigger_id": "1.2"}
PRESSED = {**WHO, "type": "block_actions", "channel": {"id": "C0HELP00"}, "actions": [
    {"action_id": "acknowledge", "block_id": "b", "value": "1", "action_ts": "1.1", "type": "button"}]}  # fmt: skip
SUBMITTED = {**WHO, "type": "view_submission", "view": {
    "id": "V1", "type": "modal", "callback_id": "resolve", "private_metadata": '{"ticket": 1}', "blocks": [],
    "state": {"values": {"explanation": {"explanation": {"type": "plain_text_input", "value": "x"}}}}}}  # fmt: skip
NESTED = b"[" * 100_000


def signed(slack: BotWorkspace, body: bytes, kind: str = JSON, **more: str) -> dict[str, str]:
    stamp = str(int(time.time()))
    secret = slack.settings.signing_secret
    assert secret
    return {"X-Slack-Request-Timestamp": stamp, "Content-Type": kind,
            "X-Slack-Signature": signature(secret.get_secret_value(), stamp, body), **more}  # fmt: skip


def post(slack: BotWorkspace, body: bytes, headers: dict[str, str], path: str = "/slack/events") -> int:
    """Send a request as it is, and return the status of the answer."""
    lines = [f"POST {path} HTTP/1.1", "Host: x", "Connection: close", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    with socket.create_connection(("127.0.0.1", slack.settings.port), timeout=10) as line:
        line.sendall("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body)
        return int(line.makefile("rb").readline().split()[1])


@pytest.mark.shape("http")
def test_what_is_not_signed_is_401_before_it_is_read(slack: BotWorkspace) -> None:
    body = json.dumps(EVENT).encode()
    good = signed(slack, body)
    for wrong in (
        {**good, "X-Slack-Request-Timestamp": "9" * 309},
        {**good, "X-Slack-Request-Timestamp": "\xb2\xb2"},
        {**good, "X-Slack-Signature": "v0=\xe4\xf6\xfc"},
        {**good, "X-Slack-Signature": ""},
        {"Content-Type": JSON},
    ):
        assert post(slack, body, wrong) == 401
    assert post(slack, b"ssl_check=1", {"Content-Type": FORM}) == 401
    for unread in (NESTED, b"null", b"{", b"\xff\xfe"):
        assert post(slack, unread, {"Content-Type": JSON}) == 401
    assert post(slack, body, good) == 200


@pytest.mark.shape("http")
def test_what_is_signed_and_impossible_is_400(slack: BotWorkspace) -> None:
    impossible = [NESTED, b"null", b"[]", b"{", b"\xff\xfe", b'{"a": ' * 50_000]
    impossible += [json.dumps({**EVENT, "event": odd}).encode() for odd in (None, {}, [])]
    for body in impossible:
        assert post(slack, body, signed(slack, body)) == 400
    for payload in ({**PRESSED, "actions": []}, {**PRESSED, "user": None}, {**SUBMITTED, "view": None}):
        body = urlencode({"payload": json.dumps(payload)}).encode()
        assert post(slack, body, signed(slack, body, FORM)) == 400
    large = b"x" * (connections.MAX_BODY_BYTES + 1)
    assert post(slack, large, signed(slack, large)) == 413


@pytest.mark.shape("http")
def test_a_zero_byte_in_an_address_is_400_at_every_way_in(slack: BotWorkspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL compares it with nothing. Each part of a path may hold one, and a query."""
    without_limits(monkeypatch)
    wrong, answered = list[str](), Counter[int]()
    with opened(slack, draws_reports=False) as target:
        for shot in (shot for shot in fuzzing.usual(every=False) if shot.way != fuzzing.LMTP):
            parts = shot.path.split("?")[0].split("/")[1:]
            paths = ["/".join(["", *parts[:at], "%00", *parts[at + 1 :]]) for at in range(len(parts))]
            for path in (*paths, f"{shot.path}{'&' if '?' in shot.path else '?'}zero=%00"):
                wrong += target.fire(replace(shot, path=path))
        for seen in target.statuses.values():
            answered += seen
    assert not wrong, "\n".join(wrong)
    assert {*answered} == {400}


@pytest.mark.shape("http")
def test_half_sent_requests_are_closed_and_never_crowd_out_others(
    slack: BotWorkspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "MAX_CONNECTIONS", 5)
    monkeypatch.setattr(connections, "HEADER_SECONDS", 0.3)
    monkeypatch.setattr(connections, "BODY_SECONDS", 0.3)
    here = ("127.0.0.1", slack.settings.port)
    names = "".join(f"{name}: {value}\r\n" for name, value in signed(slack, b"").items())
    with socket.create_connection(here, timeout=30) as line:
        line.sendall(f"POST /slack/events HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n{names}\r\nhalf".encode())
        assert line.makefile("rb").readline().split()[1] == b"408"
    with ExitStack() as opened:
        lines = [opened.enter_context(socket.create_connection(here, timeout=5)) for _ in range(20)]
        for line in lines:
            with suppress(ConnectionError):
                line.sendall(b"POST /slack/events HTTP/1.1\r\nHost: x\r\n")
        body = json.dumps(EVENT).encode()
        assert post(slack, body, signed(slack, body)) == 200
        eventually(lambda: all(is_closed(line) for line in lines), "closed connections")


def is_closed(line: socket.socket) -> bool:
    line.settimeout(0.05)
    try:
        return line.recv(1) == b""
    except TimeoutError:
        return False
    except OSError:
        return True


def test_large_bodies_take_turns_and_no_more_are_read_than_the_pace_allows() -> None:
    """Eight who flood wait for each other; what the ninth sends is read in its turn and not after all of theirs."""
    rate, size, turns = 4_000_000, 100_000, list[str]()

    async def send(name: str, chunks: int, pace: connections.BytePace) -> None:
        for _ in range(chunks):
            await pace.wait(size)
            turns.append(name)

    async def play() -> float:
        pace, began = connections.BytePace(rate), time.monotonic()
        await asyncio.gather(*(send(f"flood {n}", 3, pace) for n in range(8)), send("Slack", 1, pace))
        return time.monotonic() - began

    assert asyncio.run(play()) >= 24 * size / rate
    assert turns.index("Slack") <= 9  # the first of all goes on at once


@pytest.mark.shape("http")
def test_a_large_body_of_slack_is_read_whole_during_a_flood(slack: BotWorkspace) -> None:
    """Strangers hold back the rest of theirs, which takes no one's place."""
    head = f"POST /slack/events HTTP/1.1\r\nHost: x\r\nContent-Length: {connections.MAX_BODY_BYTES}\r\n"
    body = json.dumps({**EVENT, "event": {**MESSAGE, "text": "x" * 200_000}}).encode()
    names = "".join(f"{name}: {value}\r\n" for name, value in signed(slack, body).items())
    with ExitStack() as lines:
        for _ in range(20):
            line = lines.enter_context(socket.create_connection(("127.0.0.1", slack.settings.port), timeout=5))
            line.sendall(f"{head}{names}\r\n".encode() + b"x" * 100_000)
        assert post(slack, body, signed(slack, body)) == 200


@pytest.mark.shape("http")
def test_what_is_refused_is_thrown_away_at_a_pace_and_not_for_ever(
    slack: BotWorkspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reading on what was refused is as much work for the event loop as reading what was not."""
    monkeypatch.setattr(connections, "REFUSED_SECONDS", 0.3)
    head = b"POST /slack/events HTTP/1.1\r\nHost: x\r\nContent-Length: 60000000\r\n\r\n"
    with socket.create_connection(("127.0.0.1", slack.settings.port), timeout=10) as line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 100_000)
        with pytest.raises(ConnectionError):
            line.sendall(head + bytes(60_000_000))
    assert post(slack, b"x" * 900_000, {"Content-Type": JSON}) == 401, "who sends all of it reads the answer"


def test_a_signature_is_of_the_bytes_and_of_now() -> None:
    body, now = b"a=1", 1_700_000_000
    headers = {"X-Slack-Request-Timestamp": str(now), "X-Slack-Signature": signature("s", str(now), body)}
    assert is_signed("s", headers, body, now + 299)
    assert not is_signed("s", headers, body, now + 301)
    assert not is_signed("s", headers, body + b"0", now)
    assert not is_signed("another", headers, body, now)


def test_every_way_in_is_fuzzed(tmp_path: Path) -> None:
    made = Application(Settings(bot_token="xoxb-1", app_token="xapp-1", database=f"sqlite:///{tmp_path / 'bot.db'}"))
    found = ways_in.routes_of(made)
    made._release()
    assert fuzzing.missing(found) == []
    assert {*fuzzing.TRACKERS} == {*TRACKERS}


def sees_mistakes(target: Target) -> None:
    """Each mistake of which the fuzz would complain is one that it sees."""
    shot = fuzzing.written(next(fuzzing.SAMPLES["POST /forms/{token}"]()))
    assert [*target.judge(shot, 503, "ok")]
    ready = replace(shot, way=READY)
    assert [*target.judge(ready, 503, "ok")]
    assert [*target.judge(ready, 503, '{"problems": {"messages": "waiting", "database": "away"}}')]
    target.wrote.clear()  # by what was sent last
    assert not [*target.judge(ready, 503, '{"problems": {"messages": "waiting"}}')]
    assert [*target.judge(shot, 200, 'File "bot/app.py", line 7')]
    assert [*target.judge(shot, 0, "")]
    target.wrote.set()
    assert [*target.judge(shot, 400, "no")]
    target.wrote.clear()
    log = structlog.get_logger()
    for mistake in (
        partial(log.error, "request_failed", error="KeyError"),
        partial(log.warning, "http_request_refused", status=400, reason="KeyError"),
        partial(log.error, "mail_not_taken", error="KeyError"),
        partial(logging.getLogger("a.library").warning, "What somebody wrote"),
        partial(target.note_uncaught, target.slack.loop._loop, {"exception": KeyError()}),
    ):
        del target.lines[:]
        mistake()
        assert [*target.judge(shot, 200, "ok")], mistake
    del target.lines[:]
    log.info("request_handled", request="\x1b[31m\u202e\n")
    assert not [*target.judge(shot, 200, "ok")]
    with target.slack.application.store.begin() as tx:
        tx.connection.execute(text("UPDATE events SET kind = 'commented' WHERE kind = 'opened'"))
    assert target.half_done() != []


@pytest.mark.shape("http")
@pytest.mark.long
@pytest.mark.parametrize("part", range(PARTS))
def test_no_payload_ends_in_a_server_error(slack: BotWorkspace, monkeypatch: pytest.MonkeyPatch, part: int) -> None:
    """Of COUNT payloads all are written and read, and a share is sent; `make fuzz` sends all of as many as it says."""
    lot, wrong = random.Random(f"{SEED} {part}"), list[str]()
    sent, share = random.Random(SEED), 1.0 if WHOLE else SENT / COUNT
    without_limits(monkeypatch)
    with opened(slack, draws_reports=WHOLE) as target:
        for shot in fuzzing.usual(every=WHOLE):
            wrong += target.fire(shot)
        refused = {way for way, seen in target.statuses.items() if max(seen) >= 400}
        assert refused == (set() if WHOLE else {"GET /reports/{token}"}), "what is not spoilt is taken"
        for shot in fuzzing.saved():
            wrong += target.fire(shot)
        for number, shot in enumerate(islice(fuzzing.shots(lot), min(PART, COUNT - part * PART))):
            found = target.fire(shot) if sent.random() < share else fuzzing.read(shot)
            if found:
                wrong += [f"FUZZ_SEED={SEED}, part {part}, payload {number}, saved in {shot.save()}:", *found]
            if len(wrong) > MANY:
                break
        wrong += target.half_done() + target.tracebacks()
        print(target.summary())  # noqa: T201 - shown by `make fuzz`
        with slack.application.store.read() as tx:
            assert tx.tickets.get_ticket(1).status is not Status.RECEIVED, "nothing was carried out"
        assert not wrong, "\n".join(wrong)
        sees_mistakes(target)
