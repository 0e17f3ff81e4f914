"""Requests to every way in, as their senders send them, and what the fuzz makes of them."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import parse_qs, quote, urlencode
from zlib import crc32

from bot.transport.payload import MalformedPayload, read_payload
from connectors.registry import KINDS as TRACKER_KINDS
from connectors.teams.activities import read_activity
from domain.api.query import ApiError, read_query
from domain.oncall.pagerduty import read_event
from domain.signals.alert import NotUnderstood, SignalRequest
from domain.signals.kinds import KINDS
from sandbox import machines
from tests.signals.samples import contract, contracts
from tests.trust.ways_in import FORM, LMTP

CORPUS = Path(__file__).with_name("corpus")
MAILS = Path(__file__).parents[1] / "mail" / "contracts"
URLENCODED, JSON = "application/x-www-form-urlencoded", "application/json"
SLACK, TEAMS = "POST /slack/events", "POST /teams/messages"
EVA, ADDRESS = "eva@customer.example", "pay@hypercare.example"
FRESH = 0.1  # of the requests are new ones for the bot, and the others repeat what it has seen
ONCE = "0001"  # what is in all that names a request, a message or a form; a fresh one has a number of its own
ODD: tuple[Any, ...] = (None, [], {}, "", 0, -1, 2**70, 1e308, True, "\x00", "𝕬\u202e", "\ud800", [None], {"id": None},
                        "9" * 400, "1969-12-31T23:59:60Z", "9999-12-31T23:59:59-14:00",
                        "0001-01-01T00:00:00+14:00", "<!channel>",
                        "-0", "NaN")  # fmt: skip
ODD_TEXTS = ("", "\xff\xfe", "=?utf-8?b?////?=", "=?no-such?q?x?=", "9" * 2_000, "<", "\x01", "a@b@c", "gzip", "../..",
             "Bearer \xe4", "text/plain; charset=no-such", "multipart/mixed; boundary=", "-1", "%", "%00")  # fmt: skip
HEADERS = ("Content-Type", "Content-Encoding", "Authorization", "X-Forwarded-For", "Idempotency-Key", "Accept",
           "Cookie", "Range", "Expect", "X-Slack-Retry-Num", "X-Slack-Request-Timestamp")  # fmt: skip
OWN = ("host", "content-length", "authorization")  # which each connection and each proof sets

MESSAGE = {"type": "message", "user": "OURJO", "channel": "OURDESK", "ts": f"1.{ONCE}", "text": "It is down",
           "thread_ts": "OURTHREAD", "files": [{"id": "F1", "name": "a.png"}]}  # fmt: skip
EVENT = {"type": "event_callback", "event_id": f"Ev{ONCE}", "team_id": "T1", "event": MESSAGE}
WHO = {"user": {"id": "OURJO", "team_id": "T1"}, "team": {"id": "T1"}, "trigger_id": f"1.{ONCE}"}
EVENTS = (
    EVENT,
    {**EVENT, "event": {"type": "message", "subtype": "message_changed", "channel": "OURDESK", "message": MESSAGE,
                        "previous_message": MESSAGE}},
    {**EVENT, "event": {"type": "reaction_added", "user": "OURJO", "reaction": "eyes",
                        "item": {"type": "message", "channel": "OURDESK", "ts": "OURTHREAD"}}},
    {**EVENT, "event": {"type": "function_executed", "function_execution_id": f"Fx{ONCE}", "event_ts": f"1.{ONCE}",
                        "function": {"id": "Fn1", "callback_id": "report_problem", "type": "app"},
                        "bot_access_token": "xwfp-1", "inputs": {
                            "person": "OURJO", "summary": "It is down", "severity": "low", "phase": "PAY"}}},
)  # fmt: skip
INTERACTIONS = (
    {**WHO, "type": "block_actions", "channel": {"id": "OURDESK"}, "actions": [
        {"action_id": "acknowledge", "block_id": "b", "value": "1", "action_ts": f"1.{ONCE}", "type": "button"}]},
    {**WHO, "type": "view_submission", "view": {
        "id": f"V{ONCE}", "type": "modal", "callback_id": "resolve", "private_metadata": '{"ticket": 1}', "blocks": [],
        "state": {"values": {"explanation": {"explanation": {"type": "plain_text_input", "value": "x"}}}}}},
    {**WHO, "type": "message_action", "callback_id": "report_message", "channel": {"id": "OURDESK"},
     "message": MESSAGE},
)  # fmt: skip
COMMAND = {"command": "/hypercare", "text": "show PAY-1", "user_id": "OURJO", "team_id": "T1",
           "trigger_id": f"1.{ONCE}", "channel_id": "OURDESK"}  # fmt: skip
READINGS = ({"metric": "uptime", "value": 99.5, "day": "2026-03-02"}, {"requests": 100, "errors": 2},
            {"event": "Deployed", "label": "v7", "at": "2026-03-02T09:00:00Z"})  # fmt: skip
TRACKERS: Mapping[str, Mapping[str, Any]] = {
    "jira": {"webhookEvent": "jira:issue_updated", "issue": {"id": "OURISSUE", "key": "OPS-1"}, "timestamp": 1},
    "servicenow": {"sys_id": "OURINCIDENT", "number": "INC0000001", "sys_mod_count": "2", "updated_by": "dana"},
}
PAGERDUTY = {"event": {
    "id": ONCE, "event_type": "incident.acknowledged", "resource_type": "incident",
    "occurred_at": "2026-03-02T09:00:00.000Z", "client": {"name": "PagerDuty"},
    "agent": {"id": "PLH1HKV", "summary": "Eva", "type": "user_reference"},
    "data": {"id": "PGR0VU2", "type": "incident", "number": 2, "status": "acknowledged", "incident_key": None,
             "title": "PAY-1: Totals are wrong", "assignees": [], "resolve_reason": None},
}}  # fmt: skip
IN_TEAMS = {
    "type": "message", "id": f"1700{ONCE}", "channelId": "msteams", "serviceUrl": "OURTEAMSURL", "text": "It is down",
    "from": {"id": "29:eva", "name": "Eva", "aadObjectId": "object-eva"}, "recipient": {"id": "28:b07"},
    "conversation": {"id": "a:eva", "conversationType": "personal", "tenantId": "t1"},
    "attachments": [{"contentType": "text/html", "content": "<p>It is down</p>"}],
}  # fmt: skip
MAIL = (
    f"From: Eva <{EVA}>\r\nTo: {ADDRESS}\r\nSubject: Totals are wrong\r\nMessage-ID: <{ONCE}@person.example>\r\n"
    "Date: Mon, 02 Mar 2026 09:00:00 +0000\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    "--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nIt says 0.\r\n"
    "--b\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    "<p>=C3=A4</p>\r\n"
    '--b\r\nContent-Type: image/png; name="a.png"\r\nContent-Transfer-Encoding: base64\r\n\r\niVBORw0KGgo=\r\n--b--\r\n'
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A request before it is written and proven.

    `way` is its route. `path` has its query, and is the recipient of a mail. `sender` is the kind of a signal, the
    system of a tracker, or who sends a mail. `{token}` and what begins with `OUR` is filled in when it is sent.
    """

    way: str
    path: str
    sender: str = ""
    headers: Mapping[str, str]
    value: Any = None
    write: Callable[[Any], bytes] = bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """A request as it is written, before it is proven."""

    way: str
    path: str
    sender: str
    headers: Mapping[str, str]
    body: bytes

    def save(self) -> Path:
        """Write it where the next run plays it first."""
        place = re.sub(r"[^a-z0-9]+", "-", self.way.lower().removeprefix("post ").removeprefix("get ")).strip("-")
        file = CORPUS / f"{place}-{crc32(repr(self).encode()):08x}.json"
        kept = asdict(self) | {"body": self.body.decode("latin-1")}
        CORPUS.mkdir(exist_ok=True)
        file.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
        return file


def saved() -> Iterator[Shot]:
    """Yield what once failed."""
    for file in sorted(CORPUS.glob("*.json")):
        kept = json.loads(file.read_text(encoding="utf-8"))
        yield Shot(**kept | {"body": kept["body"].encode("latin-1")})


def _json(value: Any) -> bytes:
    return json.dumps(value).encode()


def _lines(value: Any) -> bytes:
    return b"\n".join(map(_json, value)) if isinstance(value, list) else _json(value)


def _form(value: Any) -> bytes:
    fields = value if isinstance(value, Mapping) else {"payload": value}
    return urlencode({name: str(one) for name, one in fields.items()}, errors="replace").encode()


def _payload(value: Any) -> bytes:
    return urlencode({"payload": json.dumps(value)}).encode()


def _plain(value: Any) -> bytes:
    return value if isinstance(value, bytes) else b""


def _sent(way: str, value: Any, write: Callable[[Any], bytes] = _json, sender: str = "", **headers: str) -> Sample:
    kind = {} if write is _json or write is _lines else {"Content-Type": URLENCODED}
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return Sample(way=way, path=way.split()[1], sender=sender, headers={"Content-Type": JSON} | kind | named,
                  value=value, write=write)  # fmt: skip


def _asked(way: str, query: str = "") -> Sample:
    path = way.split()[1].replace("{name}", "PAY-1")
    return Sample(way=way, path=f"{path}{query}", headers={}, write=_plain)


def _signals(route: str, *, with_contracts: bool) -> Iterator[Sample]:
    for kind in KINDS:
        path = route.split()[1].replace("{key}", "PAY").replace("{kind}", kind)
        requests = [contract(*one) for one in contracts() if one[0] == kind and with_contracts]
        given = [(json.loads(one.body), one.headers) for one in requests]
        document = json.loads((machines.SAMPLES / f"{kind}.json").read_text(encoding="utf-8"))
        marks = {"$NAME": "Till", "$ID": ONCE, "$OCCURRENCE": ONCE, "$SEVERITY": "high", "$SINCE": SINCE, "$NOW": SINCE,
                 "$UNIX": "1772442000"}  # fmt: skip
        filled = json.loads(_filled(json.dumps(document), marks))
        given += [(machines._unrolled(filled["firing"]), filled["headers"])]
        for value, headers in given:
            named = {name: text for name, text in headers.items() if name.lower() not in OWN}
            for write in (_json, _lines) if KINDS[kind].sends_logs and isinstance(value, list) else (_json,):
                yield Sample(way=route, path=path, sender=kind, headers=named, value=value, write=write)


SINCE = "2026-03-02T09:00:00+00:00"


def _filled(text: str, marks: Mapping[str, str]) -> str:
    for mark, value in marks.items():
        text = text.replace(mark, value)
    return text


def _of_slack() -> Iterator[Sample]:
    yield from (_sent(SLACK, one) for one in EVENTS)
    yield from (_sent(SLACK, one, _payload) for one in INTERACTIONS)
    yield _sent(SLACK, COMMAND, _form)


def _mails() -> Iterator[Sample]:
    answer = MAIL.replace("Subject: ", "References: <OURMAIL>\r\nSubject: Re: ").replace(ONCE, f"a{ONCE}")
    bodies = [
        MAIL.encode(),
        answer.encode(),
        *(b"\r\n".join(file.read_bytes().splitlines()) for file in sorted(MAILS.glob("*.eml"))),
    ]
    for body in bodies:
        yield Sample(way=LMTP, path=ADDRESS, sender=EVA, headers={}, value=body, write=_plain)


def _of_teams() -> Iterator[Sample]:
    yield from (_sent(TEAMS, IN_TEAMS | more) for more in (
        {}, {"type": "installationUpdate", "action": "add"}, {"text": "report PAY It is down"}, {"text": "PAY-1 again"},
        {"value": {"do": "confirm", "ticket": "OURTEAMS", "message": 1, "why": "No"}},
        {"value": {"do": "report", "phase": "PAY", "text": "It is down"}},
        {"type": "invoke", "name": "task/fetch", "value": {"data": {"do": "report"}}},
        {"type": "invoke", "name": "task/submit", "value": {"data": {"do": "report", "summary": "It is down"}}},
    ))  # fmt: skip


PAGE = {"text": "It is back", "once": f"p{ONCE}"}
TRACES = "POST /signals/{key}/{kind}/v1/traces"
SAMPLES: Mapping[str, Callable[[], Iterator[Sample]]] = {
    SLACK: _of_slack,
    LMTP: _mails,
    "POST /signals/{key}": lambda: (
        replace(_sent("POST /signals/{key}", one, Idempotency_Key=ONCE), path="/signals/PAY") for one in READINGS
    ),
    "POST /signals/{key}/{kind}": lambda: _signals("POST /signals/{key}/{kind}", with_contracts=True),
    TRACES: lambda: _signals(TRACES, with_contracts=False),
    "POST /pagerduty": lambda: iter([_sent("POST /pagerduty", PAGERDUTY, sender="pagerduty")]),
    "POST /trackers/{system}": lambda: (
        replace(_sent("POST /trackers/{system}", body, sender=system), path=f"/trackers/{system}")
        for system, body in TRACKERS.items()
    ),
    TEAMS: _of_teams,
    "POST /forms/{token}": lambda: iter([_sent("POST /forms/{token}", FORM | {"once": ONCE}, _form)]),
    "POST /reports-by-form/{token}": lambda: iter([_sent("POST /reports-by-form/{token}", PAGE, _form)]),
    "POST /unsubscribe/{token}": lambda: iter([
        _sent("POST /unsubscribe/{token}", {"List-Unsubscribe": "One-Click"}, _form)]),
    "POST /mail/answers/{token}": lambda: iter([_sent("POST /mail/answers/{token}", {"why": "It is back"}, _form)]),
    "GET /api/v1/tickets": lambda: iter([_asked(
        "GET /api/v1/tickets", "?status=received&severity=high&changed_since=2026-03-02T09:00:00Z&after=1&limit=50")]),
    **{way: (lambda way=way: iter([_asked(way)])) for way in (
        "GET /api/v1/figures", "GET /api/v1/openapi.json", "GET /api/v1/tickets/{name}",
        "GET /api/v1/tickets/{name}/events", "GET /forms/{token}", "GET /forms/{token}/code.svg", "GET /healthz",
        "GET /mail/answers/{token}", "GET /unsubscribe/{token}", "GET /metrics", "GET /oncall/{token}.ics",
        "GET /readyz", "GET /reports-by-form/{token}", "GET /reports/{token}", "GET /tickets/{name}",
        "GET /wallboards/{token}")},
}  # fmt: skip


def missing(found: set[str]) -> list[str]:
    """Return a line for each way in that is not fuzzed, and for each that is gone."""
    lines = [f"{way}: add samples to SAMPLES of tests/delivery/fuzzing.py" for way in sorted(found - {*SAMPLES})]
    return lines + [
        f"{way}: it is gone, so delete it in tests/delivery/fuzzing.py" for way in sorted({*SAMPLES} - found)
    ]


def written(sample: Sample) -> Shot:
    """Return a request as its sender sends it."""
    return Shot(way=sample.way, path=sample.path, sender=sample.sender, headers=sample.headers,
                body=sample.write(sample.value))  # fmt: skip


def usual(*, every: bool) -> Iterator[Shot]:
    """Yield requests as their senders send them: every sample, or one of each way and sender."""
    seen = set[tuple[str, str]]()
    for make in SAMPLES.values():
        for sample in make():
            if every or (sample.way, sample.sender) not in seen or sample.way == SLACK:
                seen.add((sample.way, sample.sender))
                yield written(sample)


def read(shot: Shot) -> list[str]:
    """Read a request in this process, without what comes of it, and return what was wrong.

    A mail is only read where it is sent, since that takes as long as to read a hundred others.
    """
    headers = {name.lower(): text for name, text in shot.headers.items()}
    try:
        if shot.way == SLACK:
            with suppress(MalformedPayload):
                read_payload(shot.body, headers.get("content-type", ""))
        elif shot.way == TEAMS:
            read_activity(shot.body)
        elif shot.sender in KINDS:
            with suppress(NotUnderstood):
                KINDS[shot.sender].read(SignalRequest(headers, shot.body))
        elif shot.sender == "pagerduty":
            read_event(shot.body)
        elif shot.sender in TRACKER_KINDS:
            TRACKER_KINDS[shot.sender].issue_of(shot.body)
        elif shot.way == "GET /api/v1/tickets":
            with suppress(ApiError):
                read_query(parse_qs(shot.path.partition("?")[2], keep_blank_values=True))
    except Exception as error:  # noqa: BLE001 - what the test is about
        return [f"uncaught: {error!r}"]
    return []


def shots(lot: Random) -> Iterator[Shot]:
    """Yield requests in which something is odd, missing, too much or cut off, of each way in as many."""
    samples = [[*make()] for make in SAMPLES.values()]
    for number in _numbers():
        for some in samples:
            yield _spoilt(lot.choice(some), lot, number)


def _numbers() -> Iterator[int]:
    number = 1_000
    while True:
        number += 1
        yield number


def _spoilt(sample: Sample, lot: Random, number: int) -> Shot:
    value = sample.value
    if sample.way == LMTP:
        value = _spoilt_mail(value, lot)
    elif value is not None:
        value = mutated(value, lot)
        if lot.random() < 0.2:
            value = mutated(value, lot)
    made = written(replace(sample, value=value))
    body = made.body
    if lot.random() < 0.1:
        body = body[: lot.randrange(len(body) + 1)]
    if body and lot.random() < 0.03:
        at = lot.randrange(len(body))
        body = body[:at] + bytes([lot.randrange(256)]) + body[at + 1 :]
    if lot.random() < FRESH:
        body = body.replace(ONCE.encode(), str(number).encode())
    path = made.path
    if lot.random() < (0.7 if sample.value is None else 0.05):
        path = _spoilt_path(path, lot)
    headers = dict(made.headers)
    if lot.random() < 0.1:
        headers[lot.choice([*headers, *HEADERS])] = lot.choice(ODD_TEXTS)
    return replace(made, body=body, path=path, headers=headers)


def _spoilt_path(path: str, lot: Random) -> str:
    odd = str(lot.choice((*ODD, *ODD_TEXTS)))
    place, _, query = path.partition("?")
    fields = query.split("&") if query else []
    if fields and lot.random() < 0.8:
        at = lot.randrange(len(fields))
        name = fields[at].partition("=")[0]
        fields[at] = (
            f"{quote(odd, errors='replace')}=1" if lot.random() < 0.1 else f"{name}={quote(odd, errors='replace')}"
        )
        if lot.random() < 0.1:
            fields.append(fields[at])
    elif lot.random() < 0.2:
        fields.append(f"{quote(odd, errors='replace')}={quote(odd, errors='replace')}")
    else:
        parts = place.split("/")
        parts[-1 if len(parts) == 1 else lot.randrange(1, len(parts))] = (
            quote(odd, errors="replace") if lot.random() < 0.8 else odd
        )
        place = "/".join(parts)
    return "?".join(filter(None, (place, "&".join(fields))))


def _spoilt_mail(mail: bytes, lot: Random) -> bytes:
    """Return a mail in which a line is another, gone, or there twice."""
    lines = mail.split(b"\n")
    at = lot.randrange(len(lines))
    odd = lot.choice(ODD_TEXTS).encode("latin-1")
    name, colon, _ = lines[at].partition(b": ")
    match lot.randrange(5):
        case 0:
            del lines[at]
        case 1:
            lines.insert(at, lines[lot.randrange(len(lines))])
        case 2:
            lines.insert(at, odd)
        case _:
            lines[at] = name + colon + odd + b"\r" if colon else odd + b"\r"
    return b"\n".join(lines)


def mutated(value: Any, lot: Random) -> Any:
    """Return a copy in which one part is another."""
    if isinstance(value, dict) and value and lot.random() < 0.9:
        key = lot.choice([*value])
        if lot.random() < 0.1:
            return {name: one for name, one in value.items() if name != key}
        return {**value, key: mutated(value[key], lot)}
    if isinstance(value, list) and value and lot.random() < 0.7:
        at = lot.randrange(len(value))
        return [*value[:at], mutated(value[at], lot), *value[at + 1 :]]
    return lot.choice(ODD)
