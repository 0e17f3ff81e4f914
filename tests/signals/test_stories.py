"""A monitoring system tells of a problem: what the team reads, and how it is over."""

import json
import socket
import time

import pytest

from bot.services.signals import integrations, receiving
from bot.transport import signals as transport
from domain.signals.kinds import KINDS
from tests.signals.conftest import post, sample, signed
from tests.signals.samples import contract
from tests.support.bot import BotWorkspace
from tests.support.control import ControlError, eventually
from tests.support.days import passes
from tests.support.oncall import on_call, with_rota

MADE = "a secret that the machine made"
NO_INTEGRATION, NOT_PROVEN = (
    json.dumps({"said": answer.said}) for answer in (receiving.NO_INTEGRATION, receiving.NOT_PROVEN)
)


def opened(slack: BotWorkspace, kind: str) -> dict[str, str]:
    """A lead adds an integration; the header that its secret belongs into."""
    said = slack.person("lena").types(f"/hypercare signals add {kind}", "hypercare-desk")["text"]
    assert f"/signals/PAY/{kind}" in said
    return {"Authorization": said.split("Authorization: ")[1].split("`")[0]}


def test_an_alert_is_on_a_card_until_it_is_over(watched: BotWorkspace) -> None:
    slack, integration = watched, opened(watched, "alertmanager")
    firing, headers = sample("alertmanager", "firing", "Payroll is <down>")
    assert post(slack, "alertmanager", firing, headers | integration) == (200, "Received 1 alert.")
    card = slack.channel("hypercare-desk").expects("Payroll is &lt;down&gt;")
    assert "Reported by monitoring" in card.words
    assert "1 is firing" in card.words
    assert "<http://prometheus.example/graph|Payroll is &lt;down&gt;>" in card.words
    assert post(slack, "alertmanager", firing, headers | integration)[0] == 200
    post(slack, "alertmanager", sample("alertmanager", "resolved", "Payroll is <down>")[0], headers | integration)
    passes(slack, minutes=6)
    card.shows("confirmed fixed")
    card.expects_reply("no one had taken it, so it's resolved")
    assert [m for m in slack.channel("hypercare-desk").messages() if "Payroll is" in m.words] == [card.now()]


def test_a_critical_alert_pages_like_a_critical_report(watched: BotWorkspace) -> None:
    slack, integration = watched, opened(watched, "zabbix")
    with_rota(slack)
    given = contract("zabbix", "problem")
    post(slack, "zabbix", given.body, integration)
    slack.channel("hypercare-oncall").expects("Free disk space is less than 5 % on /var")
    on_call(slack).dm.expects("Free disk space is less than 5 % on /var")
    slack.quiet()
    sam = on_call(slack)
    sam.types("/hypercare take PAY-1")
    post(slack, "zabbix", json.dumps(json.loads(given.body) | {"value": "0"}).encode(), integration)
    passes(slack, minutes=6)
    card = slack.channel("hypercare-desk").expects("Free disk space")
    asked = card.expects_reply("If the problem is fixed, resolve it.")
    assert asked.buttons == ["Resolve"]
    sam.presses(asked, "Resolve")
    sam.modal().fills(explanation="Deleted old logs", fix="symptom", test="Tried").submits()
    card.shows("Resolved")
    eventually(lambda: not asked.now().buttons, "the question without its button")


def test_leads_see_integrations_and_what_came(watched: BotWorkspace) -> None:
    slack, integration = watched, opened(watched, "generic")
    assert "Only leads" in slack.person("jo").types("/hypercare signals", "hypercare-desk")["text"]
    post(slack, "generic", b'{"key": "batch", "severity": "low", "labels": {"path": "/v2/pay"}}', integration)
    post(slack, "generic", b'{"name": "Maria"}', integration)
    lena = slack.person("lena")
    page = str(lena.types("/hypercare signals", "hypercare-desk"))
    assert "2 requests · 1 not understood" in page
    assert "batch · Generic JSON" in page.replace(":red_circle: ", "")
    assert "/v2/pay: 1 alert" in page
    assert "name: text(5)" in page
    assert "Maria" not in page
    said = lena.types("/hypercare signals test generic", "hypercare-desk")["text"]
    assert said == "A plain alert of Generic JSON opens a ticket of severity medium, because no rule applies to it."
    rotated = lena.types("/hypercare signals rotate generic", "hypercare-desk")["text"]
    assert "The previous secret works for another day." in rotated
    assert post(slack, "generic", b'{"key": "batch"}', integration)[0] == 200
    lena.types("/hypercare signals revoke generic", "hypercare-desk")
    assert post(slack, "generic", b'{"key": "batch"}', integration)[0] == 401


def test_every_kind_answers_what_can_never_be_right_and_what_is_too_much(
    watched: BotWorkspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    slack = watched
    assert post(slack, "nagios", b"{}", {"Authorization": "Bearer guessed"}) == (404, NO_INTEGRATION)
    for kind in KINDS.values():
        assert post(slack, kind.name, b"{}", {}) == (404, NO_INTEGRATION), "not opened yet"
        secret = integrations.add(slack.application.context, "PAY", kind.name, "operator",
                                 MADE if kind.picks_secret else "")  # fmt: skip
        for wrong in ({}, {"Authorization": "Bearer guessed"}, sample(kind.name, "firing", "x", "guessed")[1]):
            assert post(slack, kind.name, b'{"key": "a"}', wrong) == (401, NOT_PROVEN)
        signature = {"Sentry-Hook-Signature": signed(secret, b"{")}
        proof = signature if kind.picks_secret else {"Authorization": f"Bearer {secret}"}
        status, said = post(slack, kind.name, b"{", proof)
        assert (status, said.partition(".")[0]) == (200, "Received, but not understood")
        assert status_of_announced(slack, kind.name, kind.max_bytes + 1) == b"413"
    page = str(slack.person("lena").types("/hypercare signals", "hypercare-desk"))
    assert page.count("1 request · 1 not understood") == len(KINDS)
    monkeypatch.setattr(transport, "MAX_WAITING", 0)
    assert {post(slack, name, b"{}", {})[0] for name in KINDS} == {503}


def status_of_announced(slack: BotWorkspace, kind: str, size: int, secret: bytes = b"guessed") -> bytes:
    """The status for a request whose head says that so many bytes follow."""
    head = b"POST /signals/PAY/%s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n"
    with socket.create_connection(("127.0.0.1", slack.application.monitor.port)) as line:
        line.sendall(head % (kind.encode(), secret, size) + b"Connection: close\r\n\r\n{}")
        return line.recv(100).split(b"\r\n")[0].split(b" ")[1]


def test_a_secret_of_odd_bytes_is_wrong_and_nothing_else(watched: BotWorkspace) -> None:
    opened(watched, "generic")
    assert status_of_announced(watched, "generic", 2, b"\xff\xfe") in (b"401", b"400")


def test_sentry_is_answered_within_its_second_whatever_the_database_does(watched: BotWorkspace) -> None:
    slack, context = watched, watched.application.context
    secret = integrations.add(context, "PAY", "sentry", "operator", MADE)
    body, headers = sample("sentry", "firing", "Checkout fails", secret)
    with context.store.begin() as tx:
        phase = tx.phases.list_phases()[0]
        tx.signal_integrations.find(phase.id, "sentry", lock=True)
        since = time.monotonic()
        assert post(slack, "sentry", body, headers)[0] == 503
        assert time.monotonic() - since < 1
    slack.channel("hypercare-desk").expects("Checkout fails")
    assert post(slack, "sentry", body, headers) == (200, "Received 1 alert.")
    assert len([m for m in slack.channel("hypercare-desk").messages() if "Checkout fails" in m.words]) == 1


def test_the_sandbox_sends_what_every_kind_of_machine_sends(watched: BotWorkspace) -> None:
    slack, url = watched, f"http://127.0.0.1:{watched.application.monitor.port}/signals/PAY/"
    known = slack.control.get("signals")["kinds"]
    assert known == [*KINDS]
    for kind in known:
        made = "a secret that the machine made" if KINDS[kind].picks_secret else ""
        secret = integrations.add(slack.application.context, "PAY", kind, "operator", made)
        for state in ("firing", "resolved"):
            given = {"kind": kind, "secret": secret, "name": f"It's “{kind}”", "state": state, "url": url + kind}
            answer = slack.control.post("signal", **given)
            if answer["status"] == 503 and KINDS[kind].answer_within:  # on a slow machine, as its sender would
                slack.quiet()
                answer = slack.control.post("signal", **given)
            assert answer["status"] == 200, kind
            assert json.loads(answer["answer"])["said"].startswith("Received "), kind
            assert "not understood" not in answer["answer"], kind
    with slack.application.store.read() as tx:
        found = tx.signal_alerts.list_newest(tx.phases.list_phases()[0].id, 20)
    assert {one.source for one in found} == {name for name, kind in KINDS.items() if not kind.sends_logs}
    assert not any(one.firing for one in found)
    with pytest.raises(ControlError, match="There is no kind nagios"):
        slack.control.post("signal", kind="nagios", secret="x")
