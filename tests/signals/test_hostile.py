"""Hostile texts, and clocks that are wrong, in each field that any kind of machine sends."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select

from bot.services.gateways import ai, audit
from bot.services.gateways import overview as gateways
from bot.services.signals.overview import overview
from bot.views.signals import integrations as views
from domain.phases.permissions import Person
from domain.signals.alert import NotUnderstood, SignalRequest
from domain.signals.kinds import KINDS
from sandbox import machines
from storage.delivery.tables import messages
from tests.signals.conftest import LEAD, Senders, sample, signed
from tests.signals.samples import request

TEXT = "<!channel> <@U0EVIL00> <#C0EVIL00> <!subteam^S0EVIL00> <https://evil.example|Reset your password> `x` *b*"
LINK = "https://x.example/?<!here>|<@U0EVIL00>"
ENCODED = "https://x.example/?%3C!here%3E%7C%3C@U0EVIL00%3E"  # as it is on cards
MADE = "a secret that the machine made"
CONTROL = re.compile(r"<([^<>|]*)[^<>]*>")
ALERTS = [name for name, kind in KINDS.items() if not kind.sends_logs]


def poisoned(kind: str, given: SignalRequest) -> SignalRequest:
    """The request with the hostile text in each field in which its sender may write what it likes."""
    body, before = json.loads(given.body), shape(kind, given)
    text = TEXT if kind in ALERTS else TEXT.replace("<@U0EVIL00> ", "")  # logs keep no name with an @ in it
    for place, name in [*places(body)]:
        undo = put(place, name, text)
        poisonous = replace(given, body=json.dumps(body).encode())
        if shape(kind, poisonous) != before:
            undo()
    return replace(given, body=json.dumps(body).encode())


def shape(kind: str, given: SignalRequest) -> object:
    """What must stay, so that the request means the same."""
    try:
        found = KINDS[kind].read(given)
    except NotUnderstood:
        return None
    lines = len(found.calls), len([one for one in found.ai_calls if one.outcome])
    return [one.is_firing for one in found.alerts], lines, found.skipped, found.is_test


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    if isinstance(value, dict):
        yield from ((value, name) for name, one in [*value.items()] if isinstance(one, str))
        yield value, TEXT
    for one in [*value.values()] if isinstance(value, dict) else value if isinstance(value, list) else []:
        yield from places(one)


def put(place: Any, name: Any, text: str) -> Callable[[], object]:
    """Put a hostile text or link into a field; return how to take it back."""
    before = place.get(name)
    place[name] = LINK if str(before).startswith("http") else text
    return (lambda: place.pop(name)) if before is None else (lambda: place.update({name: before}))


def test_the_samples_can_be_poisoned_in_most_of_their_fields() -> None:
    body, headers = sample("alertmanager", "firing", "x")
    (alert,) = KINDS["alertmanager"].read(poisoned("alertmanager", request(body, headers))).alerts
    assert TEXT.replace("<@", "< @")[:40] in alert.title
    assert TEXT[:10] in "".join(alert.labels)
    assert "evil" in str([*alert.labels.values()])
    assert alert.link == ENCODED


@pytest.mark.parametrize("kind", KINDS)
def test_no_field_of_any_kind_pings_or_links(senders: Senders, kind: str) -> None:
    secret = senders.opens(kind, MADE if KINDS[kind].picks_secret else "")
    body, headers = sample(kind, "firing", "Payroll is down", secret)
    hostile = poisoned(kind, request(body, headers))
    lower = {
        name: signed(secret, hostile.body) if "signature" in name else one for name, one in hostile.headers.items()
    }
    answer = senders.sends(hostile.body, kind, **lower)
    assert answer.status == 200
    assert "not understood" not in answer.said
    senders.sends({TEXT: TEXT, "x": [{TEXT: 1}]}, kind, **lower | {"authorization": f"Bearer {secret}"})
    lead = Person(LEAD)
    with senders.app.store.read() as tx:
        shown: list[Any] = list(tx.connection.execute(select(messages.c.payload)).scalars())
    shown.append(views.overview(overview(senders.app, senders.phase)))
    shown += [page(senders.app, lead, "C0DESK00", ["PAY"]) for page in (gateways.page, ai.page, audit.page)]
    assert "evil" in json.dumps(shown).casefold(), "it is shown, as it was written"
    for text in formatted(shown):
        targets = {found.casefold() for found in CONTROL.findall(text)} - {ENCODED.casefold()}
        assert not [one for one in targets if "evil" in one or one.startswith(("!channel", "!here", "!everyone"))], text


def formatted(value: Any) -> Iterator[str]:
    """Each text of messages in which Slack reads links and mentions, and what else could be one."""
    if isinstance(value, dict):
        if value.get("type") in ("user", "usergroup", "channel", "broadcast", "link"):
            yield f"<{value.get('user_id') or value.get('channel_id') or value.get('url') or value.get('range')}>"
        if value.get("type") not in ("plain_text", "text", "raw_text") and isinstance(value.get("text"), str):
            yield value["text"]
    for one in value.values() if isinstance(value, dict) else value if isinstance(value, list) else []:
        yield from formatted(one)


@pytest.mark.parametrize("year", [1971, 2099])
def test_the_clock_of_a_machine_may_be_wrong(senders: Senders, year: int) -> None:
    then = datetime(year, 1, 1, tzinfo=UTC)
    for kind in ALERTS:
        secret = senders.opens(kind, MADE if KINDS[kind].picks_secret else "")
        for state in machines.STATES:
            signal = machines.Signal(kind=kind, name="Payroll is down", state=state)
            body, headers = machines.request_of(signal, secret, then, then)
            lower = {name.lower(): one for name, one in headers.items()}
            assert senders.sends(body, kind, **lower) == (200, "Received 1 alert.")
    with senders.app.store.read() as tx:
        found = tx.signal_alerts.list_newest(senders.phase.id, 20)
    now = senders.app.now()
    assert {(one.source, one.firing, one.first_at, one.over_at) for one in found} == {
        (kind, False, now, now) for kind in ALERTS
    }
