"""The HTTP door: limits and the signature before anything is read, and a clear answer to whatever is sent."""

import asyncio
import json
import os
import random
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from typing import Any
from urllib.parse import urlencode

import pytest
from slack_bolt import App
from sqlalchemy import text
from structlog.testing import capture_logs

from bot.transport import connections
from bot.transport.inbound import Inbound
from bot.transport.payload import MalformedPayload, read_payload
from bot.transport.signature import is_signed
from domain.tickets.status import Status
from sandbox.delivery.http import signature
from tests.support.bot import BotWorkspace
from tests.support.control import eventually

FORM, JSON = "application/x-www-form-urlencoded", "application/json"
COUNT, DISPATCHED = int(os.environ.get("HYPERCARE_FUZZ", "20000")), 150
SEED = int(os.environ.get("FUZZ_SEED", "20261128"))  # `make fuzz` takes another each time, and prints it
ODD: tuple[Any, ...] = (None, [], {}, "", 0, -1, 2**70, 1e308, True, "\x00", "𝕬\u202e", [None], {"id": None}, "9" * 400)
MESSAGE = {"type": "message", "user": "U0MARIA", "channel": "C0HELP00", "ts": "1.1", "text": "It is down",
           "thread_ts": "1.0", "files": [{"id": "F1", "name": "a.png"}]}  # fmt: skip
EVENT = {"type": "event_callback", "event_id": "Ev1", "team_id": "T1", "event": MESSAGE}
EDITED = {**EVENT, "event": {"type": "message", "subtype": "message_changed", "channel": "C0HELP00",
                             "message": MESSAGE, "previous_message": MESSAGE}}  # fmt: skip
REACTION = {**EVENT, "event": {"type": "reaction_added", "user": "U0MARIA", "reaction": "eyes",
                               "item": {"type": "message", "channel": "C0HELP00", "ts": "1.1"}}}  # fmt: skip
WHO = {"user": {"id": "U0MARIA", "team_id": "T1"}, "team": {"id": "T1"}, "trigger_id": "1.2"}
PRESSED = {**WHO, "type": "block_actions", "channel": {"id": "C0HELP00"}, "actions": [
    {"action_id": "acknowledge", "block_id": "b", "value": "1", "action_ts": "1.1", "type": "button"}]}  # fmt: skip
SUBMITTED = {**WHO, "type": "view_submission", "view": {
    "id": "V1", "callback_id": "resolve", "private_metadata": '{"ticket": 1}', "blocks": [],
    "state": {"values": {"explanation": {"explanation": {"type": "plain_text_input", "value": "x"}}}}}}  # fmt: skip
SHORTCUT = {**WHO, "type": "message_action", "callback_id": "report_message", "channel": {"id": "C0HELP00"},
            "message": MESSAGE}  # fmt: skip
COMMAND = {"command": "/hypercare", "text": "show PAY-1", "user_id": "U0MARIA", "team_id": "T1", "trigger_id": "1.2",
           "channel_id": "C0HELP00"}  # fmt: skip
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
def test_half_sent_requests_are_closed_and_never_crowd_out_others(
    slack: BotWorkspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "MAX_CONNECTIONS", 5)
    monkeypatch.setattr(connections, "HEADER_SECONDS", 0.3)
    here = ("127.0.0.1", slack.settings.port)
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


def bodies(lot: random.Random) -> Iterator[tuple[bytes, str]]:
    """Payloads of each kind in which something is odd, missing, too much or cut off."""
    while True:
        made = mutated(lot.choice((EVENT, EDITED, REACTION, PRESSED, SUBMITTED, SHORTCUT, COMMAND)), lot)
        if lot.random() < 0.2:
            made = mutated(made, lot)
        text = json.dumps(made)
        if isinstance(made, dict) and "event" in made:
            body, kind = text.encode(), JSON
        elif isinstance(made, dict) and "command" in made:
            body, kind = urlencode({key: str(value) for key, value in made.items()}).encode(), FORM
        else:
            body, kind = urlencode({"payload": text}).encode(), FORM
        yield body[: lot.randrange(len(body) + 1)] if lot.random() < 0.1 else body, kind


def mutated(value: Any, lot: random.Random) -> Any:
    """Return a copy in which one part is another."""
    if isinstance(value, dict) and value and lot.random() < 0.9:
        key = lot.choice([*value])
        if lot.random() < 0.1:
            return {name: one for name, one in value.items() if name != key}
        return {**value, key: mutated(value[key], lot)}
    if isinstance(value, list) and value and lot.random() < 0.7:
        return [mutated(value[0], lot), *value[1:]]
    return lot.choice(ODD)


# What a ticket always has; each counts the tickets without it.
WHOLE = (
    "EXISTS (SELECT 1 FROM events WHERE events.ticket_id = tickets.id AND events.kind = 'opened')",
    "EXISTS (SELECT 1 FROM affected WHERE affected.ticket_id = tickets.id AND affected.person = tickets.reporter)",
    "EXISTS (SELECT 1 FROM lanes WHERE lanes.ticket_id = tickets.id AND lanes.name LIKE 'team:%')",
    "(status = 'received' OR EXISTS (SELECT 1 FROM events WHERE events.ticket_id = tickets.id AND kind <> 'opened'))",
)


def half_done(slack: BotWorkspace) -> list[str]:
    """Return what a ticket lacks that was opened or changed only in part."""
    with slack.application.store.read() as tx:
        asked = (f"SELECT count(*) FROM tickets WHERE NOT {rule}" for rule in WHOLE)
        return [rule for rule, query in zip(WHOLE, asked, strict=True) if tx.connection.scalar(text(query))]


async def _inbound(bolt: App) -> Inbound:
    return Inbound(bolt, ThreadPoolExecutor(1))


@pytest.mark.shape("http")
@pytest.mark.long
def test_no_payload_ends_in_a_server_error(slack: BotWorkspace) -> None:
    """`make fuzz` plays many more: HYPERCARE_FUZZ is how many, and all that can be read of those are handled."""
    lot, inbound = random.Random(SEED), slack.loop.run(_inbound(slack.application.bolt))
    slack.person("maria").reports("The till is down")
    slack.triage.expects("The till is down")
    jo = slack.user_id("jo").encode()  # a responder, so that some of it is carried out
    dispatched, most = 0, DISPATCHED if "HYPERCARE_FUZZ" not in os.environ else COUNT
    with capture_logs() as lines:
        for _, (made, kind) in zip(range(COUNT), bodies(lot), strict=False):
            body = made.replace(b"U0MARIA", jo)
            try:
                read_payload(body, kind)
            except MalformedPayload:
                continue
            if dispatched < most:
                dispatched += 1
                for _ in range(4):  # as Slack does after a 503, with which the bot asks for what is still being sent
                    answer = inbound._run("http", body.decode(), signed(slack, body, kind), None)
                    if answer.status != 503:
                        break
                    slack.quiet()
                assert answer.status < 500, (SEED, answer.status, body)
                assert not half_done(slack), (SEED, body)
    assert dispatched == most or dispatched > COUNT // 4
    with slack.application.store.read() as tx:
        assert tx.tickets.get_ticket(1).status is not Status.RECEIVED, "nothing was carried out"
    surprises = {f"{line['error']} {line['where']}" for line in lines if line["event"] == "request_failed"}
    assert not surprises, "\n".join([f"FUZZ_SEED={SEED}", *surprises])
